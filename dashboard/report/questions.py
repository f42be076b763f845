"""Questions: each question of the course, the number that answers it, and its page."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from dashboard import loaders, navigation
from dashboard.loaders import StoreError, Study
from dashboard.report import overview
from dashboard.ui import formatting
from store.records import MEAN, SUM
from store.schema.clip import modality_gap
from store.schema.clip import names as clip
from store.schema.vae import collapse, priors
from store.schema.vae import names as vae
from store.schema.vit import attention, probes
from store.schema.vit import names as vit

WIDTHS = [0.5, 3.6, 2.2, 4.6]  # of a question's columns


@dataclass(frozen=True)
class Answer:
    """A measured number with its interval, and what it stands beside."""

    estimate: tuple[float, ...]  # value, low, high
    unit: str
    control: float
    control_name: str
    n: str  # how many of what
    style: str = ""  # format of the numbers; a share in per cent, others with three decimals

    @property
    def measured(self) -> str:
        """Return the value in words, with its interval where it has one."""
        value, low, high = map(self._words, self.estimate)
        return value if math.isnan(self.estimate[1]) else f"{value} ({low} to {high})"

    @property
    def beside(self) -> str:
        """Return the control in words."""
        return f"{self.control_name}: {self._words(self.control)}"

    def _words(self, value: float) -> str:
        return f"{value:{self.style}}" if self.style else formatting.measured(value, self.unit)


@dataclass(frozen=True)
class Question:
    """One question, the page that shows the answer, and how to read it from the study."""

    words: str
    page: str
    answer: Callable[[Study], Answer | None]  # None: the report does not say

    @property
    def study(self) -> str:
        """Return the study that answers."""
        return navigation.PAGES[self.page].study


def claimed(claim_id: str) -> Callable[[Study], Answer | None]:
    """Return what reads the answer from a claim."""

    def read(study: Study) -> Answer | None:
        claim = study.claim(claim_id)
        if claim is None:
            return None
        estimate = (claim.value, claim.low, claim.high)
        return Answer(estimate, claim.unit, claim.control, claim.control_name, _many(claim.n))

    return read


def concentration(study: Study) -> Answer:
    """How much of the picture holds half of the last layer's attention."""
    row = study.row(attention.ATTRIBUTION, vit.CLS_ATTENTION)
    return Answer(
        tuple(study.read(attention.MEAN_HALF_MASS)[row].tolist()),
        "share of the patches that holds half of the last layer's CLS attention",
        float(study.read(attention.UNTRAINED_HALF_MASS)[0]),
        vit.UNTRAINED_MAP,
        _many(study.size("image")),
    )


def heads(study: Study) -> Answer | None:
    """How much the heads of the last layer differ."""
    if not study.has(attention.LAYER_HEADS):
        return None
    row = study.row(attention.HEAD_MEASURE, vit.HEAD_DIVERGENCE)
    return Answer(
        tuple(study.read(attention.LAYER_HEADS)[row, -1].tolist()),
        "Jensen-Shannon divergence between two heads of the last layer, bits",
        float(study.read(attention.UNTRAINED_LAYER_HEADS)[row, -1, 0]),
        vit.UNTRAINED_MAP,
        _many(study.size("image")),
    )


def pooling(study: Study) -> Answer | None:
    """How much better a probe reads the CLS token than the mean of the patches."""
    if not study.has(probes.PROBE_DIFFERENCE):
        return None
    view = study.row(probes.PROBE_VIEW, vit.WHOLE)
    trained, untrained = (study.row(probes.PROBE_WEIGHTS, name) for name in vit.WEIGHTS)
    difference = study.read(probes.PROBE_DIFFERENCE)[:, view, -1]
    return Answer(
        tuple(difference[trained].tolist()),
        "probe accuracy, CLS token minus patch mean, last layer",
        float(difference[untrained, 0]),
        vit.UNTRAINED_MAP,
        _many(int(study.read(probes.N_PROBE_TEST))),
    )


def generated(source: str, other: str, other_name: str) -> Callable[[Study], Answer | None]:
    """Return what reads the Fréchet distance of a source of pictures beside another's."""

    def read(study: Study) -> Answer | None:
        if not study.has(priors.FRECHET_DISTANCE):
            return None
        distance = study.read(priors.FRECHET_DISTANCE)
        return Answer(
            tuple(distance[study.row(priors.SOURCE, source)].tolist()),
            "Fréchet distance to training images",
            float(distance[study.row(priors.SOURCE, other), 0]),
            other_name,
            _many(int(study.read(priors.N_PICTURES)), "pictures"),
        )

    return read


def in_use(
    line: tuple[str, str], cure: str, beside: tuple[str, str], beside_name: str
) -> Callable[[Study], Answer | None]:
    """Return what reads the latents in use with a loss and a cure, beside a loss without one.

    line, beside: how each reduces the squared error over pixels and the KL over latents.
    """

    def read(study: Study) -> Answer | None:
        if not study.has(collapse.ACTIVE):
            return None
        columns = (collapse.PIXELS, collapse.LATENTS, collapse.KL_WEIGHT, collapse.CURE)
        runs = list(zip(*(study.read(spec).tolist() for spec in columns), strict=True))
        own, other = (*line, 1.0, cure), (*beside, 1.0, vae.NO_CURE)
        if own not in runs or other not in runs:  # trained with other settings
            return None
        active = study.read(collapse.ACTIVE)
        return Answer(
            tuple(active[runs.index(own)].tolist()),
            f"of {study.size('latent')} latents in use",
            float(active[runs.index(other), 0]),
            beside_name,
            _many(study.size("collapse_seed"), "trainings"),
            ".1f",
        )

    return read


def normalised(study: Study) -> Answer | None:
    """How large the gap is between normalised embeddings, beside raw ones."""
    if not study.has(modality_gap.SCALED_GAP):
        return None
    row = study.row(modality_gap.SCALE, clip.NORMALISED)
    gap = study.read(modality_gap.SCALED_GAP)
    scales = study.read(modality_gap.SCALE).tolist()
    raw = gap[scales.index(clip.RAW), 0] if clip.RAW in scales else float("nan")
    return Answer(
        tuple(gap[row].tolist()),
        "distance of the two means over the typical length, normalised embeddings",
        float(raw),
        "raw embeddings",
        _many(_held_out(study)),
    )


def _held_out(study: Study) -> int:
    claim = study.claim(clip.GAP_CLAIM)
    return claim.n if claim else 0


def _many(n: int, of_what: str = "images") -> str:
    return f"{n:,} {of_what}"


AVERAGED, SUMMED = (MEAN, MEAN), (SUM, SUM)
QUESTIONS = (
    Question(
        "Which label does a picture get, and is it right?", "attention", claimed(vit.LABEL_CLAIM)
    ),
    Question("Where does the CLS token of the last layer look?", "attention", concentration),
    Question("Does the map lie on the object's outline?", "outline", claimed(vit.OUTLINE_CLAIM)),
    Question("Are the heads specialised?", "attention", heads),
    Question(
        "How much can be hidden, in the middle or scattered?",
        "masking",
        claimed(vit.CENTRE_CLAIM),
    ),
    Question("Which is read better, the CLS token or the mean of the patches?", "probes", pooling),
    Question("How far does the given network's loss fall?", "training", claimed(vae.LOSS_CLAIM)),
    Question("How good are reconstructions?", "reconstructions", claimed(vae.BLUR_CLAIM)),
    Question(
        "How good are pictures decoded from the prior N(0, I)?",
        "priors",
        generated(vae.NORMAL, vae.HELD_OUT_IMAGES, "held-out images"),
    ),
    Question(
        "Is a Laplacian prior better?",
        "priors",
        generated(vae.LAPLACE, vae.NORMAL, "N(0, I)"),
    ),
    Question(
        "When does the posterior collapse?",
        "collapse",
        in_use(AVERAGED, vae.NO_CURE, SUMMED, "both terms summed, not averaged"),
    ),
    Question(
        "Can that be prevented without another network?",
        "collapse",
        in_use(AVERAGED, vae.FREE_BITS, AVERAGED, "the same loss without free bits"),
    ),
    Question("How well do prompts classify?", "prompts", claimed(clip.PROMPTS_CLAIM)),
    Question("Is there a gap between images and texts?", "modality_gap", claimed(clip.GAP_CLAIM)),
    Question("Does normalising change the gap?", "modality_gap", normalised),
    Question("Does a rotation align the two?", "alignment", claimed(clip.PROCRUSTES_CLAIM)),
)


def answers(studies: dict[str, Study]) -> list[tuple[Question, Answer | None]]:
    """Return each question with its answer, None where the report does not say."""
    return [(one, _answer(one, studies)) for one in QUESTIONS]


def _answer(question: Question, studies: dict[str, Study]) -> Answer | None:
    try:
        return question.answer(studies[question.study]) if question.study in studies else None
    except StoreError:  # as of a store that names other things; its page says so
        return None


def row(number: int, question: Question, answer: Answer | None) -> None:
    """Draw a question that leads to its page, the number that answers it, and the control."""
    places = st.columns(WIDTHS, vertical_alignment="center")
    places[0].caption(formatting.STUDY_TITLES[question.study])
    with places[1]:
        navigation.PAGES[question.page].link(f"{number}\\. {formatting.escaped(question.words)}")
    if answer is None:
        places[2].caption("This report does not say.")
        return
    places[2].markdown(f"**{formatting.escaped(answer.measured)}**")
    places[3].caption(
        formatting.escaped(
            f"{formatting.capitalised(answer.unit)}. {formatting.capitalised(answer.beside)}. "
            f"n = {answer.n}."
        )
    )


def main() -> None:
    """Draw the page."""
    st.title("The course's questions, answered", anchor=False)
    st.markdown(
        "A course asked these about a ViT, a VAE and CLIP. Each number has its 95% interval and "
        "a control beside it; each question leads to the page that shows more."
    )
    studies, faults = loaders.load_all()
    with st.container(gap="xsmall", key="questions"):
        for number, (question, answer) in enumerate(answers(studies), start=1):
            row(number, question, answer)
    overview.absent(faults)


if __name__ == "__main__":
    main()
