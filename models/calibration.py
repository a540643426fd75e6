"""A team's own mapping from a draft's unrounded value to its level, kept apart from the shipped one."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models._base import Noun
from models.evaluation import ScoreBlock


class GradedValue(Noun):
    """What the shipped scorer makes of something that people graded: its group (an interview), competency, value, level given."""

    group: str
    competency: str
    value: float
    level: int


class LevelLine(Noun):
    """Level = 3 + shift + slope x (value - 3), held to 1..5; slope above 0, so that order never changes."""

    shift: float
    slope: float


class Calibration(Noun):
    """A fitted mapping: the line for interviews that it has not seen, and for each that it has, the line fitted without it.

    ``held_out`` maps the sha256 of a recording or transcript to the line fitted without that interview, so that nothing is ever scored by
    a mapping that learnt from it. ``half_width`` (levels) is the 90 % bound of the cross-validated error. ``name`` hashes the content.
    ``scorer`` names the weights whose values it maps.
    """

    schema_: Literal["debrief.calibration/1"] = Field("debrief.calibration/1", alias="schema")
    scorer: str
    line: LevelLine
    held_out: dict[str, LevelLine]
    half_width: float
    n: int
    before: ScoreBlock
    after: ScoreBlock
    name: str = ""
