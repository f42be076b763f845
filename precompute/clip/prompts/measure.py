"""Prompts and the labels that they give: one prediction per image and wording."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.multitest import multipletests

PLAIN_STYLE = "plain"  # the class name alone
MAIN_STYLE = "photo"  # the original report's best template; gap and alignment use it


def fill_prompts(templates: Sequence[str], class_names: Sequence[str]) -> list[str]:
    """Fill every template with every class name; all prompts of the first template come first.

    Raises:
        ValueError: two prompts are the same text.
    """
    prompts = [template.replace("{}", name) for template in templates for name in class_names]
    if len(set(prompts)) < len(prompts):
        twice = next(text for text in prompts if prompts.count(text) > 1)
        raise ValueError(f"the prompt {twice!r} occurs twice: templates or class names repeat.")
    return prompts


def main_template(styles: Sequence[str]) -> int:
    """Return the row of the template that gap and alignment use: "photo", else the first."""
    return styles.index(MAIN_STYLE) if MAIN_STYLE in styles else 0


def ensemble(by_template: NDArray, member: NDArray[np.bool_]) -> NDArray:
    """Average unit prompts over a list's templates, class by class, and scale to length 1.

    As open_clip's and CLIP_benchmark's zero-shot classifiers do.

    Args:
        by_template: (T, K, D), unit rows.
        member: (T,) which templates the list names.

    Returns:
        (K, D) float64, unit rows.
    """
    mean = by_template[member].mean(axis=0, dtype=np.float64)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def nearest_prompt(images: NDArray, class_prompts: NDArray) -> NDArray[np.int64]:
    """Return the label whose prompt has the largest cosine with each image.

    Args:
        images: (N, D), unit rows; a common factor per row changes nothing.
        class_prompts: (K, D), unit rows, one per label.

    Returns:
        (N,) label indices. The model's logit scale is left out: it changes no argmax.
    """
    return np.argmax(images @ class_prompts.T, axis=1)


def count_confusion(labels: NDArray, predicted: NDArray, n_classes: int) -> NDArray[np.int64]:
    """Count images (K, K) by true class (row) and predicted class (column)."""
    cells = labels.astype(np.int64) * n_classes + predicted
    return np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values of one family of comparisons (Holm 1979)."""
    if not len(p_values):
        return []
    return np.asarray(multipletests(p_values, method="holm")[1]).tolist()
