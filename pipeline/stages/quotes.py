"""Which stretches of the talk are quoted for a competency, and whether they speak for or against a high level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.stages.evidence import Unit
from pipeline.stages.network import Floats, Readings
from pipeline.stages.pooling import PoolWeights, sum_by

MAX_QUOTES = 5
JOINED_WORDS = 36
"""Two neighbouring units may be one quote up to this many words."""

LEAST = 0.02
"""Relevance below which a stretch says nothing on a competency."""

CHOICE = (
    "bias",
    "relevance",
    "share of the best",
    "words",
    "deed",
    "distance from the middle",
    "joined",
    "for another",
)
SIGN = ("bias", "phrases", "network", "phrase level", "network level", "value")


class Stretches(NamedTuple):
    """Candidates for quotes: single units and joined neighbours. ``first`` and ``last`` are unit numbers.

    ``features`` is (stretches, competencies, len(CHOICE)); ``signs`` is (stretches, competencies, len(SIGN)) without the value's column
    filled; ``relevance`` and ``level`` are (stretches, competencies).
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    features: Floats
    signs: Floats
    relevance: Floats
    level: Floats


class Quote(NamedTuple):
    """A stretch of a candidate turn chosen as evidence: characters, how likely a reader would quote it, chance that it speaks for a
    high level, and the level that it shows.
    """

    turn: int
    start: int
    end: int
    chance: float
    plus: float
    level: float


def stretches(readings: Readings, unit_of: NDArray[np.int64], units: Sequence[Unit], phrases: Floats) -> Stretches:
    """All candidates of a talk with what tells good quotes from others; ``phrases`` is (units, 3) from ``stages.phrases``."""
    n, c = len(units), readings.relevance.shape[1]
    weight = readings.relevance
    columns = [weight, weight * readings.level, weight * readings.polarity, np.ones((len(weight), 1), np.float32)]
    sums = sum_by(unit_of, np.concatenate(columns, axis=1), n)
    pairs = [(i, i) for i in range(n)]
    pairs += [
        (i, i + 1)
        for i in range(n - 1)
        if units[i].turn == units[i + 1].turn and units[i].n_words + units[i + 1].n_words <= JOINED_WORDS
    ]
    first, last = (
        np.array(column, dtype=np.int64).reshape(-1) for column in (zip(*pairs, strict=True) if pairs else ([], []))
    )
    total = sums[first] + np.where((last > first)[:, None], sums[last], 0.0)
    words = np.array([u.n_words for u in units], dtype=np.float64)
    length = words[first] + np.where(last > first, words[last], 0.0)
    said = np.zeros((len(first), 3))
    if len(first):
        share = words[first] / length
        said = phrases[first] * share[:, None] + phrases[last] * (1 - share)[:, None]
    mass, count = total[:, :c], np.maximum(total[:, -1:], 1.0)
    relevance = mass / count
    level = (total[:, c : 2 * c] + 3e-3) / (mass + 1e-3)
    polarity = np.clip((total[:, 2 * c : 3 * c] + 5e-4) / (mass + 1e-3), 0.02, 0.98)
    best = relevance.max(0, initial=1e-6)
    others = (
        np.stack([np.delete(relevance, k, axis=1).max(1, initial=0.0) for k in range(c)], axis=1) if c else relevance
    )
    shape = relevance.shape
    features = np.stack(
        [
            np.ones(shape),
            np.log(relevance + 0.01) + 2,
            relevance / best,
            _over(shape, np.log(length / 20)),
            _over(shape, said[:, 2]),
            _over(shape, np.abs(said[:, 0] - 3)),
            _over(shape, (last > first).astype(float)),
            others,
        ],
        axis=-1,
    )
    signs = np.stack(
        [
            np.ones(shape),
            _over(shape, said[:, 1]),
            np.log(polarity / (1 - polarity)),
            _over(shape, said[:, 0] - 3),
            level - 3,
            np.zeros(shape),
        ],
        axis=-1,
    )
    floats = (rows.astype(np.float32) for rows in (features, signs, relevance, level))
    return Stretches(first, last, *floats)


def _over(shape: tuple[int, ...], column: NDArray[np.float64]) -> NDArray[np.float64]:
    """A column for the stretches, the same for every competency."""
    return np.broadcast_to(column[:, None], shape)


def chances(found: Stretches, c: int, choice: Floats, most: int = 6) -> float:
    """How many passages a reader would quote for competency ``c``: the chances of the likeliest single units summed."""
    single = found.first == found.last
    chance = 1 / (1 + np.exp(-(found.features[single, c] @ choice)))
    return float(np.sort(chance)[::-1][:most].sum())


def choose(found: Stretches, units: Sequence[Unit], c: int, value: float, weights: PoolWeights) -> tuple[Quote, ...]:
    """At most five stretches that do not overlap, the likeliest ones, in the order of the talk.

    There is at least one where any stretch speaks to the competency at all.
    """
    if not len(found.first):
        return ()
    chance = 1 / (1 + np.exp(-(found.features[:, c] @ weights.choice)))
    signs = found.signs[:, c].copy()
    signs[:, -1] = value - 3
    plus = 1 / (1 + np.exp(-(signs @ weights.sign)))
    taken: set[int] = set()
    quotes: list[Quote] = []
    for k in np.argsort(-chance, kind="stable").tolist():
        inside = {int(found.first[k]), int(found.last[k])}
        if inside & taken or found.relevance[k, c] <= LEAST:
            continue
        if len(quotes) == MAX_QUOTES or (quotes and chance[k] < weights.threshold):
            break
        taken |= inside
        head, tail = units[found.first[k]], units[found.last[k]]
        # what it shows: the two readings of its level, on its own side of the middle
        shown = (float(found.level[k, c]) + 3 + float(signs[k, SIGN.index("phrase level")])) / 2
        level = max(shown, 3.25) if plus[k] >= 0.5 else min(shown, 2.5)
        quotes.append(Quote(head.turn, head.start, tail.end, float(chance[k]), float(plus[k]), level))
    return tuple(sorted(quotes, key=lambda quote: (quote.turn, quote.start)))
