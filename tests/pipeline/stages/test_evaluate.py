"""The product's figures are the ruler's: the same analyses give the same numbers."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from models.evaluation import Evaluation, Labelled
from models.evidence import AnchorRef, Evidence
from models.recording import Source
from models.report import Analysis, Engines, Quality, RubricRef
from models.score import DraftScore
from models.transcript import Turn
from pipeline.errors import SourceError
from pipeline.stages.evaluate import evaluate
from pipeline.stages.labelled import read_corpus
from tests.ruler import measure as ruler

KINDS = ("small-talk", "logistics", "candidate-questions", "closing")


def a_guess(one: Labelled, chance: random.Random) -> Analysis:
    """An analysis that is right in some places and wrong in others."""
    label = "none"
    turns = []
    for turn in one.turns:
        if chance.random() < 0.7:
            label = one.labels[turn.t]
        elif chance.random() < 0.3:
            label = chance.choice(["q1", "q2", "free-1", "free-7", *KINDS])
        role = one.roles[turn.speaker] if chance.random() < 0.9 else "unknown"
        kind = label if label in KINDS else "answer"
        question = None if label in (*KINDS, "none") else label
        turns.append(Turn(t=turn.t, speaker=turn.speaker, role=role, text=turn.text, question=question, kind=kind))
    drafts = tuple(a_guessed_draft(one, competency, chance) for competency in one.readers[0].scores)
    return Analysis(
        source=Source(name=one.id, sha256="0" * 64, duration_s=1.0),
        engines=Engines(transcriber="t", diarizer="d", embedder="e", scorer="s"),
        rubric=RubricRef(id=one.rubric, version="v"),
        quality=Quality(grade="good"), turns=tuple(turns), answers=(), not_covered=(), drafts=drafts,
    )  # fmt: skip


def a_guessed_draft(one: Labelled, competency: str, chance: random.Random) -> DraftScore:
    """A draft near the writer's level with some of the readers' quotes and some words at random."""
    level = one.readers[0].scores[competency]
    if chance.random() < (0.6 if level is None else 0.1):
        return DraftScore(
            competency=competency, score=None, value=None, plausible=None, confidence=0.0, rationale="nothing"
        )
    value = min(5.0, max(1.0, (level or 3) + chance.choice([-2, -1, -0.4, 0, 0, 0.2, 1, 1.6])))
    score = min(5, max(1, int(value + 0.5)))
    said = [(p.turn, p.quote, p.polarity) for reader in one.readers for p in reader.evidence.get(competency, ())]
    quotes = chance.sample(said, min(len(said), chance.randint(0, 4)))
    turn = chance.choice(one.turns)
    at = chance.randrange(max(1, len(turn.text) // 2))
    quotes += [(turn.t, turn.text[at : at + 60], "+"), (turn.t, "words that nobody said", "-")]
    return DraftScore(
        competency=competency, score=score, value=value, confidence=round(chance.random(), 2), rationale="because",
        plausible=(max(1, score - 1), min(5, score + chance.randint(0, 1))),
        evidence=tuple(
            Evidence(turn=t, quote=q[: chance.choice([20, 400, 400])], start=None, end=None, pull=0.0,
                     polarity=chance.choice([p, "+"]), anchor=AnchorRef(level="5", text="x"), similarity=0.1)
            for t, q, p in quotes
        ),
    )  # fmt: skip


def same_as_ruler(
    corpus: Path, labelled: Sequence[Labelled], analyses: Mapping[str, Analysis], tmp_path: Path, only: str
) -> Evaluation:
    """Measure with both and compare every number that the ruler gives."""
    for name, analysis in analyses.items():
        (tmp_path / f"{name}.json").write_text(analysis.contract_json(), "utf-8")
    want = ruler.measure(corpus, tmp_path, only)
    found = evaluate(labelled, analyses)
    got = json.loads(found.model_dump_json())
    blocks = {"scores", "by_rubric"}
    assert {key: got[key] for key in want if key not in blocks} == {key: want[key] for key in want if key not in blocks}
    assert {key: got["scores"][key] for key in want["scores"]} == want["scores"]
    for rubric, block in want["by_rubric"].items():
        assert {key: got["by_rubric"][rubric][key] for key in block} == block
    return found


@pytest.fixture(scope="module")
def corpus(fixtures: Path) -> Path:
    return fixtures / "corpus"


@pytest.fixture(scope="module")
def labelled(corpus: Path) -> tuple[Labelled, ...]:
    return read_corpus(corpus)


@pytest.mark.parametrize(("only", "share"), [("dev-a-", 1.0), ("dev-p", 0.8)])
def test_figures_of_guesses_equal_the_rulers(corpus, tmp_path, only, share) -> None:
    """With a bank of questions and without; in the second run some interviews have no analysis at all."""
    chance = random.Random(only)
    labelled = read_corpus(corpus, only)
    analyses = {one.id: a_guess(one, chance) for one in labelled if chance.random() < share}
    found = same_as_ruler(corpus, labelled, analyses, tmp_path, only)
    assert found.missing == len(labelled) - len(analyses)


def test_an_interviews_own_mean_orders_nothing_within_it(corpus, labelled) -> None:
    """The halo: half right by ties, whatever its kappa."""
    chance = random.Random(3)
    found = evaluate(labelled[:12], {one.id: a_guess(one, chance) for one in labelled[:12]})
    assert found.baselines["halo (readers)"].order_within == 0.5
    assert found.baselines["constant 3"].qwk == 0.0
    assert found.baselines["constant 3"].mae == found.scores.mae_constant_3 or found.scores.drafted < 1


def test_every_part_counts_its_own_rows(labelled) -> None:
    """Rubrics and levels divide the scored competencies between them; a trait takes the interviews that have it."""
    chance = random.Random(4)
    found = evaluate(labelled, {one.id: a_guess(one, chance) for one in labelled})
    assert sum(block.n for block in found.by_rubric.values()) == found.scores.n
    assert sum(block.n for block in found.by_level.values()) == found.scores.n
    assert sum(cell.n for cell in found.confusion) == len(found.rows)
    raw = [row for row in found.rows if "raw-asr" in row.traits and row.want is not None]
    assert found.by_trait["raw-asr"].n == len(raw) > 0


def test_a_folder_without_interviews_is_named(tmp_path) -> None:
    with pytest.raises(SourceError, match="no labelled interviews"):
        read_corpus(tmp_path)


def test_a_broken_key_is_named(tmp_path) -> None:
    for folder in ("truth", "interviews"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.json").write_text('{"turns": []}')
    with pytest.raises(SourceError, match=r"x\.json"):
        read_corpus(tmp_path)
