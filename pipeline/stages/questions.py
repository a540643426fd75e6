"""The talk cut per question: every turn gets the question it belongs to and what it does there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import cast

import numpy as np
from numpy.typing import NDArray

from models.answer import Answer
from models.rubric import Rubric
from models.transcript import Turn, TurnKind
from pipeline.stages.embed import Embedder
from pipeline.stages.question_features import OWN, Matrix, Talk, read_talk
from pipeline.stages.question_names import WIDTH, BankReader, name_blocks
from pipeline.stages.question_path import CLASSES, PAST, Path, Scene, best_paths, blocks_of
from pipeline.stages.talk_cues import asks, is_backchannel

Labels = tuple[tuple[str | None, TurnKind], ...]

ASKED_AGAIN, ANSWERED = 0.5, 40
JOINT = 0.4
"""How much the fit with the bank counts beside the path."""

REMEMBERED = 256
_CUTS: dict[bytes, Labels] = {}
"""Labels of talks that were cut before, by digest: no word of what was said is kept."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Turns with ``question`` and ``kind``; one answer per block in order; what the bank's questions that were asked evaluate.

    ``asked``: ids of the competencies that an asked bank question evaluates. ``never_asked``: ids of the bank's other questions.
    """

    turns: tuple[Turn, ...]
    answers: tuple[Answer, ...]
    asked: tuple[str, ...]
    never_asked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CutWeights:
    """What was learned: of the path (classes, features) and of matching blocks to the bank (features,)."""

    path: Matrix
    names: NDArray[np.float32]


@cache
def shipped_weights() -> CutWeights:
    """The weights that travel with the package (``data/questions.json``)."""
    data = json.loads((files("pipeline.stages") / "data" / "questions.json").read_text())
    columns = {name: at for at, name in enumerate(data["columns"])}
    path = np.array([data["path"][name] for name in CLASSES], dtype=np.float32)
    order = [columns.get(name, -1) for name in (*OWN, *PAST)]
    path = np.where(np.array(order) >= 0, path[:, order], 0.0).astype(np.float32)
    names = np.zeros(WIDTH, dtype=np.float32)
    names[: len(data["names"])] = data["names"]
    return CutWeights(path=path, names=names)


def cut(turns: Sequence[Turn], rubric: Rubric, embedder: Embedder, weights: CutWeights | None = None) -> Cut:
    """Assign every turn by one path over the whole talk, then give the blocks their questions; turns need their roles.

    Bank questions keep their id, others become ``free-1``, ``free-2``, … in the order asked; without a bank all are free. A question
    taken up again later has a second answer with the same id. Where roles are unknown, turns that ask may open a question.
    """
    weights = weights or shipped_weights()
    labels = _remembered(_key(turns, rubric, embedder, weights), lambda: _labels(turns, rubric, embedder, weights))
    labelled = tuple(
        turn.model_copy(update={"question": name, "kind": kind})
        for turn, (name, kind) in zip(turns, labels, strict=True)
    )
    named = {name for name, _ in labels}
    evaluated = {competency for q in rubric.questions if q.id in named for competency in q.evaluates}
    return Cut(
        turns=labelled,
        answers=answers_of(labelled),
        asked=tuple(c.id for c in rubric.competencies if c.id in evaluated),
        never_asked=tuple(question.id for question in rubric.questions if question.id not in named),
    )


def _labels(turns: Sequence[Turn], rubric: Rubric, embedder: Embedder, weights: CutWeights) -> Labels:
    """For each turn the id of its question (or None) and its kind."""
    if not turns:
        return ()
    talk = read_talk(turns, rubric, embedder)
    paths = best_paths(Scene(talk), weights.path)
    blocks, names = _best_reading(paths, turns, rubric, embedder, weights)
    return _labelled(turns, talk, blocks, names)


def _key(turns: Sequence[Turn], rubric: Rubric, embedder: Embedder, weights: CutWeights) -> bytes:
    """A digest of everything that decides the cut."""
    digest = hashlib.sha256(rubric.model_dump_json().encode())
    digest.update(embedder.name.encode() + weights.path.tobytes() + weights.names.tobytes())
    for turn in turns:
        digest.update(f"\1{turn.role}\2{turn.speaker}\3{turn.text}".encode("utf-8", "surrogatepass"))
    return digest.digest()


def _remembered(key: bytes, make: Callable[[], Labels]) -> Labels:
    """The labels of that key, made where they are not remembered; the oldest are dropped."""
    if key not in _CUTS:
        _CUTS[key] = make()
        while len(_CUTS) > REMEMBERED:
            del _CUTS[next(iter(_CUTS))]
    return _CUTS[key]


def _best_reading(
    paths: Sequence[Path], turns: Sequence[Turn], rubric: Rubric, embedder: Embedder, weights: CutWeights
) -> tuple[list[tuple[str, list[int]]], list[str]]:
    """Blocks and names of the path that is likeliest together with how well its blocks fit the bank."""
    found = []
    reader = BankReader(turns, rubric, embedder)
    for path in paths if rubric.questions else paths[:1]:
        blocks = blocks_of(path.steps)
        asked = [positions for mode, positions in blocks if mode == "question"]
        names, fit = name_blocks(asked, rubric, reader, weights.names)
        found.append((path.score + JOINT * fit, blocks, names))
    _, blocks, names = max(found, key=lambda reading: reading[0])
    return blocks, names


def answers_of(turns: Sequence[Turn]) -> tuple[Answer, ...]:
    """One answer per block of neighbouring turns with the same question, with the turn numbers of asking and probing."""
    blocks: list[list[Turn]] = []
    for turn in turns:
        if blocks and blocks[-1][-1].question == turn.question:
            blocks[-1].append(turn)
        else:
            blocks.append([turn])
    return tuple(
        Answer(
            question=block[0].question,
            asked_in=_numbers(block, "question"),
            probes_in=_numbers(block, "probe"),
            turns=tuple(turn.t for turn in block),
        )
        for block in blocks
        if block[0].question
    )


def _numbers(block: Sequence[Turn], kind: TurnKind) -> tuple[int, ...]:
    return tuple(turn.t for turn in block if turn.kind == kind)


def _labelled(
    turns: Sequence[Turn], talk: Talk, blocks: Sequence[tuple[str, Sequence[int]]], names: Sequence[str]
) -> Labels:
    """Question and kind of each turn."""
    found: list[tuple[str | None, TurnKind]] = []
    question = iter(names)
    for mode, positions in blocks:
        name = next(question) if mode == "question" else None
        said = 0
        for at in positions:
            kind = _kind(turns, talk, positions[0], at, said) if name else cast("TurnKind", mode)
            said += 0 if talk.asking[at] else turns[at].n_words
            found.append((name, kind))
    return tuple(found)


def _kind(turns: Sequence[Turn], talk: Talk, opening: int, at: int, said: int) -> TurnKind:
    """What a turn does inside a question: asks it (again), probes, answers, or only signals listening."""
    turn = turns[at]
    if not talk.asking[at]:
        return (
            "backchannel"
            if is_backchannel(turn.text) and at + 1 < len(turns) and talk.asking[at - 1] and said
            else "answer"
        )
    if at == opening:
        return "question"
    if not asks(turn.text) and (turn.n_words <= 4 or talk.own[at, _ECHO]):
        return "backchannel"
    again = said < ANSWERED and turn.n_words > 6 and asks(turn.text)
    if again and float(talk.vectors[at] @ talk.vectors[opening]) >= ASKED_AGAIN:
        return "question"
    return "probe" if asks(turn.text) else "backchannel"


_ECHO = OWN.index("echo")
