"""From what the words say to one level for each competency: features, a small linear model, a range, and when to keep silent."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.stages.network import Floats, Readings
from pipeline.stages.phrases import Counts, Phrases, read_weighted

FEATURES = ("bias", "network level", "phrase level", "phrase polarity", "whole text", "amount")
"""Columns of :func:`spread`'s features; the linear model has a weight for each."""

DOUBT = ("bias", "to the nearest level", "amount", "agreement", "distance from the middle", "scatter")
"""Columns of :func:`doubt`: what tells sure drafts from unsure ones."""

PRIOR = 4.0
"""Words' worth of the middle level that every mean starts from, so that a lone word does not decide."""


ONE_STORY = 3.4
"""Highest level for a competency whose evidence is one story told at three turns or more."""


class Spread(NamedTuple):
    """How the evidence lies, for each competency.

    ``features`` is (competencies, len(FEATURES)); ``mass`` is words' worth of evidence, ``scatter`` how far its levels lie apart, and
    ``retold`` the share of it in a story that the candidate tells at every turn.
    """

    features: Floats
    mass: Floats
    scatter: Floats
    retold: Floats


class PoolWeights(NamedTuple):
    """The fitted numbers: see :func:`values`, :func:`enough`, :func:`plausible`, :func:`confidence` and ``stages.quotes``."""

    value: Floats
    centre: float
    stretch: float
    silence: float
    half_width: Floats
    confidence: Floats
    choice: Floats
    sign: Floats
    threshold: float

    def to_json(self) -> dict[str, Any]:
        """The numbers as they stand in the weights' metadata."""
        return {k: [float(x) for x in v] if isinstance(v, np.ndarray) else float(v) for k, v in self._asdict().items()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> PoolWeights:
        """The numbers back from :meth:`to_json`."""
        numbers: dict[str, Any] = {k: np.asarray(v, np.float32) if isinstance(v, list) else v for k, v in data.items()}
        return cls(**numbers)


def spread(
    readings: Readings,
    unit_of: NDArray[np.int64],
    told: Floats,
    counts: Counts,
    phrases: Phrases,
    retold: NDArray[np.bool_],
    keep: NDArray[np.bool_] | None = None,
) -> Spread:
    """Pool readings of candidate words; ``unit_of`` names each word's unit, ``told`` is (units, 3) from ``stages.phrases``.

    ``retold`` marks words of a story that is told several times; ``keep`` leaves words out.
    """
    weight = (readings.relevance if keep is None else readings.relevance * keep[:, None]).astype(np.float64)
    mass = weight.sum(0)
    level = (weight * (readings.level - 3)).sum(0) / (mass + PRIOR)
    by_unit = sum_by(unit_of, weight, len(told))
    said = np.clip(told[:, 0] - 3, -2.5, 2.5)
    mean = (by_unit * said[:, None]).sum(0) / (mass + PRIOR)
    sign = (by_unit * np.tanh(told[:, 1] / 2)[:, None]).sum(0) / (mass + PRIOR)
    scatter = np.sqrt((by_unit * (said[:, None] - mean) ** 2).sum(0) / (mass + PRIOR))
    share = by_unit / np.maximum(np.bincount(unit_of, minlength=len(told)), 1)[:, None]
    whole = (read_weighted(counts, (share**2).astype(np.float32), phrases) - 3) * mass / (mass + PRIOR)
    columns = [np.ones_like(mass), level, mean, sign, whole, np.log1p(mass) - 3]
    features = np.stack(columns, axis=1).astype(np.float32)
    again = (weight * retold[:, None]).sum(0) / np.maximum(mass, 1e-6)
    return Spread(features, *(row.astype(np.float32) for row in (mass, scatter, again)))


def sum_by(group: NDArray[np.int64], rows: NDArray[np.floating[Any]], n: int) -> NDArray[np.float64]:
    """Rows summed by their group, shape (n, columns)."""
    columns = [np.bincount(group, weights=rows[:, k], minlength=n) for k in range(rows.shape[1])]
    return np.stack(columns, axis=1) if columns else np.zeros((n, 0))


def values(found: Spread, weights: PoolWeights) -> Floats:
    """The unrounded level of each competency, 1..5: a linear model, stretched so that the ends of the scale are reached.

    One story for every question carries no competency above ``ONE_STORY``.
    """
    raw = found.features @ weights.value
    stretched = weights.centre + weights.stretch * (raw - weights.centre)
    top = np.where(found.retold > 0.5, ONE_STORY, 5.0)
    clipped: Floats = np.clip(stretched, 1.0, top).astype(np.float32)
    return clipped


def amount(found: Spread, c: int, chances: float) -> float:
    """How much there is on competency ``c``: passages that a reader would quote (sum of chances) and words' worth of evidence."""
    return chances + float(np.log1p(found.mass[c])) - 3


def enough(found: Spread, c: int, chances: float, weights: PoolWeights) -> bool:
    """Whether the talk holds enough on competency ``c`` for a draft."""
    return amount(found, c, chances) >= weights.silence


def confidence(found: Spread, c: int, value: float, weights: PoolWeights) -> float:
    """How likely the draft is to be the level that careful readers give, 0..1."""
    return float(1 / (1 + np.exp(-(weights.confidence @ doubt(found, c, value)))))


def doubt(found: Spread, c: int, value: float) -> Floats:
    """The columns named in ``DOUBT``."""
    network, phrase = float(found.features[c, 1]), float(found.features[c, 2])
    columns = [
        1.0,
        abs(value - np.floor(value + 0.5)),
        float(np.log1p(found.mass[c])) - 3,
        -abs(network - phrase),
        abs(value - 3.0),
        float(found.scatter[c]),
    ]
    return np.array(columns, dtype=np.float32)


def plausible(value: float, sure: float, weights: PoolWeights) -> tuple[int, int]:
    """The levels within a half-width of the value: conformal, narrower where the confidence ``sure`` is above its median.

    ``half_width`` holds the median confidence, the half-width above it and the half-width below it.
    """
    median, narrow, wide = (float(x) for x in weights.half_width)
    half = narrow if sure >= median else wide
    low, high = int(np.ceil(value - half - 1e-6)), int(np.floor(value + half + 1e-6))
    score = min(5, max(1, int(value + 0.5)))
    return max(1, min(low, score)), min(5, max(high, score))
