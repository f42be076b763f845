"""A digest of the code that a step runs, so that other code may change without a new run.

What a module imports is read from its text: nothing is executed, and a function that imports late
counts as one that imports early. A package's `__init__` counts where it is imported itself.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ("precompute", "store")
APART = "precompute.cli"  # what a run says on the terminal makes no number


def code_digest(*modules: str, alone: tuple[str, ...] = (), root: Path | None = None) -> str:
    """Return sha256 over the modules, all that they import from this project, and their names.

    alone: modules that count without what they import, such as one that holds several steps.
    root: the folder that holds the programs, where it is another than this one's.
    """
    root = root or ROOT
    digest = hashlib.sha256()
    for module in sorted(imported_modules(*modules, root=root) | set(alone)):
        file = _file(module, root)
        text = file.read_bytes() if file else b""
        digest.update(f"{module} {len(text)}\n".encode() + text)
    return digest.hexdigest()


def imported_modules(*modules: str, root: Path = ROOT) -> frozenset[str]:
    """Return the modules and every module of this project that they import, directly or not."""
    reached: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            waiting += _imports(module, root)
    return frozenset(reached)


@cache
def _imports(module: str, root: Path) -> tuple[str, ...]:
    """Return the modules of this project that one imports itself."""
    file = _file(module, root)
    tree = ast.parse(file.read_text(encoding="utf-8")) if file else ast.Module([], [])
    names = {name for node in _executed(tree) for name in _named(node)}
    known = (name if _file(name, root) else name.rpartition(".")[0] for name in names)
    return tuple(
        name
        for name in dict.fromkeys(known)
        if name.split(".")[0] in PROGRAMS
        and not f"{name}.".startswith(f"{APART}.")
        and _file(name, root)
    )


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """Walk over a module without what only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield child
            yield from _executed(child)


def _named(node: ast.AST) -> list[str]:
    """Return what an import names: modules, or names that may be modules."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def _file(module: str, root: Path) -> Path | None:
    """Return the file of a module of this project."""
    stem = root.joinpath(*module.split("."))
    files = (stem.with_suffix(".py"), stem / "__init__.py")
    return next((file for file in files if file.is_file()), None)
