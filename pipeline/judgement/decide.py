"""The rubric's rules on a weighted total: each is met, not met, or cannot be told, never passed over."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

from models.decision import RuleResult, ScorecardResult, State
from models.review import ConfirmedScore
from models.rubric import Competency, Rubric, Rule
from pipeline.judgement.weighting import exact_total, rounded, weigh_exactly

LADDER = ("intern", "junior", "mid", "senior", "staff", "principal", "director")
"""Seniorities from low to high, for rules that apply from one upwards ("Senior+")."""

Averages = dict[str, Fraction | None]


def decide(rubric: Rubric, confirmed: Iterable[ConfirmedScore], waiting: Iterable[str] = ()) -> ScorecardResult:
    """Total, must-haves and rules of one card or panel, with the rubric's advice. People decide, not this."""
    held = tuple(waiting)
    total, exact = weigh_exactly(rubric, confirmed, held)
    averages = {key: None if key in held else value for key, value in exact.items()}
    results = [must_have(rubric, c, averages[c.id]) for c in rubric.competencies if c.must_have]
    # What its owner must look at again is unknown, never left out, whatever the rubric says of missing scores.
    strict = rubric.model_copy(update={"missing": "block"}) if held else rubric
    results += [judge(strict, rule, averages) for rule in rubric.rules]
    failed = [result for result in results if result.state == "not met"]
    if any(result.kind == "must_have" for result in failed):
        return ScorecardResult(total=total, rules=tuple(results), outcome="disqualified")
    if failed:
        return ScorecardResult(total=total, rules=tuple(results), outcome="not met")
    unsure = total.total is None or any(result.state == "cannot tell" for result in results)
    return ScorecardResult(total=total, rules=tuple(results), outcome="cannot tell" if unsure else "all met")


def minimum_of(rubric: Rubric, competency: Competency) -> int:
    """The level below which a must-have disqualifies: the competency's own, or the rubric's."""
    return competency.minimum if competency.minimum is not None else rubric.must_have_minimum


def must_have(rubric: Rubric, competency: Competency, value: Fraction | None) -> RuleResult:
    """Whether a must-have reaches its minimum; without a score it cannot be told."""
    least = minimum_of(rubric, competency)
    state: State = "cannot tell" if value is None else "met" if value >= least else "not met"
    because = "no confirmed score" if value is None else f"{rounded(value)} against a minimum of {least}"
    return RuleResult(
        kind="must_have",
        text=f"{competency.name} is a must-have",
        state=state,
        because=because,
        competency=competency.id,
    )


def judge(rubric: Rubric, rule: Rule, averages: Averages) -> RuleResult:
    """One rule of the rubric on the averages of its competencies."""
    applies = applies_to(rule.applies_to, rubric.seniority)
    if applies is False:
        state: State = "does not apply"
        because = f"for {rule.applies_to}, this rubric is for {rubric.seniority}"
    else:
        state, because = {"count_at_least": _count, "minimum": _minimum, "total_at_least": _total}[rule.kind](
            rubric, rule, averages
        )
        if applies is None:
            because = f"{because}; it is not known whether {rule.applies_to} fits {rubric.seniority or 'this rubric'}"
            state = state if state == "met" else "cannot tell"
    return RuleResult(
        kind=rule.kind, text=rule.text or _in_words(rule), state=state, because=because, competency=rule.competency
    )


def applies_to(wanted: str, seniority: str) -> bool | None:
    """Whether a rule for ``wanted`` ("Senior+", "Senior, Staff") holds at ``seniority``; None where that cannot be
    told.
    """
    if not wanted.strip():
        return True
    at = _rungs(seniority)
    if not at:
        return True if wanted.strip().lower() == seniority.strip().lower() else None
    reached: set[int] = set()
    for part in wanted.split(","):
        rungs = _rungs(part)
        if not rungs:
            return None
        reached |= set(range(min(rungs), len(LADDER))) if part.strip().endswith("+") else rungs
    return bool(at & reached)


def _rungs(text: str) -> set[int]:
    words = re.findall(r"[a-z]+", text.lower())
    rungs = {LADDER.index(word) for word in words if word in LADDER}
    return set(range(min(rungs), len(LADDER))) if rungs and text.strip().endswith("+") else rungs


def _count(rubric: Rubric, rule: Rule, averages: Averages) -> tuple[State, str]:
    level, wanted = rule.level or 1, rule.count or 1
    reached = sum(1 for value in averages.values() if value is not None and value >= level)
    unknown = sum(1 for value in averages.values() if value is None)
    because = f"{reached} of {len(averages)} at {level} or above, {wanted} wanted"
    if reached >= wanted:
        return "met", because
    if unknown and reached + unknown >= wanted:
        return "cannot tell", f"{because}, {unknown} without a score"
    return "not met", because


def _minimum(rubric: Rubric, rule: Rule, averages: Averages) -> tuple[State, str]:
    if rule.competency not in averages:
        return "cannot tell", f"the rubric has no competency {rule.competency}"
    value = averages[rule.competency]
    if value is None:
        return "cannot tell", "no confirmed score"
    return (
        "met" if value >= (rule.level or 1) else "not met"
    ), f"{rounded(value)} against a minimum of {rule.level or 1}"


def _total(rubric: Rubric, rule: Rule, averages: Averages) -> tuple[State, str]:
    wanted = Fraction(rule.total or 0)
    total = exact_total(rubric, averages)
    if total is not None:
        return ("met" if total >= wanted else "not met"), f"total {rounded(total)} against {rounded(wanted)}"
    # A blocked total is still bounded: every missing score lies between 1 and 5.
    whole = rubric.model_copy(update={"missing": "block"})
    low = exact_total(whole, {k: Fraction(1) if v is None else v for k, v in averages.items()})
    high = exact_total(whole, {k: Fraction(5) if v is None else v for k, v in averages.items()})
    if low is None or high is None:
        return "cannot tell", "no total"
    because = (
        f"total between {rounded(low)} and {rounded(high)} whatever the missing scores are, {rounded(wanted)} wanted"
    )
    return ("met" if low >= wanted else "not met" if high < wanted else "cannot tell"), because


def _in_words(rule: Rule) -> str:
    if rule.kind == "count_at_least":
        return f"at least {rule.count or 1} scores at {rule.level or 1} or above"
    if rule.kind == "minimum":
        return f"{rule.competency} at {rule.level or 1} or above"
    return f"weighted total at least {rule.total}"
