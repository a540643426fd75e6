"""A team's mapping: fitted on scores given blind, kept apart, and never used on what it learnt from."""

from __future__ import annotations

import json
import random

import pytest

from models.calibration import GradedValue
from models.score import DraftScore
from pipeline.cli.calibrate import read_calibration
from pipeline.errors import SourceError, UsageError
from pipeline.stages.calibrate import calibrated, calibrated_analysis, content_name, fit, fit_line, mapped
from pipeline.stages.graded import is_samples, team_scores
from tests.builders import a_draft, a_rubric, an_analysis


def grades(count: int, slope: float = 0.6, shift: float = -0.5, interviews: int = 10) -> tuple[GradedValue, ...]:
    """Grades of a team that is sterner and flatter than the shipped mapping, with some noise."""
    chance = random.Random(5)
    found = []
    for i in range(count):
        value = round(chance.uniform(1, 5), 3)
        level = min(5, max(1, round(3 + shift + slope * (value - 3) + chance.gauss(0, 0.3))))
        found.append(GradedValue(group=f"i{i % interviews}", competency="c1", value=value, level=level))
    return tuple(found)


def test_a_team_that_grades_otherwise_is_met_on_interviews_not_seen() -> None:
    found = fit(grades(60), "s")
    assert found.after.mae < found.before.mae
    assert found.line.shift == pytest.approx(-0.5, abs=0.2)
    assert found.line.slope == pytest.approx(0.6, abs=0.15)


def test_the_same_grades_give_the_same_file_under_the_same_name() -> None:
    first, second = fit(grades(40), "s"), fit(grades(40), "s")
    assert first == second
    assert first.name == content_name(first)
    assert first.name != fit(grades(41), "s").name


def test_fewer_than_thirty_scores_are_refused() -> None:
    with pytest.raises(SourceError, match="too few"):
        fit(grades(29), "s")
    with pytest.raises(SourceError, match="too few"):
        fit(grades(40, interviews=1), "s")


def test_an_interview_is_scored_by_the_line_fitted_without_it() -> None:
    """Grades of one interview that are all wrong change every other interview's line but not its own."""
    rows = grades(60)
    poisoned = tuple(row.model_copy(update={"level": 5}) if row.group == "i3" else row for row in rows)
    clean, spoilt = fit(rows, "s"), fit(poisoned, "s")
    assert spoilt.held_out["i3"] == clean.held_out["i3"] == fit_line([row for row in rows if row.group != "i3"])
    assert spoilt.held_out["i4"] != clean.held_out["i4"]
    draft = a_draft("c1", 4, (1, "words"))
    competency = a_rubric().competencies[0]
    assert calibrated(draft, competency, spoilt, "i3").value == round(mapped(4.0, clean.held_out["i3"]), 3)
    assert calibrated(draft, competency, spoilt, "unseen").value == round(mapped(4.0, spoilt.line), 3)


def test_a_calibrated_draft_agrees_with_itself_and_names_its_calibration() -> None:
    """Pull stays what the value loses without the quote, on the team's scale."""
    found = fit(grades(60), "s")
    draft = a_draft("c1", 4, (1, "first"), (3, "second"))
    made = calibrated(draft, a_rubric().competencies[0], found)
    assert made.calibration == found.name != draft.calibration == "shipped"
    assert made.score == int(made.value + 0.5)
    assert made.plausible[0] <= made.score <= made.plausible[1]
    assert f"level {made.value:.1f}" in made.rationale
    for quote, before in zip(made.evidence, draft.evidence, strict=True):
        assert quote.quote == before.quote
        assert quote.pull == pytest.approx(made.value - mapped(draft.value - before.pull, found.line), abs=0.0015)


def test_order_never_changes_even_for_a_team_at_odds_with_the_drafts() -> None:
    line = fit_line(grades(60, slope=-1.0))
    assert mapped(2.5, line) < mapped(3.5, line)


def test_no_level_stays_no_level() -> None:
    made = calibrated(a_draft("c1", None), a_rubric().competencies[0], fit(grades(40), "s"))
    assert isinstance(made, DraftScore)
    assert (made.score, made.value, made.plausible) == (None, None, None)
    assert made.calibration.startswith("team-")


def test_drafts_of_other_weights_or_calibrated_already_are_refused() -> None:
    rubric = a_rubric()
    found = fit(grades(40), "s")
    once = calibrated_analysis(an_analysis(rubric), rubric, found)
    assert {draft.calibration for draft in once.drafts} == {found.name}
    with pytest.raises(SourceError, match="calibrated already"):
        calibrated_analysis(once, rubric, found)
    with pytest.raises(SourceError, match="other weights"):
        calibrated_analysis(an_analysis(rubric), rubric, fit(grades(40), "another"))


def test_only_scores_given_before_the_draft_was_seen_count(tmp_path) -> None:
    rubric = a_rubric()
    (tmp_path / "call.json").write_text(an_analysis(rubric).contract_json(), "utf-8")
    line = {"analysis": "call.json", "competency": "c1", "score": 4}
    chosen = [
        {**line, "before_reveal": True},
        {**line, "before_reveal": False},
        line,
        {**line, "before_reveal": "true"},
    ]
    chosen.append({**line, "competency": "none-such", "before_reveal": True})
    path = tmp_path / "scores.jsonl"
    path.write_text("\n".join(map(json.dumps, chosen)), "utf-8")
    rows, aside = team_scores(path, "s")
    assert [(row.competency, row.level, row.value) for row in rows] == [("c1", 4, 3.0)]
    assert aside["given after the draft was seen"] == 3
    assert aside.total() == 4
    assert not is_samples(path)
    assert team_scores(path, "other weights")[0] == ()


@pytest.mark.parametrize(
    "text", ["nonsense", '["a"]', '{"analysis": "x.json"}', '{"analysis": "x", "competency": "c1", "score": 6}']
)
def test_a_line_that_is_no_score_is_named(tmp_path, text) -> None:
    path = tmp_path / "scores.jsonl"
    path.write_text("\n" + text, "utf-8")
    with pytest.raises(SourceError, match="line 2"):
        team_scores(path, "s")


def test_a_calibration_changed_by_hand_is_refused(tmp_path) -> None:
    found = fit(grades(40), "s")
    path = tmp_path / f"{found.name}.json"
    path.write_text(found.model_dump_json(by_alias=True), "utf-8")
    assert read_calibration(path) == found
    path.write_text(found.model_copy(update={"half_width": 0.1}).model_dump_json(by_alias=True), "utf-8")
    with pytest.raises(UsageError, match="changed"):
        read_calibration(path)
