"""The parts of the report page: plain values that the template prints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quote:
    """One piece of evidence as it is shown."""

    quote: str
    turn: int
    start: float | None
    end: float | None
    when: str
    side: str
    pull: str
    anchor: str
    similarity: str


@dataclass(frozen=True)
class LevelCell:
    """A cell of the strip from 1 to 5: ``place`` is ``at`` (the draft), ``in`` (plausible) or empty."""

    number: int
    place: str


@dataclass(frozen=True)
class Card:
    """A competency with its draft."""

    number: int
    id: str
    name: str
    weight: str
    must_have: bool
    definition: str
    anchors: tuple[tuple[str, str], ...]
    spoken_to: tuple[tuple[str, str], ...]
    levels: tuple[LevelCell, ...]
    level: str
    spoken: str
    plausible: str
    confidence: str
    value: str
    rationale: str
    supporting: tuple[Quote, ...]
    opposing: tuple[Quote, ...]

    @property
    def counts(self) -> str:
        """Numbers of quotes for and against."""
        return f"+{len(self.supporting)} −{len(self.opposing)}" if self.supporting or self.opposing else "none"


@dataclass(frozen=True)
class Ref:
    """A raised figure in the transcript: the competency that a passage was quoted for."""

    number: int
    id: str
    name: str
    side: str
    sign: str


@dataclass(frozen=True)
class TextPiece:
    """A stretch of a turn: ``side`` is empty, ``for``, ``against`` or ``both``; refs stand after it."""

    text: str
    side: str
    refs: tuple[Ref, ...] = ()


@dataclass(frozen=True)
class TurnLine:
    """A turn of the transcript with its marked passages."""

    number: int
    who: str
    role: str
    kind: str
    start: float | None
    end: float | None
    when: str
    pieces: tuple[TextPiece, ...]


@dataclass(frozen=True)
class Block:
    """The talk about one question, or a stretch outside any."""

    heading: str
    about: str
    outside: bool
    turns: tuple[TurnLine, ...]


@dataclass(frozen=True)
class Page:
    """All that the template needs."""

    title: str
    seniority: str
    source: str
    duration: str
    people: tuple[str, ...]
    grade: str
    cautions: tuple[str, ...]
    remarks: tuple[str, ...]
    competencies: tuple[Card, ...]
    not_covered: tuple[str, ...]
    blocks: tuple[Block, ...]
    provenance: tuple[tuple[str, str], ...]
    approximate: bool
