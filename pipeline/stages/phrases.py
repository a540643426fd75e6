"""What the wording alone tells: phrases of one to three plain words that speak of a level, for or against, and of a deed at all.

Linear models over hashed phrases, fitted on graded answers and readers' quotes of many roles (``scripts/train_scorer.py``). They know
nothing of the rubric: the network says which competency a passage speaks to, these say how well done the telling shows it to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pipeline.stages.network import Floats

BINS = 1 << 17
LONGEST_PHRASE = 3
MODELS = ("level", "polarity", "deed")


class Counts(NamedTuple):
    """Phrases of the units of one talk: the distinct bins, and how often each occurs in each unit (sparse, units by bins)."""

    bins: NDArray[np.int64]
    unit: NDArray[np.int64]
    column: NDArray[np.int64]
    often: Floats


class Phrases(NamedTuple):
    """Inverse document frequency of each bin, and for each of ``MODELS`` a weight a bin (columns) with its intercept."""

    idf: Floats
    weights: Floats
    intercepts: Floats


def phrase_bins(words: Sequence[str]) -> tuple[NDArray[np.int64], Floats]:
    """The bins of a text's phrases and how often each occurs, damped (1 + log)."""
    hashed = [
        crc32(" ".join(words[i : i + n]).encode()) % BINS
        for n in range(1, LONGEST_PHRASE + 1)
        for i in range(len(words) - n + 1)
    ]
    bins, counts = np.unique(np.array(hashed, dtype=np.int64), return_counts=True)
    return bins, (1 + np.log(counts)).astype(np.float32)


def phrase_row(words: Sequence[str], idf: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Bins and unit-length weights of a text; phrases that no training text had count for nothing."""
    bins, counts = phrase_bins(words)
    weights = counts * idf[bins]
    length = float(np.sqrt((weights * weights).sum()))
    return bins, weights / length if length > 0 else weights


def read_phrases(texts: Sequence[Sequence[str]], phrases: Phrases) -> Floats:
    """For each text (plain words): its level (1..5), the log odds that it is for a high level, and that it tells a deed."""
    out = np.tile(phrases.intercepts, (len(texts), 1)).astype(np.float32)
    for i, words in enumerate(texts):
        if words:
            bins, weights = phrase_row(words, phrases.idf)
            out[i] += weights @ phrases.weights[bins]
    return out


def count_phrases(texts: Sequence[Sequence[str]]) -> Counts:
    """The phrases of each text, counted."""
    rows = [phrase_bins(words) if words else (np.zeros(0, np.int64), np.zeros(0, np.float32)) for words in texts]
    if not rows:
        return Counts(*(np.zeros(0, np.int64),) * 3, np.zeros(0, np.float32))
    bins, column = np.unique(np.concatenate([found for found, _ in rows]), return_inverse=True)
    unit = np.repeat(np.arange(len(rows)), [len(found) for found, _ in rows])
    return Counts(bins, unit, column, np.exp(np.concatenate([damped for _, damped in rows]) - 1))


def read_weighted(counts: Counts, weights: Floats, phrases: Phrases) -> Floats:
    """The level (1..5) of all units read as one text in which each unit counts by its weight, for each column of weights.

    ``weights`` is (units, competencies); returns (competencies,).
    """
    n, c = len(counts.bins), weights.shape[1]
    if not n:
        return np.full(c, phrases.intercepts[0], dtype=np.float32)
    idf, level = phrases.idf[counts.bins], phrases.weights[counts.bins, 0]
    out = np.empty(c, dtype=np.float32)
    for k in range(c):
        terms = np.bincount(counts.column, weights=counts.often * weights[counts.unit, k], minlength=n)
        row = np.log1p(terms) * idf
        out[k] = phrases.intercepts[0] + float(row @ level) / max(float(np.sqrt(row @ row)), 1e-9)
    return out
