"""What may be changed in a review, as the bodies of requests: each knows the one action that it asks for."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from models.job import Correction
from models.review import Recommendation, Review
from models.speaker import Role
from pipeline.actions import cards, reviewing
from pipeline.actions.blinding import GAP
from pipeline.actions.desk import Desk, new_id
from pipeline.errors import UsageError


def _printable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("a text holds no zero bytes")
    return text


Id = Annotated[str, Path(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
"""An id in an address."""
Version = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""The version of a record that one saw: no more than an integer column takes in every database."""
Key = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
Why = Annotated[str, Field(max_length=2_000), AfterValidator(_printable)]
Prose = Annotated[str, Field(max_length=20_000), AfterValidator(_printable)]
Number = Annotated[int, Field(ge=0, le=1_000_000)]
Score = Annotated[int, Field(ge=1, le=5)]


class Change(BaseModel):
    """A change of the review at ``version``; 409 where it has moved on meanwhile."""

    model_config = ConfigDict(extra="forbid")
    version: Annotated[int, Field(ge=1, le=2_000_000_000)]

    def apply(self, desk: Desk, review: str) -> Review:
        """Asks the action."""
        raise NotImplementedError


class About(Change):
    """A change of one competency."""

    competency: Key
    reason: Why = ""


class Rate(About):
    """One's own score of a competency; it needs a reason once the draft was seen."""

    score: Score

    def apply(self, desk: Desk, review: str) -> Review:
        return reviewing.rate(desk, review, self.version, self.competency, self.score, reason=self.reason)


class Accept(About):
    """Takes the draft's level; it needs a reason where one's own was another."""

    def apply(self, desk: Desk, review: str) -> Review:
        return reviewing.accept(desk, review, self.version, self.competency, reason=self.reason)


class Override(About):
    """Another level than the draft's, with a reason."""

    score: Score

    def apply(self, desk: Desk, review: str) -> Review:
        return reviewing.override(desk, review, self.version, self.competency, self.score, reason=self.reason)


class Keep(About):
    """Stays with one's own first score beside the draft."""

    def apply(self, desk: Desk, review: str) -> Review:
        return reviewing.keep(desk, review, self.version, self.competency, reason=self.reason)


class Dismiss(About):
    """Sets the draft aside as bad data, with a reason."""

    def apply(self, desk: Desk, review: str) -> Review:
        return reviewing.dismiss(desk, review, self.version, self.competency, reason=self.reason)


class LeaveOut(About):
    """Leaves the competency without a score, with a reason."""

    def apply(self, desk: Desk, review: str) -> Review:
        return reviewing.leave_out(desk, review, self.version, self.competency, reason=self.reason)


class Note(Change):
    """Replaces the note of a competency."""

    competency: Key
    text: Prose = ""

    def apply(self, desk: Desk, review: str) -> Review:
        return reviewing.note(desk, review, self.version, self.competency, self.text)


class AddEvidence(Change):
    """Adds a passage of the candidate's: its ``quote`` word for word, or the numbers of its ``first`` and ``last`` word in the turn."""

    competency: Key
    turn: Number
    quote: Prose = ""
    first: Number | None = None
    last: Number | None = None

    def apply(self, desk: Desk, review: str) -> Review:
        if self.first is not None and self.last is not None:
            return cards.add_passage(desk, review, self.version, self.competency, self.turn, self.first, self.last)
        return reviewing.add_evidence(desk, review, self.version, self.competency, self.turn, self.quote)


class RemoveEvidence(Change):
    """Takes a quote out; it stays on record as removed."""

    competency: Key
    evidence: Key

    def apply(self, desk: Desk, review: str) -> Review:
        return reviewing.remove_evidence(desk, review, self.version, self.competency, self.evidence)


class Spend(Change):
    """Time spent on a competency in seconds, and whether evidence was opened meanwhile."""

    competency: Key
    seconds: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] = 0.0
    opened: bool = False

    def apply(self, desk: Desk, review: str) -> Review:
        return reviewing.spend(desk, review, self.version, self.competency, self.seconds, opened=self.opened)


class Conclude(Change):
    """The overall recommendation with strengths and concerns."""

    recommendation: Recommendation
    strengths: Prose = ""
    concerns: Prose = ""

    def apply(self, desk: Desk, review: str) -> Review:
        return reviewing.conclude(desk, review, self.version, self.recommendation, self.strengths, self.concerns)


class Reaffirm(Change):
    """Stands by a flagged score after looking again."""

    competency: Key

    def apply(self, desk: Desk, review: str) -> Review:
        return reviewing.reaffirm(desk, review, self.version, self.competency)


class Submit(Change):
    """Submits the whole review; 400 says what is missing."""

    def apply(self, desk: Desk, review: str) -> Review:
        return reviewing.submit(desk, review, self.version)


class Reopen(Change):
    """Takes a submitted review back into draft, with a reason."""

    reason: Why = ""

    def apply(self, desk: Desk, review: str) -> Review:
        return reviewing.reopen(desk, review, self.version, reason=self.reason)


CHANGES: dict[str, type[Change]] = {
    "rate": Rate,
    "accept": Accept,
    "override": Override,
    "keep": Keep,
    "dismiss": Dismiss,
    "leave-out": LeaveOut,
    "note": Note,
    "add-evidence": AddEvidence,
    "remove-evidence": RemoveEvidence,
    "spend": Spend,
    "conclude": Conclude,
    "reaffirm": Reaffirm,
    "submit": Submit,
    "reopen": Reopen,
}
"""Every change by its name in the address."""


class Correct(BaseModel):
    """What was heard wrong: words of a turn, the role of a speaker, the speaker of turns, or the question that turns belong to."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["words", "role", "speaker", "boundary"]
    turn: Number | None = None
    to_turn: Number | None = None
    speaker: Annotated[str, Field(max_length=100), AfterValidator(_printable)] | None = None
    role: Role | None = None
    text: Prose | None = None
    question: Annotated[str, Field(max_length=200), AfterValidator(_printable)] | None = None
    reason: Why = ""

    def made_by(self, desk: Desk, interview: str) -> Correction:
        """The correction, signed by the acting person. UsageError where something that its kind needs is not given."""
        if self.text is not None and GAP in self.text:
            raise UsageError(
                "Words cannot be put right while names are hidden.", "Submit your review first, or ask the hiring lead."
            )
        try:
            return Correction(
                id=new_id(), interview=interview, author=desk.actor, at=desk.clock(),
                kind=self.kind, turn=None if self.kind == "role" else self.turn,
                to_turn=self.to_turn if self.kind in ("speaker", "boundary") else None,
                speaker=(self.speaker or None) if self.kind in ("role", "speaker") else None,
                role=self.role if self.kind in ("role", "speaker") else None,
                text=self.text if self.kind == "words" else None,
                question=(self.question or None) if self.kind == "boundary" else None,
                reason=self.reason.strip(),
            )  # fmt: skip
        except ValueError as error:
            raise UsageError("This correction is not whole.", "Name the turn and what it should say.") from error
