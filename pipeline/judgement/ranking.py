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
RECKONED = 2
"""Which way of reckoning gave a kept :class:`Stand`: one more whenever the same scores would give another."""

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
    return place({key: stand(rubric, scores, held.get(key, ()), seed=seed) for key, scores in cards.items()})


def stand(rubric: Rubric, scores: Sequence[ConfirmedScore], waiting: Sequence[str] = (), *, seed: int = SEED) -> Stand:
    """One candidate's total under resampling; the same scores always give the same, whoever got them."""
    import numpy

    total = total_of(rubric, scores, waiting)
    if total is None:
        return Stand(None)
    drawn = resampled_totals(rubric, scores, seed)
    counts = numpy.bincount(numpy.rint((drawn - 1) * 100).astype(int), minlength=CENTS).astype(numpy.float32)
    low, high = (Decimal(repr(value)).quantize(CENT) for value in percentiles(drawn, 5, 95))
    return Stand(total, counts, low, high)


def in_cents(found: Stand) -> tuple[int | None, int | None, int | None, bytes]:
    """A stand as whole numbers: total, low and high in cents of a level, and its counts as little-endian 16-bit integers."""
    total, low, high = (None if value is None else int(value * 100) for value in (found.total, found.low, found.high))
    return total, low, high, b"" if found.counts is None else found.counts.astype("<u2").tobytes()


def of_cents(total: int | None, low: int | None, high: int | None, counts: bytes) -> Stand:
    """The stand that :func:`in_cents` gave these of."""
    import numpy

    if total is None:
        return Stand(None)
    ends = [None if value is None else Decimal(value).scaleb(-2) for value in (low, high)]
    return Stand(Decimal(total).scaleb(-2), numpy.frombuffer(counts, dtype="<u2").astype(numpy.float32), *ends)


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


def resampled_totals(rubric: Rubric, scores: Sequence[ConfirmedScore], seed: int) -> NDArray[np.float64]:
    """``RESAMPLES`` weighted totals of one candidate under resampled interviewers and evidence.

    Every candidate meets the same draws. :func:`place` multiplies the chances of two candidates as independent ones, so
    that what it compares does not depend on this, and an opening of hundreds is resampled while its page is waited for.
    """
    import numpy

    admitted = admit(rubric, scores)
    if not admitted:
        return numpy.zeros(RESAMPLES)
    column = {competency.id: i for i, competency in enumerate(rubric.competencies)}
    noisy = evidence_noise(admitted, seed)
    noisy += numpy.array([score.level for score in admitted])[:, None]
    total = numpy.zeros((len(column), RESAMPLES))
    rounds = numpy.zeros(len(column))
    held: dict[str, list[int]] = {}
    for row, score in enumerate(admitted):
        held.setdefault(score.interview, []).append(row)
    for number, (_, rows) in enumerate(sorted(held.items())):
        columns = [column[admitted[row].competency] for row in rows]
        raters = [admitted[row].reviewer for row in rows]
        if len(set(raters)) == 1:  # one person gives one score a competency: nobody to draw
            total[columns] += noisy[rows]
            rounds[columns] += 1
            continue
        found, there = resampled_round(noisy[rows], columns, raters, len(column), seed + number)
        total += found
        rounds += there
    there = rounds > 0
    weights = numpy.array([float(competency.weight) for competency in rubric.competencies])[there]
    if not weights.sum():
        return numpy.zeros(RESAMPLES)
    averages = total[there]
    averages /= rounds[there, None]
    numpy.clip(averages, 1, 5, out=averages)
    drawn: NDArray[np.float64] = weights @ averages / weights.sum()
    return drawn


def resampled_round(
    noisy: NDArray[np.float64], columns: Sequence[int], raters: Sequence[str], competencies: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Averages over the raters of one round, drawn with replacement: competency by resample, and which competencies
    somebody rated (the others' averages are 0). ``noisy`` is score by resample; ``columns`` and ``raters`` say of what
    and whose each score is.

    One draw of people serves all competencies: a lenient interviewer is lenient throughout. Where a draw holds nobody who
    rated a competency, everyone who did counts.
    """
    import numpy

    sums = numpy.zeros((competencies, RESAMPLES))
    counts = numpy.zeros((competencies, RESAMPLES))
    people = sorted(set(raters))
    for person, often in zip(people, drawn_people(len(people), seed), strict=True):
        rows = [row for row, who in enumerate(raters) if who == person]
        rated = [columns[row] for row in rows]
        sums[rated] += noisy[rows] * often
        counts[rated] += often
    there = numpy.zeros(competencies, dtype=bool)
    there[list(columns)] = True
    nobody = (counts == 0) & there[:, None]
    for column in numpy.flatnonzero(nobody.any(axis=1)):
        everyone = noisy[[row for row, rated in enumerate(columns) if rated == column]].mean(axis=0)
        sums[column] += numpy.where(nobody[column], everyone, 0.0)
    found: NDArray[np.float64] = sums / numpy.maximum(counts, 1)
    return found, there


@lru_cache(maxsize=64)
def drawn_people(people: int, seed: int) -> NDArray[np.float64]:
    """How often each of so many raters is drawn in each resample, rater by resample."""
    import numpy

    drawn = numpy.random.default_rng([seed, people]).integers(0, people, size=(people, RESAMPLES))
    times: NDArray[np.float64] = (drawn[None] == numpy.arange(people)[:, None, None]).sum(axis=1).astype(numpy.float64)
    times.flags.writeable = False
    return times


def evidence_noise(scores: Sequence[ConfirmedScore], seed: int) -> NDArray[np.float64]:
    """How scores would move had other pieces of the same evidence been heard: means of resampled deviations, in levels,
    score by resample.
    """
    import numpy

    places = drawn_chances(1 << (len(scores) - 1).bit_length(), seed)
    noise = numpy.empty((len(scores), RESAMPLES))
    for row, score in enumerate(scores):
        mean_deviations(above_lowest(score.quote_levels), max(1, score.quotes)).take(places[row], out=noise[row])
    return noise


@lru_cache(maxsize=4096)
def above_lowest(levels: tuple[float, ...]) -> tuple[float, ...]:
    """The levels as distances from the lowest, ascending: deviations from their centre are the same."""
    return tuple(sorted(level - min(levels) for level in levels))


@lru_cache(maxsize=16)
def drawn_chances(rows: int, seed: int) -> NDArray[np.intp]:
    """Which of the ``CHANCES`` each of so many scores meets in each resample; more rows begin with the same."""
    import numpy

    drawn = numpy.frombuffer(numpy.random.default_rng(seed).bytes(2 * RESAMPLES * rows), dtype="<u2")
    places: NDArray[np.intp] = (drawn % CHANCES).reshape(rows, RESAMPLES).astype(numpy.intp)
    places.flags.writeable = False
    return places


@lru_cache(maxsize=2048)
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
