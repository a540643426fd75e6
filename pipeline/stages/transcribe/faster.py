"""Recognition with faster-whisper: int8, batched, voice activity first, word times mapped back to the recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.transcript import Recognition, Segment, Word
from pipeline.stages.audio import RATE, speech_spans
from pipeline.stages.transcribe.base import Progress, Waveform, as_float
from pipeline.stages.transcribe.hallucinations import without_hallucinations

WINDOW_SECONDS = 600.0
"""Recordings are worked through in windows of about this length, so that memory does not grow with the recording."""

CLIP_SECONDS = 29.0
"""What the model hears at once; its encoder always costs 30 s, so clips are filled."""

GAP_SECONDS = 1.0
"""Longer silences are cut out before recognition: Whisper invents words in them."""

PAUSE_SECONDS = 0.6
"""A pause between words that ends a segment."""


class Piece(NamedTuple):
    """A stretch of the recording inside a clip: ``start``/``end`` in the recording, ``at`` in the clip, all in seconds."""

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


class FasterWhisper:
    """faster-whisper (CTranslate2) on the CPU, from a local folder of weights."""

    def __init__(
        self, folder: Path, name: str, *, threads: int = 2, compute_type: str = "int8", batch_size: int = 8, beam_size: int = 1
    ) -> None:
        from faster_whisper import BatchedInferencePipeline, WhisperModel

        self.name = name
        self._batch_size = batch_size
        self._beam_size = beam_size
        self._model = WhisperModel(str(folder), device="cpu", compute_type=compute_type, cpu_threads=threads)
        self._pipeline = BatchedInferencePipeline(self._model)

    def transcribe(
        self, samples: Waveform, *, vocabulary: Sequence[str] = (), progress: Progress | None = None
    ) -> Recognition:
        """Segments with words; see :class:`pipeline.stages.transcribe.base.Transcriber`."""
        segments: list[Segment] = []
        total = max(1, samples.shape[0])
        for start, end in windows(samples):
            window = as_float(samples[start:end])
            offset = start / RATE
            for done, segment in self._window(window, vocabulary):
                segments.append(_shifted(segment, offset))
                if progress:
                    progress((start + done * (end - start)) / total)
            if progress:
                progress(end / total)
        kept, removed = without_hallucinations(segments)
        return Recognition(segments=kept, language="en", engine=self.name, removed=removed)

    def _window(self, window: NDArray[np.float32], vocabulary: Sequence[str]) -> Iterator[tuple[float, Segment]]:
        """Segments of one window with the share of the window that is done."""
        clips = packed(speech_spans(window))
        if not clips:
            return
        audio, bounds = _joined(window, clips)
        found, _ = self._pipeline.transcribe(
            audio,
            language="en",
            beam_size=self._beam_size,
            word_timestamps=True,
            vad_filter=False,
            clip_timestamps=[{"start": start, "end": end} for start, end in bounds],
            batch_size=self._batch_size,
            hotwords=", ".join(vocabulary) or None,
        )
        # A segment tells its clip by `seek`, the clip's start in hundredths of a second; its own start may lie before that.
        by_seek = {int(start * 100): index for index, (start, _) in enumerate(bounds)}
        for segment in found:
            index = by_seek[segment.seek]
            done = (index + 1) / len(clips)
            for piece in _segments_of(segment, clips[index], bounds[index][0]):
                yield done, piece


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
    for start, end in _cut(_bridged(spans)):
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


def _bridged(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Spans that touch or overlap become one, as padding makes them do."""
    joined: list[tuple[float, float]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1] and end - joined[-1][0] <= CLIP_SECONDS:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _cut(spans: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    for start, end in spans:
        parts = int(np.ceil((end - start) / CLIP_SECONDS))
        for part in range(parts):
            yield start + (end - start) * part / parts, start + (end - start) * (part + 1) / parts


def _joined(window: NDArray[np.float32], clips: Sequence[Clip]) -> tuple[NDArray[np.float32], list[tuple[float, float]]]:
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


def _segments_of(segment: Any, clip: Clip, clip_start: float) -> Iterator[Segment]:
    """One segment of the packed sound as segments of the recording, cut where pieces meet and at long pauses."""
    run: list[Word] = []
    run_piece: Piece | None = None
    for found in _whole_words(segment.words or ()):
        text = found.word.strip()
        start, end = found.start - clip_start, found.end - clip_start
        piece = _piece_at(clip, (start + end) / 2)
        word = Word(
            text=text,
            start=round(min(max(piece.start, start - piece.at + piece.start), piece.end), 3),
            end=round(min(max(piece.start, end - piece.at + piece.start), piece.end), 3),
            probability=round(float(found.probability), 4),
        )
        if run and (piece is not run_piece or word.start - run[-1].end >= PAUSE_SECONDS):
            yield _segment(run, segment)
            run = []
        run.append(word)
        run_piece = piece
    if run:
        yield _segment(run, segment)


def _whole_words(found: Sequence[Any]) -> list[Any]:
    """Words as they are written: a part without a blank before it ("-market") belongs to the word before it."""
    words: list[Any] = []
    for word in found:
        if not word.word.strip():
            continue
        if words and not word.word.startswith(" "):
            last = words[-1]
            words[-1] = replace(
                last, word=last.word + word.word, end=word.end, probability=min(last.probability, word.probability)
            )
        else:
            words.append(word)
    return words


def _piece_at(clip: Clip, seconds: float) -> Piece:
    for piece in clip.pieces:
        if seconds < piece.at + piece.end - piece.start:
            return piece
    return clip.pieces[-1]


def _segment(words: list[Word], origin: Any) -> Segment:
    return Segment(
        start=words[0].start,
        end=words[-1].end,
        text=" ".join(word.text for word in words),
        words=tuple(words),
        avg_logprob=round(float(origin.avg_logprob), 4),
        no_speech_prob=round(float(origin.no_speech_prob), 4),
        compression_ratio=round(float(origin.compression_ratio), 4),
    )


def _shifted(segment: Segment, offset: float) -> Segment:
    if not offset:
        return segment
    words = tuple(
        word._replace(start=round(word.start + offset, 3), end=round(word.end + offset, 3)) for word in segment.words
    )
    return segment.model_copy(
        update={"start": round(segment.start + offset, 3), "end": round(segment.end + offset, 3), "words": words}
    )
