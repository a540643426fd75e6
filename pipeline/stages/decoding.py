"""Any sound or video file becomes blocks of 16 kHz samples, through PyAV's bundled FFmpeg."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import SourceError

if TYPE_CHECKING:
    from av.audio.fifo import AudioFifo
    from av.audio.frame import AudioFrame
    from av.audio.resampler import AudioResampler
    from av.audio.stream import AudioStream
    from av.container import InputContainer

RATE = 16_000
"""Samples a second of everything after decoding: what Whisper and the diarizer expect."""

MAX_SECONDS = 4 * 3600.0
CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,ogg,wav,w64,mp3,aac,flac,aiff,caf,au,amr,amrnb,amrwb,asf,avi,flv,mpeg,mpegts,"
    "mpegvideo,mp2,ac3,eac3,wv,ape,tta,opus,voc,gsm,dv,gxf,mxf,nut,rm,ivf,adts,loas,spx"
)
"""Formats that are opened, by FFmpeg's names: never a playlist, which would make FFmpeg open other files."""

Samples = NDArray[np.int16]


def check_readable(path: Path) -> None:
    """SourceError where there is no file with something in it that may be read."""
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


def opened(path: Path) -> InputContainer:
    """The file as FFmpeg sees it, with an audio track; SourceError for anything else."""
    import av

    try:
        options = {"format_whitelist": CONTAINERS}
        container: InputContainer = av.open(str(path), mode="r", metadata_errors="ignore", options=options)
    except (av.error.FFmpegError, ValueError) as error:
        raise SourceError(
            f"{path.name}: this is not a sound or video file, or it is damaged at its start.",
            "Use wav, mp3, m4a, mp4, mov, webm, ogg, opus or flac; if it is one of these, export it again.",
        ) from error
    if not container.streams.audio:
        container.close()
        raise SourceError(f"{path.name}: the file has no audio track.", "Export it again with sound.")
    return container


def expected_seconds(path: Path, container: InputContainer, stream: AudioStream) -> float | None:
    """The seconds that the file declares; SourceError where they are too many."""
    expected = _wav_seconds(path) or _declared_seconds(container, stream)
    if expected is not None and expected > MAX_SECONDS + 60:
        raise _too_long(path, expected)
    return expected


def decoded_blocks(path: Path) -> tuple[list[Samples], float | None]:
    """Blocks of int16 (channels, n) at 16 kHz, and the length in seconds that the file declares, or None."""
    with opened(path) as container:
        stream = container.streams.audio[0]
        expected = expected_seconds(path, container, stream)
        stream.codec_context.thread_type = "AUTO"
        blocks: list[Samples] = []
        length = 0
        pending: list[Samples] = []
        for block in _resampled(frames(container, stream)):
            pending.append(block)
            length += block.shape[1]
            if len(pending) == 60:
                blocks.append(np.concatenate(pending, axis=1))
                pending.clear()
            if length > (MAX_SECONDS + 60) * RATE:
                raise _too_long(path, length / RATE)
        if pending:
            blocks.append(np.concatenate(pending, axis=1))
    if not length:
        raise nothing_decoded(path)
    return blocks, expected


def joined(blocks: list[Samples]) -> Samples:
    """All blocks in one array; empties the list as it copies, so that the peak stays near one copy."""
    length = sum(block.shape[1] for block in blocks)
    samples = np.empty((blocks[0].shape[0], length), dtype=np.int16)
    at = length
    while blocks:
        block = blocks.pop()
        samples[:, at - block.shape[1] : at] = block
        at -= block.shape[1]
    return samples


def frames(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
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
    for frame in _gathered(frames):
        shape = _shape(frame)
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


def _gathered(frames: Iterator[AudioFrame]) -> Iterator[AudioFrame]:
    """The same sound in frames of a second or more: what is done for each frame costs more than the decoding of its 20 ms."""
    from av.audio.fifo import AudioFifo

    fifo, current = AudioFifo(), None
    for frame in frames:
        shape = _shape(frame)
        if current is not None and shape != current:
            yield from _rest(fifo)
            fifo = AudioFifo()
        current = shape
        frame.pts = None
        fifo.write(frame)
        if fifo.samples >= frame.sample_rate:
            yield from _rest(fifo)
    if current is not None:
        yield from _rest(fifo)


def _rest(fifo: AudioFifo) -> Iterator[AudioFrame]:
    frame = fifo.read()
    if frame is not None:
        yield frame


def _shape(frame: AudioFrame) -> tuple[object, ...]:
    return frame.format.name, frame.layout.name, frame.sample_rate


def _as_channels(frame: AudioFrame, width: int) -> Samples:
    """The frame's samples with ``width`` channels: mixed down by the mean, or the first repeated."""
    data: Samples = np.asarray(frame.to_ndarray(), dtype=np.int16).reshape(-1, frame.layout.nb_channels).T
    if data.shape[0] == width:
        return data
    if width == 1:
        mixed: Samples = np.mean(data, axis=0, keepdims=True).astype(np.int16)
        return mixed
    return np.repeat(data[:1], width, axis=0)


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


def nothing_decoded(path: Path) -> SourceError:
    """The error for an audio track that gives no sound."""
    return SourceError(
        f"{path.name}: nothing in the audio track can be decoded.", "The file is damaged: export or download it again."
    )


def _too_long(path: Path, seconds: float) -> SourceError:
    return SourceError(
        f"{path.name}: the recording is longer than 4 hours ({clock(seconds)}).", "Cut it to the interview itself."
    )


def clock(seconds: float) -> str:
    """Seconds as people write them: 3:20, 1:05:00."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
