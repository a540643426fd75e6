"""Words, turns and transcripts: what was said, when, and by which voice."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from models._base import Noun
from models.speaker import Role

TurnKind = Literal[
    "question", "probe", "answer", "backchannel", "small-talk", "logistics", "candidate-questions", "closing"
]
"""What a turn does. The last four lie outside any question."""

OUTSIDE_KINDS: frozenset[str] = frozenset({"small-talk", "logistics", "candidate-questions", "closing"})


class Word(NamedTuple):
    """A spoken word: text without surrounding blanks, start and end in seconds, probability 0..1 (or None)."""

    text: str
    start: float
    end: float
    probability: float | None = None


class Turn(Noun):
    """An uninterrupted stretch of one speaker's words.

    ``t`` numbers the turns from 0 (an imported transcript keeps its own numbers); ``start`` and ``end`` are seconds, None where the
    transcript has no times; ``approximate`` marks interpolated times. ``question`` is a bank id, ``free-N``, or None outside
    any question.
    """

    t: Annotated[int, Field(ge=0)]
    speaker: str | None
    role: Role = "unknown"
    start: float | None = None
    end: float | None = None
    text: str
    words: tuple[Word, ...] = ()
    approximate: bool = False
    question: str | None = None
    kind: TurnKind | None = None

    @property
    def n_words(self) -> int:
        """Number of blank-separated words, at least 1."""
        return max(1, len(self.text.split()))


class RemovedSpan(Noun):
    """Text of the recogniser that was taken out as a hallucination: why, and where (seconds)."""

    reason: Literal["compression", "no-speech", "repetition", "known-phrase"]
    start: float
    end: float
    text: str


class Segment(Noun):
    """A stretch that a recogniser returned: text with words, times in seconds, and its own measures of doubt."""

    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()
    avg_logprob: float | None = None
    no_speech_prob: float | None = None
    compression_ratio: float | None = None


class Recognition(Noun):
    """What a transcriber returns: segments in time order, the language, and which engine with which weights made it."""

    segments: tuple[Segment, ...]
    language: str
    engine: str
    removed: tuple[RemovedSpan, ...] = ()


class Transcript(Noun):
    """Turns in order, with messages on what was skipped or guessed while reading a file."""

    id: str = ""
    turns: tuple[Turn, ...]
    warnings: tuple[str, ...] = ()
    removed: tuple[RemovedSpan, ...] = ()
    overlap_share: float = 0.0
    """Share of the speech in which two people talk at once, 0..1, where the recording tells."""

    meta: dict[str, Any] = Field(default_factory=dict)
