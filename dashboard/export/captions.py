"""What a paper says beneath a figure: title, what is in it, n, the interval's kind, seed, hash."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import pandas as pd
from numpy.typing import NDArray

from dashboard.export.figures import Exported
from dashboard.export.paper import WIDTHS
from dashboard.loaders import ArraySpec, Study
from dashboard.navigation import Page
from dashboard.ui import formatting

KINDS = r"[Bb]ootstrap|Wilson|Newcombe|t interval|standard errors"
IN_BRACKETS = re.compile(rf"\(([^()]*(?:{KINDS})[^()]*)\)")
IN_WORDS = re.compile(KINDS)
NO_INTERVAL = "lowest and highest"  # of draws
AXES = {"x": "across", "y": "up", "color": "colour", "shape": "shape", "size": "size"}
HASH_LETTERS = 12
Estimates = dict[tuple[float, ...], ArraySpec]  # value, low, high -> the dataset that holds them


def document(
    report: str, studies: Mapping[str, Study], figures: Iterable[tuple[Page, Exported]]
) -> str:
    """Return the captions of all figures as Markdown, each under its figure's name in files."""
    widths = " and ".join(f"{inches} in ({folder}/)" for folder, inches in WIDTHS.items())
    sources = [
        formatting.source_sentence(study.provenance, study.store.content_hash).replace(
            study.store.content_hash[:HASH_LETTERS], study.store.content_hash
        )
        for study in studies.values()
    ]
    head = [f"# Figures of report {_safe(report)}", f"Each is drawn {widths} wide."]
    head += [f"- {_safe(sentence)}" for sentence in sources]
    known = {name: _estimates(study) for name, study in studies.items()}
    parts = [_caption(page, figure, studies, known) for page, figure in figures]
    return "\n\n".join(["\n".join(head), *parts]) + "\n"


def _caption(
    page: Page, figure: Exported, studies: Mapping[str, Study], known: Mapping[str, Estimates]
) -> str:
    behind = [studies[page.study]] if page.study in studies else list(studies.values())
    held = [(study, spec) for study in behind for spec in _held(figure, known[study.name])]
    contents = ", ".join(
        f"{study.name} {study.store.content_hash[:HASH_LETTERS]}" for study in behind
    )
    seeds = sorted({study.provenance.seed for study in behind})
    lines = {
        "Title": figure.heading or page.title,
        "What is seen": " ".join([_sentence(figure.alt), *_encodings(figure)]),
        "n": "; ".join(dict.fromkeys(_count(*one) for one in held)) or _rows(figure),
        "Interval": _intervals(held) or "none",
        "Seed": ", ".join(map(str, seeds)),
        "Contents": contents,
    }
    words = "\n".join(f"- **{name}:** {_safe(line)}" for name, line in lines.items())
    return f"## {figure.name}\n\n{words}"


def _sentence(text: str) -> str:
    words = formatting.capitalised(text.strip())
    return words if words.endswith((".", "?")) else f"{words}."


def _encodings(figure: Exported) -> Iterator[str]:
    """Say what each axis and colour of a chart stands for, where it has a title."""
    titles: dict[str, str] = {}
    for layer in [figure.spec, *figure.spec.get("layer", [])]:
        for channel, encoding in layer.get("encoding", {}).items():
            title = encoding.get("title") if isinstance(encoding, dict) else None
            if channel in AXES and isinstance(title, str) and title:
                titles.setdefault(channel, title)
    for title in dict.fromkeys(titles.values()):  # colour and shape often say the same
        channels = [AXES[channel] for channel in titles if titles[channel] == title]
        yield f"{formatting.capitalised(' and '.join(channels))}: {title}."


def _estimates(study: Study) -> Estimates:
    known: Estimates = {}
    for spec, values in study.estimates().items():
        for key in _triples(values.reshape(-1, 3)):
            known.setdefault(key, spec)  # of two that hold the same numbers, the first
    return known


def _held(figure: Exported, known: Estimates) -> list[ArraySpec]:
    """Return the datasets whose estimates a figure draws, recognised by their three numbers.

    A chart may show a share in hundredths, and may name the three columns as it likes.
    """
    numbers = figure.numbers.select_dtypes("number").to_numpy(float)
    found: Counter[ArraySpec] = Counter()
    for start in range(numbers.shape[1] - 2):
        columns = numbers[:, start : start + 3]
        for rows in (columns, columns / 100):
            found.update(known[key] for key in _triples(rows) if key in known)
    return [spec for spec, n_rows in found.items() if n_rows * 10 >= len(numbers)]


def _triples(rows: NDArray) -> Iterator[tuple[float, ...]]:
    """Yield value, low and high of the rows that have an interval, as five digits each."""
    for row in rows.tolist():
        if not any(map(math.isnan, row)) and row[1] <= row[0] <= row[2] and row[1] < row[2]:
            yield tuple(float(f"{number:.4e}") for number in row)


def _intervals(held: list[tuple[Study, ArraySpec]]) -> str:
    """Say of which kind the intervals of these datasets are, each kind once."""
    by_kind: dict[str, list[str]] = {}
    for study, spec in held:
        by_kind.setdefault(_kind(study, spec), []).append(spec.path)
    return "; ".join(f"{kind} ({', '.join(paths)})" for kind, paths in by_kind.items())


def _kind(study: Study, spec: ArraySpec) -> str:
    """Return the kind of a dataset's interval: its description's, or that of the one before."""
    before = list(study.estimates())
    group = _group(spec)
    for one in before[before.index(spec) :: -1]:
        if _group(one) != group:
            break
        if NO_INTERVAL in one.about:
            return f"none, the ends are the {NO_INTERVAL} of the draws"
        if kind := IN_BRACKETS.search(one.about) or IN_WORDS.search(one.about):
            return f"95 %, {kind[kind.lastindex or 0]}"
    return "95 %, as the method on its page says"


def _group(spec: ArraySpec) -> str:
    return spec.path.partition("/")[0]


def _count(study: Study, spec: ArraySpec) -> str:
    """Say on how many independent items a dataset's estimates rest."""
    group = _group(spec)
    claimed = {claim.evidence.partition("/")[0]: claim.n for claim in study.store.claims}
    settings = study.provenance.settings
    if (seeds := settings.get(f"{group}_seeds")) and "over seeds" in spec.about:
        return f"{seeds:,} seeds"
    if group == "passes" and (n_starts := settings.get("sweep_test")):
        return f"{min(n_starts, study.size('image')):,} of each start"
    if group == "priors" and (n_generated := settings.get("n_generated")):
        return f"{n_generated:,} pictures of each source"
    return f"{claimed.get(group, study.size('image')):,} images"


def _rows(figure: Exported) -> str:
    """Say how many numbers a figure draws that has no estimate."""
    table: pd.DataFrame = figure.numbers
    if "images" in table and "kind" in table:
        return f"{int(table.groupby('kind')['images'].sum().max()):,} images of each kind"
    return f"{len(table):,} rows, all in data/{figure.name}.csv"


def _safe(text: str) -> str:
    """Return text on one line in which Markdown finds no markup."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", " ".join(text.split()))
