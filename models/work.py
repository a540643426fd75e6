"""Work on an interview: where it stands, and why it stopped."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from models._base import Noun

Stage = Literal["decode", "transcribe", "diarize", "cut", "match", "score", "publish"]
STAGES: tuple[Stage, ...] = ("decode", "transcribe", "diarize", "cut", "match", "score", "publish")
"""The durable steps in their order; what a finished step made is never made again."""

Progress = Literal["waiting", "running", "done", "failed", "cancelled"]
Priority = Literal["now", "night"]
"""``now``: somebody waits for it; ``night``: by the morning."""


class WorkState(Noun):
    """How far an interview is: ``share`` is of the whole work (0..1), ``seconds_left`` is by measured speed where known.

    ``cause`` and ``remedy`` are in plain words, empty unless it failed; ``attempts`` counts how often the present stage was begun.
    """

    interview: str
    workflow: str
    state: Progress
    stage: Stage | None = None
    share: Annotated[float, Field(ge=0, le=1)] = 0.0
    seconds_left: float | None = None
    cause: str = ""
    remedy: str = ""
    attempts: int = 0
    updated_at: datetime


class DayRow(Noun):
    """One recording of a day: whose it is, for what, and whether it may be analysed. ``line`` is its line in the manifest (0: by name)."""

    file: str
    candidate: str
    role: str
    rubric: str
    interviewers: tuple[str, ...] = ()
    consent: Literal["given", "refused", "unknown"] = "unknown"
    vocabulary: tuple[str, ...] = ()
    round: str = ""
    line: int = 0


Outcome = Literal["done", "failed", "by hand", "cancelled", "open"]


class DayResult(Noun):
    """What became of one file: ``by hand`` where the candidate has not consented, ``open`` where the work is not finished."""

    file: str
    candidate: str = ""
    role: str = ""
    interview: str = ""
    outcome: Outcome
    cause: str = ""
    remedy: str = ""
    minutes: float | None = None
    drafts: int = 0
    withheld: int = 0
    quality: str = ""
    unchanged: bool = False
    """Nothing had to be done for it this time."""


class DaySummary(Noun):
    """A day's recordings and what became of each."""

    folder: str
    began_at: datetime
    ended_at: datetime
    results: tuple[DayResult, ...]

    def count(self, outcome: Outcome) -> int:
        """How many files came to that."""
        return sum(result.outcome == outcome for result in self.results)

    @property
    def exit_code(self) -> int:
        """0 where everything that may be analysed is done, 1 where something failed, 2 where nothing could be done."""
        bad = self.count("failed") + self.count("open") + self.count("cancelled")
        if not bad:
            return 0
        return 1 if self.count("done") + self.count("by hand") else 2
