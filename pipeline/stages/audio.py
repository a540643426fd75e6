"""Sound: any recording becomes 16 kHz samples, or a clear message about what is wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import SourceError

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.resampler import AudioResampler
    from av.audio.stream import AudioStream
    from av.container import InputContainer

RATE = 16_000
"""Samples a second of everything after decoding: what Whisper and the diarizer expect."""

MIN_SECONDS = 10.0
MAX_SECONDS = 4 * 3600.0
MIN_SPEECH_SECONDS = 3.0
"""Less speech than this in a whole recording is music, noise or an empty room."""

CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,ogg,wav,w64,mp3,aac,flac,aiff,caf,au,amr,amrnb,amrwb,asf,avi,flv,mpeg,mpegts,"
    "mpegvideo,mp2,ac3,eac3,wv,ape,tta,opus,voc,gsm,dv,gxf,mxf,nut,rm,ivf,adts,loas,spx"
)
"""Formats that are opened, by FFmpeg's names: never a playlist, which would make FFmpeg open other files."""

SILENCE_LEVEL = 10 ** (-60 / 20)
"""A recording whose loudest 0.1 s stays under -60 dBFS is silent."""

Samples = NDArray[np.int16]


@dataclass(frozen=True)
class Audio:
    """A decoded recording: ``samples`` int16 of shape (channels, n) at 16 kHz, one or two channels.

    int16 because three hours of two channels are 0.7 GB that way and 1.4 GB as float32. ``sha256`` is of the file's
    bytes; ``warnings``
    say in plain words what was left out or repaired.
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
    than half there, shorter than 10 s,
    longer than 4 h, silent, or without speech.
    """
    _check_readable(path)
    blocks, expected = _decoded_blocks(path)
    samples = _joined(blocks)
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
    _check_readable(path)
    with _opened(path) as container:
        stream = container.streams.audio[0]
        expected = _expected(path, container, stream)
        if next(_frames(container, stream), None) is None:
            raise _nothing_decoded(path)
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


def file_sha256(path: Path) -> str:
    """Hex sha256 of the file's bytes, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


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


def _check_readable(path: Path) -> None:
    if not path.exists():
        raise SourceError(f"{path.name}: there is no such file.", f"Check the path: {path}")
    if path.is_dir():
        raise SourceError(f"{path.name}: this is a folder, not a recording.", "Give the recording inside it.")
    if path.stat().st_size == 0:
        raise SourceError(f"{path.name}: the file is empty (0 bytes).", "Export or download the recording again.")
    try:
        path.open("rb").close()
    except OSError as error:
        raise SourceError(
            f"{path.name}: the file cannot be read ({error.strerror}).", "Check its permissions."
        ) from error


def _opened(path: Path) -> InputContainer:
    """The file as FFmpeg sees it, with an audio track; SourceError for anything else."""
    import av

    try:
        options = {"format_whitelist": CONTAINERS}
        container = av.open(str(path), mode="r", metadata_errors="ignore", options=options)
    except (av.error.FFmpegError, ValueError) as error:
        raise SourceError(
            f"{path.name}: this is not a sound or video file, or it is damaged at its start.",
            "Use wav, mp3, m4a, mp4, mov, webm, ogg, opus or flac; if it is one of these, export it again.",
        ) from error
    if not container.streams.audio:
        container.close()
        raise SourceError(f"{path.name}: the file has no audio track.", "Export it again with sound.")
    return container


def _expected(path: Path, container: InputContainer, stream: AudioStream) -> float | None:
    """The seconds that the file declares; SourceError where they are too many."""
    expected = _wav_seconds(path) or _declared_seconds(container, stream)
    if expected is not None and expected > MAX_SECONDS + 60:
        raise _too_long(path, expected)
    return expected


def _decoded_blocks(path: Path) -> tuple[list[Samples], float | None]:
    """Blocks of int16 (channels, n) at 16 kHz, and the length in seconds that the file declares, or None."""
    with _opened(path) as container:
        stream = container.streams.audio[0]
        expected = _expected(path, container, stream)
        stream.thread_type = "AUTO"
        blocks: list[Samples] = []
        length = 0
        pending: list[Samples] = []
        for block in _resampled(_frames(container, stream)):
            pending.append(block)
            length += block.shape[1]
            if len(pending) == 2000:  # half a million blocks of 20 ms would cost as much again in their headers
                blocks.append(np.concatenate(pending, axis=1))
                pending.clear()
            if length > (MAX_SECONDS + 60) * RATE:
                raise _too_long(path, length / RATE)
        if pending:
            blocks.append(np.concatenate(pending, axis=1))
    if not length:
        raise _nothing_decoded(path)
    return blocks, expected


def _declared_seconds(container: InputContainer, stream: AudioStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / 1_000_000 if container.duration and container.duration > 0 else None


def _wav_seconds(path: Path) -> float | None:
    """The length that a WAV header declares, which FFmpeg cuts to the file's size without a word; None for other files."""
    with path.open("rb") as file:
        if file.read(4) != b"RIFF":
            return None
        file.seek(12)
        byte_rate = 0
        while len(head := file.read(8)) == 8:
            size = int.from_bytes(head[4:], "little")
            if head[:4] == b"data":
                return size / byte_rate if byte_rate and 0 < size < 0xFFFFFF00 else None
            if head[:4] == b"fmt ":
                byte_rate = int.from_bytes(file.read(16)[8:12], "little")
                size -= 16
            file.seek(size + size % 2, 1)
    return None


def _frames(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """Decoded frames, past damaged packets, up to the end or to where the file breaks off."""
    import av

    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError):
            return
        try:
            yield from packet.decode()
        except av.error.EOFError:
            return
        except av.error.FFmpegError:
            continue


def _resampled(frames: Iterator[AudioFrame]) -> Iterator[Samples]:
    """Frames as int16 (channels, n) at 16 kHz; a resampler is made anew where the stream changes its format."""
    from av.audio.resampler import AudioResampler

    resampler: AudioResampler | None = None
    current: tuple[object, ...] = ()
    width: int | None = None
    for frame in frames:
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is None or shape != current:
            if resampler is not None:
                yield from (_as_channels(out, width or 1) for out in resampler.resample(None))
            channels = frame.layout.nb_channels
            width = width or (channels if channels <= 2 else 1)
            resampler = AudioResampler(
                format="s16",
                layout="stereo" if channels == 2 else ("mono" if channels == 1 else frame.layout),
                rate=RATE,
            )
            current = shape
        frame.pts = None
        yield from (_as_channels(out, width or 1) for out in resampler.resample(frame))
    if resampler is not None:
        yield from (_as_channels(out, width or 1) for out in resampler.resample(None))


def _as_channels(frame: AudioFrame, width: int) -> Samples:
    """The frame's samples with ``width`` channels: mixed down by the mean, or the first repeated."""
    data: Samples = np.asarray(frame.to_ndarray(), dtype=np.int16).reshape(-1, frame.layout.nb_channels).T
    if data.shape[0] == width:
        return data
    if width == 1:
        mixed: Samples = np.mean(data, axis=0, keepdims=True).astype(np.int16)
        return mixed
    return np.repeat(data[:1], width, axis=0)


def _joined(blocks: list[Samples]) -> Samples:
    """All blocks in one array; empties the list as it copies, so that the peak stays near one copy."""
    length = sum(block.shape[1] for block in blocks)
    samples = np.empty((blocks[0].shape[0], length), dtype=np.int16)
    at = length
    while blocks:
        block = blocks.pop()
        samples[:, at - block.shape[1] : at] = block
        at -= block.shape[1]
    return samples


def _length_warnings(path: Path, seconds: float, expected: float | None) -> tuple[str, ...]:
    if expected is not None and seconds < 0.97 * expected and expected - seconds > 2.0:
        share = seconds / expected
        if share < 0.5:
            raise SourceError(
                f"{path.name}: only {_clock(seconds)} of {_clock(expected)} can be decoded; "
                "the file is cut off or damaged.",
                "Export or download the recording again.",
            )
        if seconds >= MIN_SECONDS:
            return (
                f"The file is cut off or damaged: {_clock(seconds)} of {_clock(expected)} "
                "could be decoded and was used.",
            )
    if seconds < MIN_SECONDS:
        raise SourceError(
            f"{path.name}: the recording is {seconds:.1f} s long; at least {MIN_SECONDS:.0f} s are needed.",
            "Check that this is the interview and that it was saved whole.",
        )
    return ()


def _nothing_decoded(path: Path) -> SourceError:
    return SourceError(
        f"{path.name}: nothing in the audio track can be decoded.", "The file is damaged: export or download it again."
    )


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


def _too_long(path: Path, seconds: float) -> SourceError:
    return SourceError(
        f"{path.name}: the recording is longer than 4 hours ({_clock(seconds)}).", "Cut it to the interview itself."
    )


def _clock(seconds: float) -> str:
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
