"""The simple head of ``benchmarks/encoders.py``: ridge regressions of level, polarity and topic, what is quoted, linear pooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.evidence import AnchorRef, Evidence
from models.recording import Source
from models.report import Analysis, Engines, Quality, RubricRef
from models.score import DraftScore
from pipeline.stages.embed import SentenceEmbedder
from pipeline.stages.evidence import Unit, find_units
from pipeline.stages.passages import unit_index
from pipeline.stages.prior import COLUMNS, question_prior
from scripts.fit_pooling import logistic
from scripts.scoring_data import Sources, Talk

RIDGES = (3.0, 10.0, 30.0, 100.0, 300.0)
Floats = NDArray[np.float32]


class Vectors(NamedTuple):
    """What an encoder makes of the texts: words of talks, graded answers (None: of another corpus), competency texts by rubric."""

    talks: dict[str, Floats]
    samples: list[Floats | None]
    rubrics: dict[str, Floats]
    words: int
    seconds: float


class Read(NamedTuple):
    """A talk as the head reads it: unit vectors, what each unit's place says, and what readers made of it."""

    talk: Talk
    units: tuple[Unit, ...]
    vectors: Floats
    near: Floats
    quoted: Floats
    quotes: Floats
    signs: Floats
    levels: Floats
    topics: Floats


class Head(NamedTuple):
    """Fitted on some talks and answers: linear level, polarity and topic of a vector, and the model of what is quoted."""

    level: Floats
    plus: Floats
    topic: Floats
    choice: Floats


def unit(rows: Floats) -> Floats:
    """Rows of length one."""
    return (rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-6)).astype(np.float32)


def placed(talk: Talk, vectors: Vectors, sources: Sources, embedder: SentenceEmbedder) -> Read:
    """Units of a talk with their vectors, cosines to the rubric's texts and the running question; and readers' quotes."""
    rubric = sources.rubrics[talk.rubric]
    said = [word for row in talk.windows for word in row]
    words = vectors.talks[talk.id].astype(np.float32)
    spoken = [i for i, word in enumerate(said) if word.turn >= 0]
    turn, start, end = (np.array([said[i][k] for i in spoken]) for k in (1, 2, 3))
    units = tuple(find_units(talk.turns))
    of = unit_index(units, turn, start)
    own = np.zeros((len(units), words.shape[1]), np.float32)
    np.add.at(own, of, words[spoken])
    around = unit(own + np.roll(own, 1, 0) + np.roll(own, -1, 0))
    n = len(talk.levels)
    texts = unit(vectors.rubrics[talk.rubric]).reshape(n, 4, -1)
    guess = question_prior(talk.turns, talk.answers, rubric, embedder)
    asked = np.stack([guess.get(one.turn, np.zeros((n, COLUMNS), np.float32)) for one in units])
    columns = []
    for rows in (unit(own), around):
        near = np.einsum("uw,ckw->uck", rows, texts)
        columns += [near, near - near.mean(1, keepdims=True)]
    quoted = np.zeros((len(units), n), np.float32)
    quotes, signs, levels, topics = [], [], [], []
    for mark in talk.marks:
        inside = (turn == mark.turn) & (start < mark.end) & (end > mark.start)
        for k, one in enumerate(units):
            shared = min(one.end, mark.end) - max(one.start, mark.start) if one.turn == mark.turn else 0
            quoted[k, mark.competency] = max(quoted[k, mark.competency], shared > 0.5 * (one.end - one.start))
        if inside.any():
            level = talk.levels[mark.competency]
            quotes.append(words[spoken][inside].mean(0))
            signs.append(float(mark.plus))
            levels.append(np.nan if level is None else max(level, 3.25) if mark.plus else min(level, 2.75))
            topics.append(texts[mark.competency].mean(0))
    near = np.concatenate([*columns, asked, asked[..., :1] * columns[0][..., :1]], axis=2)
    made = (np.array(part, np.float32) for part in (quotes, signs, levels, topics))
    return Read(talk, units, unit(own), near.astype(np.float32), quoted, *made)


def ridge(x: Floats, y: Floats) -> Floats:
    """Linear weights with an intercept at the end; the penalty with the least error when each row is left out (generalised)."""
    a = np.hstack([x, np.ones((len(x), 1), np.float32)]).astype(np.float64)
    middle = a[:, :-1].mean(0)
    u, s, v = np.linalg.svd(a[:, :-1] - middle, full_matrices=False)
    target = y - y.mean(0)
    along = u.T @ target
    best: tuple[float, Any] = (np.inf, None)
    for penalty in RIDGES:
        shrink = s**2 / (s**2 + penalty)
        rest = target - u @ (shrink[:, None] * along if along.ndim > 1 else shrink * along)
        error = float((rest**2).mean() / (1 - shrink.sum() / len(x)) ** 2)
        if error < best[0]:
            factor = s / (s**2 + penalty)
            w = v.T @ (factor[:, None] * along if along.ndim > 1 else factor * along)
            best = (
                error,
                np.vstack([w, y.mean(0) - middle @ w]) if w.ndim > 1 else np.append(w, y.mean() - middle @ w),
            )
    found: Floats = best[1].astype(np.float32)
    return found


def linear(x: Floats, w: Floats) -> Floats:
    """What :func:`ridge`'s weights say of rows; lengthened by ten, so that one scale of penalties serves both widths."""
    found: Floats = 10 * x @ w[:-1] + w[-1]
    return found


def columns(row: Read, head_topic: Floats, rubric: Floats) -> Floats:
    """Columns (units, competencies, k) from which the head tells what is quoted."""
    texts = unit(rubric.reshape(row.near.shape[1], 4, -1).mean(1))
    near = unit(linear(row.vectors, head_topic)) @ texts.T
    learnt = np.stack([near, near - near.mean(1, keepdims=True)], axis=2)
    ones = np.ones((*near.shape, 1), np.float32)
    return np.concatenate([row.near, learnt, ones], axis=2)


def fitted(rows: Sequence[Read], samples: Sequence[int], sources: Sources, vectors: Vectors) -> Head:
    """The head from talks and graded answers."""
    answers = unit(np.stack([vectors.samples[i] for i in samples]))
    graded = np.array([sources.samples[i].level for i in samples], np.float32)
    quotes = unit(np.concatenate([row.quotes for row in rows]))
    levels, signs = (np.concatenate([getattr(row, name) for row in rows]) for name in ("levels", "signs"))
    topics = np.concatenate([row.topics for row in rows])
    known, sided = ~np.isnan(levels), graded != 3
    about = np.stack(
        [
            unit(vectors.rubrics[s.rubric]).reshape(-1, 4, quotes.shape[1])[s.competency].mean(0)
            for s in (sources.samples[i] for i in samples)
        ]
    )
    level = ridge(10 * np.concatenate([answers, quotes[known]]), np.concatenate([graded, levels[known]]))
    plus = ridge(
        10 * np.concatenate([answers[sided], quotes]), np.concatenate([np.sign(graded[sided] - 3), 2 * signs - 1])
    )
    topic = ridge(10 * np.concatenate([answers, quotes]), np.concatenate([about, topics]))
    x = [columns(row, topic, vectors.rubrics[row.talk.rubric]).reshape(-1, row.near.shape[2] + 3) for row in rows]
    y = [row.quoted.reshape(-1) for row in rows]
    return Head(level, plus, topic, logistic(np.concatenate(x), np.concatenate(y)))


class Told(NamedTuple):
    """What a head says of a talk it had not seen: chance of being quoted (units, competencies), polarity of units, pooled columns."""

    row: Read
    chance: Floats
    plus: Floats
    pooled: Floats
    mass: Floats


def told(row: Read, head: Head, vectors: Vectors) -> Told:
    """Evidence of each unit pooled for each competency."""
    x = columns(row, head.topic, vectors.rubrics[row.talk.rubric])
    chance = (1 / (1 + np.exp(-np.clip(x @ head.choice, -30, 30)))).astype(np.float32)
    level, plus = linear(row.vectors, head.level) - 3, linear(row.vectors, head.plus)
    size = np.array([one.end - one.start for one in row.units])[:, None] / 100
    found = []
    for weight in (chance * size, chance**2 * size):
        total = weight.sum(0) + 0.2
        found += [(weight * level[:, None]).sum(0) / total, (weight * plus[:, None]).sum(0) / total]
    together = unit(((chance**2 * size).T @ row.vectors) + 1e-6)
    found.append(linear(together, head.level) - 3)
    mass = np.log1p((chance * size).sum(0))
    return Told(row, chance, plus, np.stack([np.ones_like(mass), *found], axis=1), mass)


def inner(rows: Sequence[Read], samples: Sequence[int], sources: Sources, vectors: Vectors, unseen: bool) -> list[Told]:
    """Each talk as told by a head that saw other talks (and, for unseen rubrics, other rubrics) only."""
    keys = [group(row.talk.rubric) if unseen else row.talk.id for row in rows]
    names, found = sorted(set(keys)), []
    for k in range(3):
        out = set(names[k::3])
        learnt = [row for row, key in zip(rows, keys, strict=True) if key not in out]
        kept = [i for i in samples if not unseen or group(sources.samples[i].rubric) not in out]
        head = fitted(learnt, kept, sources, vectors)
        found += [told(row, head, vectors) for row, key in zip(rows, keys, strict=True) if key in out]
    return found


def group(rubric: str) -> str:
    """The rubric, or one name for those that share competencies."""
    return "customer success" if rubric in ("csm-2-5y", "senior-csm") else rubric


class Pool(NamedTuple):
    """Linear model of the level with its stretch, the mass below which there is no draft, the chance above which a unit is quoted."""

    weights: Floats
    centre: float
    stretch: float
    silence: float
    threshold: float


def pool(found: Sequence[Told]) -> Pool:
    """From talks that the head had not seen; the threshold is where precision and recall of units meet best."""
    x = np.concatenate([one.pooled for one in found])
    y = np.array([np.nan if v is None else v for one in found for v in one.row.talk.levels], float)
    mass = np.concatenate([one.mass for one in found])
    known = ~np.isnan(y)
    a, b = x[known].astype(float), y[known] - 3
    w = np.linalg.solve(a.T @ a + np.diag([1e-6] + [3.0] * (a.shape[1] - 1)), a.T @ b)
    centre = float(b.mean())
    stretch = float(b.std() / max((a @ w).std(), 1e-6))
    chance, quoted = (
        np.concatenate([part.reshape(-1) for part in parts])
        for parts in ([one.chance for one in found], [one.row.quoted for one in found])
    )
    steps = np.arange(0.1, 0.6, 0.02)
    best = max(steps, key=lambda t: 2 * quoted[chance >= t].sum() / max(1, (chance >= t).sum() + quoted.sum()))
    return Pool(w.astype(np.float32), centre, stretch, float(np.quantile(mass[known], 0.028)), float(best))


def analysis(one: Told, by: Pool, ids: Sequence[str], name: str) -> Analysis:
    """The drafts of a talk."""
    talk, texts = one.row.talk, {turn.t: turn.text for turn in one.row.talk.turns}
    raw = one.pooled @ by.weights
    value = np.clip(3 + by.centre + by.stretch * (raw - by.centre), 1, 5)
    drafts = []
    for c, competency in enumerate(ids):
        order = [k for k in np.argsort(-one.chance[:, c])[:5] if one.chance[k, c] >= by.threshold]
        order = order or [int(np.argmax(one.chance[:, c]))]
        said = tuple(
            Evidence(
                turn=u.turn, quote=texts[u.turn][u.start : u.end], start=None, end=None,
                polarity="+" if one.plus[k] >= 0 else "-", pull=0.0, anchor=AnchorRef(level="3", text=""), similarity=0.0,
            )
            for k in order
            for u in (one.row.units[k],)
        )  # fmt: skip
        level = round(float(value[c]), 3)
        none = one.mass[c] < by.silence
        drafts.append(
            DraftScore(
                competency=competency, score=None if none else min(5, max(1, int(level + 0.5))), value=None if none else level,
                plausible=None, confidence=0.0 if none else min(1.0, abs(level - 3) / 2), rationale="", evidence=() if none else said,
            )
        )  # fmt: skip
    return Analysis(
        source=Source(name=talk.id, sha256="0" * 64, duration_s=0),
        engines=Engines(transcriber="stored transcript", diarizer="stored transcript", embedder=name, scorer="simple head"),
        rubric=RubricRef(id=talk.rubric, version=""), quality=Quality(grade="good"), turns=talk.turns,
        answers=talk.answers, not_covered=(), drafts=tuple(drafts),
    )  # fmt: skip
