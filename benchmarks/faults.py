"""Breaks things under real workers, many times over, and writes what came of it.

    python benchmarks/faults.py --times 20 --damaged 200 --write docs/faults.md
    python benchmarks/faults.py --only damaged,disk --write docs/faults.md      these again; the other rows stay

Workers are processes with engines that cost nothing (tests/pipeline/jobs/fakes.py); decoding, queue, databases, bucket and publishing are
the real ones. PostgreSQL must be installed; a full disk needs root (a small tmpfs), and says so where it cannot be had.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
for folder in ("", "benchmarks", "tests", "tests/pipeline/jobs", "tests/pipeline/actions"):
    sys.path.insert(0, str(ROOT / folder))

import numpy as np  # noqa: E402
from bucket import Bucket  # noqa: E402
from fault_places import Place, Row  # noqa: E402
from postgres_server import PostgresServer  # noqa: E402
from shop import Shop, wav  # noqa: E402

from models.work import STAGES, Stage  # noqa: E402

BESIDE = 4
"""Steps whose workers are killed at the same time: most of it is waiting until somebody sees that a worker is dead."""

PATIENCE = 900.0
"""Seconds that anything may take on a busy machine."""


def told(fault: str, times: int, shop: Shop, ids: list[str], expected_failures: int = 0) -> Row:
    """Counts what became of the interviews: lost are those that are neither done nor failed as expected."""
    states = shop.work.states(ids)
    outcome = Counter(state.state for state in states.values())
    twice = sum(max(0, shop.analyses(one) - 1) for one in ids)
    causes = Counter(" ".join(s.cause.split()) for s in states.values() if s.state == "failed")
    lost = len(ids) - outcome["done"] - min(outcome["failed"], max(expected_failures, 0))
    said = "; ".join(f"{cause}" for cause, _ in causes.most_common(2))
    return Row(fault, times, len(ids), outcome["done"], outcome["failed"], lost, twice, said)


def kills(place: Place, times: int) -> list[Row]:
    """Kill -9 of the worker at a random moment of every step; steps side by side, each with a shop and a worker of its own."""
    shops = [place.shop() for _ in STAGES]  # one after the other: Alembic migrates one database at a time in a process
    try:
        with ThreadPoolExecutor(BESIDE) as beside:
            return list(beside.map(lambda shop, stage: killed_in(shop, stage, times, place.seed), shops, STAGES))
    finally:
        for shop in shops:
            shop.close()


def killed_in(shop: Shop, stage: Stage, times: int, seed: int) -> Row:
    """So many interviews, the worker of each killed in that step; waiting in front of and behind the step makes it long enough to hit."""
    chance, ids, began = random.Random(f"{seed} {stage}"), [], time.monotonic()
    hold = {"hold": [list(STAGES), 0.15]}
    worker = shop.hire(**hold)
    for _ in range(times):
        (one,) = shop.submit(1)
        ids.append(one)
        shop.until(lambda one=one: shop.state(one).stage == stage or shop.state(one).state == "done", PATIENCE)
        time.sleep(chance.uniform(0, 0.35))
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker = shop.hire(**hold)
        shop.until_settled([one], PATIENCE)
    worker.send_signal(signal.SIGKILL)
    row = told(f"kill -9 in {stage}", times, shop, ids)
    row.seconds = time.monotonic() - began
    print(row, flush=True)
    return row


def race(place: Place, times: int) -> list[Row]:
    """Two workers on one queue, at least ten interviews."""
    times = max(10, times)
    shop = place.shop()
    ids = shop.submit(times)
    shop.hire()
    shop.hire()
    shop.until_settled(ids, PATIENCE)
    row = told("two workers race", times, shop, ids)
    row.twice += sum(count - times for count in Counter(shop.done()).values())
    shop.close()
    return [row]


def hangs(place: Place, _: int) -> list[Row]:
    """A step that never ends, once; the worker ends itself and the next one does it."""
    shop = place.shop()
    ids = shop.submit(3)
    limits = {"least_seconds": 2, "seconds_a_minute": 1}
    shop.hire(trouble={"stage": "transcribe", "wait": 900, "times": 1}, options=limits).wait(60)
    shop.hire()
    shop.until_settled(ids, PATIENCE)
    row = told("a worker hangs", 1, shop, ids)
    shop.close()
    return [row]


def clock(place: Place, _: int) -> list[Row]:
    """The clock of one of two workers jumps an hour ahead, and of another an hour back."""
    rows = []
    for name, seconds in (("an hour ahead", 3600), ("an hour back", -3600)):
        shop = place.shop()
        ids = shop.submit(6)
        shop.hire(jump=seconds, trouble={"stage": "transcribe", "wait": 1})
        shop.hire(trouble={"stage": "transcribe", "wait": 1})
        shop.until_settled(ids, PATIENCE)
        row = told(f"clock jumps {name}", 1, shop, ids)
        row.twice += Counter(shop.done())["transcribe"] - len(ids)
        rows.append(row)
        shop.close()
    return rows


def vanished(place: Place, _: int) -> list[Row]:
    """The recording goes between submitting and reading."""
    shop = place.shop()
    ids = shop.submit(3)
    from pipeline.store import interviews

    with shop.store.read() as c:
        gone = interviews.get_interview(c, ids[0]).recording
    shop.store.media.delete(str(gone))
    shop.hire()
    shop.until_settled(ids, PATIENCE)
    row = told("recording deleted before it is read", 1, shop, ids, expected_failures=1)
    shop.close()
    return [row]


def server_killed(place: Place, _: int) -> list[Row]:
    """Kill -9 of PostgreSQL in the middle of a batch, back after five seconds."""
    server = PostgresServer()
    try:
        shop = place.shop(database=server.url)
        ids = shop.submit(6)
        shop.hire(trouble={"stage": "transcribe", "wait": 1.5})
        shop.hire(trouble={"stage": "transcribe", "wait": 1.5})
        shop.until(lambda: len(shop.done()) > 3, PATIENCE)
        server.kill()
        time.sleep(5)
        server.start()
        shop.until(lambda: settled(shop, ids), PATIENCE)
        row = told("database server killed during a batch", 1, shop, ids)
        shop.close()
        return [row]
    finally:
        server.close()


def settled(shop: Shop, ids: list[str]) -> bool:
    """Nothing is open; False too while the database is away."""
    from pipeline.errors import DebriefError

    try:
        return all(s.state not in ("waiting", "running") for s in shop.work.states(ids).values())
    except DebriefError:
        return False


def bucket_away(place: Place, _: int) -> list[Row]:
    """No line to the bucket for a minute."""
    bucket = Bucket(place.folder)
    try:
        shop = place.shop(media=bucket.url)
        ids = shop.submit(4)
        shop.hire(trouble={"stage": "transcribe", "wait": 4})
        shop.until(lambda: "transcribe" in shop.done(), PATIENCE)
        bucket.line.break_off()
        time.sleep(60)
        bucket.line.cut = False
        shop.until_settled(ids, PATIENCE)
        row = told("bucket away for a minute", 1, shop, ids)
        shop.close()
        return [row]
    finally:
        bucket.close()


def disk_full(place: Place, _: int) -> list[Row]:
    """The media disk is full when a step wants to write, for ten seconds, in each step."""
    disk = place.folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)], capture_output=True).returncode:
        return [Row("disk full in each step", 0, 0, 0, 0, 0, 0, "not run: needs the right to mount a tmpfs")]
    rows = []
    try:
        for stage in STAGES:
            shop = place.shop(media=str(disk / stage))
            ids = shop.submit(2)
            shop.hire(hold=[[stage], 1.0])
            shop.until(
                lambda shop=shop, ids=ids, stage=stage: any(s.stage == stage for s in shop.work.states(ids).values()),
                60,
            )
            filler = disk / "filler"
            fill(filler)
            time.sleep(10)
            filler.unlink()
            shop.until_settled(ids, PATIENCE)
            rows.append(told(f"disk full in {stage}", 1, shop, ids))
            shop.close()
            shutil.rmtree(disk / stage, ignore_errors=True)
    finally:
        subprocess.run(["umount", "-l", str(disk)], capture_output=True)
    return rows


def fill(file: Path) -> None:
    """Writes until nothing more fits."""
    with file.open("wb", buffering=0) as out:
        try:
            while True:
                out.write(b"\0" * 65536)
        except OSError:
            return


def damaged(place: Place, number: int) -> list[Row]:
    """Recordings that are cut off, flipped, of another type, empty, silent, of eight channels, at 200 kHz, or three bytes long."""
    shop = place.shop()
    chance = random.Random(7)
    opus = (ROOT / "fixtures" / "recordings" / "csm-short.opus").read_bytes()
    ids, good = [], shop.submit(3)
    for at in range(number):
        data = broken(at % 8, opus, place.spoken, chance)
        held = shop.interview(data + (b"" if at % 8 == 7 else at.to_bytes(2, "little")))
        shop.work.submit(held.id, name=f"{at}.mp3")
        ids.append(held.id)
    workers = [shop.hire(), shop.hire()]
    shop.until_settled([*ids, *good], 3600)
    row = told("damaged recordings", number, shop, [*ids, *good], expected_failures=number)
    row.said = f"{good_of(shop, good)} of {len(good)} undamaged done. " + row.said
    if any(worker.poll() is not None for worker in workers):
        row.said = "THE WORKER DIED. " + row.said
    if any(not s.cause or not s.remedy for s in shop.work.states(ids).values() if s.state == "failed"):
        row.said = "A FAILURE WITHOUT CAUSE OR REMEDY. " + row.said
    shop.close()
    return [row]


def good_of(shop: Shop, ids: list[str]) -> int:
    """How many of these are done."""
    return sum(state.state == "done" for state in shop.work.states(ids).values())


def broken(kind: int, opus: bytes, spoken: bytes, chance: random.Random) -> bytes:
    """One damaged recording of that kind."""
    if kind == 0:
        return opus[: chance.randrange(200, len(opus) // 2)]
    if kind == 1:
        flipped = bytearray(opus)
        for _ in range(chance.randrange(1, 400)):
            flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        return bytes(flipped)
    if kind == 2:
        return b"%PDF-1.7\n" + chance.randbytes(3000)
    if kind == 3:
        return b""
    if kind == 4:
        return wav(np.zeros(16_000 * 12))
    header = bytearray(spoken)
    if kind == 5:
        header[22:24] = (8).to_bytes(2, "little")
        header[32:34] = (16).to_bytes(2, "little")
        return bytes(header)
    if kind == 6:
        header[24:28] = (200_000).to_bytes(4, "little")
        header[28:32] = (400_000).to_bytes(4, "little")
        return bytes(header)
    return chance.randbytes(3)


def damaged_model(place: Place, _: int) -> list[Row]:
    """A file of the recogniser's weights has a wrong byte: the interview fails with what to do, through the real command line."""
    day, data, cache = (place.folder / name for name in ("day", "data", "cache"))
    day.mkdir()
    shutil.copy(ROOT / "fixtures" / "recordings" / "csm-short.opus", day / "CSM--Ann.opus")
    folder = cache / "weights" / "whisper-base"
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(b"damaged")
    env = {
        **os.environ,
        "DEBRIEF_DATA": str(data),
        "DEBRIEF_CACHE": str(cache),
        "DEBRIEF_MODEL": "base",
        "PYTHONPATH": str(ROOT),
    }
    run = subprocess.run(
        [sys.executable, "-m", "pipeline.cli.main", "batch", str(day), "--rubric", "csm-2-5y", "--consent", "given", "-n", "1"],
        capture_output=True, text=True, env=env,
    )  # fmt: skip
    said = next((line for line in run.stdout.splitlines() if "whisper" in line.lower()), run.stdout[-200:])
    return [Row("a model file damaged on disk", 1, 1, 0, 1, 0 if run.returncode == 2 else 1, 0, said)]


FAULTS: dict[str, Callable[[Place, int], list[Row]]] = {
    "vanished": vanished, "hangs": hangs, "server": server_killed, "kills": kills, "bucket": bucket_away, "race": race,
    "clock": clock, "damaged": damaged, "disk": disk_full, "model": damaged_model,
}  # fmt: skip


COLUMNS = "| fault | times | interviews | done | failed | lost | twice | seconds | on | what the failure says |"


def table(rows: list[Row], command: str) -> str:
    """The page."""
    lines = [
        "# Faults that were made, and what came of them",
        "",
        f"Made by `{command}`, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; a row stays until its fault is",
        "made again. `make soak` makes all of them; CI runs one of each kind (tests/pipeline/jobs/test_faults.py, test_bucket.py).",
        "",
        "Engines are stand-ins that cost nothing, because the test is about what is around them; decoding, queue, checkpoints, databases,",
        "bucket and publishing are the real ones. *Lost*: neither published nor a recorded failure that was expected. *Twice*: published or",
        "worked on more often than needed. Clock jumps are of the worker's own clock. A damaged recording may be heard all the same (a",
        "flipped bit seldom stops a decoder); then it counts as done. Seconds are wall-clock on a machine with other work.",
        "",
        COLUMNS,
        "|---" * (COLUMNS.count("|") - 1) + "|",
    ]
    for r in rows:
        said = r.said.replace("|", "/")[:220]
        lines.append(
            f"| {r.fault} | {r.times} | {r.interviews} | {r.done} | {r.failed} | {r.lost} | {r.twice} | {r.seconds:.0f} | {r.on} | {said} |"
        )
    return "\n".join(lines) + "\n"


def rows_of(page: Path) -> list[Row]:
    """The rows of a page that :func:`table` wrote; none of a page that is not there or has other columns."""
    lines = page.read_text().splitlines() if page.is_file() else []
    if COLUMNS not in lines:
        return []
    found = []
    for line in lines[lines.index(COLUMNS) + 2 :]:
        fault, *numbers, seconds, on, said = (cell.strip() for cell in line.strip().strip("|").split("|"))
        found.append(Row(fault, *map(int, numbers), said=said, seconds=float(seconds), on=on))
    return found


def merged(before: list[Row], rows: list[Row], add: bool = False) -> list[Row]:
    """The rows of earlier runs, with what was made again in its place (or added to it) and what is new at the end."""
    again = {row.fault: row for row in rows}
    for old in before if add else []:
        new = again.get(old.fault)
        if new is not None:
            for name in ("times", "interviews", "done", "failed", "lost", "twice", "seconds"):
                setattr(new, name, getattr(new, name) + getattr(old, name))
    return [again.pop(row.fault, row) for row in before] + list(again.values())


def main() -> None:
    """Makes the faults that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--times", type=int, default=20, help="kills in every step; interviews in the race")
    parser.add_argument("--damaged", type=int, default=200)
    parser.add_argument("--only", default="", help=f"comma separated: {', '.join(FAULTS)}")
    parser.add_argument(
        "--add", action="store_true", help="count to the rows that are there, instead of in their place"
    )
    parser.add_argument("--seed", type=int, default=5, help="of the moments of kills; another for each piece of a run")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    place, rows = Place(given.seed), []
    command = f"python benchmarks/faults.py --times {given.times} --damaged {given.damaged}"
    try:
        for name, make in FAULTS.items():
            if given.only and name not in given.only.split(","):
                continue
            began = time.monotonic()
            made = make(place, given.damaged if name == "damaged" else given.times)
            took = time.monotonic() - began
            for row in made:
                row.seconds = row.seconds or took / len(made)
                row.on = f"{datetime.now(UTC):%Y-%m-%d}"
            rows += made
            print(f"{name}: {took:.0f} s", *made, sep="\n  ", flush=True)
            if given.write:
                given.write.write_text(table(merged(rows_of(given.write), made, given.add), command))
    finally:
        place.close()
    print(table(rows, command))
    sys.exit(1 if any(row.lost or row.twice for row in rows) else 0)


if __name__ == "__main__":
    main()
