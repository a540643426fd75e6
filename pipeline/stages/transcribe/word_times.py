"""Word times made honest about pauses: words begin and end where there is sound.

Whisper's alignment gives the full stop's time to the last word, so that words before a pause end 0.1 to 0.4 s late, and a short
last word may lie wholly in the pause. Speakers are told by word times, so these words would land on the next speaker.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.transcript import Segment, Word
from pipeline.stages.audio import RATE

FRAME_S = 0.01
SHARE = 0.15
"""How far above the quiet level, as a share of the way to the loud one (in dB), sound begins; measured on the recordings."""

QUIET_S = 0.06
"""A silence that is longer than the closure of a consonant."""

REACH_S = 0.12
"""How far a word may grow into sound that no word claims."""

SHORTEST_S = 0.12
"""A word that would become shorter takes time from the word before it."""


class Sound(NamedTuple):
    """Which 10 ms frames of a window carry sound, and for each frame the nearest sounding one before and after it."""

    before: NDArray[np.int64]
    after: NDArray[np.int64]

    @classmethod
    def of(cls, window: NDArray[np.float32]) -> Sound:
        """Marks frames that are louder than the window's quiet level (10 %) by a share of its range."""
        size = int(FRAME_S * RATE)
        count = len(window) // size
        power = np.mean(np.square(window[: count * size].reshape(count, size)), axis=1)
        levels = 10 * np.log10(np.convolve(power, np.full(3, 1 / 3), mode="same") + 1e-9)
        quiet, loud = np.percentile(levels, [10, 95]) if count else (0.0, 0.0)
        quiet = max(quiet, loud - 60.0)
        sounding = levels > quiet + max(3.0, (loud - quiet) * SHARE)
        index = np.arange(count)
        before = np.maximum.accumulate(np.where(sounding, index, -1))
        after = np.minimum.accumulate(np.where(sounding, index, count)[::-1])[::-1]
        return cls(before, after)

    def last(self, seconds: float) -> float | None:
        """End of the last sounding frame at or before ``seconds``."""
        frame = min(int(seconds / FRAME_S), len(self.before) - 1)
        return None if frame < 0 or self.before[frame] < 0 else (float(self.before[frame]) + 1) * FRAME_S

    def first(self, seconds: float) -> float | None:
        """Start of the first sounding frame at or after ``seconds``."""
        frame = max(0, int(seconds / FRAME_S))
        return (
            None
            if frame >= len(self.after) or self.after[frame] >= len(self.after)
            else float(self.after[frame]) * FRAME_S
        )


def snapped(segments: Sequence[Segment], window: NDArray[np.float32]) -> list[Segment]:
    """The segments with word times moved to where there is sound; times are seconds in ``window``, the order stays."""
    sound = Sound.of(window)
    flat = [word for segment in segments for word in segment.words]
    moved = _snapped_words(flat, sound)
    result: list[Segment] = []
    at = 0
    for segment in segments:
        words = tuple(moved[at : at + len(segment.words)])
        at += len(words)
        update = {"words": words, "start": words[0].start, "end": words[-1].end} if words else {}
        result.append(segment.model_copy(update=update))
    return result


def _snapped_words(words: Sequence[Word], sound: Sound) -> list[Word]:
    moved: list[Word] = []
    for index, word in enumerate(words):
        floor = moved[-1].end if moved else 0.0
        ceiling = words[index + 1].start if index + 1 < len(words) else float("inf")
        moved.append(_snapped(word, floor, ceiling, sound))
        _make_room(moved)
    return moved


def _make_room(moved: list[Word]) -> None:
    """Shortens the words before the last one as far as it reaches back into them, so that words never overlap."""
    for index in range(len(moved) - 2, -1, -1):
        limit = moved[index + 1].start
        if moved[index].end <= limit:
            return
        moved[index] = moved[index]._replace(start=max(0.0, min(moved[index].start, round(limit - 0.02, 3))), end=limit)


def _snapped(word: Word, floor: float, ceiling: float, sound: Sound) -> Word:
    """One word; ``floor`` is where the word before it ends, ``ceiling`` where the next one starts."""
    start, end = word.start, word.end
    last = sound.last(end)
    if last is not None and end - last > QUIET_S and last > floor - 0.5:
        end = last
    elif end < ceiling:
        end = _grown_end(end, ceiling, sound)
    first = sound.first(start)
    if first is not None and first - start > QUIET_S and first < end:
        start = first
    elif start > floor:
        start = _grown_start(start, floor, sound)
    if end - start < SHORTEST_S:
        start = max(0.0, end - SHORTEST_S, floor - 0.5)
        end = max(end, start + 0.02)
    return word._replace(start=round(start, 3), end=round(end, 3))


def _grown_end(end: float, ceiling: float, sound: Sound) -> float:
    """The end of the sound that goes on after ``end``, when it stops soon and before the next word."""
    silent = end
    while silent < min(end + REACH_S, ceiling):
        first = sound.first(silent)
        if first is None or first - silent > FRAME_S:
            return silent
        silent += FRAME_S
    return end


def _grown_start(start: float, floor: float, sound: Sound) -> float:
    """The beginning of the sound that ``start`` lies in, when it began shortly before and after the last word."""
    silent = start
    while silent > max(start - REACH_S, floor):
        last = sound.last(silent - FRAME_S)
        if last is None or silent - last > FRAME_S:
            return silent
        silent -= FRAME_S
    return start
