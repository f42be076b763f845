"""A report in a notebook: every array with the names of its axes, and the claims as a table."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from numpy.typing import NDArray

from store.errors import StoreMissing
from store.reader import Store
from store.schema import STUDIES, ArraySpec
from store.trial import open_tried

if TYPE_CHECKING:  # neither is needed to read an array
    import pandas as pd
    import xarray as xr

ESTIMATE = ["value", "low", "high"]  # along every axis named `estimate`


class Results(Mapping[str, NDArray]):
    """One study's results: `results["masking/survival"]` is an array, `.axes(...)` its axes."""

    def __init__(self, store: Store) -> None:
        """Take over an open store."""
        self.store = store
        specs = STUDIES[store.provenance.study].by_path()
        self._specs: dict[str, ArraySpec] = {
            path: specs[path] for path in store.datasets if path in specs
        }

    def __getitem__(self, path: str) -> NDArray:
        """Return a dataset, text as `str`. Raises KeyError: the store does not hold it."""
        return self.store.read(self._specs[path])

    def __iter__(self) -> Iterator[str]:
        """Yield the path of every dataset."""
        return iter(self._specs)

    def __len__(self) -> int:
        """Return the number of datasets."""
        return len(self._specs)

    def axes(self, path: str) -> tuple[str, ...]:
        """Return the names of a dataset's axes; the same name has the same size in all of them."""
        return self._specs[path].dims

    def about(self, path: str) -> str:
        """Return what a dataset's numbers mean, with their unit."""
        spec = self._specs[path]
        return f"{spec.about} [{spec.unit}]"

    @property
    def claims(self) -> "pd.DataFrame":
        """A row per claim: sentence, value, interval, control, verdict and the rest."""
        import pandas as pd

        rows = pd.DataFrame([asdict(claim) for claim in self.store.claims])
        return rows.set_index("id") if len(rows) else rows

    def to_xarray(self) -> "xr.Dataset":
        """Return every dataset under its path, with named axes, units and where it comes from.

        Raises ImportError: xarray is not installed; `pip install xarray`.
        """
        import xarray as xr

        variables = {
            path: (spec.dims, self[path], {"units": spec.unit, "long_name": spec.about})
            for path, spec in self._specs.items()
        }
        facts = asdict(self.store.provenance)
        named = {key: str(value) for key, value in facts.items()}
        whole = xr.Dataset(variables, attrs=named | {"content_hash": self.store.content_hash})
        return whole.assign_coords(estimate=ESTIMATE) if "estimate" in whole.sizes else whole


class Report(Mapping[str, Results]):
    """The studies of one report: `report["vit"]`."""

    def __init__(self, path: Path, studies: Mapping[str, Results]) -> None:
        """Hold the results by study; `open_report` is the way to get one."""
        self.path = path
        self._studies = dict(studies)

    def __getitem__(self, study: str) -> Results:
        """Return a study's results. Raises KeyError: the report does not have it."""
        return self._studies[study]

    def __iter__(self) -> Iterator[str]:
        """Yield 'vit', 'vae' and 'clip', as far as the report has them."""
        return iter(self._studies)

    def __len__(self) -> int:
        """Return the number of studies."""
        return len(self._studies)

    @property
    def claims(self) -> "pd.DataFrame":
        """The claims of every study, with the study in a column."""
        import pandas as pd

        return pd.concat([results.claims.assign(study=study) for study, results in self.items()])


def open_report(path: str | Path) -> Report:
    """Open a folder of stores, such as `store/data/embedded`.

    Raises:
        StoreError: a store of it cannot be read, or it has none; the message says what to do.
    """
    folder = Path(path)
    files = {study: folder / f"{study}.h5" for study in STUDIES}
    stores = {study: file for study, file in files.items() if file.exists()}
    if not stores:
        raise StoreMissing(folder, "it holds no store", "vit.h5, vae.h5 or clip.h5")
    return Report(folder, {s: Results(open_tried(file, s)) for s, file in stores.items()})
