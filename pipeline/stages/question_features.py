"""What the path through the questions looks at: one row of plain numbers per turn, and likeness to the bank."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.rubric import Rubric
from models.transcript import Turn
from pipeline.stages.embed import Embedder
from pipeline.stages.talk_cues import asks, content, cue_counts, is_backchannel, lead_in_words, without_lead_in, words

Matrix = NDArray[np.float32]

PIECE_WORDS, LONG = 16, 48
"""A stretch without sentence marks is looked at in pieces of so many words; of a long turn its last so many words."""

MODEL_TURNS: dict[str, tuple[str, ...]] = {
    "opener": (
        "Okay, let's move on to another topic.", "Tell me about a time when you had to do that.",
        "Different question now. How do you usually handle it?", "Walk me through an example from your last job.",
        "Imagine this happens to you here. What would you do?",
    ),
    "probe": (
        "And what happened then?", "How did they take it?", "Did it work?", "Who else was involved in that?",
        "What would you do differently?", "What was the result, in numbers?", "Why did you do it that way?",
        "Can you give me a specific example of that?", "Was that your idea?",
    ),
    "small-talk": (
        "Hello, can you hear me all right?", "How are you today, did you find us okay?", "It's nice to meet you, I'm the manager here.",
        "We have about forty-five minutes and you can ask questions at the end.", "Terrible weather today, isn't it.",
        "I'll be taking notes, so don't mind the typing.",
    ),
    "logistics": (
        "Sorry, you froze for a second there.", "One moment, there's somebody at the door.", "I'm going to skip the next question.",
        "My colleague will cover that one with you.", "Let me just check that this is recording.", "We're running short of time, so I'll leave that one out.",
    ),
    "candidate-questions": (
        "What questions do you have for me?", "Is there anything you'd like to ask us?", "What do you want to know about the job?",
        "Your turn, what can I tell you?",
    ),
    "closing": (
        "Thanks for coming in, we'll be in touch next week.", "You'll hear from us by Friday.", "It was good talking to you, take care, bye.",
        "That's all from me, thank you for your time.",
    ),
}  # fmt: skip
"""Everyday turns that stand for what an interviewer does; a turn is compared with them by meaning."""

CUES = ("mark", "request", "inverted", "wh", "shift", "invite", "goodbye", "greeting", "hitch", "skip", "off-list")
OWN = (
    "one", *CUES, "tail-ask", "asks", "tells", "long", "log-words", "short", "lead-in", "lead-shift", "start", "end", "place", "first", "last",
    "before-words", "before-asks", "before-goodbye", "before-back", "same-before", "same-after",
    "after-words", "after-asks", "after-back", "after-goodbye", "after-hitch",
    "echo", "cohesion", "you", "me",
    *(f"like-{name}" for name in MODEL_TURNS), "opener-probe",
    "no-bank", "bank", "bank-margin", "bank-probe", "competency", "drop",
)  # fmt: skip
"""Names of the numbers of one turn, in order."""


@dataclass(frozen=True, slots=True)
class Talk:
    """Everything the path looks at: ``own`` is (turns, len(OWN)).

    ``asking`` marks turns that may open a question. ``best`` and ``probe`` are (turns, questions of the bank): cosine of the turn or its best
    piece to the question, and to the question's nearest probe. ``vectors`` are unit vectors. All three are zero where a turn does not ask.
    """

    asking: NDArray[np.bool_]
    own: Matrix
    best: Matrix
    probe: Matrix
    vectors: Matrix
    n_words: NDArray[np.int64]
    content: tuple[frozenset[str], ...]


def may_open(turn: Turn) -> bool:
    """Interviewers may; where a role is unknown, a turn of moderate length that asks may."""
    return turn.role == "interviewer" or (turn.role == "unknown" and turn.n_words <= 60 and asks(turn.text))


def gist(text: str) -> str:
    """The turn without its lead-in; of a long turn the end, where the question is."""
    return " ".join(without_lead_in(text).split()[-LONG:])


def pieces(text: str) -> list[str]:
    """Sentences that carry a subject, without lead-in; stretches without marks in pieces of 16 words; of a long turn the end."""
    found: list[str] = []
    for sentence in re.split(r"(?<=[.?!])\s+", " ".join(text.split()[-LONG:])):
        tokens = sentence.split()
        if len(tokens) <= PIECE_WORDS + 4:
            found.append(sentence)
        else:
            found += [" ".join(tokens[at : at + PIECE_WORDS]) for at in range(0, len(tokens), PIECE_WORDS)]
    return [without_lead_in(piece) for piece in found if content(piece)] or [text]


def read_talk(turns: Sequence[Turn], rubric: Rubric, embedder: Embedder) -> Talk:
    """Measure every turn once; only turns that may open a question are embedded."""
    asking = np.array([may_open(turn) for turn in turns], dtype=bool)
    where = [at for at, may in enumerate(asking) if may]
    full = [gist(turns[at].text) for at in where]
    parts = [pieces(text) if len(text.split()) > 12 else [text] for text in full]
    n = len(where)
    embedded = embedder.encode([*full, *(part for row in parts for part in row)])
    whole = embedded[:n]
    bounds = n + np.cumsum([0, *map(len, parts)])
    part_of = [embedded[bounds[i] : bounds[i + 1]] for i in range(n)]
    k = len(rubric.questions)
    texts = embedder.encode([question.text for question in rubric.questions], lasting=True).T
    best = np.zeros((n, k), dtype=np.float32)
    for i in range(n if k else 0):
        best[i] = np.maximum(whole[i] @ texts, (part_of[i] @ texts).max(axis=0))
    probe, aim = _near_probes(whole, rubric, embedder)
    like = _near_models(whole, part_of, embedder)
    said = tuple(_Said.of(turn) for turn in turns)
    stems = tuple(one.stems for one in said)
    rows = {at: row for row, at in enumerate(where)}
    own = np.stack([_row(turns, asking, at, said, like[rows[at]] if at in rows else None) for at in range(len(turns))])
    for at, row in rows.items():
        _put(own[at], "competency", float(aim[row]))
        _put(own[at], "no-bank", float(k == 0))
        if k:
            order = np.sort(best[row])
            _put(own[at], "bank", float(order[-1]))
            _put(own[at], "bank-margin", float(order[-1] - order[-2]) if k > 1 else 0.2)
            _put(own[at], "bank-probe", float(probe[row].max()))
            _put(own[at], "drop", float(order[-1] - probe[row].max()))
    return Talk(
        asking=asking, own=own, best=_spread(best, where, len(turns)), probe=_spread(probe, where, len(turns)),
        vectors=_spread(whole, where, len(turns)), n_words=np.array([turn.n_words for turn in turns]), content=stems,
    )  # fmt: skip


def _spread(rows: Matrix, where: Sequence[int], n: int) -> Matrix:
    """The rows at their turns, zero elsewhere."""
    out = np.zeros((n, rows.shape[1]), dtype=np.float32)
    out[list(where)] = rows
    return out


def _put(row: NDArray[np.float32], name: str, value: float) -> None:
    row[OWN.index(name)] = value


def _near_probes(whole: Matrix, rubric: Rubric, embedder: Embedder) -> tuple[Matrix, NDArray[np.float32]]:
    """Per turn and question: cosine to its nearest probe; per turn: to the nearest competency."""
    n = len(whole)
    probe = np.zeros((n, len(rubric.questions)), dtype=np.float32)
    for j, question in enumerate(rubric.questions):
        if question.probes and n:
            probe[:, j] = (whole @ embedder.encode(list(question.probes), lasting=True).T).max(axis=1)
    aims = [f"{c.name}. {c.definition}".strip() for c in rubric.competencies]
    return probe, (whole @ embedder.encode(aims, lasting=True).T).max(axis=1) if aims and n else np.zeros(
        n, dtype=np.float32
    )


def _near_models(whole: Matrix, part_of: Sequence[Matrix], embedder: Embedder) -> Matrix:
    """Per turn: the highest cosine of the turn or one of its pieces to each kind of model turn."""
    columns = []
    for examples in MODEL_TURNS.values():
        vectors = embedder.encode(list(examples), lasting=True).T
        columns.append(
            [
                max(float((row @ vectors).max()), float((parts @ vectors).max()))
                for row, parts in zip(whole, part_of, strict=True)
            ]
        )
    return np.array(columns, dtype=np.float32).T.reshape(len(whole), len(MODEL_TURNS))


class _Said(NamedTuple):
    """What is looked at in a turn and in its neighbours, worked out once."""

    cues: dict[str, float]
    stems: frozenset[str]
    asks: bool

    @classmethod
    def of(cls, turn: Turn) -> _Said:
        return cls(cue_counts(turn.text), content(turn.text), asks(turn.text))


def _row(
    turns: Sequence[Turn],
    asking: NDArray[np.bool_],
    at: int,
    said: Sequence[_Said],
    like: NDArray[np.float32] | None,
) -> NDArray[np.float32]:
    turn, own = turns[at], said[at]
    cues, stems = own.cues, own.stems
    tail = cue_counts(" ".join(turn.text.split()[-12:]))
    size = turn.n_words
    tokens = words(turn.text)
    lead = lead_in_words(turn.text)
    before = turns[at - 1] if at else None
    after = turns[at + 1] if at + 1 < len(turns) else None
    before_cues = said[at - 1].cues if before else {}
    after_cues = said[at + 1].cues if after else {}
    heard: frozenset[str] = frozenset().union(*(one.stems for one in said[max(0, at - 2) : at]))
    place = at / max(1, len(turns) - 1)
    values: dict[str, float] = {
        "one": 1.0, **cues,
        "tail-ask": float(tail["inverted"] or tail["request"] or tail["wh"] or tail["mark"]),
        "asks": float(own.asks),
        "tells": float(size > 12 and not (tail["mark"] or tail["request"] or tail["inverted"])),
        "long": min(1.0, size / 60), "log-words": float(np.log1p(size)) / 4, "short": float(size <= 4),
        "lead-in": min(1.0, lead / 4), "lead-shift": float(lead > 0 and cues["shift"]),
        "start": max(0.0, 1 - at / 6), "end": max(0.0, 1 - (len(turns) - 1 - at) / 8), "place": place,
        "first": float(at == 0), "last": float(at >= len(turns) - 2),
        "before-words": _span(turns, asking, at, -1), "before-asks": float(bool(before and said[at - 1].asks)),
        "before-goodbye": before_cues.get("goodbye", 0.0), "before-back": float(bool(before and is_backchannel(before.text))),
        "same-before": float(bool(before and before.speaker == turn.speaker)),
        "same-after": float(bool(after and after.speaker == turn.speaker)),
        "after-words": _span(turns, asking, at, 1), "after-asks": float(bool(after and said[at + 1].asks)),
        "after-back": float(bool(after and is_backchannel(after.text))),
        "after-goodbye": after_cues.get("goodbye", 0.0), "after-hitch": after_cues.get("hitch", 0.0),
        "echo": float(bool(stems) and stems <= heard), "cohesion": len(stems & heard) / max(1, len(stems)),
        "you": min(1.0, sum(w.startswith(("you", "your")) for w in tokens) / max(4, size) * 5),
        "me": min(1.0, sum(w in ("i", "i'm", "we", "i've", "my", "our", "we've") for w in tokens) / max(4, size) * 5),
    }  # fmt: skip
    if like is not None:
        values |= {f"like-{name}": float(value) for name, value in zip(MODEL_TURNS, like, strict=True)}
        values["opener-probe"] = float(like[0] - like[1])
    return np.array([values.get(name, 0.0) for name in OWN], dtype=np.float32)


def _span(turns: Sequence[Turn], asking: NDArray[np.bool_], at: int, step: int) -> float:
    """Log of the words that the other side says up to the next turn that may open, looking back (-1) or ahead (1); about 0..1."""
    total, other = 0, at + step
    while 0 <= other < len(turns) and (not asking[other] or turns[other].n_words <= 4):
        total += 0 if asking[other] else turns[other].n_words
        other += step
    return float(np.log1p(total)) / 5
