"""Lists as pages show them: openings, candidates, interviews and one's own work, light however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.engine import Connection

from models._base import Noun
from models.job import Consent, JobOpening, RaterKind
from models.report import RubricRef
from models.user import User
from models.work import Progress, Stage
from pipeline.actions.desk import Desk
from pipeline.errors import UsageError
from pipeline.judgement.permissions import TABLE, WIDE
from pipeline.judgement.review import DUE
from pipeline.store import lists, openings

Standing = Literal[
    "by hand", "uploading", "waiting for analysis", "processing", "failed", "to review", "in draft", "look again",
    "submitted", "ready",
]  # fmt: skip
"""How an interview stands for a person: what the machine does, then what the person has to do. ``ready`` is for those
who do not rate it; ``by hand`` where nothing may be analysed and no review is begun."""


class JobRow(Noun):
    """An opening in a list: ``asked`` counts the reviews that are wanted, ``submitted`` those that are in."""

    id: str
    title: str
    rubric: RubricRef
    keep_days: int | None
    created_at: datetime
    candidates: int
    interviews: int
    asked: int
    submitted: int


class CandidateRow(Noun):
    """A candidate in a list, with the last decision (``decision`` is None without one, and for who may not know)."""

    id: str
    name: str
    created_at: datetime
    interviews: int
    asked: int
    submitted: int
    decision: str | None = None


class InterviewRow(Noun):
    """An interview in a list, as it stands for the acting person.

    ``kind`` is as what they rate it (None: they do not), ``review`` their own review, ``flagged`` its scores to look at again,
    ``stale`` the drafts that a correction made stale. Who rates blind sees no name before their review is in.
    ``share`` (0..1) and ``seconds_left`` are of the work on it.
    """

    id: str
    candidate: str
    candidate_name: str
    job: str
    job_title: str
    round: str
    held_at: datetime
    due_at: datetime
    late: bool
    consent: Consent
    state: Standing
    recorded: bool
    analysed: bool
    version: int
    kind: RaterKind | None = None
    review: str | None = None
    flagged: int = 0
    stale: int = 0
    asked: int = 0
    submitted: int = 0
    work: Progress | None = None
    stage: Stage | None = None
    share: float | None = None
    seconds_left: float | None = None
    cause: str = ""
    remedy: str = ""


class CandidatePage(Noun):
    """Some candidates, and how many there are in all."""

    rows: tuple[CandidateRow, ...]
    total: int


class InterviewPage(Noun):
    """Some interviews, and how many there are in all."""

    rows: tuple[InterviewRow, ...]
    total: int


def job_rows(desk: Desk) -> tuple[JobRow, ...]:
    """All openings, newest first; everyone who works here may see the list."""
    with desk.store.read() as c:
        desk.require(c, "calibrate")
        return tuple(
            JobRow(
                rubric=RubricRef(id=row.rubric_id, version=row.rubric_version),
                **{name: row._mapping[name] for name in JobRow.model_fields if name != "rubric"},
            )
            for row in lists.jobs(c)
        )


def job_choices(desk: Desk) -> tuple[JobOpening, ...]:
    """All openings, newest first, without their numbers: to choose from, which a page with much else to do does at once."""
    with desk.store.read() as c:
        desk.require(c, "calibrate")
        return tuple(reversed(openings.jobs(c)))


def candidate_rows(desk: Desk, job_id: str, page: int = 1, *, size: int = 50, name: str = "") -> CandidatePage:
    """A page of an opening's candidates, newest first: all with a wide role, otherwise those whom one rates.

    Whom one has yet to rate blind has no name here, and is not found by it.
    """
    limit, offset = _window(page, size)
    with desk.store.read() as c:
        user = desk.who(c)
        desk.require(c, "calibrate")
        openings.get_job(c, job_id)
        wide = user.has(*WIDE)
        rows, total = lists.candidates(
            c, job_id, rater=None if wide else user.id, name=name, limit=limit, offset=offset
        )
        masked = {held.candidate for held in lists.rounds(c, sorted(blind(c, user.id))).values()}
    made = [CandidateRow(**row._mapping) for row in rows if not (name and row.id in masked)]
    made = [x.model_copy(update={"name": f"Candidate {x.id[:6]}"}) if x.id in masked else x for x in made]
    return CandidatePage(
        rows=tuple(made if wide else [x.model_copy(update={"decision": None}) for x in made]), total=total
    )


def interview_rows(
    desk: Desk,
    job_id: str | None = None,
    page: int = 1,
    *,
    size: int = 50,
    name: str = "",
    candidate: str | None = None,
) -> InterviewPage:
    """A page of interviews (of an opening, of a candidate), newest first: all with a wide role, otherwise one's own."""
    limit, offset = _window(page, size)
    now = desk.clock()
    with desk.store.read() as c:
        user = _reader(desk, c)
        if job_id is not None:
            openings.get_job(c, job_id)
        hidden = blind(c, user.id)
        rows, total = lists.interviews(
            c, user.id, mine=not user.has(*WIDE), job=job_id, candidate=candidate, name=name, limit=limit, offset=offset
        )
    if name:  # finding somebody by name would tell who it is
        rows = [row for row in rows if row.id not in hidden]
    return InterviewPage(rows=_rows(rows, now, hidden), total=total)


def my_interviews(desk: Desk, page: int = 1, *, size: int = 50, unfinished: bool = False) -> InterviewPage:
    """A page of the interviews that one rates, newest first; ``unfinished``: those that still ask something of one."""
    limit, offset = _window(page, size)
    now = desk.clock()
    with desk.store.read() as c:
        user = _reader(desk, c)
        hidden = blind(c, user.id)
        rows, total = lists.interviews(c, user.id, mine=True, unfinished=unfinished, limit=limit, offset=offset)
    return InterviewPage(rows=_rows(rows, now, hidden), total=total)


def my_day(desk: Desk, size: int, done: int) -> tuple[InterviewPage, tuple[InterviewRow, ...]]:
    """The interviews that still ask something of one, newest first, at most ``size``; and the newest ``done`` whose reviews are in."""
    now = desk.clock()
    with desk.store.read() as c:
        user = _reader(desk, c)
        hidden = blind(c, user.id)
        rows, total = lists.interviews(c, user.id, mine=True, unfinished=True, limit=size)
        last, _ = lists.interviews(c, user.id, mine=True, submitted=True, limit=done, counted=False)
    return InterviewPage(rows=_rows(rows, now, hidden), total=total), _rows(last, now, hidden)


def rows_of(desk: Desk, interview_ids: Sequence[str]) -> tuple[InterviewRow, ...]:
    """Those of these interviews (at most 500) that one may read, newest first."""
    now = desk.clock()
    with desk.store.read() as c:
        user = _reader(desk, c)
        if not interview_ids:
            return ()
        hidden = blind(c, user.id)
        rows, _ = lists.interviews(
            c, user.id, mine=not user.has(*WIDE), ids=tuple(dict.fromkeys(interview_ids))[:500], limit=None
        )
    return _rows(rows, now, hidden)


def _reader(desk: Desk, c: Connection) -> User:
    """The acting person, who reads at least interviews of their own; ForbiddenError otherwise."""
    user = desk.who(c)
    if not user.has(*TABLE["read-interview"]):
        desk.require(c, "read-interview")
    return user


def _window(page: int, size: int) -> tuple[int, int]:
    if page < 1 or not 1 <= size <= 500:
        raise UsageError("Pages count from 1 and hold 1 to 500 rows.", "Ask for another page.")
    return size, (page - 1) * size


def blind(c: Connection, person: str) -> frozenset[str]:
    """Interviews that the person has yet to rate by a rubric that hides who is rated."""
    hiding = {ref for ref in openings.rubrics_in_use(c) if openings.get_rubric(c, ref).blind}
    if not hiding:  # most hide nobody, and this is asked for every list
        return frozenset()
    return frozenset(interview for interview, ref in lists.owed(c, person) if ref in hiding)


def _rows(rows: Sequence[Any], now: datetime, hidden: frozenset[str]) -> tuple[InterviewRow, ...]:
    made = (_row(row, now) for row in rows)
    return tuple(
        row.model_copy(update={"candidate_name": f"Candidate {row.candidate[:6]}"}) if row.id in hidden else row
        for row in made
    )


def _row(row: Any, now: datetime) -> InterviewRow:
    state = _standing(row)
    due = row.ended_at + DUE
    return InterviewRow(
        id=row.id, candidate=row.candidate, candidate_name=row.candidate_name, job=row.job, job_title=row.title,
        round=row.round, held_at=row.held_at, due_at=due, late=now > due and row.kind is not None and state != "submitted",
        consent=row.consent, state=state, recorded=row.recording is not None, analysed=row.analysis is not None,
        version=row.version, kind=row.kind, review=row.review, flagged=row.flagged, stale=row.stale, asked=row.asked,
        submitted=row.submitted, work=row.work_state, stage=row.stage, share=row.share, seconds_left=row.seconds_left,
        cause=row.cause or "", remedy=row.remedy or "",
    )  # fmt: skip


def _standing(row: Any) -> Standing:
    if row.flagged:
        return "look again"
    if row.review_state == "submitted":
        return "submitted"
    if row.analysis is None and row.consent == "given":
        if row.sending:
            return "uploading"
        if row.work_state in ("waiting", "running"):
            return "processing"
        if row.work_state == "failed":
            return "failed"
    if row.review is not None:
        return "in draft"
    if row.analysis is not None:
        return "ready" if row.kind is None else "to review"
    return "waiting for analysis" if row.consent == "given" else "by hand"
