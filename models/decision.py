"""What follows from confirmed scores: averages, weighted totals, rules, panels, ranks, and the decision of people."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import Field

from models._base import Noun
from models.job import RaterKind
from models.report import Engines, RubricRef
from models.review import Review
from models.rubric import Rubric

State = Literal["met", "not met", "cannot tell", "does not apply"]


class RaterScore(Noun):
    """One interviewer's confirmed level in one round, with how much written evidence stands behind it."""

    reviewer: str
    kind: RaterKind
    interview: str
    level: int
    quotes: int
    has_note: bool


class CompetencyAverage(Noun):
    """The average of one competency: over raters within each round, then over rounds; ``average`` is None where
    nobody scored it.

    ``average`` has four decimals for showing; totals are computed from the exact fraction. ``arithmetic`` spells the
    sum out.
    """

    competency: str
    average: Decimal | None
    arithmetic: str
    scores: tuple[RaterScore, ...] = ()


class WeightLine(Noun):
    """One competency in the total: its weight in the rubric, the weight used (after renormalising), and weight times
    average.

    ``used`` and ``points`` are None where the competency was left out or blocks.
    """

    competency: str
    average: Decimal | None
    weight: Decimal
    used: Decimal | None
    points: Decimal | None


class WeightedTotal(Noun):
    """The weighted total of confirmed scores to 0.01, with its arithmetic; ``total`` is None while something blocks.

    ``missing`` lists competencies without a score, ``waiting`` those whose confirmed score must be looked at again
    by its owner.
    ``renormalised`` says that weights were scaled because something was left out.
    """

    rubric: RubricRef
    total: Decimal | None
    lines: tuple[WeightLine, ...]
    averages: tuple[CompetencyAverage, ...]
    missing: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    renormalised: bool = False
    arithmetic: str = ""


class RuleResult(Noun):
    """One rule or must-have: what it asks, whether it is met, and the figures that say so."""

    kind: Literal["must_have", "count_at_least", "minimum", "total_at_least"]
    text: str
    state: State
    because: str
    competency: str | None = None


class ScorecardResult(Noun):
    """A scorecard's total and rules. ``outcome`` is advice from the rubric; people decide.

    ``disqualified``: a must-have is below its minimum. ``not met``: another rule fails. ``cannot tell``: something
    is missing.
    """

    total: WeightedTotal
    rules: tuple[RuleResult, ...]
    outcome: Literal["all met", "not met", "disqualified", "cannot tell"]


class Disagreement(Noun):
    """Raters who differ on a competency: the spread in levels, whether a must-have line lies between them, and what
    is wanting.

    ``unwritten`` lists raters on either side without note or quote.
    """

    competency: str
    low: int
    high: int
    crosses_must_have: bool
    low_raters: tuple[str, ...]
    high_raters: tuple[str, ...]
    unwritten: tuple[str, ...] = ()
    resolved: str = ""


class PanelReport(Noun):
    """All submitted reviews of one candidate together."""

    candidate: str
    result: ScorecardResult
    disagreements: tuple[Disagreement, ...] = ()
    single_signal: tuple[str, ...] = ()
    open_disagreements: int = 0
    raters: tuple[str, ...] = ()


class PanelOutcome(Noun):
    """How a disagreement was settled: agreed in the debrief or put to a follow-up interview, with a reason."""

    id: str
    candidate: str
    competency: str
    kind: Literal["debrief", "follow-up"]
    reason: str
    author: str
    at: datetime


class HiringDecision(Noun):
    """What people decided about a candidate, and the total that stood then."""

    id: str
    candidate: str
    outcome: Literal["hire", "reject", "hold"]
    reason: str
    total: Decimal | None
    author: str
    at: datetime


class RankLine(Noun):
    """A candidate's place: ``rank`` counts those whom the data place above; ``tied_with`` are those it cannot tell
    apart.

    ``low`` and ``high`` bound the total at 90 % by bootstrap. ``rank`` is None without a total.
    """

    candidate: str
    total: Decimal | None
    low: Decimal | None
    high: Decimal | None
    rank: int | None
    tied_with: tuple[str, ...] = ()


class Agreement(Noun):
    """A coefficient with its 90 % bootstrap interval; None where the data cannot give one. ``n`` counts what it
    rests on.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0


class AgreementTable(Noun):
    """Agreement of all raters with each other, pair by pair and together; the draft may be one of the raters."""

    raters: tuple[str, ...]
    pairs: tuple[tuple[str, str, Agreement], ...]
    alpha: Agreement


class CalibrationRating(Noun):
    """One blind rating of one graded sample answer: who, which sample, the key's level, the level given, and the
    month (``2026-11``).
    """

    rater: str
    sample: str
    competency: str
    key: int
    level: int
    month: str


class RaterCalibration(Noun):
    """One interviewer against the key. ``bias`` is the mean of level minus key: above 0 lenient, below 0 severe.

    ``slope`` is the regression of levels on keys: under 1 the person draws towards the middle. ``habit`` names what
    stands out. ``by_key`` lines are level of the key, ratings, mean level given.
    """

    rater: str
    n: int
    exact: float
    within1: float
    bias: float
    bias_low: float
    bias_high: float
    slope: float | None
    kappa: Agreement
    habit: Literal["lenient", "severe", "central", "none seen"]
    trend: tuple[tuple[str, int, float, float], ...] = ()
    by_key: tuple[tuple[int, int, float], ...] = ()


class SplitSample(Noun):
    """A sample that split the room: the levels given, lowest first, and the key."""

    sample: str
    key: int
    levels: tuple[int, ...]


class CalibrationReport(Noun):
    """A calibration session or a row of them. ``trend`` lines are month, ratings, mean absolute error, bias.

    ``people`` gives names to the ids of raters.
    """

    raters: tuple[RaterCalibration, ...]
    table: AgreementTable
    split: tuple[SplitSample, ...]
    trend: tuple[tuple[str, int, float, float], ...]
    people: dict[str, str] = Field(default_factory=dict)


class CandidateReport(Noun):
    """One candidate in a report of an opening: panel, place, submitted reviews, and the last decision."""

    id: str
    name: str
    panel: PanelReport
    rank: RankLine | None = None
    reviews: tuple[Review, ...] = ()
    decision: HiringDecision | None = None


class OpeningReport(Noun):
    """Everything that an export of an opening shows. Exports render it and compute nothing.

    ``people`` and ``rounds`` give names to the ids of users and interviews; ``engines`` names what made the drafts
    of each interview.
    Only submitted reviews are in it, so nothing here can give a draft away to somebody who has yet to rate.
    """

    job: str
    title: str
    rubric: Rubric
    candidates: tuple[CandidateReport, ...] = ()
    people: dict[str, str] = Field(default_factory=dict)
    rounds: dict[str, str] = Field(default_factory=dict)
    engines: dict[str, Engines] = Field(default_factory=dict)
    made_at: datetime
    made_by: str = ""
    audit_head: str = ""
