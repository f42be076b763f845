"""The files that a set of images is published as, known by their bytes."""

from dataclasses import dataclass
from pathlib import Path

from precompute.data.filesystem import sha256_of


@dataclass(frozen=True)
class Archive:
    """A tar file of a set.

    Its digest says what it is, so it may come from anywhere: a place can fail, and can never give
    other data.
    """

    name: str
    n_bytes: int
    sha256: str
    places: tuple[str, ...]  # URLs of this very file, the official one first

    def refusal(self, file: Path) -> str:
        """Say why a file is not this one; empty when it is."""
        if (n_bytes := file.stat().st_size) != self.n_bytes:
            return f"{n_bytes:,} bytes, expected {self.n_bytes:,}"
        if (actual := sha256_of(file)) != self.sha256:
            return f"sha256 is {actual[:12]}…, expected {self.sha256[:12]}…"
        return ""
