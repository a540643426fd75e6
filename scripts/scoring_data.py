"""The labelled talks and graded answers that the scorer learns from, read from fixtures/."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

from models.answer import Answer
from models.rubric import Competency, Question, Rubric
from models.transcript import Turn
from pipeline.stages.reading import Window, windows

ROOT = Path(__file__).resolve().parent.parent
SAME = (frozenset({"csm-2-5y", "senior-csm"}),)
"""Rubrics that share competencies and are left out together."""


class Mark(NamedTuple):
    """A reader's quote: its turn and characters, competency (index), and whether it supports a high level."""

    turn: int
    start: int
    end: int
    competency: int
    plus: bool
    weight: float


class Talk(NamedTuple):
    """An interview with consensus levels (None: no evidence) in the order of its rubric's competencies."""

    id: str
    rubric: str
    turns: tuple[Turn, ...]
    answers: tuple[Answer, ...]
    levels: tuple[int | None, ...]
    marks: tuple[Mark, ...]
    windows: tuple[Window, ...]
    corpus: bool


class Sample(NamedTuple):
    """A graded sample answer: its rubric, competency (index) and level."""

    rubric: str
    competency: int
    level: float
    text: str


class Sources(NamedTuple):
    """Everything there is to learn from: competencies per rubric, talks, graded answers."""

    rubrics: dict[str, Rubric]
    talks: tuple[Talk, ...]
    samples: tuple[Sample, ...]


def consensus(levels: Sequence[int | None]) -> int | None:
    """Median of the readers, halves up; None where half of them or more say none."""
    given = [level for level in levels if level is not None]
    if 2 * len(given) <= len(levels):
        return None
    return int(np.floor(np.median(given) + 0.5))


def read_rubric(path: Path) -> Rubric:
    """A rubric file as far as the scorer needs it: competencies and questions."""
    data = yaml.safe_load(path.read_text("utf-8"))
    fields = Competency.model_fields
    competencies = tuple(
        Competency(
            **{k: v for k, v in item.items() if k in fields and k != "anchors"},
            anchors={str(k): v for k, v in item["anchors"].items()},
        )
        for item in data["competencies"]
    )
    questions = tuple(
        Question(id=q["id"], text=q["text"], evaluates=tuple(q.get("evaluates") or ()))
        for q in data.get("questions") or ()
    )
    return Rubric(id=data["id"], title=data["title"], competencies=competencies, questions=questions)


def _talk(folder: Path, path: Path, rubrics: dict[str, Rubric], corpus: bool) -> Talk:
    truth = json.loads(path.read_text("utf-8"))
    interview = json.loads((folder / "interviews" / path.name).read_text("utf-8"))
    readers = [json.loads(p.read_text("utf-8")) for p in sorted(folder.glob(f"ratings/*/{path.name}"))]
    question = {t: s["question"] for s in truth["segments"] for t in s["turns"]}
    turns = tuple(
        Turn(
            t=t["t"],
            speaker=t["speaker"],
            role=truth["roles"][t["speaker"]],
            start=t.get("start"),
            end=t.get("end"),
            text=t["text"],
            question=question.get(t["t"]),
        )
        for t in interview["turns"]
    )
    answers = tuple(
        Answer(
            question=s["question"],
            asked_in=tuple(s["asked_in"]),
            probes_in=tuple(s["probes_in"]),
            turns=tuple(s["turns"]),
        )
        for s in truth["segments"]
        if s["question"]
    )
    ids = [c.id for c in rubrics[truth["rubric"]].competencies]
    levels = tuple(consensus([truth["intended"].get(c), *(r["scores"].get(c) for r in readers)]) for c in ids)
    marks = _marks([truth["evidence"], *(r.get("evidence", {}) for r in readers)], {t.t: t.text for t in turns}, ids)
    return Talk(truth["id"], truth["rubric"], turns, answers, levels, marks, windows(turns), corpus)


def _marks(
    sources: Sequence[dict[str, list[dict[str, str]]]], texts: dict[int, str], ids: list[str]
) -> tuple[Mark, ...]:
    marks = []
    for source in sources:
        for competency, quotes in source.items():
            for quote in quotes:
                turn = int(quote["turn"])
                start = texts.get(turn, "").find(quote["quote"])
                if start >= 0 and competency in ids:
                    end, plus = start + len(quote["quote"]), quote["polarity"] == "+"
                    marks.append(Mark(turn, start, end, ids.index(competency), plus, 1 / len(sources)))
    return tuple(marks)


def load_sources(fixtures: Path = ROOT / "fixtures", rubrics: Path = ROOT / "rubrics") -> Sources:
    """All talks and samples under ``fixtures/corpus`` and ``fixtures/training`` whose rubric is known; unreadable training files are left out."""
    paths = [*rubrics.glob("*.yaml"), *fixtures.glob("corpus/rubrics/*.json"), *fixtures.glob("training/rubrics/*")]
    found = {rubric.id: rubric for rubric in map(read_rubric, sorted(paths))}
    talks, samples = [], []
    for corpus, folder in ((True, fixtures / "corpus"), (False, fixtures / "training")):
        for path in sorted((folder / "truth").glob("*.json")):
            if json.loads(path.read_text("utf-8"))["rubric"] in found:
                talks.append(_talk(folder, path, found, corpus))
        for path in sorted((folder / "samples").glob("*.jsonl")):
            for line in path.read_text("utf-8").splitlines():
                if not line.strip():
                    continue
                item = json.loads(line)
                ids = [c.id for c in found[item["rubric"]].competencies] if item["rubric"] in found else []
                if item["competency"] in ids:
                    samples.append(
                        Sample(item["rubric"], ids.index(item["competency"]), float(item["level"]), item["text"])
                    )
    return Sources(found, tuple(talks), tuple(samples))
