"""Recognition with faster-whisper: int8, batched, voice activity first, word times mapped back to the recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.transcript import Recognition, Segment
from pipeline.stages.audio import RATE, speech_spans
from pipeline.stages.transcribe.base import Progress, Waveform, as_float
from pipeline.stages.transcribe.clips import Heard, joined, packed, segments_of, shifted, windows
from pipeline.stages.transcribe.hallucinations import without_hallucinations


class FasterWhisper:
    """faster-whisper (CTranslate2) on the CPU, from a local folder of weights."""

    def __init__(
        self,
        folder: Path,
        label: str,
        *,
        threads: int = 2,
        compute_type: str = "int8",
        batch_size: int = 8,
        beam_size: int = 1,
    ) -> None:
        from faster_whisper import BatchedInferencePipeline, WhisperModel
        from faster_whisper.version import __version__ as version

        self.name = f"faster-whisper {version} {compute_type}, {label}"
        self._batch_size = batch_size
        self._beam_size = beam_size
        self._model = WhisperModel(str(folder), device="cpu", compute_type=compute_type, cpu_threads=threads)
        self._pipeline = BatchedInferencePipeline(self._model)

    def transcribe(
        self, samples: Waveform, *, vocabulary: Sequence[str] = (), progress: Progress | None = None
    ) -> Recognition:
        """Segments with words; see :class:`pipeline.stages.transcribe.base.Transcriber`."""
        segments: list[Segment] = []
        total = max(1, samples.shape[0])
        for start, end in windows(samples):
            window = as_float(samples[start:end])
            offset = start / RATE
            for done, segment in self._window(window, vocabulary):
                segments.append(shifted(segment, offset))
                if progress:
                    progress((start + done * (end - start)) / total)
            if progress:
                progress(end / total)
        kept, removed = without_hallucinations(segments)
        return Recognition(segments=kept, language="en", engine=self.name, removed=removed)

    def _window(self, window: NDArray[np.float32], vocabulary: Sequence[str]) -> Iterator[tuple[float, Segment]]:
        """Segments of one window with the share of the window that is done."""
        clips = packed(speech_spans(window))
        if not clips:
            return
        audio, bounds = joined(window, clips)
        found, _ = self._pipeline.transcribe(
            audio,
            language="en",
            beam_size=self._beam_size,
            word_timestamps=True,
            vad_filter=False,
            clip_timestamps=[{"start": start, "end": end} for start, end in bounds],
            batch_size=self._batch_size,
            hotwords=", ".join(vocabulary) or None,
        )
        # A segment tells its clip by `seek`, the clip's start in hundredths of a second; its own start may lie before that.
        by_seek = {int(start * 100): index for index, (start, _) in enumerate(bounds)}
        for segment in found:
            index = by_seek[segment.seek]
            begin = bounds[index][0]
            heard = Heard.of(
                [(word.word, word.start - begin, word.end - begin, word.probability) for word in segment.words or ()],
                (segment.avg_logprob, segment.no_speech_prob, segment.compression_ratio),
            )
            for piece in segments_of(heard, clips[index]):
                yield (index + 1) / len(clips), piece
