"""The whole study from a file of embeddings alone."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from precompute.clip import job
from precompute.clip.inputs import precomputed
from precompute.clip.inputs.embeddings import RandomStreams
from precompute.errors import InputError
from precompute.job import JobContext
from precompute.report import make_study
from precompute.settings import load_profile
from precompute.statistics import unit_rows
from store.reader import open_store
from store.schema.clip import alignment, layout
from store.schema.clip.names import FIT, HELD_OUT
from tests.support.clouds import DIM, N_CLASSES, OWN, make_embeddings

NAMES = np.array(list("abcde"))


def arrays(**changes):
    """A file's arrays: 3 templates x 5 classes and one caption, in no order, not of length 1."""
    embeddings = make_embeddings(spread=1.0)
    order = np.random.default_rng(0).permutation(3 * N_CLASSES)
    texts = np.vstack([embeddings.texts[order], embeddings.texts[:1] + 0.3])
    return {
        "image_embeddings": 3 * embeddings.images,
        "image_labels": NAMES[embeddings.labels],
        "text_embeddings": texts,
        "text_labels": np.append(NAMES[embeddings.text_labels[order]], "a"),
        "text_templates": np.append(np.repeat(OWN, N_CLASSES)[order], "one of a kind"),
        "model": "private-tower",
    } | changes


def settings_for(file, **changes):
    return replace(
        load_profile("tests/regression/tiny.toml").study("clip"), embeddings=str(file), **changes
    )


STREAMS = RandomStreams(0, 10)


def save_npz(folder, **changes):
    given = {name: value for name, value in arrays(**changes).items() if value is not None}
    np.savez(folder / "made.npz", **given)
    return folder / "made.npz"


def save_parquet(folder):
    given = arrays()
    rows = [
        {"kind": kind, "embedding": row, "label": label, "template": template}
        for kind in ("image", "text")
        for row, label, template in zip(
            given[f"{kind}_embeddings"].tolist(),
            given[f"{kind}_labels"],
            given.get(f"{kind}_templates", [None] * 200),
            strict=True,
        )
    ]
    pd.DataFrame(rows).to_parquet(folder / "made.parquet")
    return folder / "made.parquet"


def test_lengths_are_kept_where_the_file_has_them_and_unit_rows_tell_none(tmp_path):
    names = ("image_embeddings", "text_embeddings")
    unit = {name: unit_rows(arrays()[name]) for name in names}
    file = save_npz(tmp_path, **unit)
    assert precomputed.read(settings_for(file), STREAMS).embeddings.norms is None
    longer = {name: 3 * rows for name, rows in unit.items()}
    embeddings = precomputed.read(settings_for(save_npz(tmp_path, **longer)), STREAMS).embeddings
    of_images, of_texts = embeddings.norms
    np.testing.assert_allclose(of_images, 3, rtol=1e-5)
    assert of_texts.shape == (len(embeddings.texts),)


@pytest.mark.parametrize("save", [save_npz, save_parquet])
def test_a_file_becomes_a_grid_of_templates_and_classes_with_the_rest_behind(tmp_path, save):
    source = precomputed.read(settings_for(save(tmp_path)), RandomStreams(0, 10))
    embeddings, made = source.embeddings, make_embeddings(spread=1.0)
    np.testing.assert_allclose(embeddings.images, made.images, atol=1e-6)
    assert embeddings.labels.tolist() == made.labels.tolist()
    order = [OWN.index(template) for template in embeddings.templates.templates]
    np.testing.assert_allclose(embeddings.by_template, made.by_template[order], atol=1e-6)
    assert embeddings.captions.labels.tolist() == [0]
    assert set(embeddings.split.part) >= {FIT, HELD_OUT}
    assert not any("{}" in prompt for prompt in source.prompts)


def test_the_whole_study_runs_from_embeddings_alone(tmp_path):
    settings = settings_for(save_npz(tmp_path), n_shown=30, umap_neighbours=(), umap_min_dist=())
    context = JobContext(tmp_path / "report", "tiny", "", torch.device("cpu"), tmp_path)
    inputs = job.inspect(settings, context)
    make_study("clip", settings, inputs, context)
    with open_store(context.store_path("clip"), "clip") as store:
        assert {claim.id for claim in store.claims} == {
            *("clip-prompts", "clip-gap", "clip-inside", "clip-procrustes")
        }
        assert store.provenance.model == "private-tower"
        assert store.class_names == tuple("abcde")
        assert not store.has(layout.THUMBNAIL)
        assert store.size("embedding_dim") == DIM
        assert np.isnan(store.read(alignment.SHIFT_LOSS)).all()  # no logit scale was given
        again = store.content_hash
    make_study("clip", settings, inputs, context)
    with open_store(context.store_path("clip"), "clip") as store:
        assert store.content_hash == again


def test_a_given_split_is_kept(tmp_path):
    parts = np.resize(["fit", "held out", "fit", "select", "held out"], 200)
    parts = np.array([parts[row // N_CLASSES % 5] for row in range(200)])
    source = precomputed.read(
        settings_for(save_npz(tmp_path, image_splits=parts)), RandomStreams(0, 10)
    )
    assert ((source.embeddings.split.part == HELD_OUT) == (parts == "held out")).all()


def test_a_text_that_occurs_again_is_read_once(tmp_path):
    given = arrays()
    again = [row for row in range(15) if given["text_templates"][row] == OWN[1]]
    order = np.array([*again[:2], *range(16), 15])  # of no template first, then the whole file
    templates = np.append(given["text_templates"], "")[[16, 16, *range(16), 15]]
    prompts = [
        template.replace("{}", label)
        for template, label in zip(given["text_templates"], given["text_labels"], strict=True)
    ]
    changes = {name: given[name][order] for name in ("text_embeddings", "text_labels")}
    changes |= {"text_templates": templates, "prompts": np.array(prompts)[order]}
    source = precomputed.read(settings_for(save_npz(tmp_path, **changes)), RandomStreams(0, 10))
    once = precomputed.read(settings_for(save_npz(tmp_path)), RandomStreams(0, 10))
    assert sorted(source.prompts) == sorted(once.prompts)
    assert len(source.embeddings.texts) == len(source.embeddings.text_labels) == 16
    assert set(source.embeddings.templates.templates) == set(OWN)


def test_the_first_of_several_photo_templates_is_the_reports(tmp_path):
    given = arrays()
    renamed = np.where(
        given["text_templates"] == "{}", "a photo of the {}", given["text_templates"]
    )
    source = precomputed.read(
        settings_for(save_npz(tmp_path, text_templates=renamed)), RandomStreams(0, 10)
    )
    photos = [name for name in source.embeddings.templates.templates if name.startswith("a photo")]
    assert len(photos) == 2
    styles = dict(
        zip(source.embeddings.templates.templates, source.embeddings.templates.styles, strict=True)
    )
    assert [styles[name] for name in photos] == ["photo", photos[1]]


def test_of_many_templates_three_are_spelled_out_and_all_are_a_list(tmp_path):
    more = ["a red {}", "a {}", "{}", "one {}", "a photo of a {}", "a photo of {}"]
    rng = np.random.default_rng(0)
    file = save_npz(
        tmp_path,
        text_embeddings=rng.normal(size=(30, DIM)),
        text_labels=np.tile(NAMES, 6),
        text_templates=np.repeat(more, N_CLASSES),
    )
    templates = precomputed.read(settings_for(file), RandomStreams(0, 10)).embeddings.templates
    assert templates.templates == tuple(more)
    assert templates.styles == ("a red {}", "a {}", "plain", "one {}", "photo", "a photo of {}")
    assert templates.lists == ("own", "file")
    assert templates.members[0].tolist() == [True, False, True, False, True, False]
    assert templates.members[1].all()


CLASSES_OF = np.arange(200) % N_CLASSES


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"text_labels": None}, "'text_labels' is missing"),
        ({"text_labels": np.full(16, "z")}, "text_labels must name one of 5 classes; row 0 is 'z'"),
        (
            {"image_labels": np.full(200, 7), "class_names": NAMES},
            "image_labels must name one of 5 classes; row 0 is '7'",
        ),
        ({"image_labels": CLASSES_OF.astype(float)}, "image_labels are float64, expected whole"),
        ({"image_labels": CLASSES_OF[:, None]}, r"image_labels is int64 of shape \(200, 1\)"),
        ({"image_labels": np.full(200, "a")}, "the classes are a; the study needs at least two"),
        ({"class_names": np.array(list("aabcd"))}, "classes are a, a, b.* of different names"),
        ({"image_embeddings": np.zeros((200, DIM))}, "row 0 is 0 or not finite, and 199 more"),
        ({"image_embeddings": np.full((200, DIM), np.nan)}, "row 0 is 0 or not finite"),
        ({"image_embeddings": np.full((200, DIM), "1")}, "image_embeddings is <U1 of shape"),
        ({"image_embeddings": np.ones((200, DIM), complex)}, "image_embeddings is complex128"),
        ({"image_embeddings": np.ones((200, DIM))}, "rows of image_embeddings all point one way"),
        ({"text_embeddings": np.ones((16, DIM))}, "rows of text_embeddings all point one way"),
        (
            {"image_embeddings": np.ones((200, 1)), "text_embeddings": np.ones((16, 1))},
            r"image_embeddings is float64 of shape \(200, 1\), .* at least one row and two dim",
        ),
        (
            {"image_embeddings": np.ones((0, DIM)), "image_labels": np.array([], str)},
            r"image_embeddings is float64 of shape \(0, 16\)",
        ),
        (
            {"text_embeddings": np.random.default_rng(0).normal(size=(16, 3))},
            "images have 16 dimensions and texts 3",
        ),
        (
            {
                "image_embeddings": np.tile(np.eye(DIM)[:N_CLASSES], (40, 1)),
                "text_embeddings": np.eye(DIM)[:N_CLASSES],
                "text_labels": NAMES,
                "text_templates": np.full(N_CLASSES, "{}"),
            },
            "images and texts have one and the same mean",
        ),
        ({"text_templates": np.full(15, "{}")}, r"text_templates is .*\(15,\), expected \(16,\)"),
        ({"prompts": np.full(3, "a cat")}, r"prompts is .*\(3,\), expected \(16,\)"),
        ({"image_names": np.full(3, "a")}, r"image_names is .*\(3,\), expected \(200,\)"),
        ({"thumbnails": np.zeros((5, 8, 8, 3), np.uint8)}, r"thumbnails is uint8 .*uint8 \(200, h"),
        ({"thumbnails": np.zeros((200, 8, 8), np.uint8)}, "height, width, 1 or 3"),
        ({"thumbnails": np.zeros((200, 8, 8, 3))}, "thumbnails is float64"),
        (
            {
                "text_labels": np.tile(NAMES, 2),
                "text_embeddings": np.repeat(np.eye(DIM)[:2], 5, axis=0),
                "text_templates": np.repeat(["a photo of {}", "{}"], 5),
            },
            "template 'a photo of {}' has one embedding for every class",
        ),
        ({"logit_scale": "hot"}, "logit_scale is 'hot', expected a number above 0"),
        ({"logit_scale": np.ones(2)}, "logit_scale holds 2 values. Give one"),
        ({"image_split": np.full(200, "fit")}, "'image_split' is unknown. Did you mean 'image_spl"),
        ({"colour": np.ones(200)}, "'colour' is unknown. Known: image_embeddings, "),
        ({"image_splits": np.full(200, "test")}, "must be one of fit, select, held out"),
        (
            {"text_templates": np.arange(16).astype(str)},
            r"made\.npz: no template has a text of its own",
        ),
        ({"image_splits": np.full(200, "held out")}, "class 'a' has 0 images to fit on"),
        ({"image_splits": np.full(200, "fit")}, "class 'a' has 0 images held out"),
        (
            {
                "image_splits": np.where(
                    (CLASSES_OF == 2) | (np.arange(200) < 99), "held out", "fit"
                )
            },
            "class 'c' has 0 images to fit on, .* or change image_splits",
        ),
        ({"prompts": np.full(16, "a cat")}, "'a cat' has different embeddings in rows 0 and 1"),
        (
            {
                "prompts": np.array(["a cat"] * 15 + ["a dog"]),
                "text_embeddings": np.eye(DIM)[[0] * 15 + [1]],
            },
            "'a cat' is given for two classes",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_refused_in_one_line(tmp_path, changes, words):
    with pytest.raises(InputError, match=words) as caught:
        precomputed.read(settings_for(save_npz(tmp_path, **changes)), RandomStreams(0, 10))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_no_archive_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file of embeddings"):
        precomputed.inspect(settings_for(tmp_path / "none.npz"))
    whole = save_npz(tmp_path).read_bytes()
    cut, damaged = whole[: len(whole) // 2], bytearray(whole)
    damaged[200:300] = bytes(100)
    for broken in (b"not an archive", cut, damaged):
        (tmp_path / "broken.npz").write_bytes(broken)
        with pytest.raises(InputError, match=r"broken\.npz: cannot be read: .* Save it again"):
            precomputed.inspect(settings_for(tmp_path / "broken.npz"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows.assign(split=given_but("fit", 7)), "split is given for 199 of 200 imag"),
        (lambda rows: rows.assign(label=rows["label"].where(rows.index > 3)), "label is .* 196 of"),
        (
            lambda rows: rows.assign(template=rows["template"].where(rows.index != 210)),
            r"template is given for 15 of 16 texts. Give it for all of them\.",
        ),
        (lambda rows: rows.assign(splits="fit"), "'splits' is unknown. Did you mean 'split'"),
        (lambda rows: rows.drop(columns="label"), "column 'label' is missing"),
        (lambda rows: rows.replace({"kind": {"text": "prompt"}}), "kind is 'prompt' in 16 rows"),
        (lambda rows: rows[rows["kind"] == "text"], "there is no row of kind 'image'"),
    ],
)
def test_a_table_with_a_gap_or_a_misspelt_column_is_refused(tmp_path, change, words):
    file = save_parquet(tmp_path)
    change(pd.read_parquet(file)).to_parquet(file)
    with pytest.raises(InputError, match=words) as caught:
        precomputed.inspect(settings_for(file))
    assert "\n" not in str(caught.value)


def test_a_table_may_have_columns_of_other_uses(tmp_path):
    file = save_parquet(tmp_path)
    pd.read_parquet(file).assign(url="https://example.org").to_parquet(file)
    assert precomputed.inspect(settings_for(file))


def given_but(value, row):
    """A column of 200 images and 16 texts that has this value for all images but one."""
    return [value if at < 200 and at != row else None for at in range(216)]


def test_numbers_without_class_names_are_classes_in_the_order_of_numbers(tmp_path):
    rng, n_classes = np.random.default_rng(0), 11
    labels = np.arange(220) % n_classes + 5
    file = save_npz(
        tmp_path,
        image_embeddings=rng.normal(size=(220, DIM)),
        image_labels=labels,
        text_embeddings=rng.normal(size=(n_classes, DIM)),
        text_labels=np.arange(n_classes)[::-1] + 5,
        text_templates=np.full(n_classes, "a photo of {}"),
    )
    source = precomputed.read(settings_for(file), RandomStreams(0, 10))
    assert source.embeddings.class_names == tuple(str(n) for n in range(5, 16))
    assert source.embeddings.labels.tolist() == (labels - 5).tolist()
    assert source.prompts[2] == "a photo of 7"


def test_a_handful_of_pictures_gets_no_verdict(tmp_path):
    rng = np.random.default_rng(0)
    classes, labels = rng.normal(size=(2, DIM)), np.arange(8) % 2
    file = save_npz(
        tmp_path,
        image_embeddings=classes[labels] + 0.1 * rng.normal(size=(8, DIM)) + 9,
        image_labels=labels,
        text_embeddings=np.tile(classes, (5, 1)) + 0.1 * rng.normal(size=(10, DIM)) - 9,
        text_labels=np.tile([0, 1], 5),
        text_templates=np.repeat(["a photo of {}", "{}", "a {}", "one {}", "the {}"], 2),
    )
    settings = settings_for(file, n_shown=4, umap_neighbours=(), umap_min_dist=())
    context = JobContext(tmp_path / "report", "tiny", "", torch.device("cpu"), tmp_path)
    make_study("clip", settings, job.inspect(settings, context), context)
    with open_store(context.store_path("clip"), "clip") as store:
        assert [claim.verdict for claim in store.claims] == ["undecided"] * 4
        assert all("too few for a verdict" in claim.finding for claim in store.claims)


def test_more_classes_and_templates_than_a_store_holds_are_refused_before_the_work(tmp_path):
    rng, names = np.random.default_rng(0), np.arange(3000).astype(str)
    np.savez(
        tmp_path / "large.npz",
        image_embeddings=rng.normal(size=(3000, 4)),
        image_labels=names,
        text_embeddings=rng.normal(size=(16 * 3000, 4)),
        text_labels=np.tile(names, 16),
        text_templates=np.repeat([f"{n} {{}}" for n in range(16)], 3000),
    )
    with pytest.raises(InputError, match=r"18 wordings make a store of 619 MiB .* at most 512\."):
        precomputed.inspect(settings_for(tmp_path / "large.npz"))
