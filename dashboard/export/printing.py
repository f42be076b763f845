"""The document as PDF, printed by a Chromium that is already on the machine."""

import shutil
import subprocess
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
DRAWING_MS = 60_000  # of the browser's own clock, which does not wait: charts need a few seconds
LIMIT_SECONDS = 300


def find_browser() -> str | None:
    """Return the path of a Chromium or Chrome, or None."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def print_pdf(browser: str, page: Path, target: Path) -> None:
    """Print a document; the browser reaches no network.

    Raises:
        OSError, subprocess.SubprocessError: the browser did not start or did not end well.
    """
    options = [
        "--headless",
        "--disable-gpu",
        "--no-sandbox",  # needed as root, as in a container; the file is ours and asks for nothing
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--window-size=760,1000",  # about as wide as the paper, so charts are drawn for it
        "--no-pdf-header-footer",
        f"--virtual-time-budget={DRAWING_MS}",
        f"--print-to-pdf={target}",
    ]
    subprocess.run(
        [browser, *options, page.resolve().as_uri()],
        check=True,
        capture_output=True,
        timeout=LIMIT_SECONDS,
    )
