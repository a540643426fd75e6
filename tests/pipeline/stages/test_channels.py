"""Calls with a speaker on each channel."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from models.transcript import Recognition, Segment, Word
from pipeline.stages import audio, channels

RATE = 16_000


def test_stereo_call_is_told_apart_by_its_channels(fixtures: Path) -> None:
    """The left channel is the interviewer's, the right the candidate's: spans and key agree nearly everywhere."""
    sound = audio.decode(fixtures / "recordings" / "csm-stereo.opus")
    assert audio.speakers_on_channels(sound)
    spans = channels.channel_spans(channels.separated(sound.samples))
    key = json.loads((fixtures / "recordings" / "csm-stereo.json").read_text())
    grid = np.arange(0, sound.duration_s, 0.05)
    for number, role in enumerate(("interviewer", "candidate"), 1):
        ours, theirs = np.zeros(len(grid), bool), np.zeros(len(grid), bool)
        for span in spans:
            if span.speaker == f"S{number}":
                ours |= (grid >= span.start) & (grid < span.end)
        for turn in key["turns"]:
            if key["roles"][turn["speaker"]] == role:
                theirs |= (grid >= turn["start"]) & (grid < turn["end"])
        assert (ours & ~theirs).mean() < 0.02
        assert (theirs & ~ours).mean() < 0.08  # pauses inside a turn are no speech


def test_leak_of_the_other_speaker_is_muted() -> None:
    """One voice speaks on the left and leaks 25 dB weaker to the right: the right channel is silent, the left untouched."""
    rng = np.random.default_rng(7)
    voice = rng.normal(0, 3000, 2 * RATE)
    answer = rng.normal(0, 3000, RATE)
    left = np.concatenate([voice, np.zeros(RATE)])
    right = np.concatenate([voice * 10 ** (-25 / 20), answer])
    first, second = channels.separated(np.stack([left, right]).astype(np.int16))
    assert np.abs(second[: int(1.7 * RATE)]).max() == 0
    assert np.array_equal(first[: int(1.7 * RATE)], left.astype(np.int16)[: int(1.7 * RATE)])
    assert np.abs(second[int(2.3 * RATE) :]).max() > 0


def test_both_keep_their_words_when_they_talk_at_once() -> None:
    one = _heard(("We", 0.0, 0.4), ("paid.", 0.4, 1.0), ("Then", 1.2, 1.6), ("left.", 1.6, 2.0))
    two = _heard(("Mm-hm.", 0.7, 1.1))
    assert [(turn.speaker, turn.text) for turn in channels.merged([one, two])] == [
        ("S1", "We paid."),
        ("S2", "Mm-hm."),
        ("S1", "Then left."),
    ]


def _heard(*words: tuple[str, float, float]) -> Recognition:
    spoken = tuple(Word(*word) for word in words)
    segment = Segment(start=spoken[0].start, end=spoken[-1].end, text="", words=spoken)
    return Recognition(segments=(segment,), language="en", engine="test")
