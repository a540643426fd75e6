"""The parts of the review page as plain values that its templates print."""

from __future__ import annotations

from dataclasses import dataclass

from models.review import CompetencyReview
from models.rubric import Competency
from models.score import DraftScore


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a turn: ``side`` is empty, ``quoted``, ``for``, ``against`` or ``both``; ``refs`` numbers the competencies that quote it."""

    text: str
    side: str
    refs: str


@dataclass(frozen=True, slots=True)
class Line:
    """A turn of the transcript with its quoted passages, and the machine's words where a person corrected them."""

    number: int
    who: str
    role: str
    kind: str
    start: float | None
    end: float | None
    when: str
    approximate: bool
    pieces: tuple[Piece, ...]
    was: str


@dataclass(frozen=True, slots=True)
class Block:
    """The talk about one question, or a stretch outside any."""

    number: int
    heading: str
    about: str
    outside: bool
    start: float | None
    end: float | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage in a competency's evidence. ``side`` is empty where the draft may not be seen or a person added it."""

    id: str
    turn: int | None
    quote: str
    start: float | None
    end: float | None
    when: str
    side: str
    added: bool
    level: str
    pull: str


@dataclass(frozen=True, slots=True)
class Item:
    """A competency on the scorecard. ``draft`` is None until it may be seen; ``waits`` says that there is one to be seen."""

    number: int
    competency: Competency
    weight: str
    minimum: int | None
    anchors: tuple[tuple[str, str, bool], ...]
    line: CompetencyReview | None
    draft: DraftScore | None
    waits: bool
    why_none: str
    stale: str
    cells: tuple[tuple[int, str, str], ...]
    levels: tuple[tuple[int, str], ...]
    spread: str
    confidence: str
    quotes: tuple[Quote, ...]
    asked: tuple[str, ...]
    covered: bool
    seconds: int


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch on the timeline, in thousandths of the talk."""

    x: float
    width: float
    name: str
    turn: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Who speaks when, as SVG paths in a box 1000 wide, and the questions as bands."""

    seconds: float
    interviewer: str
    candidate: str
    unknown: str
    questions: tuple[Band, ...]
