"""Cues: the pieces that transcript files consist of, and how they become turns."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from models.transcript import Turn, Word

WORDS_PER_SECOND = 2.6
"""Ordinary speed of talk, for places where a file gives a start but no end."""

MAX_GAP_S = 5.0
"""Cues of one speaker this close together are one turn."""

_MAX_UNNAMED_WORDS = 60
_LISTED = 20


@dataclass(frozen=True)
class Cue:
    """What one speaker says in one piece of the file: line in the file, times in seconds, speaker label or None."""

    line: int
    start: float | None
    end: float | None
    text: str
    speaker: str | None = None
    words: tuple[Word, ...] = ()
    approximate: bool = False


@dataclass
class Notes:
    """Messages on what was skipped or inferred; the first twenty are kept word for word, the rest counted."""

    first: str = ""
    _said: list[str] = field(default_factory=list)
    _more: int = 0

    def say(self, message: str) -> None:
        """Adds a message."""
        self.first = self.first or message
        if len(self._said) < _LISTED:
            self._said.append(message)
        else:
            self._more += 1

    def skip(self, line: int, why: str) -> None:
        """Adds the message that the cue at ``line`` was left out."""
        self.say(f"line {line}: {why}; skipped.")

    def messages(self) -> tuple[str, ...]:
        """All messages in order."""
        return (*self._said, f"{self._more} more like these.") if self._more else tuple(self._said)


def squeezed(text: str) -> str:
    """The text with every run of white space as one blank."""
    return " ".join(text.split())


def unescaped(text: str) -> str:
    """The text with HTML entities resolved."""
    try:
        return html.unescape(text)
    except ValueError:  # a number of thousands of digits
        return text


def label(text: object) -> str | None:
    """A speaker label as it stands in the file, or None where there is none."""
    if isinstance(text, bool) or not isinstance(text, str | int):
        return None
    return squeezed(str(text))[:80].strip() or None


def seconds(value: object) -> float | None:
    """A time in seconds from JSON, or None where it is none: not a number, negative, infinite, or past a day."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and 0 <= number <= 86_400 else None


def spread(start: float, end: float, texts: list[str]) -> list[tuple[float, float]]:
    """Times for texts that share one stretch, in proportion to their lengths."""
    total = sum(len(text) for text in texts) or 1
    spans, said = [], 0
    for text in texts:
        since = start + (end - start) * said / total
        said += len(text)
        spans.append((round(since, 3), round(start + (end - start) * said / total, 3)))
    return spans


def merged(cues: Iterable[Cue]) -> tuple[Turn, ...]:
    """Turns from cues: a speaker's cues are joined over gaps of up to ``MAX_GAP_S``.

    Cues without a speaker are joined only into sentences, since two people may be behind them.
    """
    groups: list[list[Cue]] = []
    for cue in cues:
        if groups and _belongs(groups[-1], cue):
            groups[-1].append(cue)
        else:
            groups.append([cue])
    return tuple(_turn(number, group) for number, group in enumerate(groups))


def _belongs(group: list[Cue], cue: Cue) -> bool:
    last = group[-1]
    if last.speaker != cue.speaker:
        return False
    if last.end is not None and cue.start is not None and cue.start - last.end > MAX_GAP_S:
        return False
    if cue.speaker is not None:
        return True
    if cue.line and cue.line == last.line:  # one cue was parted because a second person speaks in it
        return False
    ended = re.search(r"[.?!…][\"'”’)\]]*$", last.text) is not None
    return not ended and sum(len(each.text.split()) for each in group) < _MAX_UNNAMED_WORDS


def _turn(number: int, group: list[Cue]) -> Turn:
    starts = [cue.start for cue in group if cue.start is not None]
    ends = [cue.end for cue in group if cue.end is not None]
    words = tuple(word for cue in group for word in cue.words) if all(cue.words for cue in group) else ()
    return Turn(
        t=number,
        speaker=group[0].speaker,
        start=min(starts) if starts else None,
        end=max(ends) if ends else None,
        text=" ".join(cue.text for cue in group),
        words=words,
        approximate=any(cue.approximate for cue in group),
    )
