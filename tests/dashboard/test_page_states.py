"""Every page over reports that can be read: the committed one, an old one, a hostile one."""

import pytest

from dashboard import navigation
from dashboard.ui import formatting, pickers
from store.writer import publish
from tests.support import made_up_stores, report_states
from tests.support.opened_pages import images, words

PAGES = list(navigation.PAGES)
OF_ONE_STUDY = [name for name, page in navigation.PAGES.items() if page.study]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_the_committed_report(page, page_of):
    app = page_of(page, report_states.committed)
    assert not app.exception
    assert len(app.title) == 1
    assert "cannot be shown" not in words(app)
    assert "How this was measured" in [expander.label for expander in app.expander]
    assert "**Sources.**" in words(app) or page == "about"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_a_report_of_the_oldest_format(page, page_of):
    app = page_of(page, report_states.archived)
    assert not app.exception
    assert "cannot be shown" not in words(app)


@pytest.mark.parametrize("page", PAGES)
def test_every_chart_and_picture_is_described_and_every_chart_has_its_table(page, page_of):
    without_table, without_words = [], []
    for element in page_of(page, report_states.committed).main:
        if element.type == "vega_lite_chart":
            without_words += [element.proto.spec[:80]] if not element.proto.alt else []
            if not element.proto.id.endswith(pickers.WALL):
                without_table.append(element.proto.alt)
        elif element.type == "image":
            without_words += [image.caption for image in element.proto.imgs if not image.alt]
        elif element.type == "dataframe":
            without_table.clear()
        elif element.type in ("title", "subheader"):
            assert not without_table, element.value
    assert not without_table
    assert not without_words


@pytest.mark.parametrize("page", OF_ONE_STUDY)
def test_a_figure_says_where_its_numbers_come_from(page, page_of):
    text = words(page_of(page, report_states.committed))
    assert "made " in text
    assert "contents " in text


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_hostile_texts_shows_them_as_they_are(page, page_of):
    app = page_of(page, report_states.hostile)
    assert not app.exception
    assert len(app.title) == 1
    for element in app.get("markdown") + app.get("caption"):
        assert not element.proto.allow_html
        assert report_states.HOSTILE_TEXT not in element.value  # only with its characters escaped


@pytest.mark.parametrize("page", ["overview", "one_picture"])
def test_captions_of_pictures_show_hostile_texts_as_they_are(page, page_of):
    captions = [image.caption for image in images(page_of(page, report_states.hostile))]
    assert any(formatting.escaped(report_states.HOSTILE_TEXT) in caption for caption in captions)
    assert not any(report_states.HOSTILE_TEXT in caption for caption in captions)


@pytest.mark.parametrize(
    ("state", "kind"),
    [(report_states.committed, "button_group"), (report_states.hostile, "selectbox")],
)
def test_options_that_buttons_would_draw_as_markdown_stand_in_a_list(state, kind, page_of):
    app = page_of("faithfulness", state)
    assert not app.exception
    assert [one.label for one in app.get(kind) if one.key == "map"] == ["Map"]


def test_a_store_replaced_while_a_reader_looks_is_shown_anew(tmp_path, open_page):
    path = made_up_stores.write_report(tmp_path / "made", seed=0) / "vae.h5"
    app = open_page("training", lambda _: tmp_path)
    before = words(app)
    path.unlink()  # a reader that has it open keeps the old file
    publish(path, made_up_stores.make_contents("vae", seed=1))
    after = words(app.run())
    assert not app.exception
    assert "seed 0" in before
    assert "seed 1" in after
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:1000])
    assert "cut short" in words(app.run())
    assert not app.exception


@pytest.mark.parametrize("page", ["overview", "about", "compare", "attention", "one_picture"])
def test_a_report_folder_of_any_name_is_drawn(page, page_of):
    app = page_of(page, report_states.oddly_named)
    assert not app.exception
    text = words(app) + "".join(block.value for block in app.code)
    assert text.isascii() or text.encode()
    assert "\x1b" not in text
