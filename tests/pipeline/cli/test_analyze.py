"""``debrief analyze`` with real input: every kind of recording, every engine, and one plain line for what cannot be used."""

from __future__ import annotations

import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.cli.main import main
from pipeline.stages.audio import RATE, decode
from tests.pipeline.cli.shell import Shell
from tests.pipeline.stages.test_audio import write

RUBRIC = ("--rubric", "csm-2-5y", "-q")


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command in an empty folder."""
    return Shell(tmp_path, capsys, monkeypatch)


@pytest.fixture
def short(fixtures: Path) -> Path:
    """Half a minute of two voices."""
    return fixtures / "recordings" / "csm-short.opus"


def one_line(said: str) -> str:
    """The message, which is one line with its remedy."""
    assert len(said.splitlines()) == 1, said
    return said


def noise(path: Path, seconds: float, level: float) -> Path:
    """White noise as a wav."""
    sound = (np.random.default_rng(1).standard_normal(int(seconds * RATE)) * level).astype(np.int16)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(sound.tobytes())
    return path


def analysed(shell: Shell, *words: str) -> dict[str, Any]:
    """What the command writes to standard output."""
    result: dict[str, Any] = json.loads(shell("analyze", *words, "--json", "-", *RUBRIC))
    return result


@pytest.mark.parametrize(
    ("name", "seconds", "level", "says"),
    [
        ("eight.wav", 8, 2000, "8.0 s long; at least 10 s"),
        ("silent.wav", 20, 0, "silent"),
        ("noise.wav", 20, 4000, "no speech"),
    ],
)
def test_recording_without_an_interview_is_refused_in_one_line(
    shell: Shell, tmp_path: Path, name: str, seconds: float, level: float, says: str
) -> None:
    noise(tmp_path / name, seconds, level)
    assert says in one_line(shell("analyze", name, *RUBRIC, code=3))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not sound", b"\x00" * 5000])
def test_file_that_is_no_recording_is_refused_in_one_line(shell: Shell, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "call.m4a").write_bytes(content)
    assert "call.m4a" in one_line(shell("analyze", "call.m4a", *RUBRIC, code=3))


def test_recording_of_which_most_is_missing_is_refused_in_one_line(shell: Shell, tmp_path: Path, short: Path) -> None:
    whole = write(tmp_path / "whole.wav", decode(short).samples, "pcm_s16le").read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) // 3])
    assert "can be decoded" in one_line(shell("analyze", "cut.wav", *RUBRIC, code=3))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--model", "huge"), "huge"),
        (("--transcriber", "ears"), "ears"),
        (("--vocabulary", "@missing.txt"), "missing.txt"),
        (("--json", "nowhere/out.json"), "folder"),
    ],
)
def test_wrong_option_is_refused_before_anything_is_heard(
    shell: Shell, short: Path, words: tuple[str, ...], says: str
) -> None:
    assert says in one_line(shell("analyze", str(short), *RUBRIC, *words, code=2))


def test_weights_that_are_not_there_are_named_with_the_command_that_brings_them(
    shell: Shell, short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEBRIEF_CACHE", str(tmp_path / "cache"))
    said = one_line(shell("analyze", str(short), "--model", "base", *RUBRIC, code=6))
    assert "whisper-base" in said
    assert "debrief models prepare whisper-base" in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("call.wav", "pcm_s16le", 44100),
        ("call.mp3", "libmp3lame", 22050),
        ("call.m4a", "aac", 48000),
        ("call.webm", "libopus", 48000),
        ("call.ogg", "libopus", 48000),
        ("call.flac", "flac", 48000),
        ("call.mov", "aac", 32000),
    ],
)
def test_every_kind_of_recording_gives_the_same_talk(
    shell: Shell, tmp_path: Path, short: Path, name: str, codec: str, rate: int
) -> None:
    write(tmp_path / name, decode(short).samples, codec, rate, with_video=name == "call.mov")
    found = analysed(shell, name)
    assert {turn["role"] for turn in found["turns"]} == {"interviewer", "candidate"}
    assert found["source"]["name"] == name
    assert "portfolio" in " ".join(turn["text"] for turn in found["turns"]).lower()


@pytest.mark.slow
def test_truncated_recording_is_used_as_far_as_it_goes_and_says_so(shell: Shell, tmp_path: Path, short: Path) -> None:
    whole = write(tmp_path / "whole.wav", decode(short).samples, "pcm_s16le").read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) * 3 // 4])
    assert any("cut off" in warning for warning in analysed(shell, "cut.wav")["warnings"])


@pytest.mark.slow
def test_openai_whisper_hears_the_same_talk_and_is_named(shell: Shell, short: Path) -> None:
    found = analysed(shell, str(short), "--transcriber", "openai-whisper", "--vocabulary", "Salesforce,Gainsight")
    assert found["engines"]["transcriber"].startswith("openai-whisper")
    assert {turn["role"] for turn in found["turns"]} == {"interviewer", "candidate"}


@pytest.mark.slow
def test_two_channel_call_is_told_apart_by_its_channels(shell: Shell, fixtures: Path) -> None:
    found = analysed(shell, str(fixtures / "recordings" / "csm-stereo.opus"))
    assert found["engines"]["diarizer"] == "one speaker per channel"
    assert {turn["role"] for turn in found["turns"]} == {"interviewer", "candidate"}


@pytest.mark.slow
def test_person_who_names_the_candidate_is_followed(shell: Shell, short: Path) -> None:
    found = analysed(shell, str(short), "--candidate", "S1")
    assert {turn["role"] for turn in found["turns"] if turn["speaker"] == "S1"} == {"candidate"}
    assert "S7" in one_line(shell("analyze", str(short), *RUBRIC, "--candidate", "S7", code=2))


@pytest.mark.slow
def test_talk_in_german_is_refused_in_one_line(shell: Shell, fixtures: Path) -> None:
    said = one_line(shell("analyze", str(fixtures / "audio" / "german.opus"), *RUBRIC, code=5))
    assert "german.opus" in said
    assert "English" in said


def test_help_names_every_option(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit):
        main(["analyze", "--help"])
    said = capsys.readouterr().out
    assert all(
        f"--{name}" in said for name in ("rubric", "json", "html", "candidate", "vocabulary", "transcriber", "model")
    )
