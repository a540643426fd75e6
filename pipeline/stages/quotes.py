"""Which stretches of the talk are quoted for a competency, and whether they speak for or against a high level."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.stages.evidence import Unit
from pipeline.stages.network import Floats, Readings
from pipeline.stages.pooling import LOUDEST, PoolWeights, sum_by

MAX_QUOTES = 5
JOINED_WORDS = 36
"""Two neighbouring units may be one quote up to this many words."""

LEAST = 0.02
"""Relevance below which a stretch says nothing on a competency."""

LESS_SURE = 0.3
"""How sure the sign of the one quote is that speaks against all others of a middling level, 0 (even) to 1."""

CHOICE = (
    "bias",
    "relevance",
    "share of the best",
    "words",
    "deed",
    "distance from the middle",
    "joined",
    "for another",
    "telling",
    "readers' distance from the middle",
)
SIGN = ("bias", "phrases", "readers", "phrase level", "readers' level", "value", "readers where the value is middling")


class Stretches(NamedTuple):
    """Candidates for quotes: single units and joined neighbours. ``first`` and ``last`` are unit numbers.

    ``features`` is (stretches, competencies, len(CHOICE)); ``signs`` is (stretches, len(SIGN)) without the value's columns filled;
    ``relevance`` is (stretches, competencies) and ``level`` (stretches,).
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


def stretches(readings: Readings, unit_of: NDArray[np.int64], units: Sequence[Unit], said: Floats) -> Stretches:
    """All candidates of a talk with what tells good quotes from others; ``said`` is (units, 3) from ``stages.phrases``."""
    n, c = len(units), readings.relevance.shape[1]
    telling = np.exp(np.clip(readings.told[:, :, 2], -LOUDEST, LOUDEST)).astype(np.float64)
    columns: list[NDArray[Any]] = [readings.relevance, np.ones((len(telling), 1)), telling]
    columns += [telling * readings.told[:, :, k] for k in (0, 1)]
    sums = sum_by(unit_of, np.concatenate(columns, axis=1), n)
    first, last = _pairs(units)
    total = sums[first] + np.where((last > first)[:, None], sums[last], 0.0)
    words = np.array([u.n_words for u in units], dtype=np.float64)
    length = words[first] + np.where(last > first, words[last], 0.0)
    phrases = np.zeros((len(first), 3))
    if len(first):
        share = words[first] / length
        phrases = said[first] * share[:, None] + said[last] * (1 - share)[:, None]
    count = np.maximum(total[:, c : c + 1], 1.0)
    relevance = total[:, :c] / count
    mass, shown, plus = np.split(total[:, c + 1 :], 3, axis=1)
    mass = np.maximum(mass, 1e-9)
    level, sign = (shown / mass).mean(1), (plus / mass).mean(1)
    others = relevance
    if c:
        others = np.stack([np.delete(relevance, k, axis=1).max(1, initial=0.0) for k in range(c)], axis=1)
    shape = relevance.shape
    features = np.stack(
        [
            np.ones(shape),
            np.log(relevance + 0.01) + 2,
            relevance / relevance.max(0, initial=1e-6),
            _over(shape, np.log(length / 20)),
            _over(shape, phrases[:, 2]),
            _over(shape, np.abs(phrases[:, 0] - 3)),
            _over(shape, (last > first).astype(float)),
            others,
            _over(shape, np.log(mass / count).mean(1)),
            _over(shape, np.abs(level)),
        ],
        axis=-1,
    )
    none = np.zeros(len(first))
    signs = np.stack([none + 1, phrases[:, 1], sign, phrases[:, 0] - 3, level, none, none], axis=1)
    floats = (rows.astype(np.float32) for rows in (features, signs, relevance, 3 + level))
    return Stretches(first, last, *floats)


def _pairs(units: Sequence[Unit]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Single units and joined neighbours: their first and last units."""
    pairs = [(i, i) for i in range(len(units))]
    pairs += [
        (i, i + 1)
        for i in range(len(units) - 1)
        if units[i].turn == units[i + 1].turn and units[i].n_words + units[i + 1].n_words <= JOINED_WORDS
    ]
    found = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def with_value(signs: Floats, value: float) -> Floats:
    """The columns named in ``SIGN`` of stretches for a competency of that value."""
    found = signs.copy()
    found[:, -2] = value - 3
    found[:, -1] = found[:, 2] * (1 - min(1.0, abs(value - 3) / 2))
    return found


def _over(shape: tuple[int, ...], column: NDArray[np.float64]) -> NDArray[np.float64]:
    """A column for the stretches, the same for every competency."""
    return np.broadcast_to(column[:, None], shape)


def choose(found: Stretches, units: Sequence[Unit], c: int, value: float, weights: PoolWeights) -> tuple[Quote, ...]:
    """At most five stretches that do not overlap, in the order of the talk: likely ones that surely speak for or surely against.

    What may as well mean one as the other is left out, however likely a reader would quote it. A middling level is seldom without both:
    where all sure quotes of one point one way, the best of the other way may be less sure. There is at least one quote where any stretch
    speaks to the competency at all.
    """
    chance = 1 / (1 + np.exp(-(found.features[:, c] @ weights.choice)))
    signs = with_value(found.signs, value)
    plus = 1 / (1 + np.exp(-(signs @ weights.sign)))
    sure = np.abs(2 * plus - 1)
    order = np.argsort(-chance * sure, kind="stable")
    order = order[found.relevance[order, c] > LEAST]
    likely = order[chance[order] >= weights.threshold]
    chosen = _apart(found, likely[sure[likely] >= weights.sure], MAX_QUOTES) or _apart(found, order, 1)
    ways = {bool(plus[k] >= 0.5) for k in chosen}
    if 1.5 <= value < 4.5 and len(ways) == 1:
        other = likely[((plus[likely] >= 0.5) != ways.pop()) & (sure[likely] >= LESS_SURE)]
        room = chosen[: MAX_QUOTES - 1]
        both = _apart(found, [*room, *other], len(room) + 1)
        chosen = both if len(both) > len(room) else chosen
    quotes = []
    for k in chosen:
        head, tail = units[found.first[k]], units[found.last[k]]
        # what it shows: the two readings of its level, on its own side of the middle
        shown = (float(found.level[k]) + 3 + float(signs[k, SIGN.index("phrase level")])) / 2
        level = max(shown, 3.25) if plus[k] >= 0.5 else min(shown, 2.5)
        quotes.append(Quote(head.turn, head.start, tail.end, float(chance[k]), float(plus[k]), level))
    return tuple(sorted(quotes, key=lambda quote: (quote.turn, quote.start)))


def _apart(found: Stretches, order: Iterable[int], most: int) -> list[int]:
    """The first stretches of an order that share no unit, at most so many."""
    taken: set[int] = set()
    kept: list[int] = []
    for k in map(int, order):
        inside = {int(found.first[k]), int(found.last[k])}
        if not inside & taken and len(kept) < most:
            taken |= inside
            kept.append(k)
    return kept
