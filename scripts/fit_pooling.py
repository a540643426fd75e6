"""Fit the numbers of the pooling from readings of talks that the heads and the phrases had not seen.

usage: python -m scripts.fit_pooling        (after scripts.heldout; writes scripts/pooling.json, and its numbers into the shipped weights)
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from models.rubric import Rubric
from pipeline.stages.echo import rubric_content
from pipeline.stages.evidence import Parser
from pipeline.stages.network import Readings
from pipeline.stages.passages import Reading, parsed, placed, pooled
from pipeline.stages.phrases import Phrases
from pipeline.stages.pooling import (
    DOUBT,
    FEATURES,
    PoolWeights,
    Spread,
    amount,
    doubt,
    level_chances,
    plausible,
    values,
)
from pipeline.stages.quotes import CHOICE, SIGN, Stretches, stretches, with_value
from scripts.scoring_data import Talk

COVERAGE = 0.94
"""Aimed at above the 90 % that is promised: the roles that users bring differ more than ours do, and a missing draft covers nothing."""

THRESHOLD = 0.2
"""Chance of being quoted below which a stretch is left out."""

SURE = 0.65
"""How sure a quote's sign must be, from 0 (even) to 1 (never wrong)."""

UNDRAFTED = 0.028
"""Share of scored competencies that may stay without a draft so that empty ones do."""

SAME = 0.4
NOTHING = np.zeros(1, np.float32)


class Seen(NamedTuple):
    """A talk as the scorer reads it, pooled, and its candidates for quotes."""

    talk: Talk
    reading: Reading
    spread: Spread
    stretches: Stretches


def seen(talk: Talk, readings: Readings, rubric: Rubric, phrases: Phrases, nlp: Parser | None = None) -> Seen:
    """Readings of all words of a talk, cut down to the candidate's and pooled."""
    text = parsed(talk.turns, phrases, nlp)
    own = Readings(*(rows[text.spoken] for rows in readings))
    reading = placed(own, text, rubric_content(rubric))
    found = stretches(reading.readings, reading.unit_of, reading.units, reading.said)
    return Seen(talk, reading, pooled(reading, phrases), found)


def fit(rows: Sequence[Seen], ridge: float = 10.0, power: float = 1.0) -> PoolWeights:
    """Ridge regression to the consensus, stretched to its spread; silence, doubt, ranges and quotes from the same talks."""
    x = np.concatenate([row.spread.features for row in rows]).astype(np.float64)
    y = np.array([np.nan if level is None else level for row in rows for level in row.talk.levels], dtype=np.float64)
    known = ~np.isnan(y)
    # how much there is does not tell how good it is
    used = np.eye(x.shape[1])[:, [k for k, name in enumerate(FEATURES) if name != "amount"]]
    a, b = x[known] @ used, y[known]
    penalty = np.diag([1e-6] + [ridge] * (a.shape[1] - 1))
    weights = used @ np.linalg.solve(a.T @ a + penalty, a.T @ (b - 3.0))
    weights[0] += 3.0
    stretch = float(b.std() / max((x[known] @ weights).std(), 1e-6)) ** power
    amounts = [amount(row.spread, c) for row in rows for c, level in enumerate(row.talk.levels) if level is not None]
    pool = PoolWeights(
        weights.astype(np.float32), float(b.mean()), stretch, float(np.quantile(amounts, UNDRAFTED)),
        np.array([1.5, 2.5, 3.5, 4.5], np.float32), np.zeros(len(DOUBT), np.float32), 0.9,
        np.zeros(len(CHOICE), np.float32), np.zeros(len(SIGN), np.float32), THRESHOLD, SURE,
    )  # fmt: skip
    return _with_doubt(rows, _with_quotes(rows, pool))


def _with_doubt(rows: Sequence[Seen], pool: PoolWeights) -> PoolWeights:
    """The cumulative link model of levels (borders, and widths by doubt), and the mass that makes its ranges cover as often as aimed."""
    from scipy.optimize import minimize

    found = [
        (row, c, level, float(values(row.spread, pool)[c]))
        for row in rows
        for c, level in enumerate(row.talk.levels)
        if level is not None
    ]
    z = np.stack([doubt(row.spread, c, value) for row, c, _, value in found]).astype(np.float64)
    value = np.array([item[3] for item in found])
    level = np.array([item[2] for item in found])

    def loss(numbers: np.ndarray) -> float:
        borders, width = np.sort(numbers[:4]), np.exp(np.clip(z @ numbers[4:], -3, 2))
        below = 1 / (1 + np.exp(-np.clip((borders[None] - value[:, None]) / width[:, None], -30, 30)))
        sides = np.concatenate([np.zeros((len(value), 1)), below, np.ones((len(value), 1))], axis=1)
        chance = np.maximum(np.diff(sides, axis=1)[np.arange(len(value)), level - 1], 1e-6)
        return float(-np.log(chance).sum() + 2.0 * (numbers[5:] ** 2).sum() + 2.0 * ((borders - START) ** 2).sum())

    numbers = minimize(loss, np.concatenate([START, [-0.7], np.zeros(len(DOUBT) - 1)]), method="L-BFGS-B").x
    pool = pool._replace(borders=np.sort(numbers[:4]).astype(np.float32), doubt=numbers[4:].astype(np.float32))
    chances = [level_chances(row.spread, c, value, pool) for row, c, _, value in found]

    def covered(mass: float) -> float:
        ranges = [plausible(p, min(5, max(1, int(v + 0.5))), mass) for p, v in zip(chances, value, strict=True)]
        return float(np.mean([low <= want <= high for (low, high), want in zip(ranges, level, strict=True)]))

    masses = np.arange(0.5, 0.99, 0.01)
    return pool._replace(mass=float(next((m for m in masses if covered(m) >= COVERAGE), masses[-1])))


START = np.array([1.5, 2.5, 3.5, 4.5])


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
        for c in range(len(level)):
            given = ~np.isnan(sign[:, c])
            signs.append(with_value(row.stretches.signs, float(level[c]))[given])
            polarity.append(sign[given, c])
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


def put(pool: PoolWeights, path: Path) -> None:
    """The numbers into the weights' metadata; heads and phrases stay byte for byte."""
    from safetensors import safe_open
    from safetensors.torch import save_file

    with safe_open(str(path), framework="pt") as file:
        meta = json.loads(file.metadata()["scorer"])
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a mapping
    meta["pool"] = pool.to_json()
    save_file(tensors, str(path), metadata={"scorer": json.dumps(meta, sort_keys=True)})


def main() -> None:
    """Fit on all held-out talks, of unseen and of known rubrics, and write the numbers that ship."""
    from pipeline import weights
    from pipeline.settings import Settings
    from pipeline.stages.evidence import load_parser
    from pipeline.stages.scorer_weights import SHIPPED
    from scripts.heldout import make, rows
    from scripts.scoring_data import load_sources

    make()
    sources = load_sources()
    nlp = load_parser(weights.find("spacy", Settings().cache).folder)
    found = [row for kind in ("unseen", "known") for row in rows(kind, sources, nlp).values()]
    pool = fit(found)
    (Path(__file__).parent / "pooling.json").write_text(json.dumps(pool.to_json(), indent=1) + "\n", encoding="utf-8")
    put(pool, SHIPPED)


if __name__ == "__main__":
    main()
