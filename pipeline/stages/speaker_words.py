"""Words get their speakers: by time, then snapped to pauses and sentence ends, so that no last word lands on the wrong speaker.

The words' times of a recogniser and the borders of a diarizer are each off by some 0.2 s, so a border by time alone falls inside
sentences. Here the cheapest path over all words wins (Viterbi 1967): a word costs the seconds of it that its speaker is silent; a change
of speaker costs little after a sentence end or a pause and much inside a phrase.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.speaker import SpeakerSpan
from models.transcript import Recognition, Turn, Word

PAUSE_S = 0.3
"""A silence from which people hear a border."""

CHANGE_AT_BORDER = 0.05
"""Cost of a change of speaker after a sentence end or a pause, in seconds of unexplained speech."""

CHANGE_AT_COMMA = 0.25
CHANGE_INSIDE = 0.6
"""Cost of a change of speaker between two words of one phrase."""

NEAR_S = 1.0
"""A word further from all speech of the diarizer than this has no speaker."""

SENTENCE_ENDS = (".", "?", "!", "…")


def assign_speakers(recognition: Recognition, spans: Sequence[SpeakerSpan]) -> tuple[Turn, ...]:
    """The recognised words as turns with speakers, numbered from 0.

    A word that no span explains (or all words, without spans) has speaker None: unknown, never guessed. A turn is an uninterrupted
    stretch of one speaker's words; a short backchannel between two sentences stays a turn of its own.
    """
    words = [word for segment in recognition.segments for word in segment.words]
    speakers = sorted({span.speaker for span in spans})
    if not words:
        return ()
    if not speakers:
        return turns_of([(None, word) for word in words])
    silent, known = _silence(words, spans, speakers)
    path = _cheapest(silent, [_change_cost(word, following) for word, following in itertools.pairwise(words)])
    return turns_of([(speakers[path[i]] if known[i] else None, word) for i, word in enumerate(words)])


def turns_of(spoken: Sequence[tuple[str | None, Word]]) -> tuple[Turn, ...]:
    """Turns of consecutive words by one speaker, numbered from 0."""
    turns: list[Turn] = []
    first = 0
    for i in range(1, len(spoken) + 1):
        if i < len(spoken) and spoken[i][0] == spoken[first][0]:
            continue
        words = tuple(word for _, word in spoken[first:i])
        turns.append(
            Turn(
                t=len(turns),
                speaker=spoken[first][0],
                start=words[0].start,
                end=max(word.end for word in words),
                text=" ".join(word.text for word in words),
                words=words,
            )
        )
        first = i
    return tuple(turns)


def _silence(
    words: Sequence[Word], spans: Sequence[SpeakerSpan], speakers: Sequence[str]
) -> tuple[NDArray[np.float64], list[bool]]:
    """Seconds of each word in which each speaker is silent (words, speakers), and whether anyone speaks near the word."""
    silent = np.zeros((len(words), len(speakers)))
    distance = np.full((len(words), len(speakers)), np.inf)
    for column, speaker in enumerate(speakers):
        own = [span for span in spans if span.speaker == speaker]
        starts, ends = np.array([span.start for span in own]), np.array([span.end for span in own])
        for row, word in enumerate(words):
            end = max(word.end, word.start + 0.05)
            low, high = np.searchsorted(ends, word.start), np.searchsorted(starts, end)
            heard = float(np.sum(np.minimum(ends[low:high], end) - np.maximum(starts[low:high], word.start)))
            silent[row, column] = max(0.0, end - word.start - heard)
            if heard > 0:
                distance[row, column] = 0.0
            else:
                before = word.start - ends[low - 1] if low > 0 else np.inf
                after = starts[high] - end if high < len(starts) else np.inf
                distance[row, column] = min(before, after)
    # a word in a gap is nobody's by overlap: the nearer speaker is a little cheaper
    silent += np.minimum(distance, NEAR_S) * 0.3
    return silent, [bool(near <= NEAR_S) for near in distance.min(axis=1)]


def _change_cost(word: Word, following: Word) -> float:
    """What a change of speaker between two words costs."""
    if word.text.endswith(SENTENCE_ENDS) or following.start - word.end >= PAUSE_S:
        return CHANGE_AT_BORDER
    return CHANGE_AT_COMMA if word.text.endswith((",", ";", ":", "-", "—")) else CHANGE_INSIDE


def _cheapest(costs: NDArray[np.float64], changes: Sequence[float]) -> list[int]:
    """The path of least total cost over rows of ``costs``; ``changes[i]`` is the price of changing column after row i."""
    total = costs[0].copy()
    back = np.zeros(costs.shape, dtype=int)
    stay = np.arange(costs.shape[1])
    for row in range(1, len(costs)):
        best = int(np.argmin(total))
        change = total[best] + changes[row - 1]
        back[row] = np.where(total <= change, stay, best)
        total = np.minimum(total, change) + costs[row]
    path = [int(np.argmin(total))]
    for row in range(len(costs) - 1, 0, -1):
        path.append(int(back[row, path[-1]]))
    return path[::-1]
