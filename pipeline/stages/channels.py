"""Calls with one speaker on each channel: who speaks is told by the channel, so each channel is transcribed alone.

Each channel alone is better than the mix with speakers by channel: words that overlap are both recognised, and no word can land on the
wrong speaker. It costs about the same, since the recogniser skips the silence that is the other's turn. What leaks from one channel
into the other (an echo of the headset) would be transcribed twice; it is muted here first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.speaker import SpeakerSpan
from models.transcript import Recognition, Turn, Word
from pipeline.stages.audio import RATE, speech_spans
from pipeline.stages.speaker_words import SENTENCE_ENDS, turns_of
from pipeline.stages.transcribe.base import Waveform, as_float

BLOCK_S = 0.02
LEAK_DB = 12.0
"""A channel this much below the other, for its own loudness, only hears the other."""

UTTERANCE_PAUSE_S = 0.6
"""A silence at which the other speaker's words may come in between."""

AROUND = 7
"""Blocks on each side over which the level is averaged: words are not chopped at every consonant."""


def separated(samples: NDArray[np.int16]) -> tuple[Waveform, Waveform]:
    """Both channels of (2, n) samples at 16 kHz with the leak of the other speaker muted; same length as before."""
    levels = np.stack([_levels(channel) for channel in samples])
    # speakers are not equally loud: compare each with its own loud passages
    levels -= np.percentile(levels, 95, axis=1, keepdims=True)
    kept = []
    for own, other, channel in ((levels[0], levels[1], samples[0]), (levels[1], levels[0], samples[1])):
        mute = np.repeat(own < other - LEAK_DB, int(BLOCK_S * RATE))
        quiet = np.array(channel)
        size = min(len(mute), len(quiet))
        quiet[:size][mute[:size]] = 0
        kept.append(quiet)
    return kept[0], kept[1]


def _levels(channel: NDArray[np.int16]) -> NDArray[np.float64]:
    """Decibels of blocks of 20 ms, smoothed."""
    size = int(BLOCK_S * RATE)
    blocks = channel[: len(channel) // size * size].reshape(-1, size)
    power = np.einsum("ij,ij->i", blocks, blocks, dtype=np.float64) / size
    smooth = np.convolve(power, np.ones(2 * AROUND + 1) / (2 * AROUND + 1), mode="same")
    return np.asarray(10 * np.log10(smooth + 1.0))


def channel_spans(channels: Sequence[Waveform]) -> tuple[SpeakerSpan, ...]:
    """Who speaks when by the voice activity of each separated channel; S1 is the first channel, S2 the second."""
    spans = [
        SpeakerSpan(speaker=f"S{number}", start=round(start, 3), end=round(end, 3))
        for number, channel in enumerate(channels, 1)
        for start, end in speech_spans(as_float(channel), pad_s=0.05)
    ]
    return tuple(sorted(spans, key=lambda span: (span.start, span.end)))


def merged(recognitions: Sequence[Recognition]) -> tuple[Turn, ...]:
    """The channels' words as the turns of one talk, numbered from 0; S1 is the first channel, S2 the second.

    Each channel is cut into utterances at sentence ends and pauses, and the utterances are put in order of start: what is said at the
    same time stays readable, and a backchannel comes after the sentence that it answers.
    """
    utterances = [
        (utterance[0].start, number, utterance)
        for number, recognition in enumerate(recognitions, 1)
        for utterance in _utterances([word for segment in recognition.segments for word in segment.words])
    ]
    utterances.sort(key=lambda item: item[:2])
    return turns_of([(f"S{number}", word) for _, number, utterance in utterances for word in utterance])


def _utterances(words: Sequence[Word]) -> list[list[Word]]:
    """Words cut after sentence ends and at pauses."""
    found: list[list[Word]] = []
    for word in words:
        if (
            not found
            or found[-1][-1].text.endswith(SENTENCE_ENDS)
            or word.start - found[-1][-1].end >= UTTERANCE_PAUSE_S
        ):
            found.append([])
        found[-1].append(word)
    return found
