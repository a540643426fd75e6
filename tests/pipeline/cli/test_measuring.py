"""``debrief evaluate`` and ``debrief calibrate`` as a team uses them, and ``debrief analyze --calibration`` with what they made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline import rubrics
from pipeline.wiring import Engines
from tests.builders import a_draft, an_analysis
from tests.pipeline.cli.shell import Shell

RUBRIC = "csm-2-5y"


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command in an empty folder."""
    return Shell(tmp_path, capsys, monkeypatch)


def blind_scores(folder: Path, scorer: str, interviews: int, *, blind: bool = True) -> Path:
    """A team that gives everybody one level less than the drafts, eight competencies an interview."""
    rubric = rubrics.load(RUBRIC)
    lines = []
    for i in range(interviews):
        drafts = tuple(a_draft(c.id, 2 + (i + k) % 4) for k, c in enumerate(rubric.competencies))
        made = an_analysis(rubric, drafts)
        source = made.source.model_copy(update={"sha256": f"{i:064d}"})
        engines = made.engines.model_copy(update={"scorer": scorer})
        text = made.model_copy(update={"source": source, "engines": engines}).contract_json()
        (folder / f"{i}.json").write_text(text, "utf-8")
        lines += [
            json.dumps(
                {
                    "analysis": f"{i}.json",
                    "competency": d.competency,
                    "score": (d.score or 0) - 1,
                    "before_reveal": blind,
                }
            )
            for d in drafts
        ]
    path = folder / "scores.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    return path


def test_evaluate_measures_analyses_that_are_there(shell: Shell, tmp_path: Path, fixtures: Path) -> None:
    """An analysis without a single draft: silent where it should be, and everything else missed."""
    rubric = rubrics.load(RUBRIC)
    nothing = an_analysis(rubric, tuple(a_draft(c.id, None) for c in rubric.competencies))
    kept = tmp_path / "analyses"
    kept.mkdir()
    (kept / "dev-a-01.json").write_text(nothing.contract_json(), "utf-8")
    only = ("evaluate", str(fixtures / "corpus"), "--only", "dev-a-01", "--analyses", str(kept))
    found = json.loads(shell(*only, "--json", "-"))
    assert found["interviews"] == 1
    assert found["scores"]["drafted"] == 0
    assert found["by_rubric"].keys() == {RUBRIC}
    said = shell(*only, "--json", "figures.json", "--plots", "plots")
    assert "not agreement with people in a real hiring team" in " ".join(said.split())
    assert json.loads((tmp_path / "figures.json").read_text("utf-8"))["interviews"] == 1
    assert {path.suffix for path in (tmp_path / "plots").iterdir()} == {".svg", ".png"}


def test_evaluate_says_in_one_line_what_is_not_there(shell: Shell, tmp_path: Path, fixtures: Path) -> None:
    assert "labelled interviews" in shell("evaluate", str(tmp_path), code=3)
    assert "starts with" in shell("evaluate", str(fixtures / "corpus"), "--only", "nobody", code=3)
    said = " ".join(shell("evaluate", str(fixtures / "corpus"), "--leave-out", "nobody", code=2).split())
    assert "nobody: no interview" in said
    assert "csm-2-5y, data-analyst" in said


def test_a_team_calibrates_and_the_next_draft_names_its_mapping(
    shell: Shell, tmp_path: Path, fixtures: Path, engines: Engines
) -> None:
    said = shell("calibrate", str(blind_scores(tmp_path, engines.scorer.name, 5)))
    assert "40 scores, cross-validated" in said
    made = next(tmp_path.glob("team-*.json"))
    talk = str(fixtures / "corpus" / "interviews" / "dev-a-01.json")
    shell("analyze", talk, "--rubric", RUBRIC, "-q", "--json", "plain.json")
    shell("analyze", talk, "--rubric", RUBRIC, "-q", "--json", "team.json", "--calibration", str(made))
    plain, team = (json.loads((tmp_path / name).read_text("utf-8"))["drafts"] for name in ("plain.json", "team.json"))
    assert {draft["calibration"] for draft in plain} == {"shipped"}
    assert {draft["calibration"] for draft in team} == {made.stem}
    lower = [b["value"] - a["value"] for a, b in zip(plain, team, strict=True) if a["value"] is not None]
    assert lower
    assert max(lower) < 0


def test_too_few_scores_or_scores_given_in_sight_of_the_draft_are_refused(
    shell: Shell, tmp_path: Path, engines: Engines
) -> None:
    assert "24 of 24" in shell("calibrate", str(blind_scores(tmp_path, engines.scorer.name, 3)), code=3)
    seen = shell("calibrate", str(blind_scores(tmp_path, engines.scorer.name, 5, blind=False)), code=3)
    assert "40 given after the draft was seen" in seen
    assert not list(tmp_path.glob("team-*"))


def test_a_mapping_changed_by_hand_is_refused(shell: Shell, tmp_path: Path, fixtures: Path, engines: Engines) -> None:
    shell("calibrate", str(blind_scores(tmp_path, engines.scorer.name, 5)))
    made = next(tmp_path.glob("team-*.json"))
    changed = json.loads(made.read_text("utf-8"))
    changed["n"] += 1
    made.write_text(json.dumps(changed), "utf-8")
    talk = str(fixtures / "corpus" / "interviews" / "dev-a-01.json")
    assert "was changed" in shell("analyze", talk, "--rubric", RUBRIC, "--calibration", str(made), code=2)
