"""Any recording becomes 16 kHz samples, or a message that names the file, the fault and the remedy."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from films import write_silent_film
from numpy.typing import NDArray

from pipeline.errors import SourceError
from pipeline.stages.audio import RATE, Audio, decode, mono, probe, speakers_on_channels

RECORDING = "csm-short.opus"


@pytest.fixture(scope="module")
def speech(fixtures: Path) -> NDArray[np.int16]:
    """Twenty seconds of two voices, mono, 16 kHz."""
    return decode(fixtures / "recordings" / RECORDING).samples[0, : 20 * RATE]


def write(
    path: Path,
    samples: NDArray[np.int16],
    codec: str,
    rate: int = RATE,
    layout: str | None = None,
    with_video: bool = False,
) -> Path:
    """Encodes samples of shape (n,) or (channels, n), given at 16 kHz, into ``path``."""
    data = np.atleast_2d(samples)
    layout = layout or ("mono" if data.shape[0] == 1 else "stereo")
    resampler = None
    with av.open(str(path), "w") as container:
        video = None
        if with_video:
            video = container.add_stream("mpeg4", rate=5)
            video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        stream = container.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(data.T).reshape(1, -1), format="s16", layout=layout)
        frame.rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        resampler = av.AudioResampler(
            format=stream.format, layout=layout, rate=rate, frame_size=stream.frame_size or 1024
        )
        for number in range(int(data.shape[1] / RATE * 5) if video is not None else 0):
            picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), dtype=np.uint8), format="rgb24")
            picture.pts = number
            container.mux(video.encode(picture))
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
        if video is not None:
            container.mux(video.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("call.wav", "pcm_s16le", 8000),
        ("call.wav", "pcm_s16le", 44100),
        ("call.mp3", "libmp3lame", 22050),
        ("call.m4a", "aac", 48000),
        ("call.mp4", "aac", 44100),
        ("call.webm", "libopus", 48000),
        ("call.ogg", "libopus", 16000),
        ("call.opus", "libopus", 48000),
        ("call.flac", "flac", 96000),
        ("call.mov", "aac", 32000),
    ],
)
def test_decode_reads_every_format_at_any_rate(
    tmp_path: Path, speech: NDArray[np.int16], name: str, codec: str, rate: int
) -> None:
    audio = decode(write(tmp_path / name, speech, codec, rate))

    assert audio.duration_s == pytest.approx(20.0, abs=0.2)
    assert audio.channels == 1
    assert audio.warnings == ()
    assert np.abs(mono(audio)).max() > 0.05


def test_decode_reads_the_sound_of_a_video(tmp_path: Path, speech: NDArray[np.int16]) -> None:
    audio = decode(write(tmp_path / "call.mp4", speech, "aac", 48000, with_video=True))

    assert audio.duration_s == pytest.approx(20.0, abs=0.2)


def test_decode_mixes_eight_channels_to_one_that_is_still_speech(tmp_path: Path, speech: NDArray[np.int16]) -> None:
    channels = np.zeros((8, len(speech)), dtype=np.int16)
    channels[5] = speech

    audio = decode(write(tmp_path / "room.wav", channels, "pcm_s16le", layout="7.1"))

    assert audio.channels == 1
    assert np.corrcoef(mono(audio), speech[: audio.samples.shape[1]].astype(np.float32))[0, 1] > 0.99


def test_decode_keeps_what_each_of_two_channels_holds(tmp_path: Path, speech: NDArray[np.int16]) -> None:
    audio = decode(write(tmp_path / "call.wav", np.stack([speech, speech // 4]), "pcm_s16le"))

    assert audio.channels == 2
    assert np.abs(mono(audio, 0)).max() == pytest.approx(4 * np.abs(mono(audio, 1)).max(), rel=0.05)


def _refused(path: Path) -> SourceError:
    with pytest.raises(SourceError) as caught:
        decode(path)
    assert path.name in caught.value.message
    assert caught.value.remedy
    assert caught.value.exit_code == 3
    return caught.value


def test_decode_says_that_a_file_is_missing(tmp_path: Path) -> None:
    assert "no such file" in _refused(tmp_path / "gone.wav").message


def test_decode_says_that_a_file_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "call.m4a"
    path.touch()
    assert "empty" in _refused(path).message


@pytest.mark.parametrize("content", [b"Hello, I am a letter.\n" * 200, bytes(range(256)) * 400])
def test_decode_says_that_a_file_is_not_media(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "call.mp3"
    path.write_bytes(content)
    message = _refused(path).message
    assert "not a sound or video file" in message or "can be decoded" in message


def test_decode_says_that_a_video_has_no_sound(tmp_path: Path) -> None:
    path = write_silent_film(tmp_path / "screen.mp4")
    assert "no audio track" in _refused(path).message


def test_decode_says_that_a_recording_is_too_short(tmp_path: Path, speech: NDArray[np.int16]) -> None:
    assert "at least 10 s" in _refused(write(tmp_path / "call.wav", speech[: 6 * RATE], "pcm_s16le")).message


@pytest.mark.parametrize("name", ["call.wav", "call.flac"])
def test_decode_uses_the_larger_part_of_a_truncated_file_and_says_so(
    tmp_path: Path, speech: NDArray[np.int16], name: str
) -> None:
    path = write(tmp_path / name, speech, "flac" if name.endswith("flac") else "pcm_s16le")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.75)])

    audio = decode(path)

    assert 13.0 < audio.duration_s < 17.5
    assert "cut off or damaged" in audio.warnings[0]


@pytest.mark.parametrize("name", ["call.wav", "call.flac", "call.m4a"])
def test_decode_refuses_a_file_of_which_most_is_missing(tmp_path: Path, speech: NDArray[np.int16], name: str) -> None:
    codec = {"wav": "pcm_s16le", "flac": "flac", "m4a": "aac"}[name.split(".")[1]]
    path = write(tmp_path / name, speech, codec)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.3)])

    assert "damaged" in _refused(path).message


def test_decode_goes_past_damage_in_the_middle(tmp_path: Path, speech: NDArray[np.int16]) -> None:
    path = write(tmp_path / "call.mp3", speech, "libmp3lame")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = b"\xff" * 400
    path.write_bytes(content)

    assert decode(path).duration_s > 18.0


def test_decode_says_that_a_recording_is_silent(tmp_path: Path) -> None:
    quiet = np.random.default_rng(0).integers(-3, 4, 15 * RATE).astype(np.int16)
    assert "silent" in _refused(write(tmp_path / "call.wav", quiet, "pcm_s16le")).message


def _music(seconds: float) -> NDArray[np.int16]:
    """Chords with harmonics and decay, a new one every half second."""
    time = np.arange(int(seconds * RATE)) / RATE
    sound = np.zeros_like(time)
    for beat in range(int(seconds * 2)):
        since = time - beat / 2
        decay = np.where(since >= 0, np.exp(-3 * np.maximum(since, 0)), 0)
        for semitone in ((0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 3, 7))[beat % 4]:
            pitch = 220 * 2 ** (semitone / 12)
            sound += decay * sum(np.sin(2 * np.pi * pitch * harmonic * time) / harmonic for harmonic in (1, 2, 3))
    return (sound / np.abs(sound).max() * 20000).astype(np.int16)


def _sounds() -> dict[str, NDArray[np.int16]]:
    rng = np.random.default_rng(0)
    count = 20 * RATE
    white = rng.normal(0, 3000, count)
    spectrum = np.fft.rfft(white)
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(len(spectrum)))), count)
    tone = 12000 * np.sin(2 * np.pi * 440 * np.arange(count) / RATE)
    pink = pink / np.abs(pink).max() * 20000
    return {name: sound.astype(np.int16) for name, sound in {"white": white, "pink": pink, "tone": tone}.items()}


@pytest.mark.parametrize("kind", ["white", "pink", "tone", "music"])
def test_decode_says_that_there_is_no_speech(tmp_path: Path, kind: str) -> None:
    sound = _music(20) if kind == "music" else _sounds()[kind]
    assert "no speech" in _refused(write(tmp_path / "call.wav", sound, "pcm_s16le")).message


def test_decode_refuses_more_than_four_hours(tmp_path: Path) -> None:
    path = tmp_path / "day.wav"
    write(path, np.zeros(RATE, dtype=np.int16), "pcm_s16le", rate=8000)
    header = bytearray(path.read_bytes())
    at = header.index(b"data")
    size = 5 * 3600 * 8000 * 2
    header[at + 4 : at + 8] = size.to_bytes(4, "little")
    with path.open("wb") as file:
        file.write(header)
        file.truncate(at + 8 + size)

    assert "longer than 4 hours" in _refused(path).message


def _audio(*channels: NDArray[np.int16]) -> Audio:
    return Audio(name="call.wav", sha256="", samples=np.stack(channels))


def test_speakers_on_channels_knows_a_call_with_one_speaker_a_channel(fixtures: Path) -> None:
    assert speakers_on_channels(decode(fixtures / "recordings" / "csm-stereo.opus"))


def test_speakers_on_channels_copes_with_crosstalk(fixtures: Path) -> None:
    call = decode(fixtures / "recordings" / "csm-stereo.opus")
    left, right = call.samples[0, : 90 * RATE], call.samples[1, : 90 * RATE]

    assert speakers_on_channels(_audio(left + right // 8, right + left // 8))


def test_speakers_on_channels_is_not_fooled_by_a_copied_or_panned_channel(speech: NDArray[np.int16]) -> None:
    assert not speakers_on_channels(_audio(speech, speech))
    assert not speakers_on_channels(_audio(speech, speech // 2))
    assert not speakers_on_channels(_audio(speech, np.zeros_like(speech)))
    assert not speakers_on_channels(_audio(speech))


def test_probe_tells_the_length_and_refuses_what_cannot_be_used(fixtures: Path, tmp_path: Path) -> None:
    assert probe(fixtures / "recordings" / RECORDING) == pytest.approx(31.56, abs=0.1)
    bad = tmp_path / "call.mp4"
    bad.write_bytes(b"\x7fELF" + bytes(5000))
    with pytest.raises(SourceError, match="not a sound or video file"):
        probe(bad)


def test_playlist_cannot_make_the_decoder_open_other_files(fixtures: Path, tmp_path: Path) -> None:
    target = (fixtures / "recordings" / "csm-phone.mp3").resolve()
    for text in (f"#EXTM3U\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n", f"ffconcat version 1.0\nfile {target.name}\n"):
        playlist = tmp_path / "call.mp3"
        playlist.write_text(text)
        with pytest.raises(SourceError, match="not a sound or video file"):
            decode(playlist)
