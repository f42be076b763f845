"""A shard: a piece of a study that one call computes and one file holds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shard:
    """A named range of rows, such as the images 50 to 99 of the masking step."""

    name: str  # file stem, unique within the study
    start: int
    stop: int

    @property
    def rows(self) -> range:
        """The rows of this shard."""
        return range(self.start, self.stop)


def split_rows(step: str, n_rows: int, per_shard: int) -> list[Shard]:
    """Cut n_rows into shards of at most per_shard rows, named in reading order."""
    starts = range(0, n_rows, per_shard)
    return [Shard(f"{step}-{start:06d}", start, min(start + per_shard, n_rows)) for start in starts]
