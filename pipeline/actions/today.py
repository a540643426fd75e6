"""What a person's day holds: what waits for them, what the machine is doing for them, and what is done."""

from __future__ import annotations

from datetime import datetime, timedelta

from models._base import Noun
from models.work import WorkState
from pipeline.actions.desk import Desk
from pipeline.actions.lists import InterviewRow, my_day, rows_of
from pipeline.actions.uploading import uploads
from pipeline.judgement.permissions import TABLE
from pipeline.store import work

SHOWN = 100
"""Rows of one group; more than that is not a day's work."""

DONE_SHOWN = 10
SENT_DAYS = timedelta(days=3)
"""For so long what one has sent for others stays on one's own page."""


class Today(Noun):
    """A person's interviews in groups; each stands in one. ``more`` counts unfinished ones that are not shown."""

    waiting: tuple[InterviewRow, ...] = ()
    """Asks something of the person, longest overdue first."""

    failed: tuple[InterviewRow, ...] = ()
    moving: tuple[InterviewRow, ...] = ()
    """Uploading, waiting for the machine, or processing."""

    sent: tuple[InterviewRow, ...] = ()
    """Uploaded by the person for others, and ready."""

    submitted: tuple[InterviewRow, ...] = ()
    more: int = 0


WAITS = ("look again", "in draft", "to review", "by hand")
MOVES = ("uploading", "processing", "waiting for analysis")


def today(desk: Desk) -> Today:
    """The acting person's interviews and those whose recordings they sent in the last days, by what is to be done."""
    mine, done = my_day(desk, SHOWN, DONE_SHOWN)
    ids = {row.id for row in mine.rows}
    others = [row for row in _sent(desk) if row.id not in ids and row.kind is None]
    rows = (*mine.rows, *others)
    return Today(
        waiting=tuple(
            sorted(
                (r for r in mine.rows if r.state in WAITS),
                key=lambda r: (not r.late, r.state not in WAITS[:2], r.due_at, r.id),
            )
        ),
        failed=tuple(r for r in rows if r.state == "failed"),
        moving=tuple(sorted((r for r in rows if r.state in MOVES), key=lambda r: (r.held_at, r.id))),
        sent=tuple(r for r in others if r.state not in (*MOVES, "failed")),
        submitted=tuple(r for r in done if r.state == "submitted"),
        more=mine.total - len(mine.rows),
    )


def progress(desk: Desk) -> tuple[WorkState, ...]:
    """Where the work on one's own unfinished interviews stands, and on those that one sent: what the live page listens to."""
    with desk.store.read() as c:
        user = desk.who(c)
        if not user.has(*TABLE["read-interview"]):
            desk.require(c, "read-interview")
        return work.works_for(c, user.id, desk.clock() - SENT_DAYS)


def _sent(desk: Desk) -> tuple[InterviewRow, ...]:
    since: datetime = desk.clock() - SENT_DAYS
    ids = [u.interview for u in uploads(desk) if u.interview and u.updated_at >= since]
    return rows_of(desk, [key for key in ids if key])
