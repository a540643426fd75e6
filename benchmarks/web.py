"""How quick the pages are with 10,000 interviews in the database, and whether 50 reviewers at once are served.

    python benchmarks/web.py pages --interviews 10000 --write benchmarks/web.md
    python benchmarks/web.py load --reviewers 50 --minutes 5 --write benchmarks/web.md
    python benchmarks/web.py paint --rounds 20 --write benchmarks/web.md

All fill a store by SQL first (copies of one worked interview; every thirty-third holds a talk of an hour). ``pages`` asks the
app in this process, so that the figures are the server's alone; ``load`` starts `debrief serve` and clicks over loopback, and ends
with 1 where a reviewer met an error; ``paint`` opens an hour's review in Chromium, every time with nothing cached.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `debrief serve` does, before numpy is loaded

from builders import a_draft, an_analysis  # noqa: E402
from starlette.responses import Response  # noqa: E402

from models.report import Analysis  # noqa: E402
from models.rubric import Rubric  # noqa: E402
from models.transcript import Turn, Word  # noqa: E402
from models.user import User  # noqa: E402
from pipeline import rubrics  # noqa: E402
from pipeline.actions import analyses, comparing, openings, people, reviewing  # noqa: E402
from pipeline.actions.desk import Desk  # noqa: E402
from pipeline.settings import Settings  # noqa: E402
from pipeline.store import openings as stored  # noqa: E402
from pipeline.store import tables as t  # noqa: E402
from pipeline.store.store import Store  # noqa: E402
from pipeline.web.app import create_app  # noqa: E402
from pipeline.web.auth import COOKIE, csrf_of, open_session  # noqa: E402
from pipeline.web.site import Site, read_templates  # noqa: E402

OPENINGS, EVERY = 20, 33
CLICK_SECONDS = 5.0
PAGE_SECONDS = 10.0  # a page that is slow is asked no longer than this
COPIED = ("candidate", "interview", "rater", "analysis", "draft_level", "review", "review_score", "first_score",
          "confirmed_score", "search_turn",
          "talk_measure")  # fmt: skip


class Town:
    """A filled store: reviewers, openings, and which interviews are whose."""

    def __init__(self, folder: Path, interviews: int, reviewers: int) -> None:
        self.store = Store(f"sqlite:///{folder}/debrief.db", str(folder / "media"), code="benchmark")
        self.settings = Settings(data=folder, cache=folder / "cache", database="", media="")
        self.site = Site(self.store, self.settings)
        self.rubric = rubrics.load("csm-2-5y")
        known = people.owner(self.store)
        if known is not None:
            self._recall(known)
            return
        self.admin = people.first_user(self.store, "Ada Admin", "ada@example.org")
        desk = Desk(self.store, self.admin.id)
        self.lead = people.add_user(desk, "Leo Lead", "leo@example.org", ["hiring_lead"])
        self.reviewers = [
            people.add_user(desk, f"Reviewer {n}", f"r{n}@example.org", ["interviewer", "reviewer"])
            for n in range(reviewers)
        ]
        self.jobs = [openings.create_job(desk, f"Opening {n}", self.rubric).id for n in range(OPENINGS)]
        self._fill(interviews)

    def _recall(self, admin: User) -> None:
        """The people and openings of a store that was filled before."""
        self.admin = admin
        with self.store.read() as c:
            known = {person.email: person for person in stored.users(c)}
            self.jobs = [job.id for job in stored.jobs(c)]
        self.lead = known["leo@example.org"]
        self.reviewers = [known[f"r{n}@example.org"] for n in range(len(known) - 2)]

    def _fill(self, count: int) -> None:
        short = self._worked(talk(self.rubric, 1_200))
        long = self._worked(talk(self.rubric, 9_000))
        with self.store.write() as c:
            models = {False: self._rows(c, short), True: self._rows(c, long)}
            for start in range(0, count, 500):
                batch: dict[str, list[dict[str, Any]]] = defaultdict(list)
                for number in range(start, min(count, start + 500)):
                    self._copy(models[number % EVERY == 0], number, batch)
                for name in COPIED:
                    if batch[name]:
                        c.execute(sa.insert(getattr(t, name)), batch[name])

    def _worked(self, analysis: Analysis) -> str:
        """One interview with an analysis, a submitted review and one in draft."""
        desk = Desk(self.store, self.admin.id)
        candidate = openings.create_candidate(desk, self.jobs[0], "Pattern Person")
        end = datetime.now(UTC) - timedelta(minutes=20)
        first, second = self.reviewers[0].id, self.reviewers[1].id
        held = openings.create_interview(
            desk, candidate.id, "first", end - timedelta(hours=1), end, interviewers=[first], reviewers=[second],
            consent="given",
        )  # fmt: skip
        analyses.attach_analysis(desk, held.id, analysis)
        card = reviewing.open_review(Desk(self.store, first), held.id)
        for line in card.scores:
            card = reviewing.rate(Desk(self.store, first), card.id, card.version, line.competency, 3)
            card = reviewing.note(Desk(self.store, first), card.id, card.version, line.competency, "A plain note.")
        card = reviewing.conclude(Desk(self.store, first), card.id, card.version, "yes", "steady", "none")
        reviewing.submit(Desk(self.store, first), card.id, card.version)
        reviewing.open_review(Desk(self.store, second), held.id)
        return held.id

    def _rows(self, c: sa.Connection, interview: str) -> dict[str, list[dict[str, Any]]]:
        candidate = c.execute(sa.select(t.interview.c.candidate).where(t.interview.c.id == interview)).scalar_one()
        reviews = list(c.execute(sa.select(t.review.c.id).where(t.review.c.interview == interview)).scalars())
        analyses_ = list(c.execute(sa.select(t.analysis.c.id).where(t.analysis.c.interview == interview)).scalars())
        found: dict[str, list[dict[str, Any]]] = {}
        for name in COPIED:
            table = getattr(t, name)
            if name == "candidate":
                where = table.c.id == candidate
            elif name == "interview":
                where = table.c.id == interview
            elif "interview" in table.c:
                where = table.c.interview == interview
            elif "review" in table.c:
                where = table.c.review.in_(reviews)
            else:
                where = table.c.analysis.in_(analyses_)
            found[name] = [dict(row._mapping) for row in c.execute(sa.select(table).where(where))]
        return found

    def _copy(
        self, model: dict[str, list[dict[str, Any]]], number: int, batch: dict[str, list[dict[str, Any]]]
    ) -> None:
        who = self.reviewers
        names = {self.reviewers[0].id: who[number % len(who)].id, self.reviewers[1].id: who[(number + 7) % len(who)].id,
                 self.jobs[0]: self.jobs[number % OPENINGS]}  # fmt: skip
        for name in ("candidate", "interview", "analysis", "review"):
            names |= {row["id"]: uuid.uuid4().hex for row in model[name]}
        for name in COPIED:
            for row in model[name]:
                made = {key: names.get(value, value) if isinstance(value, str) else value for key, value in row.items()}
                if name == "candidate":
                    made["name"] = f"Person {number}"
                self._vary(name, made, number)
                if name in ("search_turn", "draft_level") and isinstance(made.get("id"), int):
                    del made["id"]
                batch[name].append(made)

    @staticmethod
    def _vary(name: str, made: dict[str, Any], number: int) -> None:
        """Gives the copy's submitted scores levels and evidence of their own: candidates alike would flatter comparisons."""
        if name not in ("review_score", "confirmed_score"):
            return
        dice = random.Random(f"{number} {made['competency']}")
        level = dice.choice((1, 2, 3, 3, 4, 4, 5))
        if name == "review_score" and made["score"] is not None:
            made["score"] = level
        elif name == "confirmed_score":
            spread = tuple(
                dice.choice((1.0, 1.5, 2.0, 3.0, 3.0, 3.5, 4.0, 4.5, 5.0)) for _ in range(dice.randint(0, 5))
            )
            made |= {"level": level, "quotes": len(spread), "quote_levels": list(spread)}

    def session(self, person: User) -> str:
        """A session of that person."""
        return open_session(self.site, Response(), person)

    def ids(self, person: User) -> dict[str, list[str]]:
        """Interviews (those of an hour apart) and candidates that the person rates."""
        with self.store.read() as c:
            query = (
                sa.select(t.interview.c.id, t.interview.c.candidate, sa.func.length(t.analysis.c.body).label("size"))
                .join(t.rater, t.rater.c.interview == t.interview.c.id)
                .join(t.analysis, t.analysis.c.id == t.interview.c.analysis)
                .where(t.rater.c.person == person.id)
                .order_by(t.interview.c.id)
            )
            rows = c.execute(query).all()
        line = 300_000
        return {"long": [r.id for r in rows if r.size > line], "short": [r.id for r in rows if r.size <= line],
                "candidates": [r.candidate for r in rows]}  # fmt: skip


def talk(rubric: Rubric, words: int) -> Analysis:
    """A talk of that many words with word times, cut into the rubric's questions, with five quotes a draft."""
    source = json.loads((ROOT / "fixtures" / "corpus" / "interviews" / "dev-a-02.json").read_text("utf-8"))["turns"]
    turns: list[Turn] = []
    clock, said = 0.0, 0
    while said < words:
        heard = source[len(turns) % len(source)]
        text = heard["text"].split()
        role = "candidate" if len(turns) % 2 else "interviewer"
        times = tuple(Word(w, clock + i * 0.38, clock + i * 0.38 + 0.3, 0.9) for i, w in enumerate(text))
        question = rubric.questions[(said * len(rubric.questions)) // (words + 400)].id
        turns.append(
            Turn(t=len(turns), speaker="S2" if len(turns) % 2 else "S1", role=role, start=clock,
                 end=clock + len(text) * 0.38, text=" ".join(text), question=question,
                 kind="answer" if len(turns) % 2 else "question", words=times)
        )  # fmt: skip
        clock, said = clock + len(text) * 0.38 + 0.4, said + len(text)
    spoken = [turn for turn in turns if turn.role == "candidate" and len(turn.text.split()) > 8]
    drafts = tuple(
        a_draft(c.id, 3, *((turn.t, " ".join(turn.text.split()[:8])) for turn in spoken[n::9][:5]))
        for n, c in enumerate(rubric.competencies)
    )
    return an_analysis(rubric, drafts, tuple(turns))


def pages(town: Town, rounds: int) -> list[tuple[str, str, float, float, float, int]]:
    """For each page: who asks, median and 95th percentile in milliseconds, the median of the processor's time (which other
    work on the machine does not lengthen), and bytes as they travel.
    """
    from fastapi.testclient import TestClient

    with town.store.write() as c:
        c.execute(sa.delete(t.kept_total))
    job = town.jobs
    never = iter(job)  # one is asked before the clock runs: with 20 rounds or more all are kept afterwards

    def after_a_start() -> str:
        comparing.forget()
        return f"/compare/{dice.choice(job)}"

    client = TestClient(create_app(town.site), base_url="http://localhost", headers={"Accept-Encoding": "gzip"})
    one = max(town.reviewers, key=lambda person: len(town.ids(person)["long"]))
    mine, dice = town.ids(one), random.Random(1)
    asks: list[tuple[str, User, Any]] = [
        ("Review, an hour", one, lambda: f"/interviews/{dice.choice(mine['long'])}"),
        ("Word times, an hour", one, lambda: f"/api/interviews/{dice.choice(mine['long'])}/words"),
        ("Review, ten minutes", one, lambda: f"/interviews/{dice.choice(mine['short'])}"),
        ("Today", one, lambda: "/"),
        ("Jobs", town.lead, lambda: "/jobs"),
        ("One opening", town.lead, lambda: f"/jobs/{dice.choice(job)}?page={dice.randint(1, 5)}"),
        ("Compare, all just reviewed", town.lead, lambda: f"/compare/{next(never)}"),
        ("Compare, after a start", town.lead, after_a_start),
        ("Compare", town.lead, lambda: f"/compare/{dice.choice(job)}"),
        ("Candidate", town.lead, lambda: f"/candidates/{dice.choice(mine['candidates'])}"),
        ("Debrief", town.lead, lambda: f"/candidates/{dice.choice(mine['candidates'])}/debrief"),
        ("Search, own", one, lambda: f"/search?q={dice.choice(['renewal', 'accounts', 'churn', 'onboarding plan'])}"),
        ("Search, all", town.lead, lambda: f"/search?q={dice.choice(['renewal', 'accounts', 'churn', 'onboarding'])}"),
        ("Rubrics", one, lambda: "/rubrics"),
        ("Accuracy", town.lead, lambda: "/accuracy"),
        ("Audit", town.admin, lambda: "/admin/audit"),
        ("Retention", town.admin, lambda: "/admin/retention"),
    ]
    out = []
    read_templates()
    gc.collect()
    gc.freeze()  # as the server does before it takes requests
    for name, person, address in asks:
        client.cookies.set(COOKIE, town.session(person), domain="localhost.local")
        answer = client.get(address())
        if answer.status_code != 200:
            out.append((f"{name} ({answer.status_code})", person.name, 0.0, 0.0, 0.0, 0))
            continue
        taken, worked = [], []
        for _ in range(rounds):
            if sum(taken) > PAGE_SECONDS * 1000:
                break
            try:
                where = address()
            except StopIteration:
                break
            began, before = time.perf_counter(), time.process_time()
            answer = client.get(where)
            worked.append((time.process_time() - before) * 1000)
            taken.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, (where, answer.status_code)
        weight = int(answer.headers.get("content-length", "0"))
        out.append(
            (name, person.name, statistics.median(taken), percentile(taken, 0.95), statistics.median(worked), weight)
        )
    return out


def percentile(values: list[float], share: float) -> float:
    """The value below which that share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def load(town: Town, folder: Path, reviewers: int, minutes: float) -> dict[str, Any]:
    """Reviewers who click every five seconds for so long; what they met, and the server's memory meanwhile."""
    import httpx

    server, url = _serve(folder)
    taken: list[float] = []
    errors: list[str] = []
    memory: list[float] = []
    until = time.monotonic() + minutes * 60

    async def one(number: int) -> None:
        person, dice = town.reviewers[number], random.Random(number)
        token, mine = tokens[number], whose[number]
        headers = {"X-CSRF-Token": csrf_of(token), "Accept-Encoding": "gzip"}
        async with httpx.AsyncClient(
            base_url=url,
            cookies={COOKIE: token},
            headers=headers,
            timeout=60,
            verify=False,  # loopback without TLS: fifty clients need not read the certificates of the world
        ) as client:
            await asyncio.sleep(dice.random() * CLICK_SECONDS)
            while time.monotonic() < until:
                await _click(client, dice, mine, taken, errors)
                await asyncio.sleep(CLICK_SECONDS)
        assert person.active

    async def watch() -> None:
        while time.monotonic() < until:
            memory.append(_megabytes(server.pid))
            await asyncio.sleep(5)

    tokens = [town.session(town.reviewers[n]) for n in range(reviewers)]
    whose = [town.ids(town.reviewers[n]) for n in range(reviewers)]
    try:
        await asyncio.gather(watch(), *(one(n) for n in range(reviewers)))
    finally:
        server.terminate()
        server.wait(30)
    third = max(1, len(memory) // 3)
    return {"requests": len(taken), "errors": errors, "p50": statistics.median(taken), "p95": percentile(taken, 0.95),
            "worst": max(taken), "memory_early": statistics.mean(memory[third : 2 * third] or memory),
            "memory_late": statistics.mean(memory[-third:]), "memory_peak": max(memory)}  # fmt: skip


PAINTED = """async () => {
  const seen = (type) => new Promise((told) => {
    new PerformanceObserver((list) => told(list.getEntries().at(-1).startTime)).observe({ type, buffered: true });
  });
  const first = (await performance.getEntriesByName("first-contentful-paint")[0]?.startTime) ?? await seen("paint");
  return [first, await seen("largest-contentful-paint"), performance.getEntriesByType("navigation")[0].responseEnd];
}"""
"""When the page showed its first and its largest content, and when its last byte had come, in milliseconds from the click."""


def paint(town: Town, folder: Path, rounds: int) -> list[tuple[float, float, float]]:
    """First paint, largest paint and last byte of the review of an hour's talk, a fresh window each time."""
    from playwright.sync_api import sync_playwright

    one = max(town.reviewers, key=lambda person: len(town.ids(person)["long"]))
    mine, dice = town.ids(one)["long"], random.Random(1)
    server, url = _serve(folder)
    found = []
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            for number in range(rounds + 1):
                window = browser.new_context(viewport={"width": 1280, "height": 900})
                window.add_cookies([{"name": COOKIE, "value": town.session(one), "url": url}])
                page = window.new_page()
                page.goto(f"{url}/interviews/{dice.choice(mine)}", wait_until="load", timeout=120_000)
                first, largest, last = page.evaluate(PAINTED)
                if number:  # the first page of a browser's life also starts its processes
                    found.append((first, largest, last))
                window.close()
            browser.close()
    finally:
        server.terminate()
        server.wait(30)
    return found


def paint_table(found: list[tuple[float, float, float]]) -> str:
    """What Chromium painted when, as Markdown."""
    lines = [
        "## Chromium's first sight of an hour's review",
        "",
        "| what, ms from the click | p50 | p95 |",
        "|---|---|---|",
    ]
    for name, taken in zip(
        ("first content", "largest content", "last byte of the page"), zip(*found, strict=True), strict=True
    ):
        lines.append(f"| {name} | {statistics.median(taken):.0f} | {percentile(list(taken), 0.95):.0f} |")
    return "\n".join(lines) + "\n"


async def _click(
    client: Any, dice: random.Random, mine: dict[str, list[str]], taken: list[float], errors: list[str]
) -> None:
    interview = dice.choice(mine["long"] + mine["short"])
    choice = dice.random()
    if choice < 0.15:
        requests = [("GET", "/", None)]
    elif choice < 0.55:
        requests = [("GET", f"/interviews/{interview}", None), ("GET", f"/api/interviews/{interview}/words", None)]
    elif choice < 0.65:
        requests = [("GET", "/search?q=renewal", None)]
    elif choice < 0.75:
        requests = [("GET", f"/candidates/{dice.choice(mine['candidates'])}", None)]
    else:
        card = (await client.get(f"/api/interviews/{interview}")).json()
        review = card.get("review")
        if review is None or review["state"] != "draft":
            requests = [("GET", "/jobs", None)]
        else:
            body = {"version": review["version"], "competency": dice.choice(review["scores"])["competency"],
                    "text": f"Heard at {dice.randint(1, 59)} minutes."}  # fmt: skip
            requests = [("POST", f"/api/reviews/{review['id']}/note", body)]
    for method, address, body in requests:
        began = time.perf_counter()
        try:
            answer = await client.request(method, address, json=body)
        except Exception as error:
            errors.append(f"{address}: {type(error).__name__}")
            continue
        taken.append((time.perf_counter() - began) * 1000)
        if answer.status_code >= 400 and answer.status_code != 403:
            errors.append(f"{re.sub('[0-9a-f]{32}', '…', address)}: {answer.status_code}")


def _serve(folder: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "pipeline.cli.main", "serve", "--port", "0", "--workers", "0"]
    told = {"DEBRIEF_DATA": str(folder), "DEBRIEF_DATABASE": "", "DEBRIEF_MEDIA": "", "DEBRIEF_USER": ""}
    server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **told}, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    found = re.search(r"http://[^/]+", server.stdout.readline())
    assert found is not None
    return server, found[0]


def _megabytes(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024  # type: ignore[index]


def page_table(rows: list[tuple[str, str, float, float, float, int]], interviews: int) -> str:
    """The pages as Markdown."""
    lines = [
        f"## Pages at {interviews:,} interviews",
        "",
        "| page | asked by | p50 ms | p95 ms | processor ms | kB |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {who.split()[0]} | {p50:.0f} | {p95:.0f} | {cpu:.0f} | {weight / 1000:.0f} |"
        for name, who, p50, p95, cpu, weight in rows
    ]
    return "\n".join(lines) + "\n"


def load_table(found: dict[str, Any], reviewers: int, minutes: float) -> str:
    """The load as Markdown."""
    kinds = ", ".join(sorted(set(found["errors"]))[:5]) or "none"
    return "\n".join(
        [
            f"## {reviewers} reviewers, {CLICK_SECONDS:.0f} s between clicks, {minutes:g} minutes", "",
            "| requests | errors | p50 ms | p95 ms | worst ms | memory MB early / late / peak |", "|---|---|---|---|---|---|",
            f"| {found['requests']} | {len(found['errors'])} ({kinds}) | {found['p50']:.0f} | {found['p95']:.0f} | "
            f"{found['worst']:.0f} | {found['memory_early']:.0f} / {found['memory_late']:.0f} / {found['memory_peak']:.0f} |",
        ]
    ) + "\n"  # fmt: skip


def write(path: Path | None, table: str, command: str) -> None:
    """Prints the table, and keeps it under its heading in the file."""
    print(table)
    if path is None:
        return
    head = table.partition("\n")[0].split(" at ")[0].split(",")[0]
    told = f"{table}\nBy `{command}` on {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}.\n"
    old = path.read_text("utf-8") if path.exists() else "# The web app's speed\n"
    parts = re.split(r"(?m)^(?=## )", old)
    kept = [part for part in parts if not part.startswith(head[:8])]
    path.write_text("".join(part.rstrip() + "\n\n" for part in kept) + told, "utf-8")


def main() -> None:
    """Fills a store and measures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("pages", "load", "paint"))
    parser.add_argument("--interviews", type=int, default=10_000)
    parser.add_argument("--reviewers", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--store", type=Path, help="folder of a filled store: filled where it is empty, and kept")
    given = parser.parse_args()
    command, bad = f"python benchmarks/web.py {given.what} --interviews {given.interviews}", False
    with tempfile.TemporaryDirectory() as name:
        began = time.monotonic()
        folder = given.store or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        town = Town(folder, given.interviews, given.reviewers)
        print(f"filled in {time.monotonic() - began:.0f} s", file=sys.stderr)
        if given.what == "pages":
            write(given.write, page_table(pages(town, given.rounds), given.interviews), command)
        elif given.what == "paint":
            write(given.write, paint_table(paint(town, folder, given.rounds)), command)
        else:
            found = asyncio.run(load(town, folder, given.reviewers, given.minutes))
            write(
                given.write, load_table(found, given.reviewers, given.minutes), f"{command} --minutes {given.minutes:g}"
            )
            bad = bool(found["errors"])
        town.store.close()
    sys.exit(bad)


if __name__ == "__main__":
    main()
