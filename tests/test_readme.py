"""Every number that the README calls a finding is in the committed report."""

import re
from pathlib import Path

from store.reader import open_store
from tests.support import report_states

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
NAMES = ("CLIP", "ViT", "VAE", "PCA", "Fashion-MNIST")
ORIGINAL = ("40.9", "23.9")  # said by the claims themselves


def claims():
    for study in report_states.STUDIES:
        with open_store(report_states.COMMITTED / f"{study}.h5", study) as store:
            yield from store.claims


def row(claim):
    interval = f"{claim.low:.3f} to {claim.high:.3f}"
    control = f"{claim.control:.3f}, {claim.control_name}"
    return (
        f"| {claim.sentence} | {claim.value:.3f} ({interval}) | {claim.n:,} | {control} "
        f"| **{claim.verdict}** |"
    )


def section():
    return README.split("<!-- claims -->")[1].split("<!-- end of findings -->")[0]


def test_the_table_of_claims_is_the_report_s():
    written = [line for line in section().splitlines() if line.startswith("| ")][1:]
    assert written == [row(claim) for claim in claims()]


def test_every_number_in_the_prose_is_in_some_finding():
    prose = "\n".join(line for line in section().splitlines() if not line.startswith("|"))
    stored = {number for claim in claims() for number in NUMBER.findall(claim.finding)}
    unknown = [number for number in NUMBER.findall(prose) if number.rstrip(",") not in stored]
    assert not unknown


def test_every_file_and_target_that_it_names_is_here():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"^make ([a-z][a-z-]*)", README, re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for path in set(re.findall(r"\]\(([^)#:]+)\)", README)):
        assert (ROOT / path).exists(), path
