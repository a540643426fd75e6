"""The way that every Whisper goes: windows, speech, clips, words, doubts removed, English required."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from models.transcript import Recognition, Segment
from pipeline.stages.audio import RATE, speech_spans
from pipeline.stages.transcribe.base import Progress, Waveform, as_float
from pipeline.stages.transcribe.clips import Clip, Heard, alone, bridged, packed, segments_of, shifted, windows
from pipeline.stages.transcribe.hallucinations import without_hallucinations
from pipeline.stages.transcribe.language import require_english_sound
from pipeline.stages.transcribe.word_times import snapped

Hear = Callable[[NDArray[np.float32], Sequence[Clip]], Iterator[tuple[int, Heard]]]
"""An engine's part: window and clips in, (clip number, what was heard) out, in order."""


MISSED_SECONDS = 4.0
"""Speech of this length in which no word was heard is heard again: a decoder that stops early skips the rest of its clip."""

AGAIN_SECONDS = 12.0
"""What was missed is heard again in shorter clips than before, so that it is not skipped for the same reason."""

REACH_SECONDS = 0.8
"""A word accounts for the speech this close to it."""


def recognise(samples: Waveform, hear: Hear, *, engine: str, progress: Progress | None = None) -> Recognition:
    """Segments of the whole recording in time order; memory stays that of one ten-minute window.

    Raises :class:`LanguageError` when the talk is not in English.
    """
    segments: list[Segment] = []
    speech_s = 0.0
    total = max(1, int(samples.shape[0]))
    report = progress or (lambda _: None)
    for start, end in windows(samples):
        window = as_float(samples[start:end])
        spans = speech_spans(window)
        speech_s += sum(until - since for since, until in spans)
        clips = packed(spans)
        here: list[Segment] = []
        for number, heard in hear(window, clips) if clips else ():
            here.extend(segments_of(heard, clips[number]))
            report((start + (number + 1) / len(clips) * (end - start)) / total)
        second = alone(missed(spans, here), AGAIN_SECONDS)
        for number, heard in hear(window, second) if second else ():
            here.extend(segments_of(heard, second[number]))
        here.sort(key=lambda segment: segment.start)
        segments.extend(shifted(segment, start / RATE) for segment in snapped(here, window))
        report(end / total)
    kept, removed = without_hallucinations(segments)
    require_english_sound(samples, kept, speech_s)
    return Recognition(segments=kept, language="en", engine=engine, removed=removed)


def missed(spans: Sequence[tuple[float, float]], segments: Sequence[Segment]) -> list[tuple[float, float]]:
    """Stretches of speech (start, end in seconds) of at least four seconds in which no word was heard."""
    words = sorted((word.start, word.end) for segment in segments for word in segment.words)
    found: list[tuple[float, float]] = []
    for start, end in bridged(spans, REACH_SECONDS):
        at = start
        for begins, ends in words:
            if ends + REACH_SECONDS <= at or begins - REACH_SECONDS >= end:
                continue
            if begins - REACH_SECONDS - at >= MISSED_SECONDS:
                found.append((at, begins - REACH_SECONDS))
            # a word that is stretched over seconds accounts for its beginning only
            at = max(at, min(ends, begins + 2.0) + REACH_SECONDS)
        if end - at >= MISSED_SECONDS:
            found.append((at, end))
    return found


def first_speech(samples: Waveform, seconds: float = 60.0) -> NDArray[np.float32]:
    """Up to ``seconds`` of speech from the first ten minutes, without the pauses: enough to tell a language by."""
    window = as_float(samples[: 600 * RATE])
    parts = [window[round(start * RATE) : round(end * RATE)] for start, end in speech_spans(window)]
    return np.concatenate([*parts, np.zeros(0, dtype=np.float32)])[: int(seconds * RATE)]
