"""Search, accuracy, calibration sessions, deletion and retention with the command line alone."""

import json
from pathlib import Path

import pytest
from shell import Shell, analysis
from typer.testing import CliRunner

from pipeline.cli.main import app


@pytest.fixture
def debrief(tmp_path, capsys, monkeypatch):
    return Shell(tmp_path, capsys, monkeypatch)


def an_interview(debrief, folder: Path, *, keep_days: str = "", ended: str = "") -> tuple[str, str, str]:
    """Opening, candidate and analysed interview."""
    days = ("--keep-days", keep_days) if keep_days else ()
    job = debrief("job", "create", "Senior CSM", "--rubric", "senior-csm", *days)
    person = debrief("candidate", "add", job, "Zelda Quux")
    when = ("--ended", ended) if ended else ()
    held = debrief("interview", "add", person, "--consent", "given", "--analysis", str(analysis(folder)), *when)
    return job, person, held


def test_what_was_said_is_found(debrief, tmp_path):
    job, _, _ = an_interview(debrief, tmp_path)
    assert "renewed every account" in debrief("search", "renewing accounts")
    assert "renewed every account" in debrief("search", '"every account"', "--opening", job[:6])
    assert debrief("search", "zebra") == "Nothing found."


def test_accuracy_compares_blind_scores_with_drafts(debrief, tmp_path):
    _, _, held = an_interview(debrief, tmp_path)
    competencies = [d["competency"] for d in json.loads(analysis(tmp_path).read_text())["drafts"]]
    for competency in competencies:
        debrief("review", "rate", held, competency, "3", "--note", "heard it")
        debrief("review", "keep", held, competency, "--reason", "heard more")
    debrief("review", "conclude", held, "yes", "--strengths", "calm", "--concerns", "none")
    debrief("review", "submit", held)
    said = debrief("accuracy")
    assert "100%" in said  # within one level, and overridden
    assert "1.00" in said  # the drafts are a level above


def test_session_is_rated_and_reported_with_plots(debrief, tmp_path):
    samples = tmp_path / "samples.jsonl"
    samples.write_text(
        "\n".join(json.dumps({"competency": "c", "level": n % 5 + 1, "text": f"answer {n}"}) for n in range(12))
    )
    assert "Nobody has rated" in debrief("session", "report")
    rated = CliRunner().invoke(
        app, ["session", "rate", str(samples), "--month", "2026-11", "--size", "12"], input="3\n4\n" * 6
    )
    assert rated.exit_code == 0, rated.output
    report = debrief("session", "report", "--plots", str(tmp_path / "plots"))
    assert "2026-11" in report
    made = {path.name for path in (tmp_path / "plots").iterdir()}
    assert made == {f"{name}.{kind}" for name in ("leniency", "central-tendency", "trend") for kind in ("svg", "png")}
    assert all(path.stat().st_size > 5000 for path in (tmp_path / "plots").glob("*.png"))


def test_deletion_says_what_it_removed_and_leaves_nothing_on_disk(debrief, tmp_path):
    _, person, _ = an_interview(debrief, tmp_path)
    receipt = json.loads(debrief("delete", "candidate", person, "--yes"))
    assert receipt["removed"]["analysis"] == 1
    assert receipt["removed"]["search_turn"] == 2
    left = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert [word for word in (b"Zelda", b"Quux", b"renewed every", b"call.vtt") if word in left] == []
    assert "entries" in debrief("audit", "verify")


def test_retention_shows_what_is_due_and_then_deletes_it(debrief, tmp_path):
    an_interview(debrief, tmp_path, keep_days="30", ended="2026-01-02T10:00")
    job, _, kept = an_interview(debrief, tmp_path, keep_days="30000", ended="2026-01-02T10:00")
    due = debrief("retention")
    assert "2026-02-01" in due
    assert kept not in due
    receipt = json.loads(debrief("retention", "--apply"))
    assert (receipt["kind"], receipt["removed"]["interview"]) == ("candidate", 1)
    assert debrief("retention") == "Nothing is due."
    assert kept in debrief("candidate", "list", job)
