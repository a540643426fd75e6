"""The parts around the work, each alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import sqlalchemy as sa
from shop import Shop

from models.work import DayResult, DaySummary
from pipeline.errors import EngineError, NotFoundError, SourceError, StorageError, UsageError
from pipeline.exports.day import page, table
from pipeline.jobs import decoding
from pipeline.jobs.artefacts import Artefacts
from pipeline.jobs.crew import Crew, workers_for
from pipeline.jobs.examine import examine
from pipeline.jobs.heartbeats import Heartbeats, beats
from pipeline.jobs.measures import Measures

ONE = "a" * 32


def test_an_artefact_comes_back_whole_or_not_at_all(tmp_path: Path) -> None:
    """What was stored is returned; damaged or gone is said, and forgetting leaves nothing."""
    kept = Artefacts(str(tmp_path))
    reference = kept.put(ONE, b"words")
    kept.remember(ONE, "cut-1", reference)
    assert kept.get(ONE, reference) == b"words"
    assert kept.made(ONE, "cut-1") == reference
    (tmp_path / "artefacts" / ONE / reference).write_bytes(b"wordz")
    with pytest.raises(StorageError, match="damaged"):
        kept.get(ONE, reference)
    assert kept.forget(ONE)
    with pytest.raises(NotFoundError):
        kept.get(ONE, reference)
    assert kept.made(ONE, "cut-1") is None
    assert not list((tmp_path / "artefacts").rglob("*.*"))
    with pytest.raises(UsageError):
        kept.put("../other", b"")


def test_a_write_that_breaks_off_is_written_again(tmp_path: Path) -> None:
    """Half a file under the right name is not taken for the whole."""
    kept = Artefacts(str(tmp_path))
    reference = kept.put(ONE, b"all of it")
    (tmp_path / "artefacts" / ONE / reference).write_bytes(b"all")
    kept.put(ONE, b"all of it")
    assert kept.get(ONE, reference) == b"all of it"


def test_what_is_kept_of_interviews_that_are_no_more_is_swept(shop: Shop) -> None:
    """A worker that was killed in the middle of a deletion leaves nothing for good."""
    (one,) = shop.submit(1)
    shop.work.artefacts.put(ONE, b"words of a deleted interview")
    assert shop.work.sweep() == 1
    assert shop.work.artefacts.interviews() == (one,)


def test_a_clock_that_jumps_kills_nobody(tmp_path: Path) -> None:
    """A worker is dead when its count stands still by the watcher's own steady clock, whatever the time of day says."""
    now = [0.0]
    engine = sa.create_engine(f"sqlite:///{tmp_path}/beats.db")
    watcher = Heartbeats(engine, lease=20, now=lambda: now[0])
    with engine.begin() as c:
        for name in ("steady", "lost"):
            c.execute(sa.insert(beats).values(executor=name, version="1", host="elsewhere", pid=1, beat=1))
    assert set(watcher.alive()) == {"steady", "lost"}
    for _ in range(3):
        now[0] += 9
        with engine.begin() as c:
            c.execute(sa.update(beats).where(beats.c.executor == "steady").values(beat=beats.c.beat + 1))
        alive = watcher.alive()
    assert set(alive) == {"steady"}


def test_who_could_not_look_takes_nobody_for_dead(tmp_path: Path) -> None:
    """After a database that was away, or a sleep, every worker gets its whole lease again."""
    now = [0.0]
    engine = sa.create_engine(f"sqlite:///{tmp_path}/beats.db")
    watcher = Heartbeats(engine, lease=20, now=lambda: now[0])
    with engine.begin() as c:
        c.execute(sa.insert(beats).values(executor="other", version="1", host="elsewhere", pid=1, beat=1))
    assert set(watcher.alive()) == {"other"}
    now[0] += 60
    assert set(watcher.alive()) == {"other"}
    for _ in range(3):
        now[0] += 9
        alive = watcher.alive()
    assert set(alive) == set()


def test_a_worker_whose_process_is_gone_is_dead_at_once(tmp_path: Path) -> None:
    """On the same machine nobody waits for the lease."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/beats.db")
    watcher = Heartbeats(engine)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with engine.begin() as c:
        c.execute(sa.insert(beats).values(executor="x", version="1", host=os.uname().nodename, pid=gone.pid, beat=1))
    watcher.beat("me", "1")
    assert set(watcher.alive()) == {"me"}


def test_a_file_that_crashes_the_decoder_is_a_damaged_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decoder's process dies; the worker lives and says what to do."""
    killer = tmp_path / "python"
    killer.write_text("#!/bin/sh\nkill -SEGV $$\n")
    killer.chmod(0o755)
    monkeypatch.setattr(decoding.sys, "executable", str(killer))
    recording = tmp_path / "bad.mp3"
    recording.write_bytes(b"abc")
    with pytest.raises(SourceError, match=r"bad\.mp3.*damaged so badly") as told:
        decoding.decode_apart(recording, tmp_path / "out")
    assert told.value.remedy


def a_python_that(does: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Puts a script in the place of the decoder's process; returns a recording to decode."""
    script = tmp_path / "python"
    script.write_text(f"#!/bin/sh\n{does}\n")
    script.chmod(0o755)
    monkeypatch.setattr(decoding.sys, "executable", str(script))
    recording = tmp_path / "endless.mp3"
    recording.write_bytes(b"abc")
    return recording


def test_a_file_that_keeps_the_decoder_busy_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoding has a time by the file's size, counted in work done."""
    recording = a_python_that("kill -XCPU $$", tmp_path, monkeypatch)
    with pytest.raises(SourceError, match="did not end within 120 s of work"):
        decoding.decode_apart(recording, tmp_path / "out")


def test_a_machine_too_busy_to_decode_does_not_make_a_recording_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting for a turn is not the file's fault: the remedy is to try again."""
    monkeypatch.setattr(decoding, "BASE_SECONDS", 0.1)
    recording = a_python_that("exec sleep 60", tmp_path, monkeypatch)
    with pytest.raises(EngineError, match="too busy") as told:
        decoding.decode_apart(recording, tmp_path / "out")
    assert "retry" in told.value.remedy


def test_measures_are_served_without_names(shop: Shop) -> None:
    """Queue depth, stage times, real-time factor, failures by cause; healthy, and ready once it has looked at the queue."""
    shop.submit(2, name="zelda.wav")
    measures = Measures(shop.work, 0)
    address = f"http://127.0.0.1:{measures.port}"
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{address}/ready", timeout=5)
    measures.look()
    measures.step("transcribe", 30.0, 10.0)
    measures.failed("SourceError")
    text = urllib.request.urlopen(f"{address}/metrics", timeout=5).read().decode()
    assert 'debrief_interviews{state="waiting"} 2.0' in text
    assert 'debrief_failures_total{cause="SourceError"} 1.0' in text
    assert 'debrief_real_time_factor_sum{stage="transcribe"} 0.05' in text
    assert "zelda" not in text
    for path in ("health", "ready"):
        assert urllib.request.urlopen(f"{address}/{path}", timeout=5).status == 200


def test_workers_fit_into_cores_and_memory() -> None:
    """One a core, as many as memory holds, at least one; what was asked for is taken."""
    assert workers_for(8, 7000) == 2
    assert workers_for(2, 64_000) == 2
    assert workers_for(4, 500) == 1
    assert workers_for(2, 500, 3) == 3


def test_a_lost_worker_is_started_again_and_all_stop_together(tmp_path: Path) -> None:
    """The crew keeps its size."""
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
    with Crew([sleeper, sleeper], cores=2, log=tmp_path / "log" / "worker.log") as crew:
        before = crew.pids
        os.kill(before[0], 9)
        os.waitid(os.P_PID, before[0], os.WEXITED | os.WNOWAIT)
        assert crew.look() == 1
        after = crew.pids
        assert after[0] != before[0]
        assert after[1] == before[1]
    for pid in after:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_doctor_finds_what_is_not_well(shop: Shop, tmp_path: Path) -> None:
    """A store that cannot be opened is a finding with a remedy; otherwise everything is looked at."""

    def away() -> Shop:
        raise StorageError("The database cannot be used.", "Start it.")

    told = {f.what: f for f in examine(away, tmp_path / "cache", tmp_path)}  # type: ignore[arg-type]
    assert (told["database"].well, told["database"].remedy) == (False, "Start it.")
    shop.submit(1)
    told = {f.what: f for f in examine(lambda: shop.work, tmp_path / "cache", tmp_path)}
    assert {"weights", "disk", "machine", "database", "queue", "clock", "media", "workers"} <= set(told)
    assert told["media"].well
    assert "1 waiting" in told["database"].found
    assert all(finding.well or finding.remedy for finding in told.values())


def test_the_summary_escapes_what_people_wrote_and_counts(tmp_path: Path) -> None:
    """Names are harmless on the page and in a spreadsheet; the exit code follows the outcomes."""
    from builders import NOON

    def a_day(*outcomes: str) -> DaySummary:
        results = tuple(
            DayResult(file=f"{at}.mp3", candidate="<b>=1+1", outcome=outcome, cause="Broken.", remedy="Mend it.")
            for at, outcome in enumerate(outcomes)
        )
        return DaySummary(folder="DAY", began_at=NOON, ended_at=NOON, results=results)

    mixed = a_day("done", "failed")
    assert "<b>" not in page(mixed).split("<tbody>")[1].replace("<tbody>", "")
    assert "Mend it." in page(mixed)
    assert "&lt;b&gt;=1+1" in page(mixed)
    assert table(mixed).startswith("file,outcome")
    codes = [a_day("done").exit_code, mixed.exit_code, a_day("failed").exit_code, a_day("by hand").exit_code]
    assert codes == [0, 1, 2, 0]
    assert json.loads(mixed.model_dump_json())["results"][0]["outcome"] == "done"
