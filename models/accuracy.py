"""How drafts compare with what people confirmed, and how interviewers hold their interviews."""

from __future__ import annotations

from pydantic import Field

from models._base import Noun
from models.decision import Agreement


class DraftAccuracy(Noun):
    """Drafts against scores that people gave before seeing them, for one month, one competency, or all.

    ``missing`` counts scores without a draft; the rest is over ``n`` pairs. ``bias`` is the mean of draft minus person: above 0 the
    drafts are lenient. ``exact`` and ``within1`` are shares, ``error`` is the mean absolute difference in levels.
    """

    name: str
    n: int
    missing: int = 0
    exact: float | None = None
    within1: float | None = None
    error: float | None = None
    bias: float | None = None


class OverrideRate(Noun):
    """What people did with the drafts of one competency, of those that they had in view when they settled it.

    ``overridden``: the score in the end differs from the draft's. ``dismissed``: the draft was set aside as bad data. ``moved``: a
    first score given blind was changed after the reveal. All are shares of ``n``.
    """

    competency: str
    n: int
    overridden: float
    dismissed: float
    moved: float


class InterviewerHabits(Noun):
    """How one interviewer holds interviews: share of the bank's questions that they ask, and share of the words that are theirs.

    ``unasked`` lists questions of the bank (rubric and question) that they asked in fewer than half of their interviews.
    """

    person: str
    interviews: int
    coverage: float | None
    talk_share: float | None
    unasked: tuple[str, ...] = ()


class AccuracyReport(Noun):
    """Drafts against people over time and per competency, and the interviewers. ``people`` gives names to ids."""

    overall: DraftAccuracy
    kappa: Agreement
    months: tuple[DraftAccuracy, ...]
    competencies: tuple[DraftAccuracy, ...]
    overrides: tuple[OverrideRate, ...]
    interviewers: tuple[InterviewerHabits, ...]
    people: dict[str, str] = Field(default_factory=dict)
