"""Rubrics: competencies with anchored levels, the bank of questions, and the decision rules as data."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, field_validator

from models._base import Noun

DEFAULT_SCALE: dict[str, str] = {
    "1": "Does Not Meet",
    "2": "Partially Meets",
    "3": "Meets Expectations",
    "4": "Exceeds Expectations",
    "5": "Significantly Exceeds",
}


class ScaleLevel(Noun):
    """The label of a level and what it means."""

    label: str
    meaning: str = ""


class Competency(Noun):
    """Something a candidate is rated on: its weight in percent and the behaviours that anchor its levels.

    ``anchors`` maps a level (``"3"``) or a range (``"1-2"``) to the behaviour that shows it, lowest first. ``minimum``
    is the level below which a must-have disqualifies (the rubric's ``must_have_minimum`` unless given).
    """

    id: str
    name: str
    weight: Decimal
    must_have: bool = False
    minimum: int | None = None
    definition: str = ""
    anchors: dict[str, str]
    abbr: str = ""
    listen_for: tuple[str, ...] = ()


def anchor_levels(key: str) -> tuple[int, int]:
    """Lowest and highest level of an anchor key: ``"3"`` gives (3, 3), ``"1-2"`` gives (1, 2); ValueError otherwise."""
    low, _, high = key.partition("-")
    return int(low), int(high or low)


class Question(Noun):
    """A question of the bank, what it evaluates, and the follow-ups that dig deeper."""

    id: str
    text: str
    category: str = ""
    evaluates: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()

    @field_validator("category")
    @classmethod
    def _lower(cls, value: str) -> str:
        return value.strip().lower()


class Rule(Noun):
    """A decision rule as data.

    ``count_at_least``: at least ``count`` scores at or above ``level``. ``minimum``: ``competency`` at or above
    ``level``. ``total_at_least``: the weighted total at or above ``total``. ``applies_to`` narrows a rule to
    seniorities (empty: always).
    """

    kind: Literal["count_at_least", "minimum", "total_at_least"]
    level: int | None = None
    count: int | None = None
    competency: str | None = None
    total: Decimal | None = None
    text: str = ""
    applies_to: str = ""


class ExampleScore(Noun):
    """One line of a worked example."""

    score: int
    notes: str = ""


class Example(Noun):
    """A worked example of a filled scorecard: its name, and notes and score for each competency id."""

    name: str
    scores: dict[str, ExampleScore]


class QuestionAnswered(Noun):
    """One entry of a list of frequent questions: ``q`` is asked, ``a`` answers."""

    q: str
    a: str


class Guidance(Noun):
    """A section of advice on using the scorecard: a title over a paragraph, a list, or frequent questions."""

    title: str
    text: str = ""
    items: tuple[str, ...] = ()
    faq: tuple[QuestionAnswered, ...] = ()


class Rubric(Noun):
    """An interview scorecard as it is before anyone is rated. ``version`` is the hash of its content."""

    id: str
    title: str
    seniority: str = ""
    description: str = ""
    competencies: tuple[Competency, ...]
    questions: tuple[Question, ...] = ()
    rules: tuple[Rule, ...] = ()
    scale: dict[str, ScaleLevel] = Field(
        default_factory=lambda: {key: ScaleLevel(label=label) for key, label in DEFAULT_SCALE.items()}
    )
    must_have_minimum: Annotated[int, Field(ge=1, le=5)] = 3
    missing: Literal["block", "renormalise"] = "block"
    rate_first: bool = True
    blind: bool = False
    raters: Literal["all", "interviewers"] = "all"
    categories: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    guidance: tuple[Guidance, ...] = ()
    source: str = ""
    version: str = ""

    def competency(self, competency_id: str) -> Competency:
        """The competency of that id; KeyError where the rubric has none."""
        for competency in self.competencies:
            if competency.id == competency_id:
                return competency
        raise KeyError(competency_id)
