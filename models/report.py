"""What is shown: the analysis of one interview as the contract has it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models._base import Noun
from models.answer import Answer
from models.recording import Source
from models.score import DraftScore
from models.transcript import Turn


class Engines(Noun):
    """Names, versions and weight hashes (sha256) of what made an analysis."""

    transcriber: str
    diarizer: str
    embedder: str
    scorer: str
    debrief: str = ""


class RubricRef(Noun):
    """Which rubric, and the hash of its content."""

    id: str
    version: str


class Quality(Noun):
    """How far the transcript can be trusted: a grade, the reasons in plain words, and the measures behind them."""

    grade: Literal["good", "fair", "poor"]
    reasons: tuple[str, ...] = ()
    measures: dict[str, float] = Field(default_factory=dict)


class Analysis(Noun):
    """One interview, analysed. Serialise with :meth:`contract_json`."""

    schema_: Literal["debrief.analysis/1"] = Field("debrief.analysis/1", alias="schema")
    source: Source
    engines: Engines
    rubric: RubricRef
    quality: Quality
    turns: tuple[Turn, ...]
    answers: tuple[Answer, ...]
    not_covered: tuple[str, ...]
    drafts: tuple[DraftScore, ...]
    warnings: tuple[str, ...] = ()
    role_confidence: float | None = None

    def contract_json(self, indent: int | None = 1) -> str:
        """The analysis as the contract's JSON; the same analysis always gives the same bytes."""
        return self.model_dump_json(by_alias=True, indent=indent)
