"""What axe finds on a page that would keep a reader from it."""

from axe_playwright_python.sync_playwright import Axe

SERIOUS = ("serious", "critical")


def serious_faults(page, within="body"):
    """The serious faults: rule, how often, the first place.

    within: a selector, to leave out what is not ours.
    """
    found = Axe().run(page, context=within).response["violations"]
    return [
        (fault["id"], len(fault["nodes"]), fault["nodes"][0]["html"])
        for fault in found
        if fault["impact"] in SERIOUS
    ]
