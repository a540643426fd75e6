"""The queue with 10,000 waiting interviews on PostgreSQL: how long enqueue, claim and status take; and a restart with 100 in flight.

    python benchmarks/queueing.py --waiting 10000 --flight 100 --write benchmarks/queueing.md
    python benchmarks/queueing.py --only restart --write benchmarks/queueing.md       the other part of the page stays

A server of our own is started (PostgreSQL must be installed). 200 interviews are submitted, the rest of the queue are
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
from fault_places import Place  # noqa: E402
from postgres_server import PostgresServer  # noqa: E402
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


def restart(shop: Shop, flight: int) -> str:
    """What became of so many interviews in flight after kill -9 of all workers: when work goes on, how many are lost, how many done twice."""
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
    shop.until(lambda: any(s.state in ("running", "done") for s in shop.work.states(ids).values()), 240)
    resumed = time.perf_counter() - began
    print(f"work goes on after {resumed:.1f} s", flush=True)
    shop.until_settled(ids, 1800)
    settled = time.perf_counter() - began
    states = shop.work.states(ids)
    lost, twice = sum(states[i].state != "done" for i in ids), sum(max(0, shop.analyses(i) - 1) for i in ids)
    return (
        f"{flight} in flight when all workers are lost, two new ones: work goes on after **{resumed:.1f} s** (start of the processes "
        f"included; aim 30 s), all are settled {settled - resumed:.0f} s later; **{lost} lost, {twice} published twice**."
    )


def waiting_table(rows: list[tuple[str, float, float, int]], waiting: int) -> str:
    """The figures of :func:`queue` as a table."""
    lines = [f"| with {waiting} waiting | median ms | p95 ms (aim 100) | calls |", "|---|---|---|---|"]
    return "\n".join(
        [*lines, *(f"| {name} | {median:.1f} | {worst:.1f} | {calls} |" for name, median, worst, calls in rows)]
    )


def put(file: Path | None, title: str, text: str) -> None:
    """Writes a section of the page with its command; the others stay."""
    how = (
        f"`python {' '.join(sys.argv)}` on {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores shared with other "
        f"work (load {os.getloadavg()[0]:.1f} at the end), PostgreSQL on the same machine (fsync on), Python {platform.python_version()}."
    )
    print(f"## {title}\n\n{how}\n\n{text}\n", flush=True)
    if file is None:
        return
    before = file.read_text() if file.is_file() else ""
    sections = dict(part.split("\n", 1) for part in before.split("\n## ")[1:] if "\n" in part)
    sections[title] = f"{how}\n\n{text}"
    file.write_text("# The queue\n" + "".join(f"\n## {name}\n\n{body.strip()}\n" for name, body in sections.items()))


def main() -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--waiting", type=int, default=10_000)
    parser.add_argument("--flight", type=int, default=100)
    parser.add_argument("--only", choices=["queue", "restart", ""], default="")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    place = Place()
    server = PostgresServer()
    try:
        if given.only != "queue":
            shop = place.shop(database=server.url)
            put(given.write, "Restart", restart(shop, given.flight))
            shop.close()
        if given.only != "restart":
            shop = place.shop(database=server.fresh())
            put(given.write, "Waiting", waiting_table(queue(shop, given.waiting), given.waiting))
            shop.close()
    finally:
        server.close()
        place.close()


if __name__ == "__main__":
    main()
