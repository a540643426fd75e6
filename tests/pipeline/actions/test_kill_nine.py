"""kill -9 in the middle of any write: the database opens, the audit verifies, nothing is half-done."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from soaked import soaked

from pipeline.store import audit, restore, tables
from pipeline.store.store import Store

WRITER = Path(__file__).with_name("killed_writer.py")
ROOT = WRITER.parents[3]


def whole(folder: Path) -> int:
    """Opens the store as the next process would and checks every promise; returns the number of audit entries."""
    store = Store(f"sqlite:///{folder}/debrief.db", str(folder / "media"))
    with store.read() as c:
        assert c.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert c.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        check = audit.verify(c)
        assert check.faults == ()
        # A change and its entry are one: each review is exactly as old as its entries say.
        reviews = {row.id: row for row in c.execute(sa.select(tables.review))}
        for key, row in reviews.items():
            changes = [e.action for e in audit.entries(c, entity=key)]
            assert row.version == len(changes), changes
            assert (row.state == "submitted") == ("submit" in changes)
            lines = c.execute(sa.select(sa.func.count()).where(tables.review_score.c.review == key)).scalar()
            assert lines == 3
        for cards in restore.confirmed(c).values():
            assert len(cards.scores) + len(cards.waiting) == 3
        for row in c.execute(sa.select(tables.interview.c.recording).where(tables.interview.c.recording.is_not(None))):
            assert store.media.exists(row.recording)
        for row in c.execute(sa.select(tables.receipt)):
            assert "signature" in row.body
    store.media.sweep()
    store.close()
    return check.entries


def kill_at_random(folder: Path, migrated: Path, kills: int, seed: int) -> None:
    """Starts a writer on a fresh store and kills it after a random time, over and over, checking the store after each."""
    chance = random.Random(seed)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = 0
    while done < kills:
        place = folder / f"store{done}"
        place.mkdir()
        shutil.copy(migrated, place / "debrief.db")
        writer = subprocess.Popen(
            [sys.executable, str(WRITER), str(place), str(seed + done)], stdout=subprocess.PIPE, env=environment
        )
        writer.stdout.read(1)  # imports are over and the first round is done
        # One life, many deaths: stop it, look at a copy of the files as a crash at this moment would leave them, let
        # it go on.
        for _ in range(min(20, kills - done)):
            time.sleep(chance.uniform(0.0, 0.12))
            writer.send_signal(signal.SIGSTOP)
            while Path(f"/proc/{writer.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "T":
                time.sleep(0.001)
            copy = folder / f"copy{done}"
            shutil.copytree(place, copy)
            writer.send_signal(signal.SIGCONT)
            # The shared memory index of a dead process is not kept by the system either.
            (copy / "debrief.db-shm").unlink(missing_ok=True)
            assert whole(copy) > 0
            shutil.rmtree(copy)
            done += 1
        writer.kill()
        writer.wait()
        assert whole(place) > 0
        shutil.rmtree(place)


def test_killed_writer_leaves_a_whole_store(tmp_path, migrated):
    kill_at_random(tmp_path, migrated, kills=4, seed=3)


@pytest.mark.soak
def test_two_hundred_kills(tmp_path, migrated):
    """The figure of the issue: two hundred random points."""
    with soaked(
        "kills", "kill -9 of a writer at 200 random points", "opens, audit verifies, nothing half-done"
    ) as told:  # fmt: skip
        for lives in range(10):
            folder = tmp_path / str(lives)
            folder.mkdir()
            kill_at_random(folder, migrated, kills=20, seed=11 + 1000 * lives)
            told.found = f"{20 * (lives + 1)} of 200"
