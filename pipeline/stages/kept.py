"""What a scorer has read of a talk, as bytes that can be kept beside the interview and taken back."""

from __future__ import annotations

import io
import pickle
from typing import Any, NamedTuple

from pipeline.stages.embed import Vectors
from pipeline.stages.network import Heard
from pipeline.stages.passages import Parsed

ARRAYS = {"_reconstruct", "ndarray", "dtype", "_frombuffer", "scalar"}
"""What numpy needs to be restored; nothing else of it, and no other module, is let in."""


class Kept(NamedTuple):
    """The weights that read it, the talk's key, what its text gave, and what the heads made of its words by the key of their window."""

    scorer: str
    key: str
    talk: Parsed
    heard: dict[str, Heard]


class KeptVectors(NamedTuple):
    """The engine that embedded, the talk's key, and the vectors of what was quoted and asked, by the sha256 of each text."""

    embedder: str
    key: str
    vectors: dict[str, Vectors]


def packed(kept: Kept | KeptVectors) -> bytes:
    """As bytes."""
    return pickle.dumps(kept, protocol=5)


def unpacked(data: bytes) -> Kept | KeptVectors | None:
    """What :func:`packed` made; None for anything else, or for what another version made. Runs no code that the bytes name."""
    try:
        kept = _Careful(io.BytesIO(data)).load()
    except (pickle.UnpicklingError, AttributeError, EOFError, ImportError, IndexError, KeyError, TypeError, ValueError):
        return None
    if isinstance(kept, KeptVectors):
        return kept if isinstance(kept.vectors, dict) else None
    return kept if isinstance(kept, Kept) and isinstance(kept.talk, Parsed) else None


class _Careful(pickle.Unpickler):
    """Restores arrays and the tuples of the stages alone."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "builtins" and name == "frozenset":
            return frozenset
        inside = module.startswith("numpy") and name in ARRAYS
        if not inside and module.startswith("pipeline.stages."):
            found = super().find_class(module, name)
            inside = isinstance(found, type) and issubclass(found, tuple)
        if not inside:
            raise pickle.UnpicklingError(f"{module}.{name} does not belong here")
        return super().find_class(module, name)
