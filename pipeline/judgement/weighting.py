"""Weighted totals of confirmed scores, in exact arithmetic.

The only input is :class:`~models.review.ConfirmedScore`: a draft, a level from a form, or a half-confirmed card
cannot be weighed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import lcm

from models.decision import CompetencyAverage, RaterScore, WeightedTotal, WeightLine
from models.report import RubricRef
from models.review import ConfirmedScore
from models.rubric import Rubric
from pipeline.errors import RubricError

CENT = Decimal("0.01")
SHOWN = Decimal("0.0001")


def rounded(value: Fraction, step: Decimal = CENT) -> Decimal:
    """The fraction as a decimal, halves away from zero, to the step (0.01 unless given)."""
    exponent = _exponent(step)
    top, bottom = abs(value.numerator) * 10**-exponent, value.denominator
    whole = (2 * top + bottom) // (2 * bottom)
    return Decimal(whole if value.numerator >= 0 else -whole).scaleb(exponent)


@lru_cache(maxsize=64)
def _exponent(step: Decimal) -> int:
    return int(step.as_tuple().exponent)


def admit(rubric: Rubric, confirmed: Iterable[ConfirmedScore]) -> tuple[ConfirmedScore, ...]:
    """The confirmed scores that count under this rubric, in a fixed order.

    Raises TypeError for anything that is not a ConfirmedScore, RubricError for a score of another rubric version or
    an unknown
    competency, ValueError for two scores of one person for the same competency and round. Where the rubric says so,
    only those who
    held the round count.
    """
    known = {competency.id for competency in rubric.competencies}
    counted: dict[tuple[str, str, str], ConfirmedScore] = {}
    trusted: RubricRef | None = None  # the reference that was compared last: most scores share one
    for score in confirmed:
        if type(score) is not ConfirmedScore:
            raise TypeError(f"only confirmed scores are weighed, not {type(score).__name__}")
        if score.rubric is not trusted and (score.rubric.id, score.rubric.version) != (rubric.id, rubric.version):
            raise RubricError(
                f"A score was given with another version of {rubric.id}.",
                "Weigh it with the version on its card, or re-score.",
            )
        trusted = score.rubric
        if score.competency not in known:
            raise RubricError(f"{rubric.id} has no competency {score.competency}.", "Use the card's own rubric.")
        key = (score.competency, score.interview, score.reviewer)
        if key in counted:
            raise ValueError(f"two scores of one person for {score.competency} in the same round")
        counted[key] = score
    ordered = tuple(counted[key] for key in sorted(counted))
    return tuple(s for s in ordered if rubric.raters == "all" or s.kind == "interviewer")


def exact_average(levels_by_round: Sequence[Sequence[int]]) -> Fraction | None:
    """Mean over raters within each round, then over rounds; None without a level."""
    rounds = [levels for levels in levels_by_round if levels]
    if not rounds:
        return None
    # One fraction over a common denominator: thousands of panels add up fractions otherwise.
    common = lcm(*map(len, rounds))
    return Fraction(sum(sum(levels) * (common // len(levels)) for levels in rounds), common * len(rounds))


def _by_round(scores: Sequence[ConfirmedScore]) -> list[list[int]]:
    rounds: dict[str, list[int]] = {}
    for score in scores:
        rounds.setdefault(score.interview, []).append(score.level)
    return list(rounds.values())


def average(competency: str, scores: Sequence[ConfirmedScore]) -> CompetencyAverage:
    """One competency's average with its sum written out, such as ``((4 + 5) / 2 + 3) / 2 = 3.75``."""
    rounds = _by_round(scores)
    return _average(competency, scores, rounds, exact_average(rounds))


def _average(
    competency: str, scores: Sequence[ConfirmedScore], rounds: Sequence[Sequence[int]], exact: Fraction | None
) -> CompetencyAverage:
    if exact is None:
        return CompetencyAverage(competency=competency, average=None, arithmetic="no confirmed score")
    parts = [str(r[0]) if len(r) == 1 else f"({' + '.join(map(str, r))}) / {len(r)}" for r in rounds]
    shown = parts[0] if len(parts) == 1 else f"({' + '.join(parts)}) / {len(parts)}"
    value = rounded(exact, SHOWN)
    return CompetencyAverage(
        competency=competency,
        average=value,
        arithmetic=shown if shown == f"{value.normalize():f}" else f"{shown} = {value.normalize():f}",
        scores=tuple(
            RaterScore(
                reviewer=s.reviewer,
                kind=s.kind,
                interview=s.interview,
                level=s.level,
                quotes=s.quotes,
                has_note=s.has_note,
            )
            for s in scores
        ),
    )


def exact_total(rubric: Rubric, averages: dict[str, Fraction | None]) -> Fraction | None:
    """The weighted mean of the averages, weights taken relative to their sum; None where a missing one blocks or all
    are missing.
    """
    present = {key: value for key, value in averages.items() if value is not None}
    weights = {c.id: weight_of(c.weight) for c in rubric.competencies if c.id in present}
    if not any(weights.values()) or (rubric.missing == "block" and len(present) < len(rubric.competencies)):
        return None
    # Whole numbers over common denominators: a list of thousands would spend its time on adding fractions.
    shares = [weights[key].as_integer_ratio() for key in weights]
    values = [present[key].as_integer_ratio() for key in weights]
    common = lcm(*(share * value for (_, share), (_, value) in zip(shares, values, strict=True)))
    points = sum(w * v * (common // (by * over)) for (w, by), (v, over) in zip(shares, values, strict=True))
    unit = lcm(*(by for _, by in shares))
    return Fraction(points * unit, common * sum(w * (unit // by) for w, by in shares))


@lru_cache(maxsize=4096)
def weight_of(weight: Decimal) -> Fraction:
    """A weight as an exact fraction."""
    return Fraction(weight)


def weigh(rubric: Rubric, confirmed: Iterable[ConfirmedScore], waiting: Iterable[str] = ()) -> WeightedTotal:
    """The weighted total of one card or a whole panel, to 0.01 with halves up, and every step of its arithmetic.

    ``waiting`` names competencies whose confirmed score its owner must look at again: they block whatever the rubric
    says of missing scores, since leaving them out would hide an open question.
    """
    return weigh_exactly(rubric, confirmed, waiting)[0]


def total_of(rubric: Rubric, confirmed: Iterable[ConfirmedScore], waiting: Iterable[str] = ()) -> Decimal | None:
    """The total that :func:`weigh` gives, without its arithmetic: for long lists."""
    by_competency: dict[str, list[ConfirmedScore]] = {c.id: [] for c in rubric.competencies}
    for score in admit(rubric, confirmed):
        by_competency[score.competency].append(score)
    if set(waiting) & set(by_competency):
        return None
    total = exact_total(rubric, {key: exact_average(_by_round(scores)) for key, scores in by_competency.items()})
    return None if total is None else rounded(total)


def weigh_exactly(
    rubric: Rubric, confirmed: Iterable[ConfirmedScore], waiting: Iterable[str] = ()
) -> tuple[WeightedTotal, dict[str, Fraction | None]]:
    """What :func:`weigh` gives, with the exact averages behind it, for rules that compare without rounding."""
    by_competency: dict[str, list[ConfirmedScore]] = {c.id: [] for c in rubric.competencies}
    for score in admit(rubric, confirmed):
        by_competency[score.competency].append(score)
    rounds = {key: _by_round(scores) for key, scores in by_competency.items()}
    exact = {key: exact_average(levels) for key, levels in rounds.items()}
    asked = set(waiting)
    held = tuple(c.id for c in rubric.competencies if c.id in asked)
    total = None if held else exact_total(rubric, exact)
    present = sum((weight_of(c.weight) for c in rubric.competencies if exact[c.id] is not None), Fraction(0))
    averages = tuple(_average(key, scores, rounds[key], exact[key]) for key, scores in by_competency.items())
    lines = []
    for c, shown in zip(rubric.competencies, averages, strict=True):
        value = exact[c.id]
        share = weight_of(c.weight) / present if value is not None and total is not None else None
        lines.append(
            WeightLine(
                competency=c.id,
                average=shown.average,
                weight=c.weight,
                used=None if share is None else rounded(share * 100, SHOWN),
                points=None if share is None or value is None else rounded(share * value, SHOWN),
            )
        )
    missing = tuple(key for key, value in exact.items() if value is None)
    weighed = WeightedTotal(
        rubric=RubricRef(id=rubric.id, version=rubric.version),
        total=None if total is None else rounded(total),
        lines=tuple(lines),
        averages=averages,
        missing=missing,
        waiting=held,
        renormalised=bool(missing) and total is not None,
        arithmetic=_sum_in_words(lines, total, missing, held),
    )
    return weighed, exact


def _sum_in_words(
    lines: Sequence[WeightLine], total: Fraction | None, missing: tuple[str, ...], held: tuple[str, ...]
) -> str:
    if held:
        return "No total: " + ", ".join(held) + " must be looked at again by the owner of the score."
    if total is None:
        return "No total: without a confirmed score for " + ", ".join(missing) + "."
    used = [line for line in lines if line.average is not None and line.used is not None]
    body = " + ".join(f"{line.average:.2f} x {line.used:.2f} %" for line in used)
    note = f" (weights renormalised; left out: {', '.join(missing)})" if missing else ""
    return f"{body} = {rounded(total)}{note}"
