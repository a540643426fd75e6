"""Sentence vectors: a rubric's, made once for all talks, and those of what one talk's drafts quote and ask, kept for the next score."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from models.rubric import Competency, Rubric, anchor_levels
from pipeline.stages.echo import rubric_content
from pipeline.stages.embed import Embedder, Vectors
from pipeline.stages.masking import plain_text
from pipeline.stages.network import competency_texts


class RubricRead(NamedTuple):
    """A rubric as the scorer reads it: vectors of its competencies' texts (competencies, 4, 384) and of each one's anchors, lowest
    first; the content of its anchors and definitions; and all vectors by the key of their text.
    """

    rubric: Rubric
    texts: Vectors
    anchors: tuple[Vectors, ...]
    content: tuple[frozenset[str], ...]
    vectors: dict[str, Vectors]


def read_rubric(rubric: Rubric, embedder: Embedder) -> RubricRead:
    """Reads and embeds the rubric's texts."""
    texts = [text for competency in rubric.competencies for text in competency_texts(competency)]
    anchors = [anchor_texts(competency) for competency in rubric.competencies]
    listed = list(dict.fromkeys([*texts, *(text for own in anchors for text in own)]))
    vectors = dict(zip(map(text_key, listed), embedder.encode(listed, lasting=True), strict=True))

    def of(own: Sequence[str]) -> Vectors:
        return np.stack([vectors[text_key(text)] for text in own])

    shape = (len(rubric.competencies), 4, -1)
    return RubricRead(rubric, of(texts).reshape(shape), tuple(map(of, anchors)), rubric_content(rubric), vectors)


def anchor_texts(competency: Competency) -> tuple[str, ...]:
    """The competency's anchors, lowest first, as they are compared with quotes."""
    ordered = sorted(competency.anchors, key=anchor_levels)
    return tuple(plain_text(competency.anchors[key]) or "nothing" for key in ordered)


class TalkVectors:
    """An embedder of one talk's texts beside a rubric's: the talk's vectors are kept by the sha256 of their texts.

    ``kept`` holds what is known of the talk and takes what is new; ``rubric`` has the vectors of the rubric's texts under the same keys:
    they are only looked up.
    """

    def __init__(self, embedder: Embedder, kept: dict[str, Vectors], rubric: Mapping[str, Vectors]) -> None:
        self.name = embedder.name
        self.kept = kept
        self.rubric = rubric
        self._embedder = embedder

    def encode(self, texts: Sequence[str], lasting: bool = False) -> Vectors:
        """Unit vectors in the order given, as the embedder makes them; each text of the talk is embedded once."""
        if not texts:
            return self._embedder.encode(texts, lasting)
        keys = [text_key(text) for text in texts]
        new = {k: t for k, t in zip(keys, texts, strict=True) if k not in self.kept and k not in self.rubric}
        if new:
            self.kept.update(zip(new, self._embedder.encode(list(new.values()), lasting), strict=True))
        return np.stack([self.kept[key] if key in self.kept else self.rubric[key] for key in keys])


def text_key(text: str) -> str:
    """The name of a text that says nothing of it: its sha256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
