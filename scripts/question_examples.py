"""Labelled interviews as the question cut learns from them, and rougher forms of the same talk."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

from models.rubric import Rubric
from models.transcript import Turn
from pipeline.rubrics import load
from pipeline.stages.question_path import OUTSIDE

ROUGH = ("raw", "corrupt", "split", "merged")


@dataclass(frozen=True)
class Labelled:
    """An interview with its key: turns with roles, and the label of every turn (a question or a kind outside)."""

    id: str
    rubric: Rubric
    turns: tuple[Turn, ...]
    labels: tuple[str, ...]

    def blocks(self) -> list[tuple[str, list[int]]]:
        """Neighbouring turns with one label, in order: the label and the positions."""
        found: list[tuple[str, list[int]]] = []
        for at, label in enumerate(self.labels):
            if found and found[-1][0] == label:
                found[-1][1].append(at)
            else:
                found.append((label, [at]))
        return found


def rubrics_of(folders: list[Path]) -> dict[str, Rubric]:
    """The bundled rubrics and those of the folders, by id."""
    files = [file for folder in folders for file in sorted((folder / "rubrics").glob("*.json"))]
    found = [load("csm-2-5y"), load("senior-csm"), *(load(str(file)) for file in files)]
    return {rubric.id: rubric for rubric in found}


def labelled(folder: Path, rubrics: dict[str, Rubric]) -> list[Labelled]:
    """All labelled interviews of a corpus folder, in order of id."""
    found = []
    for file in sorted((folder / "truth").glob("*.json")):
        truth = json.loads(file.read_text())
        interview = json.loads((folder / "interviews" / file.name).read_text())
        label = {t: s["question"] or s["kind"] for s in truth["segments"] for t in s["turns"]}
        turns = tuple(Turn(**turn, role=truth["roles"][turn["speaker"]]) for turn in interview["turns"])
        found.append(Labelled(file.stem, rubrics[truth["rubric"]], turns, tuple(label[turn.t] for turn in turns)))
    return found


def without_question(one: Labelled, gone: frozenset[str]) -> Labelled:
    """The same interview where these questions are not in the bank: they become free questions."""
    kept = tuple(question for question in one.rubric.questions if question.id not in gone)
    rubric = one.rubric.model_copy(update={"questions": kept})
    return Labelled(one.id, rubric, one.turns, tuple(f"free-{x}" if x in gone else x for x in one.labels))


def without_bank(one: Labelled) -> Labelled:
    """The same interview with no bank at all."""
    return without_question(one, frozenset(question.id for question in one.rubric.questions))


def rough(one: Labelled, how: str, seed: int = 0) -> Labelled:
    """The same interview raw (lower case, no marks), corrupt (one word in ten), split (turns cut in two) or merged."""
    rng = random.Random(f"{one.id}-{how}-{seed}")
    turns: list[Turn] = []
    labels: list[str] = []
    for turn, label in zip(one.turns, one.labels, strict=True):
        texts = [turn.text]
        small = turn.n_words <= 4
        if how == "raw":
            texts = [_plain(turn.text)]
        elif how == "corrupt":
            texts = [_corrupted(turn.text, rng)]
        elif how == "split" and turn.n_words > 8 and rng.random() < 0.4:
            tokens = turn.text.split()
            at = rng.randrange(3, len(tokens) - 3)
            texts = [" ".join(tokens[:at]), " ".join(tokens[at:])]
        elif (
            how == "merged"
            and turns
            and ((turns[-1].role == turn.role and labels[-1] == label) or (small and rng.random() < 0.6))
        ):
            turns[-1] = turns[-1].model_copy(update={"text": f"{turns[-1].text} {turn.text}"})
            continue
        turns += [turn.model_copy(update={"text": text}) for text in texts]
        labels += [label] * len(texts)
    numbered = tuple(turn.model_copy(update={"t": at}) for at, turn in enumerate(turns))
    return Labelled(one.id, one.rubric, numbered, tuple(labels))


def inside(label: str) -> bool:
    """Whether the label names a question."""
    return label not in OUTSIDE


def _plain(text: str) -> str:
    return "".join(ch for ch in text.lower().replace("--", " ") if ch.isalnum() or ch in " '’") or text


def _corrupted(text: str, rng: random.Random, rate: float = 0.1) -> str:
    """About ``rate`` of the words lost, replaced by a neighbour, or with a letter changed."""
    tokens = text.split()
    out: list[str] = []
    for token in tokens:
        draw = rng.random()
        if draw > rate:
            out.append(token)
        elif draw > 0.4 * rate:
            at = rng.randrange(len(token))
            out.append(token[:at] + rng.choice("aeioustrn") + token[at + 1 :])
        elif draw > 0.2 * rate:
            out.append(rng.choice(tokens))
    return " ".join(out) or text
