"""A round that was just held: its candidate found or entered, the round made, and who will be told about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from models._base import Noun
from models.job import Consent, Interview, JobOpening
from models.report import RubricRef
from models.rubric import Rubric
from models.user import User
from pipeline.actions import lists, openings, rubrics
from pipeline.actions.desk import Desk
from pipeline.errors import UsageError
from pipeline.judgement.permissions import TABLE
from pipeline.rubrics import bundled, load
from pipeline.store import interviews
from pipeline.store import lists as light
from pipeline.store import openings as stored

LONGEST_NAME = 200


def enroll(
    desk: Desk,
    job_id: str,
    name: str,
    round_name: str,
    held_at: datetime,
    ended_at: datetime,
    *,
    interviewers: Sequence[str],
    reviewers: Sequence[str] = (),
    consent: Consent = "unknown",
    email: str = "",
    another: bool = False,
) -> Interview:
    """A round with the opening's candidate of that name, who is entered where there is none yet.

    ``another`` enters a second person of the same name. Whoever is an interviewer is not asked as a reviewer as well. Everything is
    checked before anything is made.
    """
    plain, said = printable(name), printable(round_name)
    if not 0 < len(plain) <= LONGEST_NAME:
        raise UsageError("A candidate needs a name.", f"Initials will do; {LONGEST_NAME} characters are the most.")
    if ended_at < held_at:
        raise UsageError("The interview ends before it begins.", "Check the times.")
    if not interviewers:
        raise UsageError("An interview needs an interviewer.", "Say who held it.")
    asked = tuple(dict.fromkeys(interviewers))
    others = tuple(person for person in dict.fromkeys(reviewers) if person not in asked)
    with desk.store.read() as c:
        desk.require(c, "manage-interviews")
        stored.get_job(c, job_id)
        for person in (*asked, *others):
            if not stored.get_user(c, person).active:
                raise UsageError("One of these accounts is shut.", "Choose somebody else.")
    candidate = None if another else find_candidate(desk, job_id, plain)
    who = candidate.id if candidate else openings.create_candidate(desk, job_id, plain, printable(email)).id
    return openings.create_interview(
        desk, who, said, held_at, ended_at, interviewers=asked, reviewers=others, consent=consent
    )


def printable(text: str) -> str:
    """What somebody typed, without control characters and with single blanks."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def find_candidate(desk: Desk, job_id: str, name: str) -> lists.CandidateRow | None:
    """The newest candidate of the opening with that very name, whatever its capitals; None where there is none.

    For whoever enters rounds: they have to know whether it is a further one.
    """
    wanted = printable(name).casefold()
    with desk.store.read() as c:
        desk.require(c, "manage-interviews")
        stored.get_job(c, job_id)
        rows, _ = light.candidates(c, job_id, rater=None, name=name, limit=200, offset=0)
    found = (lists.CandidateRow(**row._mapping) for row in rows)
    return next((row for row in found if printable(row.name).casefold() == wanted), None)


def raters(desk: Desk) -> tuple[User, ...]:
    """Everyone who may be asked to hold or review a round, by name."""
    with desk.store.read() as c:
        desk.require(c, "manage-interviews")
        return tuple(sorted((u for u in stored.users(c) if u.has(*TABLE["review"])), key=lambda u: u.name.casefold()))


class RubricChoice(Noun):
    """A rubric that an opening can be rated with: ``key`` to ask for it, ``stored`` where it is a version kept here."""

    key: str
    label: str
    stored: bool


def rubric_choices(desk: Desk) -> tuple[RubricChoice, ...]:
    """The newest kept version of each rubric, then the bundled ones that are not kept yet."""
    newest: dict[str, RubricChoice] = {}
    for kept in rubrics.versions(desk):
        key = f"{kept.ref.id}@{kept.ref.version}"
        newest.setdefault(kept.ref.id, RubricChoice(key=key, label=f"{kept.title} ({kept.ref.id})", stored=True))
    others = (RubricChoice(key=name, label=name, stored=False) for name in bundled() if name not in newest)
    return (*newest.values(), *others)


def rubric_choice(desk: Desk, key: str) -> Rubric:
    """The rubric of such a key; UsageError for one that is neither kept nor bundled."""
    name, _, version = key.partition("@")
    if version:
        return rubrics.get(desk, RubricRef(id=name, version=version))
    if name not in bundled():
        raise UsageError("There is no such rubric.", "Choose one of the list, or import it on the Rubrics page.")
    return load(name)


def opening(desk: Desk, job_id: str) -> JobOpening:
    """An opening; everyone who works here may know of it."""
    with desk.store.read() as c:
        desk.require(c, "calibrate")
        return stored.get_job(c, job_id)


def interview(desk: Desk, interview_id: str) -> Interview:
    """A round that one may read, without its analysis."""
    with desk.store.read() as c:
        found = interviews.get_interview(c, interview_id)
        desk.require(c, "read-interview", found)
        return found
