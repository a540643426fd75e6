"""Decoded sound becomes a transcript with speakers: words from the recogniser, voices from the diarizer or from the channels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from models.transcript import Recognition, Transcript
from pipeline.stages.audio import Audio, speakers_on_channels
from pipeline.stages.channels import channel_spans, merged, separated
from pipeline.stages.diarize import Diarizer, overlap_share
from pipeline.stages.speaker_words import assign_speakers
from pipeline.stages.transcribe.base import Transcriber, Waveform

Progress = Callable[[str, float], None]
"""Called with the name of the running stage and the share of it that is done (0..1)."""

CHANNELS = "one speaker per channel"


def recognised(
    sound: Audio, transcriber: Transcriber, vocabulary: Sequence[str], progress: Progress
) -> tuple[Recognition, ...]:
    """The words that were heard: of the whole talk, or of each channel alone where each carries a speaker of its own."""
    if not speakers_on_channels(sound):
        return (
            transcriber.transcribe(
                mixed(sound), vocabulary=vocabulary, progress=lambda share: progress("transcribe", share)
            ),
        )
    channels = separated(sound.samples)
    return tuple(
        transcriber.transcribe(
            channel,
            vocabulary=vocabulary,
            progress=lambda share, done=number: progress("transcribe", (done + share) / len(channels)),  # type: ignore[misc]
        )
        for number, channel in enumerate(channels)
    )


def told_apart(
    sound: Audio, heard: Sequence[Recognition], diarizer: Callable[[], Diarizer], progress: Progress
) -> tuple[Transcript, str]:
    """The words with their speakers, and what told the voices apart; ``heard`` is what :func:`recognised` returned."""
    if len(heard) > 1:
        turns, spans, name = merged(heard), channel_spans(separated(sound.samples)), CHANNELS
    else:
        voices = diarizer()
        spans = voices.diarize(mixed(sound), progress=lambda share: progress("diarize", share))
        turns, name = assign_speakers(heard[0], spans), voices.name
    transcript = Transcript(
        turns=turns,
        warnings=sound.warnings,
        removed=tuple(span for recognition in heard for span in recognition.removed),
        overlap_share=overlap_share(spans),
    )
    return transcript, name


def mixed(sound: Audio) -> Waveform:
    """The mean of the channels as int16: half the memory of float32 over hours."""
    if sound.channels == 1:
        return np.asarray(sound.samples[0], dtype=np.int16)
    return np.asarray((sound.samples[0].astype(np.int32) + sound.samples[1]) // 2, dtype=np.int16)
