"""What people are interviewed for: openings, candidates, rounds, and corrections to what the machine heard."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from models._base import Noun
from models.report import RubricRef
from models.speaker import Role

Consent = Literal["given", "refused", "unknown"]
RaterKind = Literal["interviewer", "reviewer"]


class JobOpening(Noun):
    """A position to fill, rated with one rubric version. ``keep_days`` is how long an interview is kept (None: until
    deleted).
    """

    id: str
    title: str
    rubric: RubricRef
    keep_days: Annotated[int, Field(ge=1)] | None = None
    created_at: datetime
    version: int = 1


class Candidate(Noun):
    """A person who applied for one opening."""

    id: str
    job: str
    name: str
    email: str = ""
    created_at: datetime


class Rater(Noun):
    """Who rates an interview, and whether as the one who held it or as an assigned reviewer."""

    user: str
    kind: RaterKind


class Interview(Noun):
    """One round with a candidate. ``covers`` lists the competencies of the round (empty: all of the rubric).

    ``ended_at`` starts the clock for reviews. ``consent`` is the candidate's, to recording and analysis; without it
    nothing is analysed
    and scorecards are filled by hand. ``analysis`` is the id of the newest analysis.
    """

    id: str
    candidate: str
    job: str
    round: str
    held_at: datetime
    ended_at: datetime
    consent: Consent = "unknown"
    raters: tuple[Rater, ...] = ()
    covers: tuple[str, ...] = ()
    recording: str | None = None
    analysis: str | None = None
    version: int = 1

    def rater_kind(self, user: str) -> RaterKind | None:
        """As what the user rates this interview; None where not assigned."""
        return next((rater.kind for rater in self.raters if rater.user == user), None)


class Correction(Noun):
    """What a person put right, beside the machine's version, which stays.

    ``words``: turn ``turn`` really reads ``text``. ``role``: every turn of ``speaker`` has role ``role``.
    ``speaker``: turn ``turn`` was
    spoken by ``speaker`` (and so takes that label's role, or ``role`` where the label is new). ``boundary``: turns
    ``turn`` to
    ``to_turn`` belong to ``question`` (None: outside any).
    """

    id: str
    interview: str
    kind: Literal["words", "role", "speaker", "boundary"]
    turn: int | None = None
    to_turn: int | None = None
    speaker: str | None = None
    role: Role | None = None
    text: str | None = None
    question: str | None = None
    reason: str = ""
    author: str
    at: datetime

    @model_validator(mode="after")
    def _says_what_to_change(self) -> Correction:
        needs = {
            "words": ("turn", "text"),
            "role": ("speaker", "role"),
            "speaker": ("turn", "speaker"),
            "boundary": ("turn",),
        }
        absent = [name for name in needs[self.kind] if getattr(self, name) is None]
        if absent:
            raise ValueError(f"a {self.kind} correction needs {', '.join(absent)}")
        if self.to_turn is not None and self.turn is not None and self.to_turn < self.turn:
            raise ValueError("a correction's last turn comes before its first")
        return self
