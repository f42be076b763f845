"""Every view over a committed, missing, damaged and newer store, as Streamlit runs it."""

import pytest

from dashboard import navigation
from dashboard.ui import formatting, pickers
from store import errors
from store.writer import publish
from tests.support import made_up_stores, report_states
from tests.support.opened_pages import drawn, words

VIEWS = [name for pages in navigation.SECTIONS.values() for name, _, _ in pages]
VAE_VIEWS = ["reconstructions", "latent_space", "explorer"]
OF_ONE_STUDY = [view for view in VIEWS if navigation.section_of(view) != "Report"]


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_shows_the_committed_report(view, opened):
    app = opened(view, report_states.committed)
    assert not app.exception
    assert len(app.title) == 1
    assert "cannot be shown" not in words(app)
    assert "How this was measured" in [expander.label for expander in app.expander]
    assert "**Sources.**" in words(app) or view == "about"


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_shows_a_report_of_the_oldest_format(view, opened):
    app = opened(view, report_states.archived)
    assert not app.exception
    assert "cannot be shown" not in words(app)


@pytest.mark.parametrize("view", VIEWS)
def test_every_chart_and_picture_is_described_and_every_chart_has_its_table(view, opened):
    without_table, without_words = [], []
    for element in opened(view, report_states.committed).main:
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


@pytest.mark.parametrize("view", OF_ONE_STUDY)
def test_a_figure_says_where_its_numbers_come_from(view, opened):
    text = words(opened(view, report_states.committed))
    assert "made " in text
    assert "contents " in text


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    ("state", "fact", "command"),
    [
        (report_states.without_stores, "there is no report yet", "make precompute"),
        (report_states.damaged, "the file ends after", "make precompute"),
        (report_states.newer, "the file is format 99", "git pull"),
    ],
)
def test_a_view_without_its_store_says_why_and_what_to_do(view, state, fact, command, opened):
    app = opened(view, state)
    assert not app.exception
    text = words(app).replace("\\", "")
    assert "This part of the report cannot be shown" in text
    assert fact in text
    assert any(command in block.value for block in app.code)


@pytest.mark.parametrize(
    ("state", "meaning", "command"),
    [
        (report_states.without_stores, "has not been made yet", "make precompute"),
        (report_states.damaged, "cut short", "Copy or download it again"),
        (report_states.newer, "A later version", "git pull"),
        (report_states.older, "Another version of this program", "make precompute"),
        (report_states.linked, "holds what no report has", "from a source you trust"),
        (report_states.unfinished, "did not finish", "make precompute"),
        (report_states.emptied, "is empty", "make precompute"),
        (report_states.not_fetched, "was not fetched", "git lfs pull"),
    ],
)
@pytest.mark.parametrize("view", ["overview", "one_picture", "about", "training"])
def test_each_fault_has_its_own_panel_with_the_next_step(view, state, meaning, command, opened):
    app = opened(view, state)
    assert not app.exception
    assert meaning in words(app)
    assert any(command in block.value for block in app.code)


def test_every_kind_of_reading_fault_has_its_words():
    kinds = {kind.__name__ for kind in errors.StoreError.__subclasses__()}
    assert set(formatting.FAULTS) == kinds - {"StoreUnwritable"}


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_of_hostile_texts_shows_them_as_they_are(view, opened):
    app = opened(view, report_states.hostile)
    assert not app.exception
    assert len(app.title) == 1
    for element in app.get("markdown") + app.get("caption"):
        assert not element.proto.allow_html
        assert report_states.HOSTILE_TEXT not in element.value  # only with its characters escaped


def test_a_store_replaced_while_a_reader_looks_is_shown_anew(tmp_path, opened):
    def one_report(folder):
        return made_up_stores.write_report(folder / "made", seed=0).parent

    app = opened("training", one_report)
    before = words(app)
    path = tmp_path / "data" / "made" / "vae.h5"
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


def test_skipped_images_are_counted_and_listed_with_the_reason(opened):
    app = opened("about", lambda folder: made_up_stores.write_report(folder / "made").parent)
    assert words(app).count("**Images left out:** 1") == 3
    listed = [table.value for table in app.dataframe if "reason" in table.value.columns]
    assert [table["reason"][0] for table in listed] == ["the file ends early"] * 3


def test_one_damaged_store_leaves_the_other_studies_alone(opened):
    def one_missing(folder):
        report_states.committed(folder)
        (folder / "embedded" / "vae.h5").unlink()
        return folder

    text = words(opened("overview", one_missing)).replace("\\", "")
    assert "this report holds no vae study" in text
    assert "7 claims tested" in text


@pytest.mark.parametrize("view", ["overview", "attention", "masking", "outline"])
def test_the_photographs_report_opens_with_its_one_study(view, opened):
    app = opened(view, report_states.photographs)
    assert not app.exception
    assert ("cannot be shown" in words(app)) == (view == "overview")  # it lacks VAE and CLIP


@pytest.mark.parametrize("view", ["attention", "masking", "faithfulness", "one_picture"])
def test_without_a_classifier_scores_are_cosines(view, opened):
    app = opened(view, report_states.photographs, {"outcome": "cosine"})
    axes = [e.proto.spec for e in app.main if e.type == "vega_lite_chart"]
    assert any("cosine" in spec for spec in axes) or view == "one_picture"
    assert not any("probability" in spec for spec in axes)
    tables = [list(element.value.columns) for element in app.dataframe]
    named = {columns[1] for columns in tables if columns[0] == "label"} - {"share"}
    assert named == ({"cosine"} if view in ("attention", "masking") else set())


@pytest.mark.parametrize("view", ["training", "prompts"])
def test_pages_of_other_studies_say_that_the_photographs_have_none(view, opened):
    app = opened(view, report_states.photographs)
    assert not app.exception
    assert "this report holds no" in words(app).replace("\\", "")


def test_the_overview_shows_the_cat_of_the_photographs_beside_the_studies(opened):
    drawn = [one for one in opened("overview", report_states.both).main if one.type == "image"]
    captions = [image.caption for one in drawn for image in one.proto.imgs]
    assert len(captions) == 4
    assert any("chelsea" in caption and "dinov2" in caption for caption in captions)


@pytest.mark.parametrize("wanted", [True, False])
def test_a_map_can_be_shown_without_its_outlier_patches(wanted, opened):
    query = {"no_outliers": str(wanted).lower(), "layer": "12"}
    app = opened("attention", report_states.photographs, query)
    assert not app.exception
    assert ("patches are outliers here and are left out" in words(app)) == wanted


def test_the_overview_counts_verdicts_as_the_stores_give_them(opened):
    text = words(opened("overview", report_states.committed))
    counted = [word for word in ("supported", "refuted", "undecided") if f" {word}" in text]
    assert counted == ["supported", "refuted", "undecided"]
    assert "10 claims tested" in text


@pytest.mark.parametrize(
    "query",
    [
        {"report": "../../../etc"},
        {"layer": "<script>alert(1)</script>", "head": "-1"},
        {"picture": "99999", "ratio": "200%", "method": "nothing"},
        {"beta": "-7", "start": "x", "share": "1e9", "latent0": "999", "map": "?", "sample": "no"},
    ],
)
@pytest.mark.parametrize("view", ["attention", "masking", "modality_gap", *VAE_VIEWS])
def test_nonsense_in_the_url_falls_back_to_a_default(view, query, opened):
    app = opened(view, report_states.committed, query)
    assert not app.exception
    assert len(app.title) == 1


@pytest.mark.parametrize(
    ("view", "key", "field", "picked"),
    [
        ("attention", "image_wall", "row", {"image": "3 · "}),
        ("modality_gap", "gap_layout", "shown", {"picture": "7"}),
    ],
)
def test_what_was_clicked_can_be_clicked_again_once_another_was_picked(
    view, key, field, picked, opened
):
    app = opened(view, report_states.committed)
    ((name, start),) = picked.items()
    box = app.selectbox(key=name)
    options = [option for option in box.options if option.startswith(start)]
    app.session_state[f"0_{key}"] = {"selection": {"clicked": [{field: 1}]}}
    app.selectbox(key=name).set_value(options[0]).run()
    keys = {one.proto.id.split("-")[-1] for one in app.main if one.type == "vega_lite_chart"}
    assert f"1_{key}" in keys


def test_what_the_url_asks_for_in_vain_is_named_with_what_is_shown(opened):
    app = opened("attention", report_states.committed, {"layer": "77"})
    (note,) = [one.value.replace("\\", "") for one in app.info if "77" in one.value]
    shown = app.selectbox(key="layer").value
    assert shown != app.selectbox(key="layer").options[0]
    assert note == f"Layer: “77” is not available here; showing “{shown}”."


@pytest.mark.parametrize(
    ("state", "kind"),
    [(report_states.committed, "button_group"), (report_states.hostile, "selectbox")],
)
def test_options_that_buttons_would_draw_as_markdown_stand_in_a_list(state, kind, opened):
    app = opened("faithfulness", state)
    assert not app.exception
    assert [one.label for one in app.get(kind) if one.key == "map"] == ["Map"]


@pytest.mark.parametrize("view", ["overview", "attention"])
def test_captions_of_pictures_show_hostile_texts_as_they_are(view, opened):
    shown = [one for one in opened(view, report_states.hostile).main if one.type == "image"]
    captions = [image.caption for one in shown for image in one.proto.imgs]
    assert any(formatting.escaped(report_states.HOSTILE_TEXT) in caption for caption in captions)
    assert not any(report_states.HOSTILE_TEXT in caption for caption in captions)


def test_one_patch_of_many_is_not_said_to_be_none(opened):
    tables = [one.value for one in opened("one_picture", report_states.committed).dataframe]
    (shares,) = [table["hidden"].tolist() for table in tables if "hidden" in table]
    assert shares[:2] == ["0%", "0.5%"]


def test_the_sentence_on_fills_and_the_chart_below_it_count_different_masks(opened):
    text = words(opened("masking", report_states.committed)).replace("\\", "")
    assert "Tokens dropped: mean over 4 masks; the sentence counts the mask that all" in text
    assert text.count("the sentence counts the mask") == 1


def test_a_block_against_patches_all_over_is_a_difference_in_points(opened):
    app = opened("masking", report_states.committed)
    (table, *_) = [one for one in drawn(app, "Survival under a block anywhere") if "low" in one]
    assert table["value"].min() < -5  # a share would be above -1
