"""Decoded sound becomes a transcript with speakers: words from the recogniser, voices from the diarizer or from the channels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from models.transcript import Transcript
from pipeline.stages.audio import Audio, speakers_on_channels
from pipeline.stages.channels import channel_spans, merged, separated
from pipeline.stages.diarize import Diarizer, overlap_share
from pipeline.stages.speaker_words import assign_speakers
from pipeline.stages.transcribe.base import Transcriber, Waveform

Progress = Callable[[str, float], None]
"""Called with the name of the running stage and the share of it that is done (0..1)."""

CHANNELS = "one speaker per channel"


def listen(
    sound: Audio,
    transcriber: Transcriber,
    diarizer: Callable[[], Diarizer],
    vocabulary: Sequence[str],
    progress: Progress,
) -> tuple[Transcript, str]:
    """Who said what and when, and what told the voices apart: the diarizer's name, or the channels of the call."""
    if speakers_on_channels(sound):
        return by_channel(sound, transcriber, vocabulary, progress), CHANNELS
    samples = mixed(sound)
    heard = transcriber.transcribe(samples, vocabulary=vocabulary, progress=lambda share: progress("transcribe", share))
    voices = diarizer()
    spans = voices.diarize(samples, progress=lambda share: progress("diarize", share))
    transcript = Transcript(
        turns=assign_speakers(heard, spans),
        warnings=sound.warnings,
        removed=heard.removed,
        overlap_share=overlap_share(spans),
    )
    return transcript, voices.name


def mixed(sound: Audio) -> Waveform:
    """The mean of the channels as int16: half the memory of float32 over hours."""
    if sound.channels == 1:
        return np.asarray(sound.samples[0], dtype=np.int16)
    return np.asarray((sound.samples[0].astype(np.int32) + sound.samples[1]) // 2, dtype=np.int16)


def by_channel(sound: Audio, transcriber: Transcriber, vocabulary: Sequence[str], progress: Progress) -> Transcript:
    """Each channel transcribed alone, and the utterances of both in order of time."""
    channels = separated(sound.samples)
    recognitions = [
        transcriber.transcribe(
            channel,
            vocabulary=vocabulary,
            progress=lambda share, done=number: progress("transcribe", (done + share) / len(channels)),  # type: ignore[misc]
        )
        for number, channel in enumerate(channels)
    ]
    return Transcript(
        turns=merged(recognitions),
        warnings=sound.warnings,
        removed=tuple(span for recognition in recognitions for span in recognition.removed),
        overlap_share=overlap_share(channel_spans(channels)),
    )
