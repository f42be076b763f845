"""Files of embeddings: sizes come from headers, and what is damaged is said in one line."""

import io
import os
import resource
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from precompute.clip.inputs.embedding_file import open_embeddings
from precompute.errors import InputError

ROOT = Path(__file__).resolve().parents[4]
N_MUTATIONS = 1000 if os.environ.get("THREE_LENSES_LONG") else 60
REST_MIB = 256  # beyond what the program holds before it reads
OPEN_IN_A_LIMIT = f"""
import resource, sys
from pathlib import Path
from precompute.clip.inputs.embedding_file import open_embeddings
from precompute.errors import InputError
held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + {REST_MIB} * 2**20,) * 2)
try:
    open_embeddings(Path(sys.argv[1]))
except InputError as error:
    print(error)
"""


def arrays():
    rng = np.random.default_rng(0)
    return {
        "image_embeddings": rng.normal(size=(60, 8)).astype("f4"),
        "image_labels": np.arange(60) % 3,
        "text_embeddings": rng.normal(size=(6, 8)).astype("f4") + 1,
        "text_labels": np.arange(6) % 3,
        "text_templates": np.array(["a {}", "b {}"] * 3),
    }


def packed(values):
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


def header(shape, dtype):
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def save(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ({k: packed(v) for k, v in arrays().items()} | members).items():
            archive.writestr(f"{name}.npy", content)
    return path


def parquet(path, n=30):
    rows = [
        {
            "kind": kind,
            "embedding": row.tolist(),
            "label": f"class {i % 3}",
            "template": f"{i // 3} {{}}",
        }
        for kind, size in (("image", n), ("text", 6))
        for i, row in enumerate(np.random.default_rng(size).normal(size=(size, 8)))
    ]
    pd.DataFrame(rows).to_parquet(path)
    return path


def refused(path):
    with pytest.raises(InputError) as caught:
        open_embeddings(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path.name))
    return str(caught.value)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"thumbnails": b"\x93NUMPY\x01\x00" + struct.pack("<H", 5) + b"((((("}, "cannot be read"),
        ({"thumbnails": b"not an array"}, "cannot be read"),
        ({"thumbnails": header("(60, 1, 1, 1)", "|u1")}, "numbers or text that fill it"),
        ({"thumbnails": header("(60, 1, 1, 1)", "|O") + bytes(480)}, "numbers or text that fill"),
        ({"model": packed(np.array("x" * 3000))}, "over 2000 letters"),
        ({"image_embeddings": packed(np.full((60, 8), 5e-324))}, "row 0 is 0 or not finite"),
        ({"image_embeddings": packed(np.full((60, 8), 1e300))}, "row 0 is 0 or not finite"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused_in_one_line(members, words, tmp_path):
    assert words in refused(save(tmp_path / "made.npz", **members))


def test_an_encrypted_member_is_refused(tmp_path):
    path = save(tmp_path / "made.npz")
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(signature)
        content[place + offset] |= 1
    path.write_bytes(content)
    assert "encrypted" in refused(path)


def zeros(path, name, shape, dtype):
    """Save a file with a gigabyte of zeros under a name, which takes a megabyte."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for other, values in arrays().items():
            if other != name:
                archive.writestr(f"{other}.npy", packed(values))
        with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
            member.write(header(shape, dtype))
            for _ in range(64):
                member.write(bytes(2**24))
    return path


@pytest.mark.parametrize(
    ("name", "shape", "dtype", "words"),
    [
        ("thumbnails", "(1073741824, 1, 1, 1)", "|u1", "times more"),
        ("image_embeddings", "(33554432, 8)", "<f4", "times more"),
        ("text_templates", "(1, )", "<U268435456", "times more"),
    ],
)
def test_a_gigabyte_of_zeros_is_refused_from_its_header(name, shape, dtype, words, tmp_path):
    path = zeros(tmp_path / "made.npz", name, shape, dtype)
    done = subprocess.run(
        [sys.executable, "-c", OPEN_IN_A_LIMIT, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert words in done.stdout, done


def test_texts_of_a_table_are_measured_before_they_are_spread(tmp_path):
    path = parquet(tmp_path / "made.parquet")
    rows = pd.read_parquet(path)
    rows["template"] = "x" * 100_000
    rows.to_parquet(path)
    assert "texts of 100000 letters" in refused(path)


@pytest.mark.parametrize("kind", ["npz", "parquet"])
def test_a_damaged_file_is_read_or_refused_in_one_line(kind, tmp_path):
    path = tmp_path / f"made.{kind}"
    whole = (save if kind == "npz" else parquet)(path).read_bytes()
    open_embeddings(path)
    rng, lines = np.random.default_rng(0), []
    for _ in range(N_MUTATIONS):
        content = bytearray(whole)
        for place in rng.integers(0, len(content), rng.integers(1, 4)):
            content[place] = rng.integers(0, 256)
        path.write_bytes(
            content[: rng.integers(1, len(content))] if rng.random() < 0.2 else content
        )
        try:
            open_embeddings(path)
        except InputError as error:
            lines.append(str(error))
    assert len(lines) > N_MUTATIONS / 10
    assert not any("\n" in line for line in lines)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 4 * 2**20
