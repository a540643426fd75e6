"""Sentence embeddings: one protocol, one engine, and a cache by content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 384
BATCH = 256
"""Texts that are embedded at a time."""

REMEMBERED = 20_000
"""Vectors kept at most (30 MB): some thirty hours of talk. The oldest go first."""

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors; ``name`` says which engine with which weights."""

    name: str

    def encode(self, texts: Sequence[str], lasting: bool = False) -> Vectors:
        """Unit-length float32 vectors, shape (len(texts), dimensions), in the order given.

        ``lasting``: the texts are nobody's words (a rubric's, our own), so that their vectors may outlive the talk.
        """
        ...


class SentenceEmbedder:
    """all-MiniLM-L6-v2 from a local folder; remembers what it has embedded.

    Each distinct text is embedded once. The memory is keyed by the text's sha256, so that it holds
    nothing of what was said but vectors; ``forget`` drops some or all of what was said in talks.
    """

    def __init__(self, folder: Path, name: str, threads: int | None = None) -> None:
        from pipeline.stages.minilm import load_minilm

        self.name = name
        self._model = load_minilm(folder, threads)
        self._known: dict[bytes, Vectors] = {}
        self._lasting: set[bytes] = set()

    def encode(self, texts: Sequence[str], lasting: bool = False) -> Vectors:
        """Unit vectors, shape (len(texts), 384); each distinct text is embedded once. :meth:`forget` leaves ``lasting`` ones alone."""
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        keys = [_key(text) for text in texts]
        new = {text: key for text, key in zip(texts, keys, strict=True) if key not in self._known}
        wanted = list(new)
        for at in range(0, len(wanted), BATCH):
            batch = wanted[at : at + BATCH]
            vectors = np.asarray(self._model.sentences(batch).numpy(), dtype=np.float32)
            self._known.update(zip((new[text] for text in batch), vectors, strict=True))
        if lasting:
            self._lasting.update(keys)
        found = np.stack([self._known[key] for key in keys])
        while len(self._known) > REMEMBERED:
            oldest = next(iter(self._known))
            del self._known[oldest]
            self._lasting.discard(oldest)
        return found

    def forget(self, texts: Iterable[str] | None = None) -> int:
        """Drop the vectors of these texts, or of all that is not lasting; how many were dropped."""
        before = len(self._known)
        if texts is None:
            self._known = {key: vector for key, vector in self._known.items() if key in self._lasting}
        else:
            for key in map(_key, texts):
                self._known.pop(key, None)
                self._lasting.discard(key)
        return before - len(self._known)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
