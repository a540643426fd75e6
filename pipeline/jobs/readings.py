"""What a scorer has read of a talk, as bytes: kept after the first score so that another rubric costs no second reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from models.transcript import Turn

READINGS, VECTORS = "readings", "vectors"
"""Under which names an interview's artefacts remember what was read of it, and the vectors of what its drafts quote and ask."""


@runtime_checkable
class Remembering(Protocol):
    """A scorer that can hand out what it has read and take it back."""

    def kept(self, turns: Sequence[Turn]) -> bytes:
        """Reads the turns and returns what was read."""
        ...

    def recall(self, data: bytes) -> bool:
        """Takes back what :meth:`kept` or ``vectors`` returned and says whether it could; data of another version is left alone."""
        ...


def keep(scorer: object, turns: Sequence[Turn]) -> bytes:
    """What the scorer has read of these turns; empty for one that keeps nothing."""
    return scorer.kept(turns) if isinstance(scorer, Remembering) else b""


def recall(scorer: object, data: bytes) -> bool:
    """Gives it back; whether the scorer could use it."""
    return bool(data) and isinstance(scorer, Remembering) and scorer.recall(data)


def vectors(scorer: object, turns: Sequence[Turn]) -> bytes:
    """What the scorer has embedded for the drafts of these turns; empty for one that keeps nothing."""
    made = getattr(scorer, "vectors", None)
    return bytes(made(turns)) if made is not None else b""
