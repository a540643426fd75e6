"""What a scorer has read of a talk, as bytes: kept after the first score so that another rubric costs no second reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from models.transcript import Turn


@runtime_checkable
class Remembering(Protocol):
    """A scorer that can hand out what it has read and take it back."""

    def kept(self, turns: Sequence[Turn]) -> bytes:
        """Reads the turns and returns what was read."""
        ...

    def recall(self, data: bytes) -> None:
        """Takes back what :meth:`kept` returned; data of another version is left alone."""
        ...


def keep(scorer: object, turns: Sequence[Turn]) -> bytes:
    """What the scorer has read of these turns; empty for one that keeps nothing."""
    return scorer.kept(turns) if isinstance(scorer, Remembering) else b""


def recall(scorer: object, data: bytes) -> None:
    """Gives it back."""
    if data and isinstance(scorer, Remembering):
        scorer.recall(data)
