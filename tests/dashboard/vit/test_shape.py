"""The page on shape and texture: its strip, its chart, and reports that have neither."""

from dataclasses import replace

import numpy as np

from dashboard.vit import shape as page
from store.schema.vit import names, shape
from tests.support import made_up_stores, report_states
from tests.support.opened_pages import chart_tables, images, words


def test_a_report_from_before_says_so_in_one_line_and_makes_no_claim(page_of):
    app = page_of("shape", report_states.archived)
    assert not app.exception
    notices = [notice.value for notice in app.info]
    assert notices == ["This report was made before shape was measured. Make it again to see it."]


def test_pictures_without_masks_say_what_is_missing(open_page):
    made = made_up_stores.make_contents("vit")
    arrays = {spec: v for spec, v in made.arrays.items() if not spec.path.startswith("shape/")}
    path = next(iter(arrays)).path
    claims = tuple(
        replace(claim, evidence=path) if claim.id == names.SHAPE_CLAIM else claim
        for claim in made.claims
    )
    contents = replace(made, arrays=arrays, claims=claims)
    app = open_page("shape", report_states.holding(contents))
    assert not app.exception
    assert "come without object masks" in words(app, "info")


def test_the_strip_gives_a_picture_whole_and_in_every_version(page_of):
    app = page_of("shape", report_states.made_up)
    assert not app.exception
    strip = [image.alt.partition(": ")[0] for image in images(app)]
    expected = ["original", "silhouette", "edges", "shuffled, fine", "shuffled, coarse"]
    expected += ["texture, fine", "texture, coarse", "background removed", "object removed"]
    assert strip == expected


def test_the_chart_holds_each_version_and_its_control(page_of):
    (table,) = (
        one
        for one in chart_tables(page_of("shape", report_states.made_up), "by version and mask")
        if "mask" in one
    )
    assert len(table) == 2 * len(names.VERSIONS)
    assert set(table["mask"]) == {page.OWN, page.CONTROL}


def test_versions_that_say_nothing_are_marked(open_page):
    made = made_up_stores.make_contents("vit")
    changed, flat = np.ones(len(names.VERSIONS)), np.zeros(len(names.VERSIONS))
    changed[names.VERSIONS.index(names.BACKGROUND_REMOVED)] = 0
    flat[names.VERSIONS.index(names.OBJECT_REMOVED)] = 1
    arrays = dict(made.arrays) | {shape.CHANGED: changed, shape.FLAT: flat}
    app = open_page("shape", report_states.holding(replace(made, arrays=arrays)))
    text = words(app)
    assert "“background removed” changes nothing" in text
    assert "After “object removed” nothing is left" in text


def test_the_first_picture_goes_as_most_pictures_do():
    survival = np.array([[0.8, 0, 0], [0.2, 0, 0]])
    study = {
        shape.EXAMPLE_ROW: np.array([0, 1, 2]),
        shape.EXAMPLE_IMAGE: np.array([0, 1, 2]),
        page.labels.GALLERY_TOP_INDEX: np.array([[7], [7], [7]]),
        shape.VERSION_PREDICTED: np.array([[1, 7], [7, 1], [7, 7]]),
        shape.VERSION_SURVIVAL: survival,
    }
    reader = type("Reader", (), {"read": lambda _, spec: study[spec]})()
    assert page.typical(reader) == 1
