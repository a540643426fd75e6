"""all-MiniLM-L6-v2 read straight from its files: token ids in, vectors out.

Six layers of BERT (Devlin 2018) as Wang 2020 distilled them, in torch's own operations: the same numbers as transformers and
sentence-transformers give (a test holds them together), without the seconds that importing those takes. One loaded model is shared by
the sentence embedder and the scorer's encoder, whose heads read some of its layers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

SENTENCE_TOKENS = 256
"""What the model was trained on; longer texts are cut there."""


class MiniLM(NamedTuple):
    """Tensors by their published names, the tokenizer, and how the layers are shaped."""

    tensors: Mapping[str, torch.Tensor]
    tokenizer: Tokenizer
    layers: int
    heads: int
    epsilon: float

    def pieces(
        self,
        ids: torch.Tensor,
        attention: torch.Tensor,
        types: torch.Tensor | None = None,
        after: Sequence[int] | None = None,
    ) -> torch.Tensor:
        """The last layer's vectors (rows, pieces, 384) of padded rows of token ids; ``types`` is 1 for the second speaker.

        ``after`` names layers (counted from 1) whose vectors are wanted instead, one after the other: (rows, pieces, 384 * layers).
        """
        import torch
        from torch.nn import functional as F  # noqa: N812 - torch's own name

        own = self.tensors
        hidden = own["embeddings.word_embeddings.weight"][ids]
        kinds = own["embeddings.token_type_embeddings.weight"]
        hidden = hidden + (kinds[types] if types is not None else kinds[0])
        hidden = hidden + own["embeddings.position_embeddings.weight"][: ids.shape[1]]
        hidden = self._normed(hidden, "embeddings.LayerNorm")
        # no mask where nothing is padded: torch then takes its fastest way
        mask = None if bool(attention.all()) else attention[:, None, None, :].bool()
        rows, width, size = hidden.shape
        wanted = []
        for number in range(self.layers):
            at = f"encoder.layer.{number}."
            query, key, value = (
                self._linear(hidden, f"{at}attention.self.{name}")
                .view(rows, width, self.heads, size // self.heads)
                .transpose(1, 2)
                for name in ("query", "key", "value")
            )
            mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
            mixed = mixed.transpose(1, 2).reshape(rows, width, size)
            hidden = self._normed(
                hidden + self._linear(mixed, f"{at}attention.output.dense"), f"{at}attention.output.LayerNorm"
            )
            wide = F.gelu(self._linear(hidden, f"{at}intermediate.dense"))
            hidden = self._normed(hidden + self._linear(wide, f"{at}output.dense"), f"{at}output.LayerNorm")
            if after and number + 1 in after:
                wanted.append(hidden)
        return torch.cat(wanted, dim=-1) if after else hidden

    def sentences(self, texts: Sequence[str]) -> torch.Tensor:
        """Unit vectors (texts, 384): the mean over the tokens of each text."""
        import torch
        from torch.nn import functional as F  # noqa: N812 - torch's own name

        rows = [made.ids for made in self.tokenizer.encode_batch(list(texts))]
        rows = [row if len(row) <= SENTENCE_TOKENS else [*row[: SENTENCE_TOKENS - 1], row[-1]] for row in rows]
        width = max(len(row) for row in rows)
        ids = torch.zeros((len(rows), width), dtype=torch.long)
        attention = torch.zeros((len(rows), width), dtype=torch.long)
        for at, row in enumerate(rows):
            ids[at, : len(row)] = torch.tensor(row)
            attention[at, : len(row)] = 1
        with torch.inference_mode():
            weight = attention[:, :, None].float()
            means = (self.pieces(ids, attention) * weight).sum(1) / weight.sum(1)
            return F.normalize(means, dim=1)

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


@cache
def _loaded(folder: Path) -> MiniLM:
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
    return MiniLM(tensors, tokenizer, shape["num_hidden_layers"], shape["num_attention_heads"], shape["layer_norm_eps"])
