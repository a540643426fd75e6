"""The level-aware reader: for each word of the talk, which competency it speaks to, and at what level the telling shows the work.

MiniLM stays as it was published; what is trained are small heads over its layers 2, 4 and 6 (``scripts/train_scorer.py``). The rubric is
read by the same encoder (name, definition, anchors), so that the heads know competencies only by their texts and an unseen rubric needs no
training. What the heads make of a talk's words does not depend on the rubric: another rubric costs one product. torch loads when used.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.rubric import Competency, anchor_levels
from pipeline.stages.masking import plain_text
from pipeline.stages.minilm import load_minilm

if TYPE_CHECKING:
    import torch

Floats = NDArray[np.float32]
LAYERS = (2, 4, 6)
WIDTH = 384
LONGEST = 320
"""Word pieces of a row; longer rows are cut there (a row has some 150 words)."""

HIDDEN = 128
TOLD_HIDDEN = 96
READERS = 2
"""Readers of the level, trained side by side from different first values; where they differ, the level is less sure."""

DROPPED = 0.2
TOLD_DROPPED = 0.3


class Readings(NamedTuple):
    """What the heads say of each word: ``relevance`` (words, competencies) is 0..1 and sums to at most 1 over the competencies.

    ``told`` (words, READERS, 3) does not depend on the rubric: levels above the middle (3), log odds that the word speaks for a high
    level, and the log of how much the word tells at all.
    """

    relevance: Floats
    told: Floats


class Heard(NamedTuple):
    """What the heads make of words before any rubric: unit vectors (words, 384), the logit of "no evidence" (words,), and ``told``."""

    passage: Floats
    none: Floats
    told: Floats


def competency_texts(competency: Competency) -> tuple[str, str, str, str]:
    """Name with definition, lowest anchor, the anchors between joined, highest anchor, as the scorer reads them."""
    ordered = sorted(competency.anchors, key=anchor_levels)
    between = " ".join(competency.anchors[key] for key in ordered[1:-1]) or competency.definition or competency.name
    texts = (
        f"{competency.name}. {competency.definition}",
        competency.anchors[ordered[0]],
        between,
        competency.anchors[ordered[-1]],
    )
    return tuple(" ".join(plain_text(text).split()[:110]) or "nothing" for text in texts)  # type: ignore[return-value]


def build_heads() -> torch.nn.Module:
    """The heads with their first values; :func:`hear` and :func:`relevance_logits` say what each does."""
    import torch
    from torch import nn

    heads = nn.Module()
    heads.norm = nn.LayerNorm(len(LAYERS) * WIDTH)
    heads.enter = nn.Linear(len(LAYERS) * WIDTH, HIDDEN)
    heads.around = nn.ModuleList(
        [nn.Conv1d(HIDDEN, HIDDEN, 3, padding=1), nn.Conv1d(HIDDEN, HIDDEN, 3, padding=3, dilation=3)]
    )
    heads.passage = nn.Linear(WIDTH, WIDTH)
    heads.shift = nn.Linear(HIDDEN, WIDTH, bias=False)
    heads.key = nn.Linear(4 * WIDTH, WIDTH)
    heads.none = nn.Linear(HIDDEN, 1)
    heads.scale = nn.Parameter(torch.tensor(12.0))
    heads.prior = nn.Parameter(torch.tensor([1.2, 0.5]))
    with torch.no_grad():
        # at first: how near the published vectors of word and competency are
        heads.passage.weight.copy_(torch.eye(WIDTH))
        heads.passage.bias.zero_()
        heads.shift.weight.mul_(0.3)
        heads.key.bias.zero_()
        heads.key.weight.copy_(torch.cat([torch.eye(WIDTH) * share for share in (0.4, 0.2, 0.2, 0.2)], dim=1))
        heads.none.bias.fill_(4.0)
    heads.readers = nn.ModuleList([_build_reader() for _ in range(READERS)])
    return heads


def _build_reader() -> torch.nn.Module:
    from torch import nn

    reader = nn.Module()
    reader.norm = nn.LayerNorm(2 * WIDTH)
    reader.enter = nn.Linear(2 * WIDTH, TOLD_HIDDEN)
    reader.around = nn.ModuleList([nn.Conv1d(TOLD_HIDDEN, TOLD_HIDDEN, 3, padding=1) for _ in range(2)])
    reader.out = nn.Linear(TOLD_HIDDEN, 3)
    return reader


def padded(rows: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of word vectors as one block (rows, words, features), and which of its places are words."""
    import torch

    words = torch.zeros(len(rows), max(map(len, rows)), rows[0].shape[1])
    there = torch.zeros(words.shape[:2])
    for i, row in enumerate(rows):
        words[i, : len(row)] = row.float()
        there[i, : len(row)] = 1
    return words, there


def _around(part: Any, words: torch.Tensor, there: torch.Tensor, dropped: float) -> torch.Tensor:
    """Each word with its neighbours in the row: (rows, words, hidden)."""
    from torch.nn import functional as F  # noqa: N812 - torch's own name

    training = part.training
    hidden = F.gelu(part.enter(F.dropout(part.norm(words), 0.1, training))) * there[..., None]
    for layer in part.around:
        near = layer(F.dropout(hidden, dropped, training).transpose(1, 2)).transpose(1, 2)
        hidden = hidden + F.gelu(near) * there[..., None]
    return F.dropout(hidden, dropped, training)


def hear_topic(heads: Any, words: torch.Tensor, there: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Unit vectors (words, 384) that are compared with competencies, and the logits (words, 1) of "no evidence"; from :func:`padded`."""
    from torch.nn import functional as F  # noqa: N812 - torch's own name

    hidden = _around(heads, words, there, DROPPED)[there > 0]
    own = words[there > 0][:, -WIDTH:]
    return F.normalize(heads.passage(own) + heads.shift(hidden), dim=-1), heads.none(hidden)


def hear_told(reader: Any, words: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """What one reader makes of each word: (words, 3), see ``Readings.told``."""
    out: torch.Tensor = reader.out(_around(reader, words[..., : 2 * WIDTH], there, TOLD_DROPPED))[there > 0]
    return out


def relevance_logits(
    heads: Any, passage: torch.Tensor, none: torch.Tensor, texts: torch.Tensor, prior: torch.Tensor | None = None
) -> torch.Tensor:
    """Logits (words, competencies + 1), the last for "no evidence".

    ``passage`` and ``none`` are from :func:`hear_topic`, ``texts`` is (competencies, 4, 384) from :func:`competency_texts`, and ``prior``
    is (words, competencies, 2) from ``stages.prior``.
    """
    import torch
    from torch.nn import functional as F  # noqa: N812 - torch's own name

    near = heads.scale * passage @ F.normalize(heads.key(texts.flatten(1)), dim=-1).T
    if prior is not None:
        near = near + prior @ heads.prior
    return torch.cat([near, none], dim=1)


class Encoder:
    """The published MiniLM as it reads rows of words: vectors after its layers 2, 4 and 6 for each word.

    ``folder`` holds the model as sentence-transformers packages it; it is loaded once in a process.
    """

    def __init__(self, folder: str, threads: int | None = None) -> None:
        self._minilm = load_minilm(Path(folder), threads)

    def tokens(
        self, rows: Sequence[Sequence[str]], asked: Sequence[Sequence[bool]] | None = None
    ) -> tuple[list[list[int]], list[list[int]], list[list[int]]]:
        """For each row of words the ids of its word pieces, their types (1 for the interviewer's), and each piece's word (-1: none)."""
        made = self._minilm.tokenizer.encode_batch([list(row) for row in rows], is_pretokenized=True)
        ids = [row.ids if len(row.ids) <= LONGEST else [*row.ids[: LONGEST - 1], row.ids[-1]] for row in made]
        words = [
            [-1 if word is None else word for word in row.word_ids[: len(own)]]
            for row, own in zip(made, ids, strict=True)
        ]
        for own in words:
            own[-1] = -1
        types = [[int(bool(asked and word >= 0 and asked[i][word])) for word in own] for i, own in enumerate(words)]
        return ids, types, words

    def words(self, rows: Sequence[Sequence[str]], asked: Sequence[Sequence[bool]] | None = None) -> list[Floats]:
        """One array (words, 3 * 384) for each row."""
        ids, types, words = self.tokens(rows, asked)
        made = self._minilm.pieces(ids, types, LAYERS)
        return [_word_means(*one) for one in zip(made, words, map(len, rows), strict=True)]


def hear(heads: Any, rows: Sequence[torch.Tensor]) -> list[Heard]:
    """What the heads make of each row of word vectors, rows in small batches; without training's noise."""
    import torch

    found = []
    with torch.inference_mode():
        for at in range(0, len(rows), 16):
            batch = rows[at : at + 16]
            words, there = padded(batch)
            passage, none = hear_topic(heads, words, there)
            told = torch.stack([hear_told(reader, words, there) for reader in heads.readers], dim=1)
            sizes = [len(row) for row in batch]
            for one, nothing, said in zip(*(torch.split(part, sizes) for part in (passage, none, told)), strict=True):
                found.append(Heard(one.numpy(), nothing[:, 0].numpy(), said.numpy()))
    return found


def _word_means(pieces: torch.Tensor, word: Sequence[int], n: int) -> Floats:
    """Vectors (n, features) of a row's words: the mean of each word's pieces; zeros for words that were cut off."""
    import torch

    index = torch.tensor(word)
    keep = index >= 0
    index = index[keep]
    summed = torch.zeros((n, pieces.shape[1])).index_add(0, index, pieces[keep])
    count = torch.zeros(n).index_add(0, index, torch.ones(len(index)))
    means: Floats = (summed / count[:, None].clamp(min=1)).numpy()
    return means
