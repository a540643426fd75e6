"""Who may do what, in one table. Every action asks here, and nothing else decides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from models.job import Interview
from models.report import Analysis
from models.review import HiddenDraft, Review
from models.score import DraftScore
from models.user import User, UserRole
from pipeline.errors import ForbiddenError
from pipeline.judgement.reveal import hidden, visible

Right = Literal[
    "manage-users",
    "manage-openings",
    "manage-interviews",
    "upload",
    "read-interview",
    "correct",
    "review",
    "read-panel",
    "settle-panel",
    "decide",
    "rank",
    "export",
    "delete",
    "calibrate",
    "read-audit",
]

TABLE: dict[Right, frozenset[UserRole]] = {
    "manage-users": frozenset({"admin"}),
    "manage-openings": frozenset({"admin", "hiring_lead"}),
    "manage-interviews": frozenset({"admin", "hiring_lead"}),
    "upload": frozenset({"admin", "hiring_lead", "interviewer"}),
    "read-interview": frozenset({"admin", "hiring_lead", "interviewer", "reviewer"}),
    "correct": frozenset({"admin", "hiring_lead", "interviewer", "reviewer"}),
    "review": frozenset({"interviewer", "reviewer", "hiring_lead", "admin"}),
    "read-panel": frozenset({"admin", "hiring_lead", "interviewer", "reviewer"}),
    "settle-panel": frozenset({"hiring_lead"}),
    "decide": frozenset({"hiring_lead"}),
    "rank": frozenset({"admin", "hiring_lead"}),
    "export": frozenset({"admin", "hiring_lead"}),
    "delete": frozenset({"admin"}),
    "calibrate": frozenset({"admin", "hiring_lead", "interviewer", "reviewer"}),
    "read-audit": frozenset({"admin", "auditor"}),
}
"""Which roles hold which right at all. ``OWN_ONLY`` narrows some of them to interviews one is assigned to."""

OWN_ONLY: frozenset[Right] = frozenset({"upload", "read-interview", "correct", "review", "read-panel"})
WIDE: frozenset[UserRole] = frozenset({"admin", "hiring_lead"})
"""Roles that reach every interview. Reviewing is never wide: a review belongs to a person who was assigned."""


def may(user: User, right: Right, interview: Interview | Iterable[Interview] | None = None) -> bool:
    """Whether the user holds the right, on that interview or on any of those interviews where the right needs one."""
    if not user.active or not TABLE[right] & set(user.roles):
        return False
    if right not in OWN_ONLY or (right != "review" and WIDE & set(user.roles)):
        return True
    interviews = [interview] if isinstance(interview, Interview) else list(interview or ())
    return any(item.rater_kind(user.id) is not None for item in interviews)


def require(user: User, right: Right, interview: Interview | Iterable[Interview] | None = None) -> None:
    """Raises ForbiddenError where :func:`may` says no; the message names the right, never what it protects."""
    if not may(user, right, interview):
        raise ForbiddenError(f"You may not do this ({right}).", "Ask an admin or the hiring lead of the opening.")


def may_see_review(user: User, review: Review, own: Sequence[Review]) -> bool:
    """Whether the user may read somebody's review: their own always, others' only submitted and after all of their
    own on the candidate.

    ``own`` holds the user's reviews of interviews with the same candidate, started or not. Who has none to give (a
    hiring lead who does
    not rate) sees what is submitted.
    """
    if not user.active:
        return False
    if review.reviewer == user.id:
        return True
    return review.state == "submitted" and all(item.state == "submitted" for item in own)


def drafts_for(
    user: User, analysis: Analysis, review: Review | None, interview: Interview, *, rate_first: bool
) -> list[DraftScore | HiddenDraft]:
    """The drafts as this user may see them now.

    A rater sees quotes and times alone until their own score is in; a rater who has not opened a review yet
    likewise. A person who does not
    rate the interview sees the drafts only with a wide role.
    """
    require(user, "read-interview", interview)
    rates = interview.rater_kind(user.id) is not None
    if review is None:
        if not rates or not rate_first:
            return list(analysis.drafts)
        return [hidden(draft) for draft in analysis.drafts]
    return [visible(review, draft) for draft in analysis.drafts]
