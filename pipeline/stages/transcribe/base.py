"""What every recogniser promises: samples in, words with times and probabilities out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.transcript import Recognition

Waveform = NDArray[np.float32] | NDArray[np.int16]
"""Mono samples at 16 kHz, shape (n,): float32 in -1..1, or int16."""

Progress = Callable[[float], None]
"""Is called with the share of the recording that is done, 0..1, rising."""


class Transcriber(Protocol):
    """Recognises English speech; ``name`` says which engine with which weights, and goes into the analysis."""

    name: str

    def transcribe(
        self, samples: Waveform, *, vocabulary: Sequence[str] = (), progress: Progress | None = None
    ) -> Recognition:
        """Segments in time order with words; ``vocabulary`` are names and products to prefer.

        Raises :class:`LanguageError` when the talk is not in English.
        """
        ...


def as_float(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Float32 in -1..1; int16 is scaled, float32 is returned as it is."""
    if samples.dtype == np.int16:
        return np.asarray(samples.astype(np.float32) / np.float32(32768.0))
    return np.asarray(samples, dtype=np.float32)
