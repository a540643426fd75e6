"""From what the words say to one level for each competency: features, a small linear model, a range, and when to keep silent."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.stages.network import Floats, Readings

FEATURES = ("bias", "level", "plus", "mass", "best", "worst", "others")
"""Columns of :func:`features`; the linear model has a weight for each."""

PRIOR = 4.0
"""Words' worth of the middle level that every mean starts from, so that a lone word does not decide."""


class Spread(NamedTuple):
    """How the readings lie over the words and over the units; arrays of shape (competencies,) or (units, competencies)."""

    features: Floats
    mass: Floats
    unit_relevance: Floats
    unit_level: Floats
    unit_polarity: Floats


class PoolWeights(NamedTuple):
    """The fitted numbers: value weights per feature, evidence needed, half-width of the range, and confidence from the spread."""

    value: Floats
    centre: float
    stretch: float
    silence: float
    half_width: float
    confidence: Floats

    def to_json(self) -> dict[str, Any]:
        """The numbers as they stand in the weights' metadata."""
        return {k: [float(x) for x in v] if isinstance(v, np.ndarray) else float(v) for k, v in self._asdict().items()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> PoolWeights:
        """The numbers back from :meth:`to_json`."""
        numbers: dict[str, Any] = {k: np.asarray(v, np.float32) if isinstance(v, list) else v for k, v in data.items()}
        return cls(**numbers)


def spread(
    readings: Readings, unit_of: NDArray[np.int64], n_units: int, keep: NDArray[np.bool_] | None = None
) -> Spread:
    """Pool readings of candidate words (``unit_of`` names each word's unit) into features; ``keep`` leaves words out."""
    weight = readings.relevance if keep is None else readings.relevance * keep[:, None]
    mass = weight.sum(0)
    level = ((weight * readings.level).sum(0) + 3.0 * PRIOR) / (mass + PRIOR)
    plus = ((weight * readings.polarity).sum(0) + 0.5 * PRIOR) / (mass + PRIOR)
    count = np.maximum(np.bincount(unit_of, minlength=n_units), 1)[:, None]
    unit_mass = _sum_by(weight, unit_of, n_units)
    unit_level = (_sum_by(weight * readings.level, unit_of, n_units) + 3e-3) / (unit_mass + 1e-3)
    unit_polarity = (_sum_by(weight * readings.polarity, unit_of, n_units) + 5e-4) / (unit_mass + 1e-3)
    relevance = unit_mass / count
    pulled = relevance * (unit_level - 3.0)
    best = pulled.max(0, initial=0.0) if n_units else np.zeros_like(mass)
    worst = pulled.min(0, initial=0.0) if n_units else np.zeros_like(mass)
    share = mass / np.maximum(mass.sum(), 1e-6)
    everything = float((share * level).sum())
    others = (everything - share * level) / np.maximum(1 - share, 1e-3)
    columns = [np.ones_like(mass), level - 3, plus - 0.5, np.log1p(mass) - 3, best, worst, others - 3]
    stacked = np.stack(columns, axis=1).astype(np.float32)
    return Spread(stacked, mass, relevance.astype(np.float32), unit_level, unit_polarity)


def values(found: Spread, weights: PoolWeights) -> Floats:
    """The unrounded level of each competency, 1..5."""
    raw = found.features @ weights.value
    stretched = weights.centre + weights.stretch * (raw - weights.centre)
    clipped: Floats = np.clip(stretched, 1.0, 5.0).astype(np.float32)
    return clipped


def _sum_by(rows: Floats, group: NDArray[np.int64], n: int) -> Floats:
    out = np.zeros((n, rows.shape[1]), dtype=np.float32)
    np.add.at(out, group, rows)
    return out


def enough(found: Spread, c: int, weights: PoolWeights) -> bool:
    """Whether the talk holds enough on competency ``c`` for a draft."""
    best = float(found.unit_relevance[:, c].max(initial=0.0))
    return float(np.log1p(found.mass[c])) / 4 + best >= weights.silence


def draft_confidence(found: Spread, c: int, value: float, weights: PoolWeights) -> float:
    """How likely the draft is to be the level that careful readers give, 0..1."""
    score = weights.confidence @ doubt(found, c, value)
    return float(1 / (1 + np.exp(-score)))


def doubt(found: Spread, c: int, value: float) -> Floats:
    """What tells sure drafts from unsure ones: bias, nearness to a whole level, amount of evidence, agreement, distance from the middle."""
    relevance, polarity = found.unit_relevance[:, c], found.unit_polarity[:, c]
    mean = float((relevance * polarity).sum() / max(float(relevance.sum()), 1e-6))
    return np.array(
        [
            1.0,
            abs(value - np.floor(value + 0.5)),
            float(np.log1p(found.mass[c])) - 3,
            abs(2 * mean - 1),
            abs(value - 3.0),
        ],
        dtype=np.float32,
    )


def plausible(found: Spread, c: int, value: float, weights: PoolWeights) -> tuple[int, int]:
    """The levels within the half-width around the value (conformal, 90 % of the left-out rubrics' levels lay inside)."""
    low = int(np.ceil(value - weights.half_width - 1e-9))
    high = int(np.floor(value + weights.half_width + 1e-9))
    score = min(5, max(1, int(value + 0.5)))
    return max(1, min(low, score)), min(5, max(high, score))
