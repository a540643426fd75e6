"""The talk as the encoder reads it: rows of plain words of about a hundred and fifty, candidate and interviewer told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from models.transcript import Turn
from pipeline.stages.masking import plain_words

WINDOW_WORDS = 150
"""Words read together; about 190 word pieces, and MiniLM was trained on up to 256."""

ASKED_WORDS = 24
"""How much of what the interviewer said is read along as context: the last words, which hold the question."""

MIN_ASKED = 4
"""Shorter interviewer turns are echoes and nods; leaving them out joins the halves of an answer."""


class Said(NamedTuple):
    """One plain word of the candidate (``turn`` is its number) or of the interviewer (``turn`` is -1), and its characters."""

    text: str
    turn: int
    start: int
    end: int


Window = tuple[Said, ...]


def windows(turns: Sequence[Turn], hidden: Mapping[int, Sequence[tuple[int, int]]] | None = None) -> tuple[Window, ...]:
    """The whole talk in order, cut at turns where possible; every plain word of the candidate is in exactly one window.

    ``hidden`` gives, for turn numbers, character spans that are names for certain. Windows without a candidate's word are left out.
    """
    rows: list[list[Said]] = [[]]
    for turn in turns:
        words = plain_words(turn.text, (hidden or {}).get(turn.t, ()))
        if turn.role != "candidate":
            if len(words) < MIN_ASKED:
                continue
            block = [Said(word.text, -1, word.start, word.end) for word in words[-ASKED_WORDS:]]
            if len(rows[-1]) > WINDOW_WORDS // 2:
                rows.append([])
        else:
            block = [Said(word.text, turn.t, word.start, word.end) for word in words]
            if rows[-1] and any(said.turn >= 0 for said in rows[-1]) and len(rows[-1]) + len(block) > WINDOW_WORDS:
                rows.append([])
        for piece in _pieces(block, WINDOW_WORDS - len(rows[-1])):
            if len(rows[-1]) + len(piece) > WINDOW_WORDS + 1:
                rows.append([])
            rows[-1].extend(piece)
    return tuple(tuple(row) for row in rows if any(said.turn >= 0 for said in row))


def _pieces(block: list[Said], room: int) -> list[list[Said]]:
    """A block in pieces that fit: one piece where it fits the room, otherwise even pieces below the window's size."""
    if len(block) <= max(room, 40):
        return [block]
    count = -(-len(block) // WINDOW_WORDS)
    size = -(-len(block) // count)
    return [block[at : at + size] for at in range(0, len(block), size)]
