"""Speech packed into what a recogniser hears at once, and the way back from its words to times in the recording."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.transcript import Segment, Word
from pipeline.stages.audio import RATE
from pipeline.stages.transcribe.base import Waveform, as_float

WINDOW_SECONDS = 600.0
"""Recordings are worked through in windows of about this length, so that memory does not grow with the recording."""

CLIP_SECONDS = 29.0
"""What the model hears at once; its encoder always costs 30 s, so clips are filled."""

GAP_SECONDS = 1.0
"""Longer silences are cut out before recognition: Whisper invents words in them."""

PAUSE_SECONDS = 0.6
"""A pause between words that ends a segment."""


class Piece(NamedTuple):
    """A stretch of the recording inside a clip: ``start``/``end`` in the recording, ``at`` in the clip (seconds)."""

    start: float
    end: float
    at: float


class Clip(NamedTuple):
    """Up to 29 s of speech that the model hears at once, made of pieces in time order."""

    pieces: tuple[Piece, ...]

    @property
    def seconds(self) -> float:
        """Length of the clip."""
        last = self.pieces[-1]
        return last.at + last.end - last.start


class Heard(NamedTuple):
    """What a recogniser returns for a clip: words as it spells them (a blank starts a word), times in the clip."""

    words: tuple[Word, ...]
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float

    @classmethod
    def of(cls, words: Iterable[tuple[str, float, float, float]], doubts: tuple[float, float, float]) -> Heard:
        """From (text, start, end, probability) of each word and the three measures of doubt, ordered as the fields."""
        return cls(
            tuple(Word(text, start, end, round(float(probability), 4)) for text, start, end, probability in words),
            *(round(float(value), 4) for value in doubts),
        )


def windows(samples: Waveform) -> Iterator[tuple[int, int]]:
    """Sample ranges of about ten minutes that cover everything, cut at the quietest 0.3 s of their last half minute."""
    start, total = 0, int(samples.shape[0])
    size, search, block = int(WINDOW_SECONDS * RATE), 30 * RATE, int(0.3 * RATE)
    while total - start > size + 2 * search:
        tail = as_float(samples[start + size - search : start + size])
        energy = np.square(tail[: len(tail) // block * block]).reshape(-1, block).sum(axis=1)
        cut = start + size - search + int(np.argmin(energy)) * block + block // 2
        yield start, cut
        start = cut
    yield start, total


def packed(spans: Sequence[tuple[float, float]]) -> list[Clip]:
    """Spans of speech packed into clips of at most 29 s: short pauses stay, longer ones are left out.

    A span that is longer than a clip is cut into equal parts.
    """
    clips: list[Clip] = []
    pieces: list[Piece] = []
    for start, end in _cut(bridged(spans, longest=CLIP_SECONDS)):
        length = pieces[-1].at + pieces[-1].end - pieces[-1].start if pieces else 0.0
        if pieces and length + end - start > CLIP_SECONDS:
            clips.append(Clip(tuple(pieces)))
            pieces, length = [], 0.0
        if pieces and start - pieces[-1].end <= GAP_SECONDS and length + end - pieces[-1].end <= CLIP_SECONDS:
            pieces[-1] = pieces[-1]._replace(end=end)
        else:
            pieces.append(Piece(start, end, length))
    if pieces:
        clips.append(Clip(tuple(pieces)))
    return clips


def bridged(
    spans: Sequence[tuple[float, float]], gap: float = 0.0, longest: float = math.inf
) -> list[tuple[float, float]]:
    """Spans with at most ``gap`` seconds between them as one, as long as that stays within ``longest``."""
    whole: list[tuple[float, float]] = []
    for start, end in spans:
        if whole and start - whole[-1][1] <= gap and end - whole[-1][0] <= longest:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole


def alone(spans: Sequence[tuple[float, float]], seconds: float) -> list[Clip]:
    """Each span as clips of its own, cut into equal parts of at most ``seconds``."""
    return [Clip((Piece(start, end, 0.0),)) for start, end in _cut(spans, seconds)]


def _cut(spans: Sequence[tuple[float, float]], seconds: float = CLIP_SECONDS) -> Iterator[tuple[float, float]]:
    for start, end in spans:
        parts = int(np.ceil((end - start) / seconds))
        for part in range(parts):
            yield start + (end - start) * part / parts, start + (end - start) * (part + 1) / parts


def joined(window: NDArray[np.float32], clips: Sequence[Clip]) -> tuple[NDArray[np.float32], list[tuple[float, float]]]:
    """The clips' samples one after the other, and where each begins and ends in that (seconds)."""
    parts: list[NDArray[np.float32]] = []
    bounds: list[tuple[float, float]] = []
    at = 0
    for clip in clips:
        begin = at
        for piece in clip.pieces:
            part = window[round(piece.start * RATE) : round(piece.end * RATE)]
            parts.append(part)
            at += len(part)
        bounds.append((begin / RATE, at / RATE))
    return np.concatenate(parts), bounds


def segments_of(heard: Heard, clip: Clip) -> Iterator[Segment]:
    """What was heard in a clip as segments of the recording, cut where pieces meet and at long pauses."""
    run: list[Word] = []
    run_piece: Piece | None = None
    for found in _whole_words(heard.words):
        piece = _piece_at(clip, (found.start + found.end) / 2)
        word = Word(
            text=found.text.strip(),
            start=round(min(max(piece.start, found.start - piece.at + piece.start), piece.end), 3),
            end=round(min(max(piece.start, found.end - piece.at + piece.start), piece.end), 3),
            probability=found.probability,
        )
        if run and (piece is not run_piece or word.start - run[-1].end >= PAUSE_SECONDS):
            yield _segment(run, heard)
            run = []
        run.append(word)
        run_piece = piece
    if run:
        yield _segment(run, heard)


def shifted(segment: Segment, seconds: float) -> Segment:
    """The segment and its words, later by ``seconds``."""
    if not seconds:
        return segment
    words = tuple(
        word._replace(start=round(word.start + seconds, 3), end=round(word.end + seconds, 3)) for word in segment.words
    )
    return segment.model_copy(
        update={"start": round(segment.start + seconds, 3), "end": round(segment.end + seconds, 3), "words": words}
    )


def _whole_words(found: Sequence[Word]) -> list[Word]:
    """Words as they are written: a part without a blank before it ("-market") belongs to the word before it."""
    words: list[Word] = []
    for word in found:
        if not word.text.strip():
            continue
        if words and not word.text.startswith(" "):
            last = words[-1]
            doubt = min(last.probability or 0.0, word.probability or 0.0)
            words[-1] = Word(last.text + word.text, last.start, word.end, doubt)
        else:
            words.append(word)
    return words


def _piece_at(clip: Clip, seconds: float) -> Piece:
    for piece in clip.pieces:
        if seconds < piece.at + piece.end - piece.start:
            return piece
    return clip.pieces[-1]


def _segment(words: list[Word], heard: Heard) -> Segment:
    return Segment(
        start=words[0].start,
        end=words[-1].end,
        text=" ".join(word.text for word in words),
        words=tuple(words),
        avg_logprob=heard.avg_logprob,
        no_speech_prob=heard.no_speech_prob,
        compression_ratio=heard.compression_ratio,
    )
