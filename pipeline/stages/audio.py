"""Sound: any recording becomes 16 kHz samples, or a clear message about what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.digests import file_sha256
from pipeline.errors import SourceError
from pipeline.stages.decoding import RATE as RATE
from pipeline.stages.decoding import (
    Samples,
    check_readable,
    clock,
    decoded_blocks,
    expected_seconds,
    frames,
    joined,
    nothing_decoded,
    opened,
)

MIN_SECONDS = 10.0
MIN_SPEECH_SECONDS = 3.0
"""Less speech than this in a whole recording is music, noise or an empty room."""

SILENCE_LEVEL = 10 ** (-60 / 20)
"""A recording whose loudest 0.1 s stays under -60 dBFS is silent."""


@dataclass(frozen=True)
class Audio:
    """A decoded recording: ``samples`` int16 of shape (channels, n) at 16 kHz, one or two channels.

    int16 because three hours of two channels are 0.7 GB that way and 1.4 GB as float32. ``sha256`` is of the file's
    bytes; ``warnings`` say in plain words what was left out or repaired.
    """

    name: str
    sha256: str
    samples: Samples
    warnings: tuple[str, ...] = ()

    @property
    def channels(self) -> int:
        """1 or 2."""
        return int(self.samples.shape[0])

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return float(self.samples.shape[1]) / RATE


def decode(path: Path, *, require_speech: bool = True) -> Audio:
    """The recording at ``path`` as 16 kHz samples.

    Reads everything that PyAV's bundled FFmpeg reads, audio or video. More than two channels are mixed to one. Raises
    :class:`SourceError` (file, fault, remedy) when the file is missing, empty, not media, without an audio track, less
    than half there, shorter than 10 s, longer than 4 h, silent, or without speech.
    """
    check_readable(path)
    blocks, expected = decoded_blocks(path)
    samples = joined(blocks)
    seconds = samples.shape[1] / RATE
    warnings = _length_warnings(path, seconds, expected)
    _check_loudness(path, samples)
    audio = Audio(name=path.name, sha256=file_sha256(path), samples=samples, warnings=warnings)
    if require_speech:
        check_speech(audio)
    return audio


def probe(path: Path) -> float | None:
    """The seconds that a recording declares (None: it does not say). Decodes its first frame alone.

    Raises :class:`SourceError` like :func:`decode` for all that can be told so: empty, not media, no audio track,
    too long.
    """
    check_readable(path)
    with opened(path) as container:
        stream = container.streams.audio[0]
        expected = expected_seconds(path, container, stream)
        if next(frames(container, stream), None) is None:
            raise nothing_decoded(path)
    return expected


def mono(audio: Audio, channel: int | None = None) -> NDArray[np.float32]:
    """One channel (or the mean of all) as float32 in -1..1, shape (n,)."""
    if channel is not None or audio.channels == 1:
        picked: NDArray[np.float32] = audio.samples[channel or 0].astype(np.float32)
        picked /= np.float32(32768.0)
        return picked
    mixed: NDArray[np.float32] = audio.samples[0].astype(np.float32)
    for other in audio.samples[1:]:
        mixed += other
    mixed /= np.float32(32768.0 * audio.channels)
    return mixed


def speakers_on_channels(audio: Audio) -> bool:
    """True when each of two channels carries a speaker of its own, as call recorders write it.

    In 50 ms blocks in which anybody is heard, one channel must be at least 9 dB louder than the other in four blocks
    of five, and each channel must lead in at least 3 % of them. A mono file copied to two channels, or a room recorded
    in stereo, has no leader.
    """
    if audio.channels != 2:
        return False
    levels = _block_levels(audio.samples, seconds=0.05)
    loudest = levels.max(axis=0)
    heard = loudest > max(float(np.percentile(loudest, 95)) - 25.0, -60.0)
    if not heard.any():
        return False
    lead = (levels[0] - levels[1])[heard]
    first, second = float(np.mean(lead > 9.0)), float(np.mean(lead < -9.0))
    return first + second >= 0.8 and min(first, second) >= 0.03


def speech_spans(
    samples: NDArray[np.float32], *, min_silence_s: float = 0.16, pad_s: float = 0.2
) -> list[tuple[float, float]]:
    """Where somebody speaks, as (start, end) in seconds, by the Silero detector that faster-whisper bundles."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    if not samples.size:
        return []
    options = VadOptions(
        threshold=0.5,
        min_speech_duration_ms=100,
        min_silence_duration_ms=int(min_silence_s * 1000),
        speech_pad_ms=int(pad_s * 1000),
    )
    return [(span["start"] / RATE, span["end"] / RATE) for span in get_speech_timestamps(samples, options)]


def _length_warnings(path: Path, seconds: float, expected: float | None) -> tuple[str, ...]:
    if expected is not None and seconds < 0.97 * expected and expected - seconds > 2.0:
        share = seconds / expected
        if share < 0.5:
            raise SourceError(
                f"{path.name}: only {clock(seconds)} of {clock(expected)} can be decoded; "
                "the file is cut off or damaged.",
                "Export or download the recording again.",
            )
        if seconds >= MIN_SECONDS:
            return (
                f"The file is cut off or damaged: {clock(seconds)} of {clock(expected)} could be decoded and was used.",
            )
    if seconds < MIN_SECONDS:
        raise SourceError(
            f"{path.name}: the recording is {seconds:.1f} s long; at least {MIN_SECONDS:.0f} s are needed.",
            "Check that this is the interview and that it was saved whole.",
        )
    return ()


def _check_loudness(path: Path, samples: Samples) -> None:
    if float(_block_levels(samples, seconds=0.1).max()) < 20 * np.log10(SILENCE_LEVEL):
        raise SourceError(
            f"{path.name}: the recording is silent.",
            "Check which microphone or track was recorded, and export it again.",
        )


def check_speech(audio: Audio) -> None:
    """SourceError where nobody speaks.

    Reads minute by minute and stops as soon as there is speech enough: an ordinary call costs one minute.
    """
    found = 0.0
    step = 60 * RATE
    for channel in range(audio.channels):
        for at in range(0, audio.samples.shape[1], step):
            piece = audio.samples[channel, at : at + step].astype(np.float32) / np.float32(32768.0)
            found += sum(end - start for start, end in speech_spans(piece, pad_s=0.0))
            if found >= MIN_SPEECH_SECONDS:
                return
    raise SourceError(
        f"{audio.name}: no speech was found, only music, noise or silence.",
        "Check that this is the recording of the interview.",
    )


def _block_levels(samples: Samples, seconds: float) -> NDArray[np.float64]:
    """Level of each block in dBFS, shape (channels, blocks); a last part shorter than a block is left out."""
    size = max(1, min(int(seconds * RATE), samples.shape[1]))
    blocks = samples.shape[1] // size
    levels = np.empty((samples.shape[0], blocks))
    for channel in range(samples.shape[0]):
        for at in range(0, blocks, 10_000):
            upto = min(blocks, at + 10_000)
            piece = samples[channel, at * size : upto * size].reshape(-1, size).astype(np.float32)
            levels[channel, at:upto] = np.sqrt(np.mean(piece * piece, axis=1))
    return np.asarray(20 * np.log10(np.maximum(levels, 0.5) / 32768.0))
