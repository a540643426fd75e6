"""Calibration of interviewers: how each one's blind ratings of graded sample answers stand to the key and to each
other's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from models.decision import CalibrationRating, CalibrationReport, RaterCalibration, SplitSample
from pipeline.judgement.agreement import SEED, agreement_table, bootstrap, kappa_with_interval

BIASED = 0.35
"""Mean deviation from the key, in levels, from which a habit is named, when its 90 % interval does not include 0."""
CENTRAL = 0.7
"""Slope of levels on keys under which a person draws towards the middle."""
SPLIT = 2
TrendLine = tuple[str, int, float, float]


def calibration_report(ratings: Sequence[CalibrationRating]) -> CalibrationReport:
    """Each interviewer against the key, everyone with everyone, the samples that split the room, and the trend over
    months.

    One rating per person, sample and month counts; the samples that split the room are judged over all months.
    """
    latest = {(r.rater, r.sample, r.month): r for r in ratings}
    counted = [latest[key] for key in sorted(latest)]
    by_rater: dict[str, list[CalibrationRating]] = defaultdict(list)
    for rating in counted:
        by_rater[rating.rater].append(rating)
    table = agreement_table({who: {f"{r.month} {r.sample}": r.level for r in given} for who, given in by_rater.items()})
    return CalibrationReport(
        raters=tuple(rater_calibration(who, given) for who, given in sorted(by_rater.items())),
        table=table,
        split=split_samples(counted),
        trend=trend(counted),
    )


def rater_calibration(rater: str, given: Sequence[CalibrationRating]) -> RaterCalibration:
    """One interviewer: exact and neighbouring agreement, leniency or severity, central tendency, and the months one
    by one.
    """
    off = [float(r.level - r.key) for r in given]
    bias = sum(off) / len(off)
    low, high = bootstrap(off, lambda drawn: sum(drawn) / len(drawn), SEED)
    steep = slope([r.key for r in given], [r.level for r in given])
    sure = low is not None and high is not None and (low > 0 or high < 0)
    if sure and abs(bias) >= BIASED:
        habit = "lenient" if bias > 0 else "severe"
    else:
        habit = "central" if steep is not None and steep < CENTRAL and len(given) >= 10 else "none seen"
    return RaterCalibration(
        rater=rater,
        n=len(given),
        exact=sum(1 for d in off if d == 0) / len(off),
        within1=sum(1 for d in off if abs(d) <= 1) / len(off),
        bias=bias,
        bias_low=bias if low is None else low,
        bias_high=bias if high is None else high,
        slope=steep,
        kappa=kappa_with_interval("weighted kappa with the key", [r.key for r in given], [r.level for r in given]),
        habit=habit,
        trend=trend(given),
        by_key=by_key(given),
    )


def by_key(ratings: Sequence[CalibrationRating]) -> tuple[tuple[int, int, float], ...]:
    """For each level of the key that was rated: number of ratings, mean level given."""
    groups: dict[int, list[int]] = defaultdict(list)
    for rating in ratings:
        groups[rating.key].append(rating.level)
    return tuple((key, len(levels), sum(levels) / len(levels)) for key, levels in sorted(groups.items()))


def slope(keys: Sequence[int], levels: Sequence[int]) -> float | None:
    """Least-squares slope of levels on keys; None where all keys are equal."""
    n, mean_key, mean_level = len(keys), sum(keys) / len(keys), sum(levels) / len(levels)
    spread = sum((k - mean_key) ** 2 for k in keys)
    if n < 2 or spread == 0:
        return None
    return sum((k - mean_key) * (v - mean_level) for k, v in zip(keys, levels, strict=True)) / spread


def split_samples(ratings: Sequence[CalibrationRating]) -> tuple[SplitSample, ...]:
    """Samples whose ratings lie two or more levels apart, widest first."""
    rated: dict[str, list[CalibrationRating]] = defaultdict(list)
    for rating in ratings:
        rated[rating.sample].append(rating)
    found = [
        SplitSample(sample=sample, key=given[0].key, levels=tuple(sorted(r.level for r in given)))
        for sample, given in sorted(rated.items())
        if max(r.level for r in given) - min(r.level for r in given) >= SPLIT
    ]
    return tuple(sorted(found, key=lambda s: s.levels[0] - s.levels[-1]))


def trend(ratings: Sequence[CalibrationRating]) -> tuple[TrendLine, ...]:
    """Month by month: number of ratings, mean absolute error, mean deviation from the key."""
    months: dict[str, list[int]] = defaultdict(list)
    for rating in ratings:
        months[rating.month].append(rating.level - rating.key)
    return tuple(
        (month, len(off), sum(abs(d) for d in off) / len(off), sum(off) / len(off))
        for month, off in sorted(months.items())
    )
