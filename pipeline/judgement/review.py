"""The steps of a review, as pure functions from one review to the next, and the gate: submitting is what makes
scores countable.

Lead with judgement: where the rubric says ``rate_first``, a draft's level, polarity, pull and rationale stay hidden
for a competency until
the reviewer has entered their own score; what was entered then is kept for ever as ``first_score``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from models.job import Interview
from models.report import RubricRef
from models.review import (
    _GATE,
    RECOMMENDATIONS,
    CompetencyReview,
    ConfirmedScore,
    Recommendation,
    Review,
    ReviewEvidence,
)
from models.rubric import Rubric, anchor_levels
from models.score import DraftScore
from pipeline.errors import ConflictError, ForbiddenError, NotFoundError, UsageError
from pipeline.judgement.reveal import machine_quotes, unveil

DUE = timedelta(minutes=30)
"""A scorecard is filled within 30 minutes after the call (the seed's "How to use")."""

Drafts = dict[str, DraftScore]
ON_THE_DRAFT = ("accepted", "kept", "took-draft", "overridden", "dismissed")
"""Choices that were made about a particular draft, and so fall with it."""


def open_review(
    review_id: str,
    interview: Interview,
    rubric: Rubric,
    reviewer: str,
    drafts: Drafts,
    analysis: str | None,
    now: datetime,
) -> Review:
    """A fresh review of the round's competencies, each with the draft's quotes as first evidence."""
    kind = interview.rater_kind(reviewer)
    if kind is None:
        raise ForbiddenError("This interview is not assigned to you.", "Ask the hiring lead to assign it.")
    covered = interview.covers or tuple(c.id for c in rubric.competencies)
    lines = tuple(
        CompetencyReview(competency=c, evidence=machine_quotes(drafts.get(c), seen=not rubric.rate_first))
        for c in covered
    )
    return Review(
        id=review_id,
        interview=interview.id,
        reviewer=reviewer,
        kind=kind,
        rubric=RubricRef(id=rubric.id, version=rubric.version),
        rate_first=rubric.rate_first,
        analysis=analysis,
        scores=lines,
        opened_at=now,
        due_at=interview.ended_at + DUE,
    )


def rate(
    review: Review, competency: str, score: int, draft: DraftScore | None, now: datetime, *, reason: str = ""
) -> Review:
    """Enters or changes one's own score.

    The first score is kept for ever. After the reveal a change needs a reason; taking over the draft's level is
    recorded as such.
    Raises UsageError off the scale or without a reason.
    """
    line = _line(review, competency)
    level = on_scale(score)
    if line.first_score is None:
        blind = draft is None or review.rate_first
        changes: dict[str, object] = {"first_score": level, "first_at": now, "blind": blind, "choice": "own"}
        if draft is not None and review.rate_first:
            changes |= {"revealed_at": now, "evidence": unveil(line.evidence, draft)}
        elif draft is not None:
            return override(review, competency, score, draft, now, reason=reason)
        return _settle(review, line, now, score=level, reason=reason.strip(), **changes)
    if level != line.score and draft is not None and not reason.strip():
        raise UsageError("A score that changes after the draft was seen needs a reason.", "Say why in one sentence.")
    choice = "own"
    if draft is not None and level == line.first_score:
        choice = "kept"
    elif draft is not None and level == draft.score:
        choice = "took-draft"
    return _settle(review, line, now, score=level, choice=choice, reason=reason.strip() or line.reason)


def accept(review: Review, competency: str, draft: DraftScore | None, now: datetime, *, reason: str = "") -> Review:
    """Takes the draft's level: at once where the rubric shows drafts first, otherwise after one's own score and, if
    it differs, with a reason.
    """
    line = _line(review, competency)
    suggestion = _suggested(draft)
    if review.rate_first and line.first_score is None:
        raise ForbiddenError("Enter your own score before you see or take the draft.", "Rate first, then compare.")
    if line.first_score is None:
        return _settle(
            review, line, now, first_score=suggestion, first_at=now, blind=False, revealed_at=now, score=suggestion,
            choice="accepted", reason=reason.strip(),
        )  # fmt: skip
    if suggestion == line.score:
        return _settle(review, line, now, choice="accepted", reason=reason.strip() or line.reason)
    return rate(review, competency, suggestion, draft, now, reason=reason)


def override(
    review: Review, competency: str, score: int, draft: DraftScore | None, now: datetime, *, reason: str
) -> Review:
    """Another score than the draft's, with a reason; the draft stays beside it."""
    line = _line(review, competency)
    level = on_scale(score)
    if review.rate_first:
        return rate(review, competency, level, draft, now, reason=reason)
    if draft is not None and draft.score == level:
        return accept(review, competency, draft, now, reason=reason)
    if not reason.strip():
        raise UsageError("A score that differs from the draft needs a reason.", "Say why in one sentence.")
    first = (
        {}
        if line.first_score is not None
        else {"first_score": level, "first_at": now, "blind": False, "revealed_at": now}
    )
    return _settle(review, line, now, score=level, choice="overridden", reason=reason.strip(), **first)


def keep(review: Review, competency: str, draft: DraftScore | None, now: datetime, *, reason: str = "") -> Review:
    """Stays with one's own first score after seeing the draft."""
    line = _line(review, competency)
    if line.first_score is None:
        raise UsageError("There is no own score to keep.", "Enter a score first.")
    if line.score is not None and line.score != line.first_score:
        return rate(review, competency, line.first_score, draft, now, reason=reason)
    return _settle(review, line, now, score=line.first_score, choice="kept", reason=reason.strip() or line.reason)


def dismiss(review: Review, competency: str, now: datetime, *, reason: str) -> Review:
    """Sets the draft aside as bad data, with a reason; its quotes go, and one's own score stays if there is one."""
    line = _line(review, competency)
    if not reason.strip():
        raise UsageError("A dismissal needs a reason.", "Say what is wrong with the draft.")
    left = tuple(e.model_copy(update={"removed": True}) if e.source == "draft" else e for e in line.evidence)
    return _settle(review, line, now, choice="dismissed", reason=reason.strip(), evidence=left)


def leave_out(review: Review, competency: str, now: datetime, *, reason: str) -> Review:
    """Leaves a competency without a score on purpose, with a reason; what was entered first is kept."""
    line = _line(review, competency)
    if not reason.strip():
        raise UsageError("A competency without a score needs a reason.", "Say why it could not be assessed.")
    return _settle(review, line, now, score=None, choice="not-assessed", reason=reason.strip())


def note(review: Review, competency: str, text: str) -> Review:
    """Replaces the note of a competency."""
    return _with_line(review, _line(review, competency).model_copy(update={"note": text.strip()}))


def add_evidence(review: Review, competency: str, evidence: ReviewEvidence) -> Review:
    """Adds a quote that the reviewer found; its id must be new and its words not empty."""
    line = _line(review, competency)
    if not evidence.quote.strip():
        raise UsageError("A quote needs words.", "Select what the candidate said.")
    if any(item.id == evidence.id for item in line.evidence):
        raise ConflictError("There is a quote with this id already.", "Load the review again.")
    return _with_line(review, line.model_copy(update={"evidence": (*line.evidence, evidence)}))


def remove_evidence(review: Review, competency: str, evidence_id: str) -> Review:
    """Takes a quote out; it stays on record as removed."""
    line = _line(review, competency)
    if not any(item.id == evidence_id for item in line.evidence):
        raise NotFoundError(f"There is no quote {evidence_id} here.", "Load the review again.")
    left = tuple(e.model_copy(update={"removed": True}) if e.id == evidence_id else e for e in line.evidence)
    return _with_line(review, line.model_copy(update={"evidence": left}))


def spend(review: Review, competency: str, seconds: float, *, opened: bool = False) -> Review:
    """Adds time spent on a competency, and whether any of its evidence was opened. Shown to the reviewer, never held
    against them.
    """
    line = _line(review, competency)
    if not 0 <= seconds <= 86_400:
        raise UsageError("Time spent must lie between 0 and 86400 seconds.", "Send the time since the last save.")
    return _with_line(
        review,
        line.model_copy(update={"seconds": line.seconds + seconds, "opened_evidence": line.opened_evidence or opened}),
    )


def conclude(review: Review, recommendation: Recommendation, strengths: str, concerns: str) -> Review:
    """The overall recommendation with strengths and concerns."""
    _open(review)
    if recommendation not in RECOMMENDATIONS:
        raise UsageError(f"There is no recommendation {recommendation}.", f"One of {', '.join(RECOMMENDATIONS)}.")
    return review.model_copy(
        update={"recommendation": recommendation, "strengths": strengths.strip(), "concerns": concerns.strip()}
    )


def what_is_missing(review: Review) -> tuple[str, ...]:
    """What keeps the review from being submitted, in plain words; empty when it is whole."""
    wanting = []
    for line in review.scores:
        if line.flag:
            wanting.append(f"{line.competency}: {line.flag}")
        elif line.score is None and line.choice not in ("not-assessed", "dismissed"):
            wanting.append(f"{line.competency}: no score yet")
        elif line.score is not None and not line.note and not line.quotes:
            wanting.append(f"{line.competency}: a note or a quote is needed")
    if review.recommendation is None:
        wanting.append("no overall recommendation yet")
    if all(line.score is None for line in review.scores):
        wanting.append("not one competency has a score")
    return tuple(wanting)


def submit(review: Review, now: datetime) -> tuple[Review, tuple[ConfirmedScore, ...]]:
    """The submitted review and its confirmed scores: the only way from an opinion to something that is weighed."""
    _open(review)
    wanting = what_is_missing(review)
    if wanting:
        raise UsageError("The review is not whole: " + "; ".join(wanting) + ".", "Complete it, then submit.")
    done = review.model_copy(update={"state": "submitted", "submitted_at": now})
    return done, tuple(_confirm(done, line) for line in done.scores if line.score is not None)


def reopen(review: Review, *, reason: str) -> Review:
    """A submitted review back in draft, with a reason; its scores stop counting until it is submitted again."""
    if review.state != "submitted":
        raise ConflictError("This review is not submitted.", "Load it again.")
    if not reason.strip():
        raise UsageError("Reopening a review needs a reason.", "Say why in one sentence.")
    return review.model_copy(update={"state": "draft", "submitted_at": None, "reopen_reason": reason.strip()})


def flag(review: Review, competencies: Sequence[str], why: str) -> Review:
    """Marks scores whose evidence changed, for their owner to look at again; the scores themselves stay as they were."""
    marked = set(competencies)
    lines = tuple(
        line.model_copy(update={"flag": why}) if line.competency in marked and line.choice is not None else line
        for line in review.scores
    )
    return review.model_copy(update={"scores": lines})


def follow(review: Review, analysis: str, drafts: Drafts, changed: Sequence[str]) -> Review:
    """An open review on a newer analysis: changed drafts bring their new quotes, and choices made on the old ones
    are flagged.
    """
    lines = []
    for line in review.scores:
        if line.competency in changed:
            seen = not review.rate_first or line.first_score is not None
            own = tuple(e for e in line.evidence if e.source == "added")
            machine = () if line.choice == "dismissed" else machine_quotes(drafts.get(line.competency), seen=seen)
            why = "the draft changed after a correction; look again" if line.choice in ON_THE_DRAFT else line.flag
            line = line.model_copy(update={"evidence": (*machine, *own), "flag": why})
        lines.append(line)
    return review.model_copy(update={"analysis": analysis, "scores": tuple(lines)})


def reaffirm(review: Review, competency: str, now: datetime) -> Review:
    """The owner has looked again at a flagged score and stands by it."""
    line = review.score(competency)
    if not line.flag:
        raise ConflictError("This score is not flagged.", "Load the review again.")
    return _with_line(review, line.model_copy(update={"flag": "", "decided_at": now}), editable=False)


def on_scale(score: int) -> int:
    """The score where it is a whole number from 1 to 5; UsageError otherwise."""
    if isinstance(score, bool) or not isinstance(score, int) or not 1 <= score <= 5:
        raise UsageError(f"{score} is not on the scale.", "Give a whole number from 1 to 5.")
    return score


def _confirm(review: Review, line: CompetencyReview) -> ConfirmedScore:
    if review.state != "submitted" or line.score is None or line.flag:
        raise UsageError("Only a whole, submitted review confirms scores.", "Submit the review first.")
    levels = [anchor_levels(e.level) for e in line.quotes if e.level]
    return ConfirmedScore(
        gate=_GATE,
        review=review.id,
        interview=review.interview,
        reviewer=review.reviewer,
        kind=review.kind,
        rubric=review.rubric,
        competency=line.competency,
        level=line.score,
        quotes=len(line.quotes),
        has_note=bool(line.note),
        quote_levels=tuple((low + high) / 2 for low, high in levels),
    )


def _suggested(draft: DraftScore | None) -> int:
    if draft is None or draft.score is None:
        raise UsageError("There is no draft score to take.", "Enter your own score.")
    return draft.score


def _open(review: Review) -> None:
    if review.state != "draft":
        raise ConflictError("This review is submitted.", "Reopen it with a reason to change it.")


def _line(review: Review, competency: str) -> CompetencyReview:
    _open(review)
    try:
        return review.score(competency)
    except KeyError:
        raise NotFoundError(f"This review has no competency {competency}.", "Use an id of its rubric.") from None


def _with_line(review: Review, line: CompetencyReview, *, editable: bool = True) -> Review:
    if editable:
        _open(review)
    lines = tuple(line if old.competency == line.competency else old for old in review.scores)
    return review.model_copy(update={"scores": lines})


def _settle(review: Review, line: CompetencyReview, now: datetime, **changes: object) -> Review:
    return _with_line(review, line.model_copy(update={"decided_at": now, "flag": "", **changes}))


Step = Callable[[Review], Review]
"""A change of a review, ready to be applied to the newest version."""
