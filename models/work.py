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
