"""The bundled rubrics hold the whole of the scorecards that they were made from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.rubric import Rubric
from pipeline import rubrics

SEEDS = Path(__file__).parents[2] / "fixtures" / "seeds"

FURNITURE = {
    # buttons, table heads and counters of the page: nothing that a rubric could hold
    "csm-2-5y": {
        "8", "Competencies", "20", "Questions", "1-5", "Scoring", "Must Have", "View scoring rubric",
        "Follow-up probes & competencies", "Score Level What it means", "Generate My Own Scorecard",
    },
    "senior-csm": {
        "Try Free", "InterviewSenior Customer Success ManagerScorecardHiring", "TL;DR", "Download the Scorecard",
        "Detailed rubric with anchor behaviors", "Default weights (adjust per role):", "Dimension Weight",
        "Complete Examples", "Dimension Notes Score (1–5)", "Download", "Choose your format:",
    },
}  # fmt: skip


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield _plain(value)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _strings(each)


def _said_by(rubric: Rubric) -> set[str]:
    """Every sentence of the rubric, and the lines that the source builds from several fields."""
    said = set(_strings(rubric.model_dump(mode="json")))
    said |= {part for text in said for part in re.split(r"; | \| ", text)} | {rubric.source.split("; ", 1)[-1]}
    for number, question in enumerate(rubric.questions, 1):
        names = [rubric.competency(each).name for each in question.evaluates]
        said |= {f"{number} {question.category.capitalize()}", f"Evaluates: {', '.join(names)}"}
    for competency in rubric.competencies:
        said |= {f"{competency.weight}%", f"{competency.name} {competency.weight}%"}
        said |= {f"{key.replace('-', '–')}: {text}" for key, text in competency.anchors.items()}
        for level, word in (("5", "Top"), ("3", "Mid"), ("1", "Low")):
            said.add(f"{level} — {word} {competency.anchors.get(level)}")
        for example in rubric.examples:
            line = example.scores[competency.id]
            said.add(f"{competency.name} {line.notes} {line.score}")
    said |= {f"{key} {level.label} {level.meaning}" for key, level in rubric.scale.items()}
    said |= {
        f"{mark}: {text}"
        for part in rubric.guidance
        for entry in part.faq
        for mark, text in (("Q", entry.q), ("A", entry.a))
    }
    return said


@pytest.mark.parametrize("rubric_id", ["csm-2-5y", "senior-csm"])
def test_bundled_rubric_holds_every_sentence_of_its_source(rubric_id: str) -> None:
    """Nothing of the scorecard is lost or reworded on the way into the YAML."""
    rubric = rubrics.load(rubric_id)
    said = _said_by(rubric)
    definitions = {competency.definition for competency in rubric.competencies}
    lost = []
    for line in (SEEDS / f"scorecard-{rubric_id}.txt").read_text(encoding="utf-8").splitlines():
        text = _plain(line.replace("•", ""))
        cut_short = text.endswith("...") and any(each.startswith(text[:-3]) for each in definitions)
        whole = text in said or all(_plain(part) in said for part in re.split(r"(?<=\.) ", text))
        if text and text not in FURNITURE[rubric_id] and not cut_short and not whole:
            lost.append(text)
    assert lost == []


def test_bundled_rubric_csm_has_weights_must_haves_and_bank() -> None:
    """Spot checks by hand, so that the comparison above cannot pass on a field in the wrong place."""
    rubric = rubrics.load("csm-2-5y")
    assert [int(c.weight) for c in rubric.competencies] == [20, 20, 15, 15, 10, 10, 5, 5]
    assert [c.id for c in rubric.competencies if c.must_have] == [
        "customer-relationship-management", "strategic-account-growth-retention", "proactive-communication-advocacy",
    ]  # fmt: skip
    assert all(list(c.anchors) == ["1", "3", "5"] and c.definition == c.anchors["3"] for c in rubric.competencies)
    assert [q.category for q in rubric.questions] == [
        "technical",
        "technical",
        "behavioral",
        "behavioral",
        "situational",
    ]
    assert [len(q.probes) for q in rubric.questions] == [3] * 5
    assert rubric.questions[4].evaluates == ("strategic-account-growth-retention", "problem-solving-risk-mitigation")
    assert rubric.must_have_minimum == 3
    assert rubric.scale["5"].label == "Significantly Exceeds"
    assert rubric.scale["5"].meaning == "Exceptional; top-tier capability"


def test_bundled_rubric_senior_has_its_rule_and_worked_examples() -> None:
    """The rule for Senior+ is data, and the three examples score 5, 3 and 1 throughout."""
    rubric = rubrics.load("senior-csm")
    assert [int(c.weight) for c in rubric.competencies] == [20, 20, 15, 15, 10, 10, 10]
    assert all(list(c.anchors) == ["1-2", "3", "4", "5"] for c in rubric.competencies)
    assert rubric.questions == ()
    (rule,) = rubric.rules
    assert (rule.kind, rule.level, rule.count, rule.applies_to) == ("count_at_least", 4, 2, "Senior+")
    assert [{line.score for line in example.scores.values()} for example in rubric.examples] == [{5}, {3}, {1}]
    assert all(len(example.scores) == 7 for example in rubric.examples)


@pytest.mark.parametrize("rubric_id", rubrics.bundled())
def test_bundled_rubric_has_no_error(rubric_id: str) -> None:
    """What travels with the package passes its own lint."""
    assert [finding for finding in rubrics.lint(rubric_id) if finding.severity == "error"] == []


def test_bundled_rubric_warns_where_no_question_evaluates_a_competency() -> None:
    """Five of the source's twenty questions leave one competency out, and lint says so."""
    (finding,) = rubrics.lint("csm-2-5y")
    assert finding.severity == "warning"
    assert "adaptability-prioritization" in finding.message
