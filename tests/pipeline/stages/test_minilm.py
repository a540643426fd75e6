"""The encoder read without transformers gives what transformers gives."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline import weights
from pipeline.settings import Settings
from pipeline.stages.minilm import load_minilm
from pipeline.stages.network import LAYERS, Encoder

ROWS = [["the", "customer's", "onboarding"], ["naïve", "42%", *["supercalifragilistic"] * 90], ["and"]]
ASKED = [[True, False, False], [False] * 92, [True]]


def test_vectors_after_each_layer_equal_those_of_transformers() -> None:
    transformers = pytest.importorskip("transformers")
    folder = weights.find("minilm", Settings().cache).folder
    ids, types, _ = Encoder(str(folder)).tokens(ROWS, ASKED)
    published = transformers.AutoModel.from_pretrained(folder, local_files_only=True, add_pooling_layer=False).eval()
    minilm = load_minilm(folder)
    last, some = minilm.pieces(ids, types), minilm.pieces(ids, types, LAYERS)
    for i, row in enumerate(ids):
        theirs = published(
            input_ids=torch.tensor([row]), token_type_ids=torch.tensor([types[i]]), output_hidden_states=True
        )
        assert (last[i] - theirs.last_hidden_state[0]).abs().max() < 1e-5
        for k, layer in enumerate(LAYERS):
            assert (some[i][:, k * 384 : (k + 1) * 384] - theirs.hidden_states[layer][0]).abs().max() < 1e-5


def test_every_word_has_its_vectors_whatever_the_batch() -> None:
    encoder = Encoder(str(weights.find("minilm", Settings().cache).folder))
    for together, row, asked in zip(encoder.words(ROWS, ASKED), ROWS, ASKED, strict=True):
        assert together.shape == (len(row), len(LAYERS) * 384)
        assert np.abs(together - encoder.words([row], [asked])[0]).max() < 1e-5
