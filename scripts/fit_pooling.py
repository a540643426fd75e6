"""Fit the numbers of the pooling from readings of talks that the network and the phrases had not seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from models.rubric import Rubric
from pipeline.stages.network import Readings
from pipeline.stages.passages import Reading, parsed, placed, pooled
from pipeline.stages.phrases import Phrases
from pipeline.stages.pooling import DOUBT, PoolWeights, Spread, amount, confidence, doubt, values
from pipeline.stages.quotes import CHOICE, SIGN, Stretches, chances, stretches
from scripts.scoring_data import Talk

COVERAGE = 0.94
"""Aimed at a little above the 90 % that is promised: the roles that users bring differ more than ours do from each other."""

THRESHOLD = 0.3

UNDRAFTED = 0.015
"""Share of scored competencies that may stay without a draft so that empty ones do."""

SAME = 0.4
NOTHING = np.zeros(1, np.float32)


class Seen(NamedTuple):
    """A talk as the scorer reads it, pooled, and its candidates for quotes."""

    talk: Talk
    reading: Reading
    spread: Spread
    stretches: Stretches


def seen(talk: Talk, readings: Readings, rubric: Rubric, phrases: Phrases) -> Seen:
    """Readings of all words of a talk, cut down to the candidate's and pooled."""
    text = parsed(talk.turns, phrases)
    own = Readings(*(rows[text.spoken] for rows in readings))
    reading = placed(own, text, rubric)
    found = stretches(reading.readings, reading.unit_of, reading.units, reading.told)
    return Seen(talk, reading, pooled(reading, phrases), found)


def fit(
    rows: Sequence[Seen], columns: Sequence[int] = (0, 1, 2, 3, 4), ridge: float = 2.0, power: float = 1.0
) -> PoolWeights:
    """Ridge regression to the consensus, stretched to its spread; silence, ranges, confidence and quotes from the same talks."""
    x = np.concatenate([row.spread.features for row in rows]).astype(np.float64)
    y = np.array([np.nan if level is None else level for row in rows for level in row.talk.levels], dtype=np.float64)
    known = ~np.isnan(y)
    used = np.zeros((x.shape[1], len(columns)))
    used[list(columns), np.arange(len(columns))] = 1
    a, b = x[known] @ used, y[known]
    penalty = np.diag([1e-6] + [ridge] * (len(columns) - 1))
    weights = used @ np.linalg.solve(a.T @ a + penalty, a.T @ (b - 3.0))
    weights[0] += 3.0
    stretch = float(b.std() / max((x[known] @ weights).std(), 1e-6)) ** power
    pool = PoolWeights(
        weights.astype(np.float32), float(b.mean()), stretch, 0.0, np.array([0.5, 1.5, 1.5], np.float32),
        np.zeros(len(DOUBT), np.float32), np.zeros(len(CHOICE), np.float32), np.zeros(len(SIGN), np.float32), THRESHOLD,
    )  # fmt: skip
    pool = _with_quotes(rows, pool)
    return _with_doubt(rows, pool._replace(silence=_silence(rows, pool)))


def _silence(rows: Sequence[Seen], pool: PoolWeights) -> float:
    """The amount of evidence that all but a few of the competencies with a level reach."""
    amounts = [
        amount(row.spread, c, chances(row.stretches, c, pool.choice))
        for row in rows
        for c, level in enumerate(row.talk.levels)
        if level is not None
    ]
    return float(np.quantile(amounts, UNDRAFTED))


def _with_doubt(rows: Sequence[Seen], pool: PoolWeights) -> PoolWeights:
    """Confidence (chance that the draft is exact) and conformal half-widths above and below its median."""
    found = [
        (row, c, level, float(values(row.spread, pool)[c]))
        for row in rows
        for c, level in enumerate(row.talk.levels)
        if level is not None
    ]
    z = np.stack([doubt(row.spread, c, value) for row, c, _, value in found])
    right = np.array([float(int(value + 0.5) == level) for _, _, level, value in found])
    pool = pool._replace(confidence=logistic(z, right))
    sure = np.array([confidence(row.spread, c, value, pool) for row, c, _, value in found])
    errors = np.array([abs(value - level) for _, _, level, value in found])
    median = float(np.median(sure))
    halves = [float(np.quantile(errors[part], COVERAGE)) for part in (sure >= median, sure < median)]
    return pool._replace(half_width=np.array([median, *halves], np.float32))


def marks_of(row: Seen) -> tuple[np.ndarray, np.ndarray]:
    """For each stretch and competency: whether a reader quoted that passage, and whether for a high level (NaN: not quoted)."""
    matched = np.zeros(row.stretches.relevance.shape)
    sign = np.full(row.stretches.relevance.shape, np.nan)
    by_turn = defaultdict(list)
    for mark in row.talk.marks:
        by_turn[mark.turn].append(mark)
    for k, (first, last) in enumerate(zip(row.stretches.first, row.stretches.last, strict=True)):
        start, end = row.reading.units[first].start, row.reading.units[last].end
        for mark in by_turn[row.reading.units[first].turn]:
            shared = min(end, mark.end) - max(start, mark.start)
            if shared > 0 and shared / (max(end, mark.end) - min(start, mark.start)) >= SAME:
                matched[k, mark.competency] = 1
                sign[k, mark.competency] = mark.plus
    return matched, sign


def _with_quotes(rows: Sequence[Seen], pool: PoolWeights) -> PoolWeights:
    """Which stretches a reader would quote, and their polarity."""
    features, quoted, signs, polarity = [], [], [], []
    for row in rows:
        matched, sign = marks_of(row)
        near = row.stretches.relevance > 0.03
        features.append(row.stretches.features[near])
        quoted.append(matched[near])
        level = values(row.spread, pool)
        columns = row.stretches.signs.copy()
        columns[:, :, -1] = level[None] - 3
        given = ~np.isnan(sign)
        signs.append(columns[given])
        polarity.append(sign[given])
    choice = logistic(np.concatenate(features), np.concatenate(quoted))
    return pool._replace(choice=choice, sign=logistic(np.concatenate(signs), np.concatenate(polarity)))


def logistic(x: np.ndarray, y: np.ndarray, ridge: float = 2.0) -> np.ndarray:
    """Ridge logistic regression by Newton's method."""
    w = np.zeros(x.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-x @ w))
        gradient = x.T @ (p - y) + ridge * w
        hessian = (x * (p * (1 - p))[:, None]).T @ x + ridge * np.eye(x.shape[1])
        w -= np.linalg.solve(hessian, gradient)
    out: np.ndarray = w.astype(np.float32)
    return out
