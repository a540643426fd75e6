"""Roles and the question cut against the labelled interviews: ours, a uniform cut, and the nearest question.

usage: python benchmarks/segmentation.py --ruler MEASURE.PY [--rough] [--out benchmarks/segmentation.md]

Held out by rubric: for each role the weights are learned from all other roles (both customer-success rubrics go together) and from
fixtures/training, whose own rubrics are never measured. The ruler is the project's measure.py, loaded from the path given.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from embedder_for_scripts import sentence_embedder  # noqa: E402
from question_examples import ROUGH, Labelled, labelled, rough, rubrics_of, without_bank  # noqa: E402
from train_questions import learn_names, learn_path, name_examples, path_examples  # noqa: E402

from models.transcript import Turn  # noqa: E402
from pipeline.stages.embed import Embedder  # noqa: E402
from pipeline.stages.questions import CutWeights, cut  # noqa: E402
from pipeline.stages.roles import assign_roles, with_roles  # noqa: E402

FIGURES = ("roles", "question_words", "other_kind_words", "border_f1")
Cutter = Callable[[Labelled], Sequence[Turn]]


def fold(one: Labelled) -> str:
    """The rubrics that are left out together."""
    return "csm" if one.rubric.id in ("csm-2-5y", "senior-csm") else one.rubric.id


def ruler(file: Path) -> ModuleType:
    """The project's measure.py as a module."""
    spec = importlib.util.spec_from_file_location("measure", file)
    if spec is None or spec.loader is None:
        raise SystemExit(f"no ruler at {file}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measured(measure: ModuleType, interviews: Sequence[Labelled], cutter: Cutter) -> dict[str, Any]:
    """The ruler's figures of a cutter on interviews, through files as the ruler wants them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("interviews", "truth", "analyses"):
            (folder / part).mkdir()
        for one in interviews:
            turns = [turn.model_dump(include={"t", "speaker", "text"}) for turn in one.turns]
            roles = {turn.speaker: turn.role for turn in one.turns}
            segments = [
                {"question": label if label[0] in "qf" else None, "kind": label, "turns": positions}
                for label, positions in one.blocks()
            ]
            truth = {"rubric": one.rubric.id, "roles": roles, "segments": segments, "intended": {}, "evidence": {}}
            analysis = {"turns": [turn.model_dump() for turn in cutter(one)], "drafts": []}
            for part, content in (("interviews", {"turns": turns}), ("truth", truth), ("analyses", analysis)):
                (folder / part / f"{one.id}.json").write_text(json.dumps(content))
        measure.score_block = lambda rows: {}  # nothing is scored here
        found = measure.measure(folder, folder / "analyses")
        return {name: found[name] for name in FIGURES}


def uniform(one: Labelled) -> Sequence[Turn]:
    """Baseline: the talk cut into as many equal parts as the bank has questions (seven without a bank), in order."""
    ids = [question.id for question in one.rubric.questions] or [f"free-{n}" for n in range(1, 8)]
    n = len(one.turns)
    return [turn.model_copy(update={"question": ids[at * len(ids) // n]}) for at, turn in enumerate(one.turns)]


def nearest(embedder: Embedder) -> Cutter:
    """Baseline: each interviewer's turn of more than six words opens the nearest question of the bank (or a new free one)."""

    def cutter(one: Labelled) -> Sequence[Turn]:
        questions = one.rubric.questions
        bank = embedder.encode([question.text for question in questions]) if questions else None
        current, count, out = None, 0, []
        for turn in one.turns:
            if turn.role == "interviewer" and turn.n_words > 6:
                count += 1
                near = None if bank is None else embedder.encode([turn.text]) @ bank.T
                current = f"free-{count}" if near is None else questions[int(near.argmax())].id
            out.append(turn.model_copy(update={"question": current}))
        return out

    return cutter


def ours(weights: dict[str, CutWeights], embedder: Embedder) -> Cutter:
    """Roles found and talk cut, with the weights that have not seen this role."""

    def cutter(one: Labelled) -> Sequence[Turn]:
        blank = [turn.model_copy(update={"role": "unknown"}) for turn in one.turns]
        turns = with_roles(blank, assign_roles(blank, one.rubric, embedder))
        return cut(turns, one.rubric, embedder, weights[fold(one)]).turns

    return cutter


def shipped(embedder: Embedder) -> Cutter:
    """Roles found and talk cut as the product does it."""

    def cutter(one: Labelled) -> Sequence[Turn]:
        blank = [turn.model_copy(update={"role": "unknown"}) for turn in one.turns]
        return cut(with_roles(blank, assign_roles(blank, one.rubric, embedder)), one.rubric, embedder).turns

    return cutter


def held_out(
    corpus: Sequence[Labelled], more: Sequence[Labelled], embedder: Embedder
) -> tuple[dict[str, CutWeights], dict[str, CutWeights]]:
    """For each fold the weights learned without it: with the further training talks, and without them."""
    steps = {one.id: path_examples([one], embedder) for one in (*corpus, *more)}
    names = {one.id: name_examples([one], embedder) for one in (*corpus, *more)}

    def learned(interviews: Sequence[Labelled]) -> CutWeights:
        path = learn_path([choice for one in interviews for choice in steps[one.id]])
        return CutWeights(path, learn_names([match for one in interviews for match in names[one.id]]))

    folds = sorted({fold(one) for one in corpus})
    rest = {name: [one for one in corpus if fold(one) != name] for name in folds}
    added = {name: [one for one in more if fold(one) != name] for name in folds}
    return (
        {name: learned([*rest[name], *added[name]]) for name in folds},
        {name: learned(rest[name]) for name in folds},
    )


def line(name: str, figures: dict[str, Any]) -> str:
    """One row of the table."""
    cells = ["–" if figures[key] is None or np.isnan(figures[key]) else f"{figures[key]:.3f}" for key in FIGURES]
    return f"| {name} | " + " | ".join(cells) + " |"


def report(options: argparse.Namespace) -> list[str]:
    """The tables as lines of Markdown."""
    measure, embedder = ruler(options.ruler), sentence_embedder(2)
    folders = [ROOT / "fixtures" / "corpus", ROOT / "fixtures" / "training"]
    rubrics = rubrics_of(folders)
    corpus, more = (labelled(folder, rubrics) for folder in folders)
    weights, small = held_out(corpus, more, embedder)
    mine = ours(weights, embedder)
    head = ["| | " + " | ".join(FIGURES) + " |", "|---|" + "---|" * len(FIGURES)]
    lines = [
        f"Held out by rubric; learned from {len(corpus)} + {len(more)} labelled interviews less the role measured.",
        "",
    ]
    lines += [*head, line("**ours**", measured(measure, corpus, mine))]
    lines += [line(f"ours, the {len(corpus)} interviews alone", measured(measure, corpus, ours(small, embedder)))]
    lines += [line("uniform cut", measured(measure, corpus, uniform))]
    lines += [line("nearest question", measured(measure, corpus, nearest(embedder))), "", "Ours by rubric:", "", *head]
    for name in sorted({one.rubric.id for one in corpus}):
        lines.append(line(name, measured(measure, [one for one in corpus if one.rubric.id == name], mine)))
    hard = labelled(ROOT / "fixtures" / "cut", rubrics_of([ROOT / "fixtures" / "cut"]))
    lines += [
        "",
        f"Shipped weights on {len(hard)} hard talks of other roles by another writer (fixtures/cut):",
        "",
        *head,
    ]
    lines += [line("**ours**", measured(measure, hard, shipped(embedder)))]
    lines += [line("uniform cut", measured(measure, hard, uniform))]
    lines += [line("nearest question", measured(measure, hard, nearest(embedder)))]
    if options.rough:
        lines += ["", "Ours on rougher forms of the same talk:", "", *head]
        forms = {form: [rough(one, form, 7) for one in corpus] for form in ROUGH}
        forms["bank taken away"] = [without_bank(one) for one in corpus if one.rubric.questions]
        lines += [line(name, measured(measure, talks, mine)) for name, talks in forms.items()]
    return lines


def main() -> None:
    """Print the tables, and write them where told."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ruler", type=Path, required=True)
    parser.add_argument("--rough", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    text = "\n".join(report(options))
    print(text)
    if options.out:
        intro = "# Roles and the question cut\n\n`python benchmarks/segmentation.py --ruler MEASURE.PY --rough`. "
        intro += "Texts are synthetic: the figures show agreement with one careful writer's key.\n\n"
        options.out.write_text(intro + text + "\n")


if __name__ == "__main__":
    main()
