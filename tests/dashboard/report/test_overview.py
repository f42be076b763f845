"""The front page: the verdicts, as the stores give them, and a figure for every study."""

from tests.support import made_up_stores, report_states
from tests.support.opened_pages import images, words


def test_the_headline_counts_verdicts_as_the_stores_give_them(open_page):
    app = open_page("overview", report_states.committed)
    (title,) = app.title
    assert title.value.startswith("12 claims about three vision models, tested: ")
    counts = [int(word) for word in title.value.split(": ")[1].split() if word.isdigit()]
    assert sum(counts) == 12


def test_every_figure_links_to_its_page_and_says_what_it_shows(page_of):
    app = page_of("overview", report_states.both)
    assert not app.exception
    links = [one.proto for one in app.main if one.type == "page_link"]
    assert [link.page for link in links[:4]] == [
        "attention",
        "masking",
        "reconstructions",
        "alignment",
    ]
    assert "report=photographs" in links[0].query_string
    captions = [image.caption for image in images(app)]
    flips = [caption for caption in captions if "→" in caption]
    assert len(flips) == 4
    assert all(len(set(flip.split(" → "))) == 2 for flip in flips)
    assert "before: gap" in " ".join(captions).replace("\\", "")


def test_a_store_that_names_other_arms_leaves_its_figure_out_and_says_why(page_of):
    app = page_of("overview", report_states.hostile)
    assert not app.exception
    assert "No picture: " in words(app)


def test_every_claim_has_a_strip_that_says_its_numbers(page_of):
    app = page_of("overview", report_states.made_up)
    claims = [
        claim
        for study in report_states.STUDIES
        for claim in made_up_stores.make_contents(study).claims
    ]
    strips = [image for image in images(app) if image.url.startswith("data:image/svg")]
    assert len(strips) == len(claims)
    assert all("original report" in strip.alt for strip in strips)
