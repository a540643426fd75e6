"""The level-aware encoder: for each word of the talk, which competency it speaks to, at what level, for or against.

MiniLM reads the talk in windows; its upper layers and four small heads are trained on labelled interviews and graded answers
(``scripts/train_scorer.py``). The rubric is read by the same encoder (name, definition, anchors), so that the heads know competencies only
by their texts and an unseen rubric needs no training. torch and transformers load inside the constructor.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
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
WIDTH = 384
HIDDEN = 128
LONGEST = 320
"""Word pieces read of a row; longer ones are cut there."""


class Readings(NamedTuple):
    """What the heads say of each word and competency; arrays of shape (words, competencies).

    ``relevance`` is 0..1 and sums to at most 1 over the competencies, ``level`` is about 1..5, ``polarity`` is the chance that the word
    speaks for a high level.
    """

    relevance: Floats
    level: Floats
    polarity: Floats


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
    """The heads with their first values; see ``heads_forward`` for what each does."""
    import torch
    from torch import nn

    heads = nn.Module()
    heads.passage = nn.Linear(WIDTH, WIDTH)
    heads.key = nn.Linear(4 * WIDTH, WIDTH)
    heads.none = nn.Linear(WIDTH, 1)
    heads.scale = nn.Parameter(torch.tensor(12.0))
    heads.prior = nn.Parameter(torch.tensor([1.2, 0.5]))
    heads.plain = nn.Linear(WIDTH, HIDDEN)
    heads.crossed = nn.Linear(WIDTH, HIDDEN, bias=False)
    heads.axis = nn.Linear(WIDTH, HIDDEN, bias=False)
    heads.near = nn.Linear(3, HIDDEN, bias=False)
    heads.out = nn.Linear(HIDDEN, 2)
    with torch.no_grad():
        heads.passage.weight.copy_(torch.eye(WIDTH))
        heads.passage.bias.zero_()
        heads.key.weight.copy_(torch.cat([torch.eye(WIDTH) * share for share in (0.4, 0.2, 0.2, 0.2)], dim=1))
        heads.key.bias.zero_()
        heads.none.weight.zero_()
        heads.none.bias.fill_(4.0)
    return heads


def heads_forward(
    heads: Any, words: torch.Tensor, texts: torch.Tensor, prior: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Relevance logits (words, competencies + 1; the last is "no evidence"), levels and polarity logits (words, competencies).

    ``words`` is (words, 384), ``texts`` is (competencies, 4, 384) from :func:`competency_texts`, and ``prior`` is (words, competencies, 2)
    from ``stages.prior``.
    """
    import torch
    from torch.nn import functional as F  # noqa: N812 - torch's own name

    key = F.normalize(heads.key(texts.flatten(1)), dim=-1)
    passage = F.normalize(heads.passage(words), dim=-1)
    near_key = heads.scale * passage @ key.T
    if prior is not None:
        near_key = near_key + prior @ heads.prior
    logits = torch.cat([near_key, heads.none(words)], dim=1)
    unit = F.normalize(words, dim=-1)
    near = torch.stack([unit @ F.normalize(texts[:, i], dim=-1).T for i in (1, 2, 3)], dim=-1)
    axis = F.normalize(texts[:, 3] - texts[:, 1], dim=-1)
    # crossed(unit * key) for every pair, as one product per competency: (W diag(key)) unit
    gates = heads.crossed.weight[None] * key[:, None] + heads.axis.weight[None] * axis[:, None]
    mixed = torch.einsum("wd,chd->wch", unit, gates) * WIDTH**0.5
    hidden = F.gelu(heads.plain(words)[:, None] + mixed + heads.near(near))
    out = heads.out(hidden)
    return logits, 3.0 + out[..., 0], out[..., 1]


class Encoder:
    """MiniLM whose upper layers may be replaced; turns rows of words into one vector a word.

    ``folder`` holds the model as sentence-transformers packages it, ``layers`` the replaced tensors by their name in it.
    """

    def __init__(self, folder: str, layers: dict[str, torch.Tensor] | None = None, threads: int | None = None) -> None:
        self._folder = folder
        self._layers = layers or {}
        self._minilm = load_minilm(Path(folder), threads).with_tensors(self._layers)

    @cached_property
    def model(self) -> Any:
        """The same network as a transformers module, which training changes in place; once asked for, it is what reads."""
        from transformers import AutoModel
        from transformers.utils import logging

        logging.disable_progress_bar()
        model = AutoModel.from_pretrained(self._folder, local_files_only=True, add_pooling_layer=False)
        model.eval()
        model.load_state_dict(self._layers, strict=False)
        return model

    def tokens(
        self, rows: Sequence[Sequence[str]], asked: Sequence[Sequence[bool]] | None = None
    ) -> dict[str, torch.Tensor]:
        """Padded word pieces of rows of words: ids, attention, type (1 for the interviewer's), and the word of each piece (-1: none)."""
        import torch

        made = self._minilm.tokenizer.encode_batch([list(row) for row in rows], is_pretokenized=True)
        ids = [row.ids if len(row.ids) <= LONGEST else [*row.ids[: LONGEST - 1], row.ids[-1]] for row in made]
        words = [row.word_ids[: LONGEST - 1] for row in made]
        width = max(map(len, ids))
        out = {name: torch.zeros((len(rows), width), dtype=torch.long) for name in ("ids", "attention", "type", "word")}
        out["word"] -= 1
        for i, row in enumerate(ids):
            out["ids"][i, : len(row)] = torch.tensor(row)
            out["attention"][i, : len(row)] = 1
            for j, word in enumerate(words[i]):
                if word is not None:
                    out["word"][i, j] = word
                    out["type"][i, j] = int(bool(asked and asked[i][word]))
        return out

    def pieces(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """The last layer's vectors, shape (rows, pieces, 384)."""
        if "model" not in self.__dict__:
            return self._minilm.pieces(batch["ids"], batch["attention"], batch["type"])
        return self.model(
            input_ids=batch["ids"], attention_mask=batch["attention"], token_type_ids=batch["type"]
        ).last_hidden_state

    def words(self, rows: Sequence[Sequence[str]], asked: Sequence[Sequence[bool]] | None = None) -> list[Floats]:
        """One array (words, 384) for each row; rows are read in batches of like length."""
        import torch

        order = sorted(range(len(rows)), key=lambda i: (len(rows[i]), i))
        found: dict[int, Floats] = {}
        with torch.inference_mode():
            for at in range(0, len(order), 8):
                chosen = order[at : at + 8]
                batch = self.tokens([rows[i] for i in chosen], [asked[i] for i in chosen] if asked else None)
                means = word_means(self.pieces(batch), batch["word"])
                sizes = (batch["word"].amax(1) + 1).tolist()
                for i, part in zip(chosen, torch.split(means, sizes), strict=True):
                    full = np.zeros((len(rows[i]), WIDTH), dtype=np.float32)
                    full[: len(part)] = part.numpy()
                    found[i] = full
        return [found[i] for i in range(len(rows))]


def word_means(hidden: torch.Tensor, word: torch.Tensor) -> torch.Tensor:
    """Word vectors of all rows one after the other: the mean of each word's pieces."""
    import torch

    sizes = word.amax(1) + 1
    offset = torch.cumsum(sizes, 0) - sizes
    keep = word >= 0
    index = (word + offset[:, None])[keep]
    total = int(sizes.sum())
    summed = torch.zeros((total, hidden.shape[-1]), dtype=hidden.dtype).index_add(0, index, hidden[keep])
    count = torch.zeros(total, dtype=hidden.dtype).index_add(0, index, torch.ones(len(index), dtype=hidden.dtype))
    return summed / count[:, None].clamp(min=1)
