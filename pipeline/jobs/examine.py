"""What ``debrief doctor`` looks at: weights, disk, database, queue, clock, media, workers; and what to do for each that is not well."""

from __future__ import annotations

import io
import os
import shutil
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from models._base import Noun
from pipeline import weights
from pipeline.errors import DebriefError
from pipeline.jobs.artefacts import away
from pipeline.jobs.heartbeats import Heartbeats
from pipeline.jobs.work import Work

FREE_GIGABYTES = 2.0
SLOW_SECONDS = 1.0
CLOCK_SECONDS = 5.0


class Finding(Noun):
    """One thing that was looked at: ``well``, what was found, and what to do where it is not well."""

    what: str
    well: bool
    found: str
    remedy: str = ""


def examine(work: Callable[[], Work], cache: Path, folder: Path) -> tuple[Finding, ...]:
    """Looks at everything; what cannot be reached is a finding, never an error."""
    found = [_weights(cache), _disk(folder), _cores()]
    try:
        opened = work()
    except DebriefError as error:
        return (*found, Finding(what="database", well=False, found=error.message, remedy=error.remedy))
    try:
        looks: list[tuple[str, Callable[[Work], Finding]]] = [
            ("database", _database), ("queue", _queue), ("clock", _clock), ("media", _media), ("workers", _workers),
        ]  # fmt: skip
        for what, look in looks:
            try:
                found.append(look(opened))
            except DebriefError as error:
                found.append(Finding(what=what, well=False, found=error.message, remedy=error.remedy))
            except sa.exc.SQLAlchemyError as error:
                found.append(
                    Finding(
                        what=what, well=False, found=f"The database does not answer ({type(error).__name__}).",
                        remedy="Check that it runs and that DEBRIEF_DATABASE names it.",
                    )
                )  # fmt: skip
    finally:
        opened.close()
    return tuple(found)


def _weights(cache: Path) -> Finding:
    rows = [row for row in weights.verify_all(cache) if row.default or row.state == "damaged"]
    bad = [row for row in rows if row.state != "ready"]
    if bad:
        return Finding(
            what="weights", well=False, found=", ".join(f"{row.id}: {row.state}" for row in bad),
            remedy="Reinstall debrief, or prepare them: debrief models prepare.",
        )  # fmt: skip
    return Finding(what="weights", well=True, found=f"{len(rows)} sets, every file as it should be")


def _disk(folder: Path) -> Finding:
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(there).free / 1e9
    return Finding(
        what="disk", well=free >= FREE_GIGABYTES, found=f"{free:.1f} GB free at {there}",
        remedy="" if free >= FREE_GIGABYTES else "Free some space: an hour of recording needs 0.2 GB while it is worked on.",
    )  # fmt: skip


def _cores() -> Finding:
    from pipeline.jobs.crew import MEGABYTES_A_WORKER, free_megabytes, workers_for

    cores, memory = os.cpu_count() or 1, free_megabytes()
    return Finding(
        what="machine", well=memory >= 1500,
        found=f"{cores} cores, {memory / 1000:.1f} GB of memory free: {workers_for(cores, memory)} workers",
        remedy="" if memory >= 1500 else f"Close something: one worker needs about {MEGABYTES_A_WORKER / 1000:.1f} GB at its peak.",
    )  # fmt: skip


def _database(work: Work) -> Finding:
    began = time.monotonic()
    counts = work.ledger.counts()
    took = time.monotonic() - began
    kind = work.store.engine.dialect.name
    told = ", ".join(f"{number} {state}" for state, number in sorted(counts.items())) or "no work yet"
    return Finding(
        what="database", well=took < SLOW_SECONDS, found=f"{kind}, answers in {took * 1000:.0f} ms; {told}",
        remedy="" if took < SLOW_SECONDS else "It is slow: look at its disk and at other programs that use it.",
    )  # fmt: skip


def _queue(work: Work) -> Finding:
    waiting = work.client.list_workflows(
        status="ENQUEUED", queue_name="interviews", load_input=False, load_output=False
    )
    return Finding(what="queue", well=True, found=f"{len(waiting)} in the engine's queue")


def _clock(work: Work) -> Finding:
    """The database's clock against ours: times of reviews and sessions come from both."""
    if work.store.engine.dialect.name != "postgresql":
        year = time.gmtime().tm_year
        return Finding(
            what="clock", well=year >= 2026, found=time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
            remedy="" if year >= 2026 else "Set the clock: reviews would be due in the past.",
        )  # fmt: skip
    with work.store.engine.connect() as c:
        theirs = float(c.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())
    apart = abs(theirs - time.time())
    return Finding(
        what="clock", well=apart < CLOCK_SECONDS, found=f"{apart:.1f} s from the database's",
        remedy="" if apart < CLOCK_SECONDS else "Set both clocks by NTP.",
    )  # fmt: skip


def _media(work: Work) -> Finding:
    began = time.monotonic()
    with away("A test file"):
        sha256 = work.store.media.put(io.BytesIO(uuid.uuid4().bytes))
        with work.store.media.open(sha256) as stream:
            stream.read()
        work.store.media.delete(sha256)
    return Finding(
        what="media", well=True, found=f"a file written, read and removed in {time.monotonic() - began:.1f} s"
    )


def _workers(work: Work) -> Finding:
    beats = Heartbeats(work.engine)
    versions = sorted(beats.alive().values())
    if not versions:
        return Finding(
            what="workers", well=True, found="none at the moment; debrief batch and debrief worker start some"
        )
    old = [version for version in versions if version != work.version]
    return Finding(
        what="workers", well=not old, found=f"{len(versions)} of version {', '.join(sorted(set(versions)))}",
        remedy=f"Bring all to {work.version}." if old else "",
    )  # fmt: skip
