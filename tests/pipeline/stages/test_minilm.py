"""The encoder read without transformers gives what transformers gives."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline import weights
from pipeline.settings import Settings
from pipeline.stages.minilm import load_minilm
from pipeline.stages.network import LAYERS, Encoder

ROWS = [["the", "customer's", "onboarding"], ["naïve", "42%", *["supercalifragilistic"] * 90], ["and"]]
ASKED = [[True, False, False], [False] * 92, [True]]


def test_vectors_after_each_layer_equal_those_of_transformers() -> None:
    transformers = pytest.importorskip("transformers")
    folder = weights.find("minilm", Settings().cache).folder
    batch = Encoder(str(folder)).tokens(ROWS, ASKED)
    published = transformers.AutoModel.from_pretrained(folder, local_files_only=True, add_pooling_layer=False).eval()
    theirs = published(
        input_ids=batch["ids"],
        attention_mask=batch["attention"],
        token_type_ids=batch["type"],
        output_hidden_states=True,
    )
    there = batch["attention"] > 0
    minilm = load_minilm(folder)
    last = minilm.pieces(batch["ids"], batch["attention"], batch["type"])
    assert (last - theirs.last_hidden_state)[there].abs().max() < 1e-5
    some = minilm.pieces(batch["ids"], batch["attention"], batch["type"], LAYERS)
    for k, layer in enumerate(LAYERS):
        ours = some[..., k * 384 : (k + 1) * 384]
        assert (ours - theirs.hidden_states[layer])[there].abs().max() < 1e-5


def test_every_word_has_its_vectors_whatever_the_batch() -> None:
    encoder = Encoder(str(weights.find("minilm", Settings().cache).folder))
    for together, row, asked in zip(encoder.words(ROWS, ASKED), ROWS, ASKED, strict=True):
        assert together.shape == (len(row), len(LAYERS) * 384)
        assert np.abs(together - encoder.words([row], [asked])[0]).max() < 1e-5
