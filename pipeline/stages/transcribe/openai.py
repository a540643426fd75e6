"""Recognition with openai-whisper, the reference: float32 on the CPU, greedy, one clip at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.transcript import Recognition
from pipeline.stages.transcribe.base import Progress, Waveform
from pipeline.stages.transcribe.clips import Clip, Heard, joined
from pipeline.stages.transcribe.language import require_english_code
from pipeline.stages.transcribe.recognise import first_speech, recognise


class OpenAIWhisper:
    """openai-whisper from a checkpoint file, official or prepared from the packaged weights (the numbers are the same).

    ``model`` is the published name (``tiny.en``), by which the attention heads that tell word times are known.
    """

    def __init__(self, checkpoint: Path, label: str, *, model: str = "tiny.en", threads: int = 2) -> None:
        import torch
        import whisper

        torch.set_num_threads(threads)
        self.name = f"openai-whisper {whisper.__version__}, {label}"
        self._model: Any = whisper.load_model(str(checkpoint), device="cpu")
        self._model.set_alignment_heads(whisper._ALIGNMENT_HEADS[model])

    def transcribe(
        self, samples: Waveform, *, vocabulary: Sequence[str] = (), progress: Progress | None = None
    ) -> Recognition:
        """Segments with words; see :class:`pipeline.stages.transcribe.base.Transcriber`."""
        if self._model.is_multilingual:
            require_english_code(*self._language(first_speech(samples, seconds=30.0)))
        return recognise(samples, partial(self._hear, vocabulary), engine=self.name, progress=progress)

    def _language(self, sound: NDArray[np.float32]) -> tuple[str, float]:
        """The most probable language code and its probability."""
        import whisper

        mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(sound), self._model.dims.n_mels)
        _, probabilities = self._model.detect_language(mel)
        code = max(probabilities, key=lambda key: float(probabilities[key]))
        return code, float(probabilities[code])

    def _hear(
        self, vocabulary: Sequence[str], window: NDArray[np.float32], clips: Sequence[Clip]
    ) -> Iterator[tuple[int, Heard]]:
        for number, clip in enumerate(clips):
            sound, _ = joined(window, [clip])
            for heard in self._heard(sound, vocabulary):
                yield number, heard

    def _heard(self, sound: NDArray[np.float32], vocabulary: Sequence[str]) -> list[Heard]:
        """What is said in one clip, greedy and without sampling, so that the same sound gives the same words."""
        result = self._model.transcribe(
            sound,
            language="en",
            temperature=0.0,
            word_timestamps=True,
            condition_on_previous_text=False,
            initial_prompt=", ".join(vocabulary) or None,
            fp16=False,
            verbose=None,
        )
        return [
            Heard.of(
                [(word["word"], word["start"], word["end"], word["probability"]) for word in segment["words"]],
                (segment["avg_logprob"], segment["no_speech_prob"], segment["compression_ratio"]),
            )
            for segment in result["segments"]
        ]
