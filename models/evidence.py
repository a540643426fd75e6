"""Verbatim evidence: what the candidate said that speaks for or against a competency."""

from __future__ import annotations

from typing import Literal

from models._base import Noun

Polarity = Literal["+", "-"]


class AnchorRef(Noun):
    """The anchor that a quote speaks to: its key in the rubric (``"5"`` or ``"1-2"``) and its text."""

    level: str
    text: str


class Evidence(Noun):
    """An exact substring of one candidate turn, with its place in the recording and what it does to the draft.

    ``start``/``end`` are seconds (None without times). ``pull`` is by how many levels the draft's unrounded value changes when this
    quote alone is taken away. ``similarity`` is the cosine to the anchor's text.
    """

    turn: int
    quote: str
    start: float | None
    end: float | None
    polarity: Polarity
    pull: float
    anchor: AnchorRef
    similarity: float
