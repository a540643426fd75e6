"""A sample workspace to click through: invented people, an opening, talks really analysed, reviews in several states."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from models.job import Candidate, Interview, JobOpening
from models.rubric import Rubric
from models.user import User
from pipeline import rubrics, wiring
from pipeline.actions import analyses, openings, panels, people, reviewing
from pipeline.actions.desk import Desk
from pipeline.analyze import analyze
from pipeline.errors import SourceError
from pipeline.store.store import Store

if TYPE_CHECKING:
    from pipeline.analyze import EngineSet
    from pipeline.jobs.work import Work

Told = Callable[[str], None]
BROKEN = b"RIFF\x00\x00\x00\x00WAVEfmt this file was cut off while it was being written"


class Clock:
    """The company's time: each look is a little later, and never later than now."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def __call__(self) -> datetime:
        """The next moment."""
        self._now = min(self._now + timedelta(seconds=11), datetime.now(UTC))
        return self._now

    def forward(self, to: datetime) -> None:
        """To a later moment; an earlier one changes nothing."""
        self._now = max(self._now, to)


@dataclass
class Company:
    """The people at work, and the opening that they fill."""

    store: Store
    staff: dict[str, User]
    clock: Clock
    notes: dict[int, str]
    rubric: Rubric
    job: JobOpening

    def desk(self, name: str) -> Desk:
        """Somebody's desk."""
        return Desk(self.store, self.staff[name].id, self.clock)


def fill(store: Store, engines: EngineSet, work: Work | None, told: Told = lambda line: None) -> User:
    """Fills an empty store and returns the person who starts it. ``work`` gets the recordings; without it none are added.

    ``told`` hears what is being done. Raises ConflictError where there is someone in the store already.
    """
    plan: dict[str, Any] = yaml.safe_load((files("pipeline") / "demo" / "company.yaml").read_text("utf-8"))
    now = datetime.now(UTC)
    start = now.replace(minute=now.minute - now.minute % 5, second=0, microsecond=0)
    owner = people.first_user(store, "You", "you@example.org", now=start - timedelta(days=8))
    clock = Clock(start - timedelta(days=8))
    staff = {"you": owner}
    admin = Desk(store, owner.id, clock)
    for key, person in plan["people"].items():
        staff[key] = people.add_user(admin, person["name"], person["email"], person["roles"])
    rubric = rubrics.load(plan["rubric"])
    job = openings.create_job(Desk(store, staff["mara"].id, clock), plan["title"], rubric, keep_days=180)
    company = Company(store, staff, clock, plan["notes"], rubric, job)
    for number, wanted in enumerate(plan["rounds"], 1):
        told(f"{number} of {len(plan['rounds'])}: {wanted['candidate']}")
        _round(company, wanted, start, engines, work)
    return owner


def _round(company: Company, wanted: dict[str, Any], start: datetime, engines: EngineSet, work: Work | None) -> None:
    lead = company.desk("mara")
    ended = start - timedelta(days=wanted["days_ago"], minutes=45 if wanted["days_ago"] else 5)
    company.clock.forward(ended - timedelta(hours=2))
    candidate = openings.create_candidate(lead, company.job.id, wanted["candidate"])
    held = openings.create_interview(
        lead, candidate.id, "first round", ended - timedelta(minutes=35), ended,
        interviewers=[company.staff[wanted["interviewer"]].id],
        reviewers=[company.staff[name].id for name in wanted.get("reviewers", ())],
        consent=wanted.get("consent", "given"),
    )  # fmt: skip
    company.clock.forward(ended + timedelta(minutes=4))
    if "talk" in wanted:
        with _talk(wanted["talk"]) as path:
            analysis = analyze(path, company.rubric, engines)
        analyses.attach_analysis(company.desk(wanted["interviewer"]), held.id, analysis)
    elif "recording" in wanted and work is not None:
        _record(company, wanted, held, work)
    for name, card in wanted.get("reviews", {}).items():
        company.clock.forward(ended + timedelta(minutes=9))
        _review(company, company.desk(name), held, card)
    if "decision" in wanted:
        _decide(company, candidate, wanted["decision"])


def _record(company: Company, wanted: dict[str, Any], held: Interview, work: Work) -> None:
    desk = company.desk(wanted["interviewer"])
    if wanted["recording"] == "demo":
        with wiring.demo_recording() as path, path.open("rb") as stream:
            openings.attach_recording(desk, held.id, stream, held.version)
        name = wiring.DEMO
    else:
        openings.attach_recording(desk, held.id, io.BytesIO(BROKEN), held.version)
        name = "lena-fuchs.wav"
    work.submit(held.id, priority="now", name=name)


def _review(company: Company, desk: Desk, held: Interview, wanted: dict[str, Any]) -> None:
    card = reviewing.open_review(desk, held.id)
    for line, level in zip(card.scores, wanted["levels"], strict=False):
        key = line.competency
        if level is None:
            card = reviewing.leave_out(desk, card.id, card.version, key, reason="We did not get to it.")
            continue
        card = reviewing.rate(desk, card.id, card.version, key, level)
        card = reviewing.note(desk, card.id, card.version, key, company.notes[level])
        seconds = 40.0 + 7 * (len(key) % 11)
        card = reviewing.spend(desk, card.id, card.version, key, seconds, opened=level != 3)
    if wanted["says"]:
        card = reviewing.conclude(desk, card.id, card.version, wanted["says"], wanted["strengths"], wanted["concerns"])
        reviewing.submit(desk, card.id, card.version)


def _decide(company: Company, candidate: Candidate, wanted: dict[str, Any]) -> None:
    panels.decide(company.desk(wanted["by"]), candidate.id, wanted["outcome"], wanted["reason"])


@contextmanager
def _talk(name: str) -> Iterator[Path]:
    """A bundled talk: from the installed package, or from ``fixtures/corpus`` in a clone."""
    packaged = files("pipeline") / "demo" / f"{name}.json"
    if packaged.is_file():
        with as_file(packaged) as path:
            yield path
        return
    clone = Path(__file__).resolve().parents[2] / "fixtures" / "corpus" / "interviews" / f"{name}.json"
    if not clone.is_file():
        raise SourceError(f"{name}: the sample talk is not installed.", "Reinstall debrief.")
    yield clone
