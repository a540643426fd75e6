"""Candidates side by side: ranks that the data can tell apart, and ties where it cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from models.decision import RankLine
from models.review import ConfirmedScore
from models.rubric import Rubric
from pipeline.judgement.agreement import percentiles
from pipeline.judgement.weighting import CENT, admit, total_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEED = 20261122
RESAMPLES = 1000
SURE = 0.95
"""A candidate stands above another when that holds in this share of resamples."""
CENTS = 401
"""Totals to the cent, 1.00 to 5.00."""
CHANCES = 1024
"""A power of two: equally likely values that stand for what other evidence would have shown."""
BLOCK = 256
"""Candidates compared with all others at a time: memory stays flat."""
DOUBT = (-1.0, 0.0, 1.0)
"""What one piece of evidence may be off by, in levels, before anything is known of its spread. With DOUBT in the
pool a score on one
quote is uncertain by about 0.8 level and a score on five by about 0.4, as the spread of neighbouring readers suggests.
"""


@dataclass(frozen=True, slots=True)
class Stand:
    """What is known of one candidate's total: the total itself, how often each value came up in the resamples (a count
    for every cent from 1.00 to 5.00), and its 90 % interval. All are None where there is no total.
    """

    total: Decimal | None
    counts: NDArray[np.float32] | None = None
    low: Decimal | None = None
    high: Decimal | None = None


def rank(
    rubric: Rubric,
    cards: Mapping[str, Sequence[ConfirmedScore]],
    waiting: Mapping[str, Sequence[str]] | None = None,
    *,
    seed: int = SEED,
) -> tuple[RankLine, ...]:
    """Candidates by confirmed weighted total, best first, with a 90 % interval and ties.

    Bootstrap over interviewers (within each round, with replacement) and over the evidence behind each score.
    ``rank`` is one plus the number of candidates who stand above in 95 % of resamples; everyone who is neither above
    nor below is tied. Any number of candidates. A candidate without a total has no rank and comes last.
    """
    held = waiting or {}
    return place({key: stand(rubric, key, scores, held.get(key, ()), seed=seed) for key, scores in cards.items()})


def stand(
    rubric: Rubric, candidate: str, scores: Sequence[ConfirmedScore], waiting: Sequence[str] = (), *, seed: int = SEED
) -> Stand:
    """One candidate's total under resampling; the same scores always give the same."""
    import numpy

    total = total_of(rubric, scores, waiting)
    if total is None:
        return Stand(None)
    own = int.from_bytes(candidate.encode(), "big")
    drawn = resampled_totals(rubric, scores, numpy.random.default_rng([seed, own]))
    cents = numpy.rint((drawn - 1) * 100).astype(int)
    counts = numpy.bincount(cents, minlength=CENTS).astype(numpy.float32)
    low, high = (Decimal(repr(value)).quantize(CENT) for value in percentiles(drawn, 5, 95))
    return Stand(total, counts, low, high)


def place(stands: Mapping[str, Stand]) -> tuple[RankLine, ...]:
    """Ranks and ties from what is known of everyone's totals."""
    import numpy

    placed = sorted((k for k, s in stands.items() if s.total is not None), key=lambda k: (-(stands[k].total or 0), k))
    # The chance that one total lies above another is counts times cumulated counts: whole numbers below 2^24, so that
    # single precision is exact and every machine gives the same ranks.
    counts = numpy.array([stands[k].counts for k in placed], dtype=numpy.float32).reshape(len(placed), CENTS)
    below = numpy.cumsum(counts, axis=1) - counts
    sure = numpy.float32(SURE * RESAMPLES**2)
    names = numpy.array(placed, dtype=object)
    lines: list[RankLine] = []
    for first in range(0, len(placed), BLOCK):
        block = slice(first, first + BLOCK)
        above_me = below[block] @ counts.T >= sure
        below_me = counts[block] @ below.T >= sure
        tied = ~(above_me | below_me)
        for row, key in enumerate(placed[block]):
            tied[row, first + row] = False
            mine = stands[key]
            lines.append(
                RankLine.model_construct(
                    candidate=key, total=mine.total, low=mine.low, high=mine.high,
                    rank=1 + int(above_me[row].sum()), tied_with=tuple(names[tied[row]]),
                )
            )  # fmt: skip
    rest = sorted(set(stands) - set(placed))
    return (*lines, *(RankLine(candidate=k, total=None, low=None, high=None, rank=None) for k in rest))


def resampled_totals(
    rubric: Rubric, scores: Sequence[ConfirmedScore], chance: np.random.Generator
) -> NDArray[np.float64]:
    """``RESAMPLES`` weighted totals of one candidate under resampled interviewers and evidence."""
    import numpy

    admitted = admit(rubric, scores)
    if not admitted:
        return numpy.zeros(RESAMPLES)
    column = {competency.id: i for i, competency in enumerate(rubric.competencies)}
    noisy = numpy.array([score.level for score in admitted])[:, None] + evidence_noise(admitted, chance)
    total = numpy.zeros((len(column), RESAMPLES))
    rounds = numpy.zeros(len(column))
    held: dict[str, list[int]] = {}
    for row, score in enumerate(admitted):
        held.setdefault(score.interview, []).append(row)
    for _, rows in sorted(held.items()):
        raters = sorted({admitted[row].reviewer for row in rows})
        if len(raters) == 1:  # one person gives one score a competency: nobody to draw
            columns = [column[admitted[row].competency] for row in rows]
            total[columns] += noisy[rows]
            rounds[columns] += 1
            continue
        levels = numpy.full((len(raters), len(column), RESAMPLES), numpy.nan)
        for row in rows:
            levels[raters.index(admitted[row].reviewer), column[admitted[row].competency]] = noisy[row]
        found = resampled_round(levels, chance)
        there = ~numpy.isnan(found[:, 0])
        total[there] += found[there]
        rounds += there
    there = rounds > 0
    weights = numpy.array([float(competency.weight) for competency in rubric.competencies])[there]
    if not weights.sum():
        return numpy.zeros(RESAMPLES)
    averages = numpy.clip(total[there] / rounds[there, None], 1, 5)
    drawn: NDArray[np.float64] = weights @ averages / weights.sum()
    return drawn


def resampled_round(levels: NDArray[np.float64], chance: np.random.Generator) -> NDArray[np.float64]:
    """Averages over the raters of one round, drawn with replacement: ``levels`` is rater by competency by resample, nan
    where a rater gave none, and the result competency by resample, nan where nobody did.

    One draw of people serves all competencies: a lenient interviewer is lenient throughout. Where a draw holds nobody who
    rated a competency, everyone who did counts.
    """
    import numpy

    raters, competencies, resamples = levels.shape
    drawn = chance.integers(0, raters, size=(raters, resamples))
    picked = levels[drawn[:, None, :], numpy.arange(competencies)[None, :, None], numpy.arange(resamples)]

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        known = ~numpy.isnan(values)
        with numpy.errstate(invalid="ignore"):
            averaged: NDArray[np.float64] = numpy.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0)
        return averaged

    found = mean(picked)
    drawn_or_all: NDArray[np.float64] = numpy.where(numpy.isnan(found), mean(levels), found)
    return drawn_or_all


def evidence_noise(scores: Sequence[ConfirmedScore], chance: np.random.Generator) -> NDArray[np.float64]:
    """How scores would move had other pieces of the same evidence been heard: means of resampled deviations, in levels,
    score by resample.
    """
    import numpy

    tables: dict[tuple[tuple[float, ...], int], int] = {}
    rows = [tables.setdefault((score.quote_levels, max(1, score.quotes)), len(tables)) for score in scores]
    drawn = numpy.frombuffer(chance.bytes(2 * RESAMPLES * len(scores)), dtype="<u2").reshape(len(scores), RESAMPLES)
    places = (drawn % CHANCES) + CHANCES * numpy.array(rows)[:, None]
    flat = numpy.concatenate([mean_deviations(*key) for key in tables])
    noise: NDArray[np.float64] = flat.take(places)
    return noise


@lru_cache(maxsize=1024)
def mean_deviations(levels: tuple[float, ...], pieces: int) -> NDArray[np.float64]:
    """The mean of so many draws, with replacement, from the deviations of these levels from their centre with DOUBT among
    them: ``CHANCES`` equally likely values, ascending.
    """
    import numpy

    # Levels of anchors are halves ("4-5" is 4.5): in units of half a level over their number all deviations are whole, and
    # the chances of the sum are a convolution.
    unit = 2 * max(1, len(levels))
    pool = [int(doubt * unit) for doubt in DOUBT] + [round(level * unit - 2 * sum(levels)) for level in levels]
    low = min(pool)
    one = numpy.bincount(numpy.array(pool) - low) / len(pool)
    chances = numpy.ones(1)
    for _ in range(pieces):
        chances = numpy.convolve(chances, one)
    middle = (numpy.arange(CHANCES) + 0.5) / CHANCES
    reached = numpy.searchsorted(numpy.cumsum(chances), middle)
    means: NDArray[np.float64] = (numpy.minimum(reached, len(chances) - 1) + low * pieces) / (unit * pieces)
    means.flags.writeable = False
    return means
