"""The scorer's trained part: heads, phrases and pooling numbers, read from one file at one moment."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline.errors import WeightsError
from pipeline.stages.network import build_heads
from pipeline.stages.phrases import Phrases
from pipeline.stages.pooling import PoolWeights

if TYPE_CHECKING:
    import torch

SHIPPED = Path(__file__).parent / "data" / "scorer.safetensors"


class ScorerWeights(NamedTuple):
    """The trained part; ``name`` tells the sha256 of the very bytes that were loaded."""

    name: str
    heads: torch.nn.Module
    phrases: Phrases
    pool: PoolWeights


def read_weights(path: Path = SHIPPED) -> ScorerWeights:
    """The weights of a file; WeightsError where it is gone, damaged, half written, or of another version.

    The bytes are read once and copied, not mapped: a file that is replaced later changes nothing here, and cannot take the process down.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        data = path.read_bytes()
        meta = json.loads(json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]["scorer"])
        tensors = {key: value.float() for key, value in load(data).items()}
        heads = build_heads()
        heads.load_state_dict({key[6:]: value for key, value in tensors.items() if key.startswith("heads.")})
        heads.eval()
        phrases = Phrases(*(tensors[f"phrases.{key}"].numpy() for key in Phrases._fields))
        name = f"{meta['name']} sha256:{hashlib.sha256(data).hexdigest()}"
        return ScorerWeights(name, heads, phrases, PoolWeights.from_json(meta["pool"]))
    except (OSError, MemoryError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise WeightsError(
            f"{path.name}: the scorer's weights cannot be read, or are of another version.",
            "Reinstall debrief, then start it again.",
        ) from error
