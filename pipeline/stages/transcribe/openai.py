"""Recognition with openai-whisper, the reference: float32 on the CPU, greedy, one clip at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.transcript import Recognition, Segment
from pipeline.stages.audio import RATE, speech_spans
from pipeline.stages.transcribe.base import Progress, Waveform, as_float
from pipeline.stages.transcribe.clips import Heard, joined, packed, segments_of, shifted, windows
from pipeline.stages.transcribe.hallucinations import without_hallucinations


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
        segments: list[Segment] = []
        total = max(1, samples.shape[0])
        for start, end in windows(samples):
            window = as_float(samples[start:end])
            clips = packed(speech_spans(window))
            for done, clip in enumerate(clips, start=1):
                sound, _ = joined(window, [clip])
                for heard in self._heard(sound, vocabulary):
                    segments.extend(shifted(segment, start / RATE) for segment in segments_of(heard, clip))
                if progress:
                    progress((start + done / len(clips) * (end - start)) / total)
        kept, removed = without_hallucinations(segments)
        return Recognition(segments=kept, language="en", engine=self.name, removed=removed)

    def _heard(self, sound: Any, vocabulary: Sequence[str]) -> list[Heard]:
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
