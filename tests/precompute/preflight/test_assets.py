"""`stage` where hub and mirrors are folders, and its copy on a machine without network."""

import hashlib
import shutil
import tarfile
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import huggingface_hub
import pytest
from torchvision import datasets
from typer.testing import CliRunner

from precompute.__main__ import app
from precompute.data.archives import Archive
from precompute.data.registry import DATA_SETS
from precompute.errors import InputError
from precompute.preflight import assets, places
from precompute.preflight.assets import SUMS, check_sums, refuse_damaged_blobs
from tests.support.file_server import Manner, served
from tests.support.stand_ins import FULL, REVISION, Machine, save_vit, write_pets, write_stl10

VIT = FULL["vit"]["model"]
FOLDER = {  # what each archive holds
    "stl10_binary.tar.gz": "stl10_binary",
    "images.tar.gz": "images",
    "annotations.tar.gz": "annotations",
}


@pytest.fixture
def mirrors(tmp_path, monkeypatch):
    """In place of the network: a hub in its own layout, and a server with the sets' archives."""
    source = tmp_path / "vit-on-the-hub"
    save_vit(source)

    def snapshot_download(repository, cache_dir, allow_patterns):
        model = cache_dir / f"models--{repository.replace('/', '--')}"
        snapshot = model / "snapshots" / REVISION
        snapshot.mkdir(parents=True)
        (model / "blobs").mkdir()
        (model / "refs").mkdir()
        (model / "refs" / "main").write_text(REVISION)
        if repository != VIT:  # CLIP's weights: here in name only
            (source / "open_clip_model.safetensors").write_bytes(b"weights")
        for file in source.iterdir():
            blob = model / "blobs" / hashlib.sha256(file.read_bytes()).hexdigest()
            shutil.copyfile(file, blob)
            (snapshot / file.name).symlink_to(f"../../blobs/{blob.name}")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    monkeypatch.setattr(assets, "_reachable", lambda host: True)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    write_stl10(tmp_path / "published", 2, 2)
    write_pets(tmp_path / "published", 3)
    with ExitStack() as stack:
        yield {
            archive.name: stack.enter_context(stand_in(monkeypatch, name, archive, tmp_path))
            for name in ("STL10", "OxfordIIITPet")
            for archive in DATA_SETS[name].archives
        }


@contextmanager
def stand_in(monkeypatch, name, archive, tmp_path):
    """Serve a small archive in the place of a large one, from a second place that works."""
    folder = tmp_path / "published" / DATA_SETS[name].unpacked_in
    top = FOLDER[archive.name]
    file = tmp_path / archive.name
    with tarfile.open(file, "w:gz") as tar:
        tar.add(folder / top, top)
    content = file.read_bytes()
    with served(content, Manner(status=503)) as official, served(content) as mirror:
        places = tuple(server.place(archive.name) for server in (official, mirror))
        digest = hashlib.sha256(content).hexdigest()
        small = Archive(archive.name, len(content), digest, places)
        row = DATA_SETS[name]
        others = tuple(small if one.name == archive.name else one for one in row.archives)
        monkeypatch.setitem(DATA_SETS, name, replace(row, archives=others))
        yield mirror


def stage(folder, *options):
    result = CliRunner().invoke(app, ["stage", str(folder), *options], env={"COLUMNS": "200"})
    return result.exit_code, result.output


def test_the_copied_folder_is_all_that_the_other_machine_needs(mirrors, tmp_path):
    code, results = stage(tmp_path / "staged")
    assert code == 0, results
    assert "answered 503 (Service Unavailable); trying" in results
    assert not list((tmp_path / "staged").rglob("*.tar.gz*"))  # unpacked, and not copied twice
    machine = Machine(tmp_path / "gpu-box")
    shutil.copytree(tmp_path / "staged", machine.root, symlinks=True)
    checked = machine.precompute("check", "--profile", "full", "--only", "vit,vae")
    assert checked.code == 0, checked.output
    assert "Everything is here" in checked.output
    clip = machine.precompute("check", "--profile", "full", "--only", "clip")
    assert "here    clip  ViT-B-32-quickgelu/openai" in clip.output
    assert "open_clip cannot load it" in clip.output  # the mirror's weights are one word
    assert checked.sockets == clip.sockets == []


def test_staging_again_fetches_nothing_and_compares_every_digest(mirrors, tmp_path, monkeypatch):
    staged = tmp_path / "staged"
    assert stage(staged)[0] == 0
    monkeypatch.setattr(assets, "_reachable", lambda host: pytest.fail("asked for network"))
    code, results = stage(staged)
    n_files = len((staged / SUMS).read_text().splitlines())
    assert code == 0, results
    assert f"{n_files} files, {n_files} of them as SHA256SUMS has them" in results
    assert (
        f"HF_HOME={staged}/hf HF_HUB_OFFLINE=1 make precompute PROFILE=full DATA={staged}/data"
        in results
    )


def test_an_interrupted_staging_goes_on_and_a_killed_unpacking_is_done_again(
    mirrors, tmp_path, monkeypatch
):
    data = tmp_path / "staged" / "data"
    server = mirrors["stl10_binary.tar.gz"]
    server.manners = [Manner(n_sent=1000), Manner(status=500)]
    code, results = stage(tmp_path / "staged", "--only", "clip")
    assert code == 2
    assert "missing clip: STL10 (size unknown): stl10_binary.tar.gz: no place gave it" in results
    assert "answered 500 (Internal Server Error). 0.0 of " in results
    assert "Run the same command again, or name a place" in results
    assert (data / "stl10_binary.tar.gz.part").stat().st_size == 1000
    server.manners = []
    left = data / ".unpacking" / "stl10_binary" / "test_X.bin"  # as a killed run leaves it
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    (data / "stl10_binary").mkdir()
    (data / "stl10_binary" / "train_X.bin").write_bytes(b"old")
    code, results = stage(tmp_path / "staged", "--only", "clip")
    assert code == 0, results
    assert server.asked[-1][1] == "bytes=1000-"
    assert sorted(file.name for file in data.iterdir()) == ["stl10_binary"]
    for file in (data / "stl10_binary").iterdir():
        assert file.read_bytes() == (tmp_path / "published/stl10_binary" / file.name).read_bytes()


def test_what_shows_that_a_set_is_there_is_unpacked_last(mirrors, tmp_path, monkeypatch):
    moved, move = [], Path.replace
    monkeypatch.setattr(Path, "replace", lambda file, to: moved.append(to) or move(file, to))
    assert stage(tmp_path / "staged", "--only", "vit")[0] == 0
    assert moved[-1].relative_to(tmp_path / "staged/data") == Path(
        DATA_SETS["OxfordIIITPet"].staged_file
    )


def test_an_archive_put_there_by_hand_is_unpacked_and_left(mirrors, tmp_path):
    data = tmp_path / "staged" / "data"
    data.mkdir(parents=True)
    shutil.copy(tmp_path / "stl10_binary.tar.gz", data)
    assert stage(tmp_path / "staged", "--only", "clip")[0] == 0
    assert (data / "stl10_binary.tar.gz").is_file()
    assert mirrors["stl10_binary.tar.gz"].asked == []


def test_a_set_that_cannot_be_unpacked_is_named_and_its_archive_kept(mirrors, tmp_path):
    data = tmp_path / "staged" / "data"
    (data / "stl10_binary" / "test_X.bin").mkdir(parents=True)
    code, results = stage(tmp_path / "staged", "--only", "clip")
    assert code == 2
    assert "stl10_binary.tar.gz cannot be unpacked there (Is a directory)" in results
    assert (data / "stl10_binary.tar.gz").is_file()
    assert not (data / ".unpacking").exists()


def test_the_users_mirror_goes_first_by_option_or_variable(mirrors, tmp_path, monkeypatch):
    with served((tmp_path / "stl10_binary.tar.gz").read_bytes()) as own:
        assert stage(tmp_path / "a", "--only", "clip", "--mirror", own.place("sets/"))[0] == 0
        monkeypatch.setenv("THREE_LENSES_MIRROR", own.place("stl10"))
        assert stage(tmp_path / "b", "--only", "clip")[0] == 0
        assert [path for path, _ in own.asked] == ["/sets/stl10_binary.tar.gz", "/stl10"]
    assert mirrors["stl10_binary.tar.gz"].asked == []
    code, results = stage(tmp_path / "c", "--mirror", "/mnt/sets")
    assert code == 2
    assert "--mirror '/mnt/sets': expected a URL" in results


def test_check_names_every_place_in_order(tmp_path):
    mirror = ("--mirror", "https://me.example.org/sets/?key=secret", "--mirror", "http://b.org/")
    answer = CliRunner().invoke(
        app,
        ["check", "--profile", "full", "--data", str(tmp_path), *mirror],
        env={"COLUMNS": "200"},
    )
    for name in ("STL10", "OxfordIIITPet"):
        for archive in DATA_SETS[name].archives:
            own = ("https://me.example.org/sets/", f"http://b.org/{archive.name}")
            places = ", then ".join((*own, *archive.places))
            assert f"        {archive.name}: {places}\n" in answer.output
    assert "secret" not in answer.output


def test_every_archive_comes_first_from_where_torchvision_takes_it_and_from_elsewhere_too():
    official = [datasets.STL10.url, *(url for url, _ in datasets.OxfordIIITPet._RESOURCES)]
    rows = [row for row in DATA_SETS.values() if not row.lies_in]
    archives = [archive for row in rows for archive in row.archives]
    assert [archive.places[0] for archive in archives] == official
    for archive in archives:
        assert len({places.host_of(place) for place in archive.places}) == len(archive.places) > 1
        assert {place.rpartition("/")[2] for place in archive.places} == {archive.name}
        assert len(bytes.fromhex(archive.sha256)) == 32


def test_a_file_that_changed_on_the_way_is_named(mirrors, tmp_path):
    staged = tmp_path / "staged"
    assert stage(staged)[0] == 0
    file = staged / "data" / "stl10_binary" / "test_X.bin"
    file.write_bytes(b"\1" + file.read_bytes()[1:])
    code, results = stage(staged)
    assert code == 2
    assert "test_X.bin: does not match its sha256. Copy it again" in results
    file.unlink()
    assert "test_X.bin: is missing" in stage(staged)[1]


def test_a_download_that_is_not_what_the_hub_has_is_refused(tmp_path):
    blobs = tmp_path / "models--a--b" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / hashlib.sha256(b"weights").hexdigest()).write_bytes(b"weights")
    git = hashlib.sha1(b"blob 2\0{}").hexdigest()
    (blobs / git).write_bytes(b"{}")
    refuse_damaged_blobs(tmp_path)
    (blobs / git).write_bytes(b"[]")
    with pytest.raises(InputError, match=f"{git}: its content is not what the hub has"):
        refuse_damaged_blobs(tmp_path)


def test_sums_cannot_point_out_of_the_folder(tmp_path):
    (tmp_path / SUMS).write_text("0" * 64 + "  ../../etc/passwd\n")
    with pytest.raises(InputError, match="lies outside the folder"):
        check_sums(tmp_path)


def test_a_profile_that_needs_nothing_makes_a_folder_with_an_empty_list(tmp_path):
    answer = CliRunner().invoke(app, ["stage", str(tmp_path / "staged"), "--profile", "embedded"])
    assert answer.exit_code == 0, answer.output
    assert (tmp_path / "staged" / SUMS).read_text() == ""


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    answer = CliRunner().invoke(
        app, ["stage", str(tmp_path / "file" / "staged"), "--profile", "embedded"]
    )
    assert answer.exit_code == 2
    assert "cannot be written (Not a directory)" in " ".join(answer.output.split())
