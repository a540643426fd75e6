"""The encoder read without transformers gives what transformers gives."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline import weights
from pipeline.settings import Settings
from pipeline.stages.minilm import load_minilm
from pipeline.stages.network import Encoder

ROWS = [["the", "customer's", "onboarding"], ["naïve", "42%", *["supercalifragilistic"] * 90], ["and"]]
ASKED = [[True, False, False], [False] * 92, [True]]


def test_word_vectors_equal_those_of_transformers() -> None:
    pytest.importorskip("transformers")
    folder = str(weights.find("minilm", Settings().cache).folder)
    own, published = Encoder(folder), Encoder(folder)
    assert published.model is not None  # from now on transformers reads
    for ours, theirs in zip(own.words(ROWS, ASKED), published.words(ROWS, ASKED), strict=True):
        assert np.abs(ours - theirs).max() < 1e-5


def test_replaced_layers_leave_the_shared_model_as_it_is() -> None:
    folder = weights.find("minilm", Settings().cache).folder
    shared = load_minilm(folder)
    name = "encoder.layer.5.output.dense.bias"
    changed = shared.with_tensors({name: shared.tensors[name] + 1})
    assert load_minilm(folder) is shared
    assert not changed.tensors[name].equal(shared.tensors[name])
    with pytest.raises(ValueError, match="pooler of nothing"):
        shared.with_tensors({"pooler of nothing": shared.tensors[name]})
