"""Fit the phrase models: level from graded answers and quotes, polarity from quotes, deeds from what readers quoted at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression, Ridge

from pipeline.stages.evidence import find_units
from pipeline.stages.masking import plain_words
from pipeline.stages.phrases import BINS, Phrases, phrase_bins
from scripts.scoring_data import Sample, Talk


def words_of(text: str) -> list[str]:
    """The plain words of a text."""
    return [word.text for word in plain_words(text)]


def matrix(texts: Sequence[Sequence[str]], idf: np.ndarray | None = None) -> tuple[csr_matrix, np.ndarray]:
    """Rows of unit length over phrase bins, and the inverse document frequencies; bins seen in one text only weigh nothing."""
    rows = [phrase_bins(words) for words in texts]
    if idf is None:
        frequency = np.bincount(np.concatenate([bins for bins, _ in rows]), minlength=BINS)
        idf = np.where(frequency >= 2, np.log((1 + len(texts)) / (1 + frequency)) + 1, 0.0).astype(np.float32)
    data, at, ends = [], [], [0]
    for bins, counts in rows:
        weights = counts * idf[bins]
        data.append(weights / max(float(np.sqrt((weights**2).sum())), 1e-9))
        at.append(bins)
        ends.append(ends[-1] + len(bins))
    return csr_matrix((np.concatenate(data), np.concatenate(at), ends), shape=(len(texts), BINS), dtype=np.float32), idf


def fit_phrases(talks: Sequence[Talk], samples: Sequence[Sample]) -> Phrases:
    """The three models from the given talks and graded answers."""
    texts = [words_of(sample.text) for sample in samples]
    level = [sample.level for sample in samples]
    sign = [np.nan if sample.level == 3 else float(sample.level > 3) for sample in samples]
    deed = [np.nan] * len(samples)
    for talk in talks:
        said = {turn.t: turn.text for turn in talk.turns}
        for mark in talk.marks:
            want = talk.levels[mark.competency]
            texts.append(words_of(said[mark.turn][mark.start : mark.end]))
            # a quote against a high level stands below it, one for a low level above
            level.append(np.nan if want is None else max(want, 3.25) if mark.plus else min(want, 2.75))
            sign.append(float(mark.plus))
            deed.append(np.nan)
        for unit in find_units(talk.turns):
            size = unit.end - unit.start
            shared = max(
                (min(m.end, unit.end) - max(m.start, unit.start) for m in talk.marks if m.turn == unit.turn), default=0
            )
            texts.append(words_of(said[unit.turn][unit.start : unit.end]))
            level.append(np.nan)
            sign.append(np.nan)
            deed.append(float(shared > 0.5 * size))
    x, idf = matrix(texts)
    y, s, d = np.array(level, float), np.array(sign, float), np.array(deed, float)
    graded, signed, told = ~np.isnan(y), ~np.isnan(s), ~np.isnan(d)
    first = Ridge(alpha=1.2, solver="sparse_cg", tol=1e-4).fit(x[graded], y[graded])
    second = LogisticRegression(C=4, solver="liblinear", random_state=0).fit(x[signed], s[signed])
    third = LogisticRegression(C=2, solver="liblinear", random_state=0).fit(x[told], d[told])
    weights = np.stack([first.coef_, second.coef_[0], third.coef_[0]], axis=1)
    intercepts = np.array([first.intercept_, second.intercept_[0], third.intercept_[0]])
    return Phrases(idf, weights.astype(np.float32), intercepts.astype(np.float32))
