"""Words that several pages say in the same way: stages, states, and how long something will take."""

from __future__ import annotations

from collections.abc import Sequence

STAGES = {
    "decode": "Reading the recording",
    "transcribe": "Transcribing",
    "diarize": "Telling the voices apart",
    "cut": "Cutting it into questions",
    "match": "Reading the answers",
    "score": "Drafting scores",
    "publish": "Publishing",
}

STATES = {
    "by hand": "rate by hand",
    "uploading": "uploading",
    "waiting for analysis": "no analysis yet",
    "processing": "processing",
    "failed": "failed",
    "to review": "ready to review",
    "in draft": "review begun",
    "look again": "look again",
    "submitted": "submitted",
    "ready": "ready",
}


def left(seconds: float | None) -> str:
    """How long something will still take, as people say it; an empty text where nobody knows."""
    if seconds is None:
        return ""
    if seconds < 50:
        return "less than a minute left"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"about {minutes} min left"
    return f"about {seconds / 3600:.1f} h left"


def size(count: int) -> str:
    """Bytes as people say them."""
    if count < 1000:
        return f"{count} bytes"
    if count < 1_000_000:
        return f"{count / 1000:.0f} kB"
    return f"{count / 1_000_000:.1f} MB" if count < 1_000_000_000 else f"{count / 1_000_000_000:.2f} GB"


def marked(text: str, marks: Sequence[tuple[int, int]]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it was found."""
    pieces, at = [], 0
    for start, end in marks:
        pieces += [(text[at:start], False), (text[start:end], True)]
        at = end
    return [piece for piece in [*pieces, (text[at:], False)] if piece[0]]
