"""Sentence embeddings: one protocol, one engine, and a cache by content."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 384
Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors; ``name`` says which engine with which weights."""

    name: str

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit-length float32 vectors, shape (len(texts), dimensions), in the order given."""
        ...


class SentenceEmbedder:
    """all-MiniLM-L6-v2 through sentence-transformers, from a local folder; remembers what it has embedded.

    Texts are embedded sorted by length in small batches. The memory cache is keyed by the text; ``forget`` empties it.
    """

    def __init__(self, folder: Path, name: str, threads: int | None = None) -> None:
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()
        if threads:
            torch.set_num_threads(threads)
        self.name = name
        self._model = SentenceTransformer(str(folder), device="cpu")
        self._known: dict[str, NDArray[np.float32]] = {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (len(texts), 384); each distinct text is embedded once."""
        new = sorted({text for text in texts if text not in self._known}, key=lambda text: (len(text), text))
        if new:
            vectors = self._model.encode(new, batch_size=32, normalize_embeddings=True, show_progress_bar=False)
            self._known.update(zip(new, np.asarray(vectors, dtype=np.float32), strict=True))
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        return np.stack([self._known[text] for text in texts])

    def forget(self) -> None:
        """Drop everything that was remembered."""
        self._known.clear()
