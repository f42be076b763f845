"""`python -m store`: look at stores, check them, and compare them."""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from store.errors import StoreError, StoreMissing, printable
from store.inspect.diff import Difference, diff
from store.inspect.specification import specification, specification_dict
from store.inspect.summary import check_fingerprint, show_dict, show_text, write_fingerprint
from store.schema import STUDIES
from store.trial import open_tried, verify_tried
from store.verify import error_to_dict

FINE, WRONG, TROUBLE = 0, 1, 2  # argparse ends with 2 too, for bad usage

EXAMPLES = """examples:
  python -m store show store/data/embedded/vit.h5        claims, origin, how to rebuild it
  python -m store verify store/data/embedded             every byte of a whole report
  python -m store diff OLD/vit.h5 NEW/vit.h5             what moved by more than its tolerance
  python -m store diff OLD NEW                           the same for two report folders
  python -m store fingerprint store/data/embedded        write NAME.fingerprint.txt beside each
  python -m store schema > store/FORMAT.md               the format as a document

PATH is a store or a report folder. Exit status: 0 fine, 1 invalid or different, 2 bad usage; for
diff, as of every diff: 0 the same, 1 different, 2 a store that cannot be read."""

Result = tuple[int, Any, str]  # exit status, answer as plain values, answer as text


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status, answer, text = options.run(options)
    except StoreError as error:
        status = TROUBLE if options.run is _diff else WRONG
        answer, text = error_to_dict(error), ""
        if not options.json:
            print(error, file=sys.stderr)
    output = json.dumps(answer, indent=2) if options.json else printable(text)
    if output:
        print(output, end="" if output.endswith("\n") else "\n")
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m store",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run, n_paths, about in (
        ("show", _show, "+", "print claims, provenance, the rebuilding command and sizes"),
        ("verify", _verify, "+", "check structure, schema, every checksum and the content hash"),
        ("diff", _diff, 2, "list what differs, within each dataset's tolerance"),
        ("fingerprint", _fingerprint, "+", "write the reviewable text beside each store"),
        ("schema", _schema, 0, "print the format as Markdown"),
    ):
        command = commands.add_parser(name, help=about, description=about)
        if n_paths:
            command.add_argument("paths", nargs=n_paths, type=Path, metavar="PATH")
        command.add_argument("--json", action="store_true", help="print JSON")
        command.set_defaults(run=run)
    return parser


def stores_in(path: Path) -> list[Path]:
    """Return the store itself, or those of a report folder in the order of the studies.

    Raises:
        StoreMissing: the folder holds none.
    """
    if not path.is_dir():
        return [path]
    stores = [path / f"{study}.h5" for study in STUDIES if (path / f"{study}.h5").exists()]
    if not stores:
        raise StoreMissing(path, "this folder holds no store", "vit.h5, vae.h5 or clip.h5")
    return stores


def _each(paths: list[Path], run: Callable[[Path], tuple[dict[str, Any], str]]) -> Result:
    """Run a command on every store; a path or a store that fails does not stop the others."""
    results: list[Result] = []
    for given in paths:
        try:
            results += [_one(path, run) for path in stores_in(given)]
        except StoreMissing as error:  # a folder without a store
            results.append((WRONG, error_to_dict(error), str(error)))
    statuses, answers, texts = zip(*results, strict=True)
    return max(statuses), list(answers), "\n".join(texts)


def _one(path: Path, run: Callable[[Path], tuple[dict[str, Any], str]]) -> Result:
    try:
        return (FINE, *run(path))
    except StoreError as error:
        return WRONG, error_to_dict(error), str(error)


def _show(options: argparse.Namespace) -> Result:
    def one(path: Path) -> tuple[dict[str, Any], str]:
        with open_tried(path) as store:
            return show_dict(store), show_text(store)

    return _each(options.paths, one)


def _verify(options: argparse.Namespace) -> Result:
    def one(path: Path) -> tuple[dict[str, Any], str]:
        study = path.stem if path.parent in options.paths else None  # a folder names its studies
        report = verify_tried(path, study)
        check_fingerprint(path)
        size = f"{report.n_datasets} datasets, {report.stored_bytes / 1e6:.1f} MB"
        text = f"{path}: valid {report.study} store, {size}, content {report.content_hash[:16]}"
        return report.to_dict(), text

    return _each(options.paths, one)


def _diff(options: argparse.Namespace) -> Result:
    a, b = options.paths
    if a.is_dir() != b.is_dir():
        folder, other = (a, b) if a.is_dir() else (b, a)
        remedy = "Give two stores or two report folders."
        raise StoreMissing(other, "it is no folder", f"a report, as {folder} is", remedy)
    if not a.is_dir():
        pairs, compare = [(a, b)], diff
    else:
        names = sorted({path.name for path in (*stores_in(a), *stores_in(b))})
        pairs, compare = [(a / name, b / name) for name in names], _diff_if_both
    answers, lines, status = [], [], FINE
    for first, second in pairs:
        try:
            compared = compare(first, second)
        except StoreError as error:  # one that cannot be read does not stop the others
            status = TROUBLE
            answers.append({"a": str(first), "b": str(second)} | error_to_dict(error))
            if not options.json:
                print(error, file=sys.stderr)
            continue
        serious = [difference for difference in compared if not difference.is_note]
        status = max(status, WRONG if serious else FINE)
        notes = f", {len(compared) - len(serious)} notes" if len(compared) > len(serious) else ""
        lines.append(f"{first} against {second}: {len(serious)} differences{notes}")
        lines += [f"  {'note: ' if line.is_note else ''}{line}" for line in compared]
        differences = [difference.to_dict() for difference in compared]
        answers.append({"a": str(first), "b": str(second), "differences": differences})
    return status, answers, "\n".join(lines)


def _diff_if_both(first: Path, second: Path) -> list[Difference]:
    """Compare two stores; one that only one report holds is a difference of the reports."""
    if first.exists() != second.exists():
        absent = "second" if first.exists() else "first"
        return [Difference("structure", first.name, f"is missing from the {absent} report")]
    return diff(first, second)


def _fingerprint(options: argparse.Namespace) -> Result:
    def one(path: Path) -> tuple[dict[str, Any], str]:
        target = write_fingerprint(path)
        return {"path": str(path), "fingerprint": str(target)}, str(target)

    return _each(options.paths, one)


def _schema(options: argparse.Namespace) -> Result:
    return FINE, specification_dict(), specification()


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may lack some of a store's letters
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` ends us without a traceback
    sys.exit(main())
