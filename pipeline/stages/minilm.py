"""all-MiniLM-L6-v2 read straight from its files: token ids in, vectors out.

Six layers of BERT (Devlin 2018) as Wang 2020 distilled them, in torch's own operations: the same numbers as transformers and
sentence-transformers give (a test holds them together), without the seconds that importing those takes. One loaded model is shared by
the sentence embedder and the scorer's encoder, whose heads read some of its layers.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

SENTENCE_TOKENS = 256
"""What the model was trained on; longer texts are cut there."""

TOGETHER = 512
"""Word pieces that go through the layers at once: enough for full speed, few enough for the processor's cache."""


class MiniLM(NamedTuple):
    """Tensors by their published names, the tokenizer, and how the layers are shaped."""

    tensors: Mapping[str, torch.Tensor]
    tokenizer: Tokenizer
    layers: int
    heads: int
    epsilon: float

    def pieces(
        self,
        rows: Sequence[Sequence[int]],
        types: Sequence[Sequence[int]] | None = None,
        after: Sequence[int] | None = None,
    ) -> list[torch.Tensor]:
        """The last layer's vectors, one (pieces, 384) for each row of token ids; ``types`` is 1 for the second speaker.

        ``after`` names layers (counted from 1) whose vectors are wanted instead, one after the other: (pieces, 384 * layers). Rows are
        laid end to end without padding, some ``TOGETHER`` pieces at a time; rows of one length meet in the attention.
        """
        import torch

        found: dict[int, torch.Tensor] = {}
        with torch.inference_mode():
            for batch in _batches(rows):
                lengths = [len(rows[i]) for i in batch]
                ids = torch.tensor([piece for i in batch for piece in rows[i]])
                kinds = torch.tensor([kind for i in batch for kind in types[i]]) if types is not None else None
                made = self._layers(ids, kinds, lengths, after or (self.layers,))
                found.update(zip(batch, torch.split(made, lengths), strict=True))
        return [found[i] for i in range(len(rows))]

    def _layers(
        self, ids: torch.Tensor, types: torch.Tensor | None, lengths: Sequence[int], after: Sequence[int]
    ) -> torch.Tensor:
        """Vectors (pieces, 384 * len(after)) of rows that lie end to end, shorter ones first."""
        import torch
        from torch.nn import functional as F  # noqa: N812 - torch's own name

        own = self.tensors
        kinds = own["embeddings.token_type_embeddings.weight"]
        place = torch.cat([torch.arange(length) for length in lengths])
        hidden = own["embeddings.word_embeddings.weight"][ids] + (kinds[types] if types is not None else kinds[0])
        hidden = self._normed(hidden + own["embeddings.position_embeddings.weight"][place], "embeddings.LayerNorm")
        wanted = []
        for number in range(max(after)):
            at = f"encoder.layer.{number}."
            mixed = self._attention(self._linear(hidden, f"{at}attention.self"), lengths)
            hidden = self._normed(
                hidden + self._linear(mixed, f"{at}attention.output.dense"), f"{at}attention.output.LayerNorm"
            )
            wide = F.gelu(self._linear(hidden, f"{at}intermediate.dense"))
            hidden = self._normed(hidden + self._linear(wide, f"{at}output.dense"), f"{at}output.LayerNorm")
            if number + 1 in after:
                wanted.append(hidden)
        return torch.cat(wanted, dim=-1)

    def _attention(self, asked: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        """Each row with itself; ``asked`` (pieces, 3 * 384) holds query, key and value."""
        import torch
        from torch.nn import functional as F  # noqa: N812 - torch's own name

        size = asked.shape[1] // 3
        mixed = torch.empty((len(asked), size))
        at = 0
        for length, alike in itertools.groupby(lengths):
            rows = len(list(alike))
            part = slice(at, at + rows * length)
            query, key, value = asked[part].view(rows, length, 3, self.heads, size // self.heads).permute(2, 0, 3, 1, 4)
            near = F.scaled_dot_product_attention(query, key, value)
            mixed[part] = near.transpose(1, 2).reshape(rows * length, size)
            at += rows * length
        return mixed

    def sentences(self, texts: Sequence[str]) -> torch.Tensor:
        """Unit vectors (texts, 384): the mean over the tokens of each text."""
        import torch
        from torch.nn import functional as F  # noqa: N812 - torch's own name

        rows = [made.ids for made in self.tokenizer.encode_batch(list(texts))]
        rows = [row if len(row) <= SENTENCE_TOKENS else [*row[: SENTENCE_TOKENS - 1], row[-1]] for row in rows]
        return F.normalize(torch.stack([row.mean(0) for row in self.pieces(rows)]), dim=1)

    def _linear(self, rows: torch.Tensor, name: str) -> torch.Tensor:
        from torch.nn import functional as F  # noqa: N812 - torch's own name

        return F.linear(rows, self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"])

    def _normed(self, rows: torch.Tensor, name: str) -> torch.Tensor:
        from torch.nn import functional as F  # noqa: N812 - torch's own name

        weight, bias = self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
        return F.layer_norm(rows, rows.shape[-1:], weight, bias, self.epsilon)


def load_minilm(folder: Path, threads: int | None = None) -> MiniLM:
    """The model in a folder as sentence-transformers packages it; a folder is loaded once in a process."""
    import torch

    if threads:
        torch.set_num_threads(threads)
    return _loaded(folder.resolve())


def _batches(rows: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Numbers of the rows, shorter ones first, in batches of about ``TOGETHER`` pieces."""
    batch: list[int] = []
    held = 0
    for i in sorted(range(len(rows)), key=lambda i: len(rows[i])):
        if batch and held + len(rows[i]) > TOGETHER:
            yield batch
            batch, held = [], 0
        batch.append(i)
        held += len(rows[i])
    if batch:
        yield batch


@cache
def _loaded(folder: Path) -> MiniLM:
    import torch
    from safetensors.torch import load_file
    from tokenizers import Tokenizer

    shape = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tensors = {
        name.removeprefix("bert."): tensor.float()
        for name, tensor in load_file(str(folder / "model.safetensors")).items()
        if tensor.is_floating_point()
    }
    for number in range(shape["num_hidden_layers"]):
        # query, key and value in one product
        at = f"encoder.layer.{number}.attention.self."
        for part in ("weight", "bias"):
            tensors[at + part] = torch.cat([tensors.pop(f"{at}{name}.{part}") for name in ("query", "key", "value")])
    return MiniLM(tensors, tokenizer, shape["num_hidden_layers"], shape["num_attention_heads"], shape["layer_norm_eps"])
