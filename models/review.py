"""Reviews: what a person makes of an interview, and the only scores that may be weighed."""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from datetime import datetime
from typing import Literal, NoReturn

from pydantic import Field

from models._base import Noun
from models.evidence import Polarity
from models.job import RaterKind
from models.report import RubricRef
from models.score import Level

Choice = Literal["own", "kept", "took-draft", "accepted", "overridden", "dismissed", "not-assessed"]
"""How a competency was settled. ``own``: entered without or before a draft. ``kept`` and ``took-draft``: after the
reveal.
``accepted`` and ``overridden``: with the draft in view from the start. ``dismissed``: the draft was set aside as bad
data.
``not-assessed``: left without a score on purpose."""

Recommendation = Literal["strong_no", "no", "yes", "strong_yes", "no_decision"]
RECOMMENDATIONS: tuple[Recommendation, ...] = ("strong_no", "no", "yes", "strong_yes", "no_decision")


class ReviewEvidence(Noun):
    """A quote in a review: words of the candidate's turn, its times in seconds, and whether the machine or the
    reviewer found it.
    """

    id: str
    turn: int | None = None
    quote: str
    start: float | None = None
    end: float | None = None
    source: Literal["draft", "added"]
    level: str | None = None
    polarity: Polarity | None = None
    removed: bool = False


class CompetencyReview(Noun):
    """One competency in one review.

    ``first_score`` is what the reviewer entered first; ``blind`` says that no draft was in view then, and only those
    scores count for
    agreement, accuracy and calibration. ``revealed_at`` is when the draft came into view. ``seconds`` is time spent
    here.
    ``flag`` says why the owner must look again (empty: nothing to look at).
    """

    competency: str
    first_score: Level | None = None
    first_at: datetime | None = None
    blind: bool = False
    revealed_at: datetime | None = None
    choice: Choice | None = None
    score: Level | None = None
    reason: str = ""
    note: str = ""
    evidence: tuple[ReviewEvidence, ...] = ()
    opened_evidence: bool = False
    seconds: float = 0.0
    decided_at: datetime | None = None
    flag: str = ""

    @property
    def quotes(self) -> tuple[ReviewEvidence, ...]:
        """The evidence that still stands."""
        return tuple(item for item in self.evidence if not item.removed)


class Review(Noun):
    """One person's scorecard of one interview; at most one each. ``version`` grows with every change (two editors
    never overwrite).
    """

    id: str
    interview: str
    reviewer: str
    kind: RaterKind
    rubric: RubricRef
    rate_first: bool = True
    analysis: str | None = None
    state: Literal["draft", "submitted"] = "draft"
    version: int = 1
    recommendation: Recommendation | None = None
    strengths: str = ""
    concerns: str = ""
    scores: tuple[CompetencyReview, ...] = ()
    opened_at: datetime
    due_at: datetime
    submitted_at: datetime | None = None
    reopen_reason: str = ""

    def score(self, competency: str) -> CompetencyReview:
        """The line of that competency; KeyError where the review has none."""
        for line in self.scores:
            if line.competency == competency:
                return line
        raise KeyError(competency)


class HiddenDraft(Noun):
    """What of a draft may be seen before one's own score: quotes with their times, in the order in which they were
    said.
    """

    competency: str
    quotes: tuple[HiddenQuote, ...]
    hidden: Literal[True] = True


class HiddenQuote(Noun):
    """A quote without level, polarity, pull, anchor or similarity."""

    turn: int
    quote: str
    start: float | None
    end: float | None


class ReviewConduct(Noun):
    """How a review came about, shown to its reviewer: seconds per competency, and drafts accepted without opening
    any evidence.
    """

    seconds: dict[str, float] = Field(default_factory=dict)
    accepted_unopened: tuple[str, ...] = ()


class _Gate:
    """The key to :class:`ConfirmedScore`. Only ``judgement.review`` and ``store`` hold it; a test reads every import
    to prove it.
    """

    __slots__ = ()


_GATE = _Gate()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedScore:
    """A score that a person has confirmed in a submitted review. Nothing else is ever weighed.

    ``quotes`` counts the evidence behind it and ``quote_levels`` are the anchor levels of those quotes where known.
    Not a pydantic
    model on purpose: there is no ``model_construct``, no validation from a dict, and no unpickling past the key.
    """

    gate: InitVar[_Gate]
    review: str
    interview: str
    reviewer: str
    kind: RaterKind
    rubric: RubricRef
    competency: str
    level: int
    quotes: int
    has_note: bool
    quote_levels: tuple[float, ...] = ()

    def __post_init__(self, gate: _Gate) -> None:
        """Refuse whoever does not hold the key, and levels off the scale."""
        if gate is not _GATE:
            raise TypeError("a ConfirmedScore comes only from a submitted review")
        if not isinstance(self.level, int) or isinstance(self.level, bool) or not 1 <= self.level <= 5:
            raise ValueError("a confirmed level is a whole number from 1 to 5")

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError("a ConfirmedScore is restored from its review, never from a pickle")

    def __replace__(self, **_changes: object) -> NoReturn:
        """Refuse to become another score."""
        raise TypeError("a ConfirmedScore cannot be changed")


HiddenDraft.model_rebuild()
