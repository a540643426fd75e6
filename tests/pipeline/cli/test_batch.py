"""A day's folder through the real command line with the real engines."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.report import Analysis
from pipeline.jobs.manifest import by_name, matched, read_manifest

ROOT = Path(__file__).resolve().parents[3]


def debrief(*words: str, data: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """The command line, with a data folder of its own."""
    env = {
        **os.environ,
        "DEBRIEF_DATA": str(data),
        "PYTHONPATH": str(ROOT),
        "DEBRIEF_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    run = subprocess.run(
        [sys.executable, "-m", "pipeline.cli.main", *words], capture_output=True, text=True, env=env, cwd=data.parent
    )
    assert not check or run.returncode == 0, run.stderr
    return run


@pytest.fixture
def day(tmp_path: Path, fixtures: Path) -> Path:
    """Two recordings, a damaged one, a candidate without consent, a file that nobody knows, and a manifest."""
    folder = tmp_path / "DAY"
    folder.mkdir()
    shutil.copy(fixtures / "recordings" / "csm-short.opus", folder / "one.opus")
    shutil.copy(fixtures / "transcripts" / "speakers.srt", folder / "CSM--Cy Poe.srt")
    shutil.copy(fixtures / "recordings" / "csm-short.opus", folder / "private.opus")
    (folder / "private.opus").open("ab").write(b"\0")
    (folder / "bad.mp3").write_bytes(b"abc")
    (folder / "unknown.opus").write_bytes(b"abcd")
    (folder / "day.csv").write_text(
        "file,candidate,role,rubric,interviewers,consent,vocabulary\n"
        'one.opus,Ann Lee,CSM,csm-2-5y,,yes,"Acme, Zendesk"\n'
        "private.opus,Ben Fox,CSM,csm-2-5y,,no,\n"
        "bad.mp3,Dee Ray,CSM,csm-2-5y,,yes,\n"
        "gone.mp3,Eve Low,CSM,csm-2-5y,,yes,\n"
    )
    return folder


def results(out: str) -> dict[str, dict]:
    """The result events by file."""
    events = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    return {event["file"]: event for event in events if event["event"] == "result"}


@pytest.mark.slow
def test_a_mixed_day_does_what_its_summary_says(day: Path, tmp_path: Path) -> None:
    """Good files done, bad ones with a remedy, no consent by hand; the second run does nothing again."""
    data = tmp_path / "data"
    words = ("batch", str(day), "--rubric", "csm-2-5y", "--consent", "given", "--json", "--workers", "1")
    run = debrief(*words, "--summary", str(tmp_path / "day.csv"), data=data, check=False)
    assert run.returncode == 1, run.stderr
    told = results(run.stdout)
    assert {file: r["outcome"] for file, r in told.items()} == {
        "one.opus": "done", "CSM--Cy Poe.srt": "done", "private.opus": "by hand", "bad.mp3": "failed",
        "gone.mp3": "failed", "unknown.opus": "failed",
    }  # fmt: skip
    assert all(r["cause"] and r["remedy"] for r in told.values() if r["outcome"] != "done")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "day.csv").read_text())))
    assert {row["file"]: row["outcome"] for row in rows} == {file: r["outcome"] for file, r in told.items()}

    again = debrief(*words, data=data, check=False)
    assert all(r["unchanged"] for r in results(again.stdout).values() if r["outcome"] == "done")
    assert again.returncode == 1


@pytest.mark.slow
def test_a_job_makes_the_analysis_that_analyze_makes(day: Path, tmp_path: Path) -> None:
    """The same file, engines, vocabulary and rubric: the same JSON. A batch that is killed goes on where it was."""
    data = tmp_path / "data"
    for file in day.iterdir():
        if file.name not in ("one.opus", "day.csv"):
            file.unlink()
    words = ["batch", str(day), "--json", "--workers", "1"]
    env = {
        **os.environ,
        "DEBRIEF_DATA": str(data),
        "PYTHONPATH": str(ROOT),
        "DEBRIEF_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    with (tmp_path / "first.jsonl").open("w") as out:
        first = subprocess.Popen([sys.executable, "-m", "pipeline.cli.main", *words], stdout=out, env=env, cwd=tmp_path)
    until = time.monotonic() + 120
    while '"transcribe"' not in (tmp_path / "first.jsonl").read_text() and time.monotonic() < until:
        time.sleep(0.2)
    first.send_signal(signal.SIGKILL)
    first.wait()
    told = results(debrief(*words, data=data, check=False).stdout)
    assert told["one.opus"]["outcome"] == "done"
    alone = debrief(
        "analyze", str(day / "one.opus"), "--rubric", "csm-2-5y", "--json", "-", "--vocabulary", "Acme,Zendesk", "-q",
        data=data,
    )  # fmt: skip
    from pipeline.store import interviews
    from pipeline.store.store import Store

    store = Store(f"sqlite:///{data}/debrief.db", str(data / "media"))
    with store.read() as c:
        interview = interviews.get_interview(c, told["one.opus"]["interview"])
        assert len(interviews.analysis_ids(c, interview.id)) == 1
        made = interviews.get_analysis(c, str(interview.analysis))
    store.close()
    wanted = Analysis.model_validate_json(alone.stdout)
    assert [name for name in Analysis.model_fields if getattr(made, name) != getattr(wanted, name)] == []


def test_a_watched_folder_takes_files_when_they_are_whole(tmp_path: Path) -> None:
    """A file that is still written waits; what is open when the watch ends goes on next time."""
    inbox = tmp_path / "INBOX"
    inbox.mkdir()
    (inbox / "CSM--Late.mp3.part").write_bytes(b"x")
    env = {**os.environ, "DEBRIEF_DATA": str(tmp_path / "data"), "PYTHONPATH": str(ROOT)}
    words = [
        "batch",
        str(inbox),
        "--watch",
        "--settle",
        "2",
        "--workers",
        "0",
        "--rubric",
        "csm-2-5y",
        "--consent",
        "given",
    ]
    out = tmp_path / "out.jsonl"
    with out.open("w") as stream:
        watch = subprocess.Popen(
            [sys.executable, "-m", "pipeline.cli.main", *words, "--json"], stdout=stream, env=env, cwd=tmp_path
        )
    (inbox / "CSM--Ann.mp3").write_bytes(b"whole")
    until = time.monotonic() + 120
    while '"file": "CSM--Ann.mp3"' not in out.read_text() and time.monotonic() < until:
        time.sleep(0.2)
    watch.send_signal(signal.SIGTERM)
    assert watch.wait(60) == 130
    assert {file: r["outcome"] for file, r in results(out.read_text()).items()} == {"CSM--Ann.mp3": "open"}


def test_manifest_says_whose_recording_each_is(tmp_path: Path) -> None:
    """Semicolons, a mark at the beginning, yes and no; a line that does not fit is named."""
    path = tmp_path / "day.csv"
    path.write_text(
        "\ufefffile;candidate;role;consent;interviewers\na.mp3;Ann;CSM;yes;x@e.org | y@e.org\nb.mp3;Ben;CSM;;\n",
        encoding="utf-8",
    )
    first, second = read_manifest(path, "csm-2-5y")
    assert (first.candidate, first.consent, first.interviewers) == ("Ann", "given", ("x@e.org", "y@e.org"))
    assert (second.consent, second.rubric, second.round) == ("unknown", "csm-2-5y", "b")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,candidate\na,b\n", "columns"),
        ("file,candidate,role,consent\na,b,c,perhaps\n", "line 2"),
        ("file,candidate,role\na,,c\n", "no candidate"),
        ("file,candidate,role\na,b,c\na,b,c\n", "two rows"),
    ],
)
def test_manifest_that_does_not_fit_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    """The message names what is wrong."""
    from pipeline.errors import UsageError

    path = tmp_path / "day.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        read_manifest(path, "csm-2-5y")


def test_files_without_a_row_are_matched_by_name_or_reported(tmp_path: Path) -> None:
    """A pattern tells role and candidate; what fits nothing is a failure with a remedy; unfinished files wait."""
    for name in ("CSM--Ann_Lee.mp3", "noise.mp3", "CSM--Ben.mp3.part", ".hidden", "day.html"):
        (tmp_path / name).write_bytes(b"x")
    found, wrong = matched(tmp_path, None, [], rubric="r", pattern="{role}--{candidate}", consent="given")
    assert [(row.role, row.candidate, row.consent) for row in found] == [("CSM", "Ann Lee", "given")]
    assert [(result.file, bool(result.remedy)) for result in wrong] == [("noise.mp3", True)]
    dated = by_name("2026-11-22_CSM_Ann.mp3", "{date}_{role}_{candidate}", "r", "unknown")
    assert dated is not None
    assert (dated.role, dated.candidate) == ("CSM", "Ann")
