"""The queue with 10,000 waiting interviews on PostgreSQL: how long enqueue, claim and status take; and a restart with 100 in flight.

    python benchmarks/queueing.py --waiting 10000 --write benchmarks/queueing.md

A server of our own is started (PostgreSQL must be installed). 500 interviews are submitted, the rest of the queue are
copies of their rows. Claiming is DBOS's own call, as a worker makes it. Engines cost nothing.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
for folder in ("", "benchmarks", "tests", "tests/pipeline/jobs", "tests/pipeline/actions"):
    sys.path.insert(0, str(ROOT / folder))

import sqlalchemy as sa  # noqa: E402
from faults import Place, Postgres  # noqa: E402
from shop import Shop  # noqa: E402

from pipeline.jobs.system import QUEUE  # noqa: E402

REAL, TIMED = 200, 200
"""Interviews that are submitted before the queue is filled up with copies of their rows, and after it, timed."""


def p95(seconds: list[float]) -> float:
    """The 95th percentile in milliseconds."""
    return statistics.quantiles(seconds, n=20)[-1] * 1000


def timed(times: int, do: Callable[[int], object]) -> list[float]:
    """Seconds of each call."""
    took = []
    for number in range(times):
        began = time.perf_counter()
        do(number)
        took.append(time.perf_counter() - began)
    return took


def fill(shop: Shop, copies: int) -> None:
    """Every waiting row so many times more, in the engine's table and in ours: a long queue in seconds. A row without its interview is
    enough for what is timed here.
    """
    engine = shop.work.engine
    found = sa.inspect(engine)
    with engine.begin() as c:
        c.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for schema, table, keys in (
            ("dbos", "workflow_status", ("workflow_uuid",)),
            (None, "work", ("interview", "workflow")),
        ):
            names = [column["name"] for column in found.get_columns(table, schema) if not column.get("computed")]
            place = f"{schema}.{table}" if schema else table
            values = ", ".join(f"{n} || '-' || k" if n in keys else f'"{n}"' for n in names)
            listed = ", ".join(f'"{n}"' for n in names)
            c.execute(
                sa.text(f"INSERT INTO {place} ({listed}) SELECT {values} FROM {place}, generate_series(1, {copies}) k")
            )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
        c.execute(sa.text("ANALYZE"))


def queue(shop: Shop, waiting: int) -> list[tuple[str, float, float, int]]:
    """(what, median ms, p95 ms, calls) for enqueue, status and claim with so many waiting."""
    made = [shop.interview(b"any").id for _ in range(REAL + TIMED)]  # nobody decodes it here
    for one_id in made[:REAL]:
        shop.work.submit(one_id, name="a.wav")
    fill(shop, -(-waiting // REAL) - 1)
    print("waiting:", shop.work.ledger.counts(), flush=True)
    enqueue = timed(TIMED, lambda n: shop.work.submit(made[REAL + n], name="a.wav"))
    one = timed(200, lambda n: shop.work.states([made[n]]))
    page = timed(100, lambda n: shop.work.states(made[n : n + 50]))
    database = shop.work.client._sys_db  # what a worker does, without a worker
    line = shop.work.client.retrieve_queue(QUEUE)
    claimed = timed(200, lambda n: database.start_queued_workflows(line, "bench", "test", None, 0, owner_xid=f"b{n}"))
    counts = timed(50, lambda _: shop.work.ledger.counts())
    return [
        (name, statistics.median(took) * 1000, p95(took), len(took))
        for name, took in (("enqueue", enqueue), ("claim", claimed), ("status of one", one), ("status of fifty", page),
                           ("counts by state", counts))
    ]  # fmt: skip


def restart(shop: Shop, flight: int) -> tuple[float, int, int]:
    """Seconds until work goes on after kill -9 of all workers with so many claimed; how many are lost and done twice at the end."""
    transcript = (ROOT / "fixtures" / "transcripts" / "speakers.srt").read_bytes()
    ids = []
    for number in range(flight):
        held = shop.interview(transcript + f"\n\n99{number}\n00:59:00,000 --> 00:59:01,000\nThank you.\n".encode())
        shop.work.submit(held.id, name="talk.srt")
        ids.append(held.id)
    database = shop.work.client._sys_db
    line = shop.work.client.retrieve_queue(QUEUE)
    dead = 0
    while dead < flight:  # claimed by workers that are no more
        found, _ = database.start_queued_workflows(line, f"dead-{dead % 10}", "test", None, 0, owner_xid=f"d{dead}")
        dead += len(found)
    began = time.perf_counter()
    shop.hire()
    shop.hire()
    shop.until(lambda: any(s.state in ("running", "done") for s in shop.work.states(ids).values()), 120)
    resumed = time.perf_counter() - began
    shop.until_settled(ids, 1800)
    states = shop.work.states(ids)
    return resumed, sum(states[i].state != "done" for i in ids), sum(shop.analyses(i) - 1 for i in ids)


def main() -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--waiting", type=int, default=10_000)
    parser.add_argument("--flight", type=int, default=100)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    place = Place()
    server = Postgres(place.folder)
    try:
        shop = place.shop(database=server.url)
        resumed, lost, twice = restart(shop, given.flight)
        print(f"restart: {resumed:.1f} s, {lost} lost, {twice} twice", flush=True)
        shop.close()
        shop = place.shop(database=server.fresh())
        rows = queue(shop, given.waiting)
        shop.close()
    finally:
        server.close()
        place.close()
    lines = [
        "# The queue",
        "",
        f"`python benchmarks/queueing.py --waiting {given.waiting} --flight {given.flight}` on {datetime.now(UTC):%Y-%m-%d}, {platform.machine()},",
        f"{os.cpu_count()} cores shared with other work, PostgreSQL on the same machine (fsync on), Python {platform.python_version()}.",
        "",
        f"| with {given.waiting} waiting | median ms | p95 ms | calls |",
        "|---|---|---|---|",
        *(f"| {name} | {median:.1f} | {worst:.1f} | {calls} |" for name, median, worst, calls in rows),
        "",
        f"Restart with {given.flight} in flight after all workers were lost: work goes on after {resumed:.1f} s (process start included); "
        f"{lost} lost, {twice} published twice.",
    ]
    page = "\n".join(lines) + "\n"
    print(page)
    if given.write:
        given.write.write_text(page)


if __name__ == "__main__":
    main()
