"""Draft scores: suggestions that nothing may weigh."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from models._base import Noun
from models.evidence import Evidence

Level = Annotated[int, Field(ge=1, le=5)]


class DraftScore(Noun):
    """A suggested level for one competency with its evidence, or None with what is missing.

    ``value`` is the unrounded level (1..5), ``score`` its rounding, ``plausible`` the lowest and highest level that the evidence
    supports at 90 % coverage, ``confidence`` 0..1. A draft is a suggestion: only a confirmed score is ever weighed.
    """

    competency: str
    score: Level | None
    value: float | None
    plausible: tuple[Level, Level] | None
    confidence: float
    calibration: str = "shipped"
    rationale: str
    evidence: tuple[Evidence, ...] = ()

    @model_validator(mode="after")
    def _score_is_the_rounded_value(self) -> DraftScore:
        if (self.score is None) != (self.value is None):
            raise ValueError("score and value must both be given or both be absent")
        if self.value is not None and self.score != min(5, max(1, int(self.value + 0.5))):
            raise ValueError("score must be the rounded value")
        return self
