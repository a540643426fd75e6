"""Several interviewers together: averages with their arithmetic, who disagrees with whom, and scores that rest on
too little.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from models.decision import Disagreement, PanelOutcome, PanelReport
from models.review import ConfirmedScore
from models.rubric import Competency, Rubric
from pipeline.judgement.decide import decide, minimum_of
from pipeline.judgement.weighting import admit

FAR_APART = 2
"""Levels between two raters from which they disagree."""


def panel_report(
    candidate: str,
    rubric: Rubric,
    confirmed: Iterable[ConfirmedScore],
    *,
    outcomes: Sequence[PanelOutcome] = (),
    waiting: Iterable[str] = (),
) -> PanelReport:
    """The candidate's card over all submitted reviews, with disagreements (unsettled first) and single-signal scores.

    An outcome of the debrief is recorded beside the scores and does not change the average: who changed their mind
    reopens their own
    review with a reason.
    """
    scores = tuple(confirmed)
    counted = admit(rubric, scores)
    settled = {outcome.competency: f"{outcome.kind}: {outcome.reason}" for outcome in outcomes}
    found = [
        item
        for c in rubric.competencies
        if (item := disagreement(rubric, c, [s for s in counted if s.competency == c.id], settled)) is not None
    ]
    ordered = sorted(found, key=lambda d: (bool(d.resolved), not d.crosses_must_have, d.low - d.high))
    return PanelReport(
        candidate=candidate,
        result=decide(rubric, scores, waiting),
        disagreements=tuple(ordered),
        single_signal=single_signal(rubric, counted),
        open_disagreements=sum(1 for d in found if not d.resolved),
        raters=tuple(sorted({s.reviewer for s in counted})),
    )


def disagreement(
    rubric: Rubric, competency: Competency, scores: Sequence[ConfirmedScore], settled: Mapping[str, str]
) -> Disagreement | None:
    """How far the raters of one competency lie apart, where that is two levels or more or a must-have line lies
    between them.
    """
    if len(scores) < 2:
        return None
    low, high = min(s.level for s in scores), max(s.level for s in scores)
    line = minimum_of(rubric, competency)
    crosses = competency.must_have and low < line <= high
    if high - low < FAR_APART and not crosses:
        return None
    return Disagreement(
        competency=competency.id,
        low=low,
        high=high,
        crosses_must_have=crosses,
        low_raters=tuple(s.reviewer for s in scores if s.level == low),
        high_raters=tuple(s.reviewer for s in scores if s.level == high),
        unwritten=tuple(s.reviewer for s in scores if s.level in (low, high) and not s.has_note and s.quotes == 0),
        resolved=settled.get(competency.id, ""),
    )


def single_signal(rubric: Rubric, scores: Sequence[ConfirmedScore]) -> tuple[str, ...]:
    """Competencies whose score rests on one interviewer and at most one quote."""
    marked = []
    for competency in rubric.competencies:
        mine = [s for s in scores if s.competency == competency.id]
        if len({s.reviewer for s in mine}) == 1 and sum(s.quotes for s in mine) <= 1:
            marked.append(competency.id)
    return tuple(marked)
