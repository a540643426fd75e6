"""Sentence vectors: the published model's numbers, each text embedded once, and nothing kept that must be forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline import weights
from pipeline.settings import Settings
from pipeline.stages import embed
from pipeline.stages.embed import SentenceEmbedder

if TYPE_CHECKING:
    from pipeline.wiring import Engines

TEXTS = ["Tell me about a renewal.", "", "Naïve — don’t 42%", "word " * 400, "I rang the owner and we made a plan."]


@pytest.fixture(scope="module")
def folder() -> Path:
    return weights.find("minilm", Settings().cache).folder


@pytest.fixture
def own(folder: Path) -> SentenceEmbedder:
    return SentenceEmbedder(folder, "test")


def test_vectors_equal_those_of_sentence_transformers(own: SentenceEmbedder, folder: Path) -> None:
    published = pytest.importorskip("sentence_transformers").SentenceTransformer(str(folder), device="cpu")
    expected = published.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    assert np.abs(own.encode(TEXTS) - expected).max() < 1e-5


def test_each_text_is_embedded_once(own: SentenceEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    first = own.encode(["one", "two", "one"])
    monkeypatch.setattr(own, "_model", None)  # nothing may be read again
    assert np.array_equal(own.encode(["two", "one"]), first[[1, 0]])


def test_forgetting_some_texts_leaves_the_others(own: SentenceEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    own.encode(["one", "two"])
    assert own.forget(["two", "never seen"]) == 1
    monkeypatch.setattr(own, "_model", None)
    assert own.encode(["one"]).shape == (1, 384)
    with pytest.raises(AttributeError):
        own.encode(["two"])
    assert own.forget() == 1


def test_memory_keeps_no_words_and_stays_bounded(own: SentenceEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "REMEMBERED", 3)
    assert own.encode([f"text {n}" for n in range(5)]).shape == (5, 384)
    assert len(own._known) == 3
    assert all(isinstance(key, bytes) and len(key) == 32 for key in own._known)


def test_no_text_gives_no_rows(engines: Engines) -> None:
    assert engines.embedder.encode([]).shape == (0, 384)


def test_a_rubrics_vectors_outlive_the_talk(own: SentenceEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    own.encode(["What did you track?"], lasting=True)
    own.encode(["I never told anybody."])
    assert own.forget() == 1
    monkeypatch.setattr(own, "_model", None)
    assert own.encode(["What did you track?"]).shape == (1, 384)
    with pytest.raises(AttributeError):
        own.encode(["I never told anybody."])
