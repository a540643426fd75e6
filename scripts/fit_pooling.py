"""Fit the numbers of the pooling from readings of talks that the network had not seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from models.rubric import Rubric
from pipeline.stages.network import Readings
from pipeline.stages.pooling import PoolWeights, Spread, doubt, spread, values
from pipeline.stages.score import Reading, placed
from scripts.scoring_data import Talk

COVERAGE = 0.92


class Seen(NamedTuple):
    """A talk as the network read it, and pooled."""

    talk: Talk
    reading: Reading
    spread: Spread


def seen(talk: Talk, readings: Readings, rubric: Rubric) -> Seen:
    """Readings of all words of a talk, cut down to the candidate's and pooled."""
    said = [word for row in talk.windows for word in row]
    spoken = [i for i, word in enumerate(said) if word.turn >= 0]
    own = Readings(readings.relevance[spoken], readings.level[spoken], readings.polarity[spoken])
    reading = placed(own, [said[i] for i in spoken], talk.turns, rubric)
    return Seen(talk, reading, spread(reading.readings, reading.unit_of, len(reading.units)))


def fit(rows: Sequence[Seen], ridge: float = 3.0) -> PoolWeights:
    """Ridge regression to the consensus, stretched to its spread; silence, range and confidence from its errors."""
    features = np.concatenate([row.spread.features for row in rows])
    levels = np.array(
        [np.nan if level is None else level for row in rows for level in row.talk.levels], dtype=np.float64
    )
    known = ~np.isnan(levels)
    x, y = features[known].astype(np.float64), levels[known]
    penalty = np.diag([1e-6] + [ridge] * (x.shape[1] - 1))
    weights = np.linalg.solve(x.T @ x + penalty, x.T @ (y - 3.0))
    weights[0] += 3.0
    raw = x @ weights
    stretch = float(y.std() / max(raw.std(), 1e-6)) ** 0.8
    pool = PoolWeights(weights.astype(np.float32), float(y.mean()), stretch, 0.0, 1.5, np.zeros(5, np.float32))
    found = [
        (row, c, level, float(values(row.spread, pool)[c])) for row in rows for c, level in enumerate(row.talk.levels)
    ]
    scored = [item for item in found if item[2] is not None]
    errors = np.array([abs(item[3] - float(item[2] or 0)) for item in scored])
    half = float(np.quantile(errors, COVERAGE))
    amount = np.array(
        [np.log1p(row.spread.mass[c]) / 4 + row.spread.unit_relevance[:, c].max(initial=0.0) for row, c, _, _ in scored]
    )
    silence = float(np.quantile(amount, 0.035))
    z = np.stack([doubt(row.spread, c, value) for row, c, _, value in scored])
    right = np.array([float(int(value + 0.5) == level) for _, _, level, value in scored])
    return pool._replace(silence=silence, half_width=half, confidence=_logistic(z, right))


def _logistic(x: np.ndarray, y: np.ndarray, ridge: float = 2.0) -> np.ndarray:
    """Ridge logistic regression by Newton's method."""
    w = np.zeros(x.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-x @ w))
        gradient = x.T @ (p - y) + ridge * w
        hessian = (x * (p * (1 - p))[:, None]).T @ x + ridge * np.eye(x.shape[1])
        w -= np.linalg.solve(hessian, gradient)
    out: np.ndarray = w.astype(np.float32)
    return out
