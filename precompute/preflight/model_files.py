"""What is read of a model's folder: settings by name, weights as safetensors, and never code.

transformers and open_clip run a folder's own code where its settings ask for it, or ask the user
whether they may. So neither meets the folder itself: each gets a copy, made here, of the settings
that are known to be plain values, with links to the weights and to nothing else.
"""

import json
import shlex
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import dynamic_module_utils

from precompute.errors import InputError

SETTINGS_BYTES = 16 * 2**20  # 20,000 label names take about one
CODE_KEYS = ("auto_map", "trust_remote_code", "custom_pipelines", "custom_generate")
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
CONVERT = (
    "import torch, safetensors.torch as s; w = {{}}; "
    "[w.update(t.get('state_dict', t)) for t in "
    "(torch.load(f, map_location='cpu', weights_only=True) for f in {sources!r})]; "
    "s.save_file({{k: v.clone().contiguous() for k, v in w.items()}}, {target!r}, "
    "{{'format': 'pt'}})"
)

# Left out of a call, `trust_remote_code` makes transformers ask; without a time to wait it refuses.
dynamic_module_utils.TIME_OUT_REMOTE_CODE = 0


def read_settings(path: Path, name: str) -> dict[str, Any]:
    """Return the JSON object of a model's settings file; name: what messages call the model.

    Raises InputError: it is no such file, too long, no JSON object, or it asks for code of its own.
    """
    fact = ""
    try:
        if not path.is_file():
            raise InputError(f"{name}: {path.name} is no file. Save the model again.")
        if path.stat().st_size > SETTINGS_BYTES:
            fact = f"has {path.stat().st_size} bytes, expected at most {SETTINGS_BYTES}"
        else:
            values = json.loads(path.read_text(encoding="utf-8"))
            fact = "" if isinstance(values, dict) else "holds no JSON object"
    except OSError as error:
        fact = f"cannot be read ({error.strerror})"
    except RecursionError:
        fact = "is nested too deeply"
    except ValueError as error:
        fact = f"is not JSON ({error})"
    if fact:
        raise InputError(f"{name}: {path.name} {fact}. Save the model again.")
    for key in _keys(values):
        if key in CODE_KEYS:
            raise InputError(
                f"{name}: {path.name} asks for code of its own ({key}), which is never run. "
                f"Remove {key} to load the model by the library's own class, or choose another."
            )
    return values


def _keys(values: Any) -> Iterator[str]:
    """Yield every key of a JSON value, at any depth."""
    waiting = [values]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def refuse_pickles(folder: Path, name: str, target: str) -> None:
    """Raise InputError for a folder whose weights are no safetensors, with the command to convert.

    target: the file's name that is expected.
    """
    pickles = sorted(str(file) for file in folder.glob("*") if file.suffix in PICKLES)
    if not pickles:
        raise InputError(f"{name}: {target} is missing. Save the model with save_pretrained.")
    raise InputError(
        f"{name}: its weights are a pickle ({Path(pickles[0]).name}), which can run code, expected "
        f"{target}. Convert them: {converting_command(pickles, folder / target)}"
    )


def converting_command(pickles: Iterable[str], target: Path) -> str:
    """Return a command that writes the weights of pickles, read without running them, anew."""
    code = CONVERT.format(sources=list(pickles), target=str(target))
    return shlex.join([".venv/bin/python", "-c", code])


@contextmanager
def copied(settings: Mapping[str, Any], links: Iterable[Path]) -> Iterator[Path]:
    """Yield a folder that holds settings, as JSON by file name, and links to other files alone."""
    with tempfile.TemporaryDirectory(prefix="three-lenses-model-") as place:
        for name, values in settings.items():
            (Path(place) / name).write_text(json.dumps(values), encoding="utf-8")
        for file in links:
            (Path(place) / file.name).symlink_to(file.absolute())
        yield Path(place)
