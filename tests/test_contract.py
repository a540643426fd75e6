"""The machine-readable contract: what other programs rely on, through the command line alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

KINDS = {
    "question",
    "probe",
    "answer",
    "backchannel",
    "small-talk",
    "logistics",
    "candidate-questions",
    "closing",
}


def debrief(*args: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the real command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "pipeline.cli.main", *map(str, args)],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
    )


@pytest.fixture(scope="module")
def analysis(fixtures: Path) -> dict[str, Any]:
    """A stored transcript, analysed through the command line."""
    done = debrief("analyze", fixtures / "corpus/interviews/dev-a-04.json", "--rubric", "csm-2-5y", "--json", "-")
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.fixture(scope="module")
def interview(fixtures: Path) -> dict[str, Any]:
    """The same interview as it came in."""
    result: dict[str, Any] = json.loads((fixtures / "corpus/interviews/dev-a-04.json").read_text())
    return result


def test_analysis_has_every_field_of_the_contract(analysis: dict[str, Any]) -> None:
    """Other programs find what the contract promises."""
    assert analysis["schema"] == "debrief.analysis/1"
    assert set(analysis["source"]) >= {"name", "sha256", "duration_s"}
    assert set(analysis["engines"]) >= {"transcriber", "diarizer", "embedder", "scorer"}
    assert analysis["rubric"]["id"] == "csm-2-5y"
    assert analysis["quality"]["grade"] in {"good", "fair", "poor"}
    assert {turn["kind"] for turn in analysis["turns"]} <= KINDS


def test_analysis_keeps_the_turns_of_an_imported_transcript(
    analysis: dict[str, Any], interview: dict[str, Any]
) -> None:
    """Turn numbers, texts and times are the transcript's own."""
    got = [(t["t"], t["speaker"], t["text"], t["start"], t["end"]) for t in analysis["turns"]]
    assert got == [(t["t"], t["speaker"], t["text"], t["start"], t["end"]) for t in interview["turns"]]


def test_analysis_drafts_every_competency_once_with_consistent_scores(analysis: dict[str, Any]) -> None:
    """A score is its rounded value, inside its plausible range; null says what is missing."""
    assert len(analysis["drafts"]) == len({draft["competency"] for draft in analysis["drafts"]}) == 8
    for draft in analysis["drafts"]:
        assert len(draft["evidence"]) <= 5
        assert draft["rationale"]
        assert 0 <= draft["confidence"] <= 1
        if draft["score"] is not None:
            assert draft["score"] == min(5, max(1, int(draft["value"] + 0.5)))
            assert draft["plausible"][0] <= draft["score"] <= draft["plausible"][1]


def test_analysis_quotes_are_verbatim_and_the_candidates(analysis: dict[str, Any]) -> None:
    """No quote is made up, and nothing that an interviewer said counts."""
    turns = {turn["t"]: turn for turn in analysis["turns"]}
    quotes = [evidence for draft in analysis["drafts"] for evidence in draft["evidence"]]
    assert quotes
    for evidence in quotes:
        turn = turns[evidence["turn"]]
        assert evidence["quote"] in turn["text"]
        assert turn["role"] == "candidate"
        assert turn["start"] <= evidence["start"] < evidence["end"] <= turn["end"]
        assert evidence["polarity"] in {"+", "-"}


def test_analysis_answers_cover_turns_in_order(analysis: dict[str, Any]) -> None:
    """Every answer's askings and probes lie in its block, and blocks follow one another."""
    last = -1
    for answer in analysis["answers"]:
        assert set(answer["asked_in"]) | set(answer["probes_in"]) <= set(answer["turns"])
        assert answer["turns"][0] > last
        last = answer["turns"][-1]


def test_analysis_is_the_same_twice(fixtures: Path, analysis: dict[str, Any]) -> None:
    """Same input, same engines: the same JSON."""
    again = debrief("analyze", fixtures / "corpus/interviews/dev-a-04.json", "--rubric", "csm-2-5y", "--json", "-")
    assert json.loads(again.stdout) == analysis


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("missing.wav", None, 3),
        ("empty.wav", b"", 3),
        ("text.mp3", b"this is not sound at all" * 50, 3),
        ("empty.vtt", b"WEBVTT\n\n", 3),
    ],
)
def test_analyze_says_what_is_wrong_in_one_line(tmp_path: Path, name: str, content: bytes | None, code: int) -> None:
    """Bad input: the file, the fault and the remedy on one line, an exit code, no traceback, no output."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    done = debrief("analyze", path, "--rubric", "csm-2-5y", "--json", "-")
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert name in lines[0]
    assert "Traceback" not in done.stderr


def test_analyze_unknown_rubric_names_the_bundled_ones(fixtures: Path) -> None:
    """A misspelt rubric is answered with those that exist."""
    done = debrief("analyze", fixtures / "corpus/interviews/dev-a-04.json", "--rubric", "csm-2-6y")
    assert done.returncode == 4
    assert "csm-2-5y" in done.stderr


def test_analyze_unknown_candidate_names_the_labels(fixtures: Path) -> None:
    """A wrong --candidate is answered with the labels there are."""
    done = debrief(
        "analyze", fixtures / "corpus/interviews/dev-a-04.json", "--rubric", "csm-2-5y", "--candidate", "S9", "-q"
    )
    assert done.returncode == 2
    assert "S1" in done.stderr


def test_help_lists_the_commands() -> None:
    """A new user sees what there is."""
    done = debrief("--help")
    assert done.returncode == 0
    for command in ("analyze", "demo", "rubric", "models"):
        assert command in done.stdout
