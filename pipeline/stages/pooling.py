"""From what the words say to one level for each competency: features, a small linear model, a range, and when to keep silent."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.stages.network import Floats, Readings
from pipeline.stages.phrases import Counts, Phrases, read_weighted

FEATURES = (
    "bias",
    "readers' level",
    "readers' polarity",
    "readers' level of the surest units",
    "phrase level",
    "phrase polarity",
    "whole text",
    "amount",
)
"""Columns of :func:`spread`'s features; the linear model has a weight for each."""

LOUDEST = 8.0
"""Bound on the log of how much a word tells."""

DOUBT = ("bias", "amount", "readers and phrases apart", "readers apart", "distance from the middle", "scatter")
"""Columns of :func:`doubt`: what tells sure drafts from unsure ones."""

PRIOR = 4.0
"""Words' worth of the middle level that every mean starts from, so that a lone word does not decide."""


ONE_STORY = 3.4
"""Highest level for a competency whose evidence is one story told at three turns or more."""


class Spread(NamedTuple):
    """How the evidence lies, for each competency.

    ``features`` is (competencies, len(FEATURES)); ``mass`` is words' worth of evidence, ``scatter`` how far its levels lie apart, and
    ``retold`` the share of it in a story that the candidate tells at every turn, and ``apart`` how far the readers' levels differ.
    """

    features: Floats
    mass: Floats
    scatter: Floats
    retold: Floats
    apart: Floats


class PoolWeights(NamedTuple):
    """The fitted numbers: see :func:`values`, :func:`enough`, :func:`level_chances`, :func:`plausible` and ``stages.quotes``."""

    value: Floats
    centre: float
    stretch: float
    silence: float
    borders: Floats
    doubt: Floats
    mass: float
    choice: Floats
    sign: Floats
    threshold: float
    sure: float = 0.0

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
    said: Floats,
    counts: Counts,
    phrases: Phrases,
    retold: NDArray[np.bool_],
    keep: NDArray[np.bool_] | None = None,
) -> Spread:
    """Pool readings of candidate words; ``unit_of`` names each word's unit, ``said`` is (units, 3) from ``stages.phrases``.

    ``retold`` marks words of a story that is told several times; ``keep`` leaves words out.
    """
    weight = (readings.relevance if keep is None else readings.relevance * keep[:, None]).astype(np.float64)
    mass = weight.sum(0)
    by_unit = sum_by(unit_of, weight, len(said))
    share = by_unit / np.maximum(np.bincount(unit_of, minlength=len(said)), 1)[:, None]
    surest = (share**2)[unit_of] * (1 if keep is None else keep[:, None])
    level, plus, apart = _read(readings.told, weight, PRIOR)
    sure, _, _ = _read(readings.told, surest, PRIOR / 2)
    middle = np.clip(said[:, 0] - 3, -2.5, 2.5)
    mean = (by_unit * middle[:, None]).sum(0) / (mass + PRIOR)
    sign = (by_unit * np.tanh(said[:, 1] / 2)[:, None]).sum(0) / (mass + PRIOR)
    scatter = np.sqrt((by_unit * (middle[:, None] - mean) ** 2).sum(0) / (mass + PRIOR))
    whole = (read_weighted(counts, (share**2).astype(np.float32), phrases) - 3) * mass / (mass + PRIOR)
    columns = [np.ones_like(mass), level, plus, sure, mean, sign, whole, np.log1p(mass) - 3]
    features = np.stack(columns, axis=1).astype(np.float32)
    again = (weight * retold[:, None]).sum(0) / np.maximum(mass, 1e-6)
    return Spread(features, *(row.astype(np.float32) for row in (mass, scatter, again, apart)))


def _read(
    told: Floats, weight: NDArray[np.float64], prior: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Level above the middle and polarity (-1..1) of weighted words, mean of the readers, and how far apart the readers' levels are.

    Each word counts by how much it tells; ``prior`` words of the middle level are read along.
    """
    levels, signs = [], []
    for reader in range(told.shape[1]):
        telling = np.exp(np.clip(told[:, reader, 2], -LOUDEST, LOUDEST)).astype(np.float64)
        each = weight * telling[:, None]
        amount = each.sum(0) + prior * (float(telling.mean()) if len(telling) else 1.0)
        levels.append((each * told[:, reader, :1]).sum(0) / amount)
        signs.append((each * np.tanh(told[:, reader, 1:2] / 2)).sum(0) / amount)
    return np.mean(levels, axis=0), np.mean(signs, axis=0), np.ptp(levels, axis=0)


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


def amount(found: Spread, c: int) -> float:
    """How much there is on competency ``c``: the log of its words' worth of evidence, in part against the talk's mean.

    A role unlike those that the heads learnt from is heard more faintly throughout; that alone is no silence.
    """
    return float(np.log1p(found.mass[c]) - 0.5 * np.log1p(found.mass.mean())) - 1.5


def enough(found: Spread, c: int, weights: PoolWeights) -> bool:
    """Whether the talk holds enough on competency ``c`` for a draft."""
    return amount(found, c) >= weights.silence


def doubt(found: Spread, c: int, value: float) -> Floats:
    """The columns named in ``DOUBT``."""
    readers, phrases = float(found.features[c, 1]), float(found.features[c, 4])
    columns = [
        1.0,
        amount(found, c),
        abs(readers - phrases),
        float(found.apart[c]),
        abs(value - 3.0),
        float(found.scatter[c]),
    ]
    return np.array(columns, dtype=np.float32)


def level_chances(found: Spread, c: int, value: float, weights: PoolWeights) -> Floats:
    """How likely careful readers give each of the levels 1 to 5: a cumulative link model on the value, wider where there is doubt."""
    width = float(np.exp(np.clip(weights.doubt @ doubt(found, c, value), -3, 2)))
    below = 1 / (1 + np.exp(-np.clip((weights.borders - value) / width, -30, 30)))
    chance: Floats = np.diff(np.concatenate([[0.0], below, [1.0]])).astype(np.float32)
    return np.maximum(chance, 1e-6)


def plausible(chance: Floats, score: int, mass: float) -> tuple[int, int]:
    """The levels around the score that hold together at least ``mass``, the likelier neighbour first; ``mass`` is conformal."""
    low = high = score
    while float(chance[low - 1 : high].sum()) < mass and (low, high) != (1, 5):
        down = float(chance[low - 2]) if low > 1 else -1.0
        up = float(chance[high]) if high < 5 else -1.0
        low, high = (low - 1, high) if down > up else (low, high + 1)
    return low, high
