"""The contract between the jobs that compute and the dashboard that shows: HDF5 stores.

`store.open_report("store/data/embedded")` opens a report in a notebook.
"""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """Load `open_report` when it is asked for: whoever needs the schema needs no reader."""
    if name == "open_report":
        return import_module("store.report").open_report
    raise AttributeError(f"module 'store' has no attribute {name!r}")
