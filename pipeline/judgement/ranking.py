"""Candidates side by side: ranks that the data can tell apart, and ties where it cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from models.decision import RankLine
from models.review import ConfirmedScore
from models.rubric import Rubric
from pipeline.judgement.agreement import percentiles
from pipeline.judgement.weighting import CENT, admit, weigh

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEED = 20261122
RESAMPLES = 1000
SURE = 0.95
"""A candidate stands above another when that holds in this share of resamples."""
DOUBT = (-1.0, 0.0, 1.0)
"""What one piece of evidence may be off by, in levels, before anything is known of its spread. With DOUBT in the
pool a score on one
quote is uncertain by about 0.8 level and a score on five by about 0.4, as the spread of neighbouring readers suggests.
"""


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
    import numpy

    held = waiting or {}
    totals = {key: weigh(rubric, scores, held.get(key, ())).total for key, scores in cards.items()}
    placed = sorted((key for key, total in totals.items() if total is not None), key=lambda k: (-(totals[k] or 0), k))
    draws = {
        key: resampled_totals(rubric, cards[key], numpy.random.default_rng([seed, *key.encode()])) for key in placed
    }
    matrix = numpy.array([draws[key] for key in placed]).reshape(len(placed), RESAMPLES)
    lines = []
    for row, key in enumerate(placed):
        above = (matrix > matrix[row]).mean(axis=1)
        below = (matrix < matrix[row]).mean(axis=1)
        tied = tuple(other for i, other in enumerate(placed) if other != key and above[i] < SURE and below[i] < SURE)
        low, high = percentiles(matrix[row], 5, 95)
        lines.append(
            RankLine(
                candidate=key,
                total=totals[key],
                low=Decimal(repr(low)).quantize(CENT),
                high=Decimal(repr(high)).quantize(CENT),
                rank=1 + int((above >= SURE).sum()),
                tied_with=tied,
            )
        )
    rest = sorted(set(cards) - set(placed))
    return (*lines, *(RankLine(candidate=k, total=None, low=None, high=None, rank=None) for k in rest))


def resampled_totals(
    rubric: Rubric, scores: Sequence[ConfirmedScore], chance: np.random.Generator
) -> NDArray[np.float64]:
    """``RESAMPLES`` weighted totals of one candidate under resampled interviewers and evidence."""
    import numpy

    admitted = admit(rubric, scores)
    total = numpy.zeros(RESAMPLES)
    weights = 0.0
    rounds = sorted({s.interview for s in admitted})
    raters = {r: sorted({s.reviewer for s in admitted if s.interview == r}) for r in rounds}
    # One draw of people per round serves all competencies: a lenient interviewer is lenient throughout.
    drawn = {r: chance.integers(0, len(raters[r]), size=(RESAMPLES, len(raters[r]))) for r in rounds}
    for competency in rubric.competencies:
        rows = []
        for r in rounds:
            by_rater = {s.reviewer: s for s in admitted if s.interview == r and s.competency == competency.id}
            if not by_rater:
                continue
            noisy = numpy.full((len(raters[r]), RESAMPLES), numpy.nan)
            for i, rater in enumerate(raters[r]):
                if rater in by_rater:
                    noisy[i] = by_rater[rater].level + evidence_noise(by_rater[rater], chance)
            picked = noisy[drawn[r], numpy.arange(RESAMPLES)[:, None]]
            known = ~numpy.isnan(picked)
            n = known.sum(axis=1)
            fallback = numpy.nanmean(noisy, axis=0)
            rows.append(numpy.where(n > 0, numpy.where(known, picked, 0.0).sum(axis=1) / numpy.maximum(n, 1), fallback))
        if rows:
            total += float(competency.weight) * numpy.clip(numpy.mean(rows, axis=0), 1, 5)
            weights += float(competency.weight)
    return total / weights if weights else total


def evidence_noise(score: ConfirmedScore, chance: np.random.Generator) -> NDArray[np.float64]:
    """How a score would move had other pieces of the same evidence been heard: means of resampled deviations, in
    levels.
    """
    import numpy

    levels = score.quote_levels
    centre = sum(levels) / len(levels) if levels else 0.0
    pool = numpy.array([*DOUBT, *(level - centre for level in levels)])
    noise: NDArray[np.float64] = chance.choice(pool, size=(RESAMPLES, max(1, score.quotes))).mean(axis=1)
    return noise
