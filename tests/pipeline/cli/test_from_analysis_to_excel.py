"""From an analysis to a confirmed scorecard, a panel decision and a workbook with the command line alone."""

import json
from pathlib import Path

import openpyxl
import pytest
from shell import Shell, analysis

from pipeline import rubrics


@pytest.fixture
def debrief(tmp_path, capsys, monkeypatch):
    return Shell(tmp_path, capsys, monkeypatch)


def test_from_analysis_to_decision_and_workbook(debrief, tmp_path):
    opening = debrief("job", "create", "CSM Berlin", "--rubric", "senior-csm")
    person = debrief("candidate", "add", opening[:8], "Dana Reyes")
    held = debrief("interview", "add", person, "--consent", "given", "--analysis", str(analysis(tmp_path)))
    assert "to review" in debrief("inbox")
    first = debrief("review", "show", held)
    assert "renewed every account" in first
    assert "4.20" not in first
    ids = [c.id for c in rubrics.load("senior-csm").competencies]
    assert "10" not in debrief("review", "accept", held, ids[0], code=11), "own score first"
    debrief("review", "rate", held, ids[0], "3", "--note", "solid")
    assert "4 (4.20)" in debrief("review", "show", held)
    debrief("review", "accept", held, ids[0], code=2)
    debrief("review", "accept", held, ids[0], "--reason", "the renewals")
    for competency in ids[1:]:
        debrief("review", "rate", held, competency, "4")
    assert "no overall recommendation" in debrief("review", "submit", held, code=2)
    debrief("export", "xlsx", opening, "early.xlsx")
    assert rows(tmp_path / "early.xlsx")["Weighted total"] is not None, "a live formula, though nothing is confirmed"
    debrief("review", "conclude", held, "yes", "--strengths", "calm", "--concerns", "none")
    assert "submitted" in debrief("review", "submit", held)
    shown = debrief("panel", "show", person[:10])
    assert "Total: 4.00" in shown
    assert "met" in shown
    assert debrief("panel", "decide", person, "hire", "--reason", "strong renewals") == "hire, total 4.00"
    assert "Dana Reyes" in debrief("rank", opening)
    for kind in ("xlsx", "csv", "json", "html"):
        debrief("export", kind, opening, f"out.{kind}")
        assert (tmp_path / f"out.{kind}").stat().st_size > 500
    debrief("ats", "file", held, "greenhouse.json")
    assert json.loads((tmp_path / "greenhouse.json").read_text())["overall_recommendation"] == "yes"
    assert "all in order" in debrief("audit", "verify")
    assert "Dana" not in debrief("audit", "export")
    receipt = json.loads(debrief("delete", "candidate", person, "--yes"))
    assert receipt["removed"]["review"] == 1
    assert "all in order" in debrief("audit", "verify")


def rows(path: Path) -> dict[str, object]:
    sheet = openpyxl.load_workbook(path)["Compare"]
    return {row[0].value: row[3].value for row in sheet.iter_rows() if row[0].value}


def test_wrong_commands_are_one_line_with_a_remedy(debrief, tmp_path):
    opening = debrief("job", "create", "CSM", "--rubric", "senior-csm")
    for words, code in (
        (("candidate", "add", "ffffffff", "X"), 9),
        (("interview", "add", "zz", "--consent", "given"), 9),
        (("panel", "decide", "ffff", "maybe"), 2),
        (("export", "pdf", opening, "x.pdf"), 2),
        (("export", "xlsx", opening, "no/such/folder/x.xlsx"), 8),
        (("scorecard", "senior-csm", "x.docx"), 2),
        (("job", "create", "X", "--rubric", "nope"), 4),
    ):
        assert len(debrief(*words, code=code).splitlines()) == 1
    assert "no user" in debrief("inbox", user="ghost@example.org", code=9)


def test_blank_scorecards_are_written(debrief, tmp_path):
    for suffix in ("xlsx", "html", "md"):
        debrief("scorecard", "csm-2-5y", f"blank.{suffix}")
        assert (tmp_path / f"blank.{suffix}").stat().st_size > 1000
