"""Recognition with faster-whisper: int8, batched, voice activity first, word times mapped back to the recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.transcript import Recognition
from pipeline.stages.transcribe.base import Progress, Waveform
from pipeline.stages.transcribe.clips import Clip, Heard, joined
from pipeline.stages.transcribe.language import require_english_code
from pipeline.stages.transcribe.recognise import first_speech, recognise


class FasterWhisper:
    """faster-whisper (CTranslate2) from a local folder of weights, on the CPU unless ``device`` says otherwise."""

    def __init__(
        self,
        folder: Path,
        label: str,
        *,
        threads: int = 2,
        compute_type: str = "int8",
        batch_size: int = 8,
        beam_size: int = 1,
        device: str = "cpu",
    ) -> None:
        from faster_whisper import BatchedInferencePipeline, WhisperModel
        from faster_whisper.version import __version__ as version

        how = " ".join(
            [compute_type, *([f"beam {beam_size}"] if beam_size > 1 else []), *([device] if device != "cpu" else [])]
        )
        self.name = f"faster-whisper {version} {how}, {label}"
        self._batch_size = batch_size
        self._beam_size = beam_size
        self._model = WhisperModel(str(folder), device=device, compute_type=compute_type, cpu_threads=threads)
        self._pipeline = BatchedInferencePipeline(self._model)

    def transcribe(
        self, samples: Waveform, *, vocabulary: Sequence[str] = (), progress: Progress | None = None
    ) -> Recognition:
        """Segments with words; see :class:`pipeline.stages.transcribe.base.Transcriber`."""
        if self._model.model.is_multilingual:
            code, probability, _ = self._model.detect_language(first_speech(samples), language_detection_segments=2)
            require_english_code(code, probability)
        from threadpoolctl import threadpool_limits

        # The mel spectrum is one matrix product in NumPy, whose last bits depend on the number of threads; now and then
        # a word does too. CTranslate2's own threads are not touched.
        with threadpool_limits(1, user_api="blas"):
            return recognise(samples, partial(self._hear, vocabulary), engine=self.name, progress=progress)

    def _hear(
        self, vocabulary: Sequence[str], window: NDArray[np.float32], clips: Sequence[Clip]
    ) -> Iterator[tuple[int, Heard]]:
        """What is heard in the clips of one window, a batch of clips at a time."""
        audio, bounds = joined(window, clips)
        segments, _ = self._pipeline.transcribe(
            audio,
            language="en",
            beam_size=self._beam_size,
            word_timestamps=True,
            vad_filter=False,
            clip_timestamps=[{"start": start, "end": end} for start, end in bounds],
            batch_size=self._batch_size,
            hotwords=", ".join(vocabulary) or None,
        )
        # A segment tells its clip by `seek`, the clip's start in hundredths of a second; its own start may lie before
        # that.
        by_seek = {int(start * 100): number for number, (start, _) in enumerate(bounds)}
        for segment in segments:
            number = by_seek[segment.seek]
            begin = bounds[number][0]
            words = [
                (word.word, word.start - begin, word.end - begin, word.probability) for word in segment.words or ()
            ]
            doubts = (segment.avg_logprob, segment.no_speech_prob, segment.compression_ratio)
            yield number, Heard.of(words, doubts)
