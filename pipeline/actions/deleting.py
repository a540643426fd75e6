"""Deletion, complete and with a signed receipt; and retention: what is due, then its deletion."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models._base import Noun
from pipeline.actions.desk import Desk, new_id
from pipeline.errors import NotFoundError
from pipeline.store import interviews, openings, work
from pipeline.store import tables as t
from pipeline.store.store import Store, signing_key


class Traces(Noun):
    """What else may hold something of an interview: its ids, the hash of its recording, and its texts as heard and as
    corrected (for caches by content).

    ``media`` are the hashes of its files, ``uploads`` and ``workflow`` what brought and made them.
    """

    interview: str
    analyses: tuple[str, ...]
    recording: str | None
    texts: tuple[str, ...]
    media: tuple[str, ...] = ()
    uploads: tuple[str, ...] = ()
    workflow: str | None = None


Forget = Callable[[Traces], Sequence[str]]
"""Removes an interview's traces somewhere outside the database (embeddings, workflow state, search) and names what
it removed, by id
or hash. Called before the database commits, and again if that fails: it must not mind what is gone already."""


class Receipt(Noun):
    """What was removed, by id and hash, signed by this installation."""

    id: str
    at: datetime
    subject: str
    kind: str
    by: str
    removed: dict[str, int]
    media: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    signature: str = ""


def delete_interview(desk: Desk, interview_id: str, *, forget: Sequence[Forget] = ()) -> Receipt:
    """Removes an interview with everything made from it. Asked again after a crash it completes what was begun."""
    with desk.store.write() as c:
        desk.require(c, "delete")
        receipt = _remove(c, desk, "interview", interview_id, [interview_id], forget)
    desk.store.finish_deletions()
    _wipe(desk.store)
    return receipt


def delete_candidate(desk: Desk, candidate_id: str, *, forget: Sequence[Forget] = ()) -> Receipt:
    """Removes a candidate with all interviews, outcomes and decisions, and the key of their audit digests."""
    with desk.store.write() as c:
        desk.require(c, "delete")
        openings.get_candidate(c, candidate_id)
        rounds = [i.id for i in interviews.interviews(c, candidate=candidate_id)]
        receipt = _remove(c, desk, "candidate", candidate_id, rounds, forget)
    desk.store.finish_deletions()
    _wipe(desk.store)
    return receipt


def due_for_deletion(desk: Desk) -> tuple[tuple[str, datetime], ...]:
    """Interviews that are older than their opening keeps them, with the day on which they were due: the preview of
    retention.
    """
    with desk.store.read() as c:
        desk.require(c, "delete")
        found = []
        for job in openings.jobs(c):
            if job.keep_days is not None:
                for interview in interviews.interviews(c, job=job.id):
                    due = interview.ended_at + timedelta(days=job.keep_days)
                    if due <= desk.clock():
                        found.append((interview.id, due))
        return tuple(found)


def apply_retention(desk: Desk, *, forget: Sequence[Forget] = ()) -> tuple[Receipt, ...]:
    """Deletes what :func:`due_for_deletion` lists, and candidates whose last interview went with it."""
    receipts = []
    for interview_id, _ in due_for_deletion(desk):
        with desk.store.read() as c:
            candidate = interviews.get_interview(c, interview_id).candidate
            last = len(interviews.interviews(c, candidate=candidate)) == 1
        if last:
            receipts.append(delete_candidate(desk, candidate, forget=forget))
        else:
            receipts.append(delete_interview(desk, interview_id, forget=forget))
    return tuple(receipts)


def check_receipt(store: Store, receipt: Receipt) -> bool:
    """Whether this installation signed the receipt as it stands."""
    with store.write() as c:
        return hmac.compare_digest(_sign(signing_key(c), receipt), receipt.signature)


def receipts(desk: Desk) -> tuple[Receipt, ...]:
    """All receipts, oldest first."""
    with desk.store.read() as c:
        desk.require(c, "read-audit")
        rows = c.execute(sa.select(t.receipt.c.body).order_by(t.receipt.c.at, t.receipt.c.id)).scalars()
        return tuple(Receipt.model_validate_json(body) for body in rows)


def _remove(
    c: Connection, desk: Desk, kind: str, subject: str, rounds: Sequence[str], forget: Sequence[Forget]
) -> Receipt:
    candidate = subject if kind == "candidate" else interviews.get_interview(c, subject).candidate
    traces = [_traces(c, interview) for interview in rounds]
    removed: dict[str, int] = {}

    def drop(table: sa.Table, condition: Any) -> None:
        removed[table.name] = removed.get(table.name, 0) + c.execute(sa.delete(table).where(condition)).rowcount

    for interview in rounds:
        _drop_interview(drop, interview)
    drop(t.kept_total, t.kept_total.c.candidate == candidate)
    if kind == "candidate":
        for table in (t.panel_outcome, t.hiring_decision):
            drop(table, table.c.candidate == subject)
    media: list[str] = []
    for trace in traces:
        # The same file sent again and attached to nothing yet must not keep the recording alive.
        drop(t.upload, sa.and_(t.upload.c.interview.is_(None), t.upload.c.sha256.in_(trace.media)))
        media += [sha256 for sha256 in trace.media if desk.store.doom(c, sha256)]
    elsewhere = [name for trace in traces for remove in forget for name in remove(trace)]
    unsigned = Receipt(
        id=new_id(), at=desk.clock(), subject=subject, kind=kind, by=desk.actor,
        removed={**removed, **({"candidate": 1} if kind == "candidate" else {})},
        media=tuple(media), elsewhere=tuple(elsewhere),
    )  # fmt: skip
    receipt = unsigned.model_copy(update={"signature": _sign(signing_key(c), unsigned)})
    c.execute(
        sa.insert(t.receipt).values(
            id=receipt.id, at=receipt.at, body=receipt.model_dump_json(), signature=receipt.signature
        )
    )
    desk.log(c, "delete", kind, subject, after=receipt, candidate=candidate)
    if kind == "candidate":
        drop(t.candidate, t.candidate.c.id == subject)
    return receipt


def _traces(c: Connection, interview_id: str) -> Traces:
    interview = interviews.get_interview(c, interview_id)
    ids = interviews.analysis_ids(c, interview_id)
    texts = {turn.text for key in ids for turn in interviews.get_analysis(c, key).turns}
    texts |= {fix.text for fix in interviews.corrections(c, interview_id) if fix.text}
    sent = work.uploads(c, interview=interview_id)
    media = {interview.recording, *(upload.sha256 for upload in sent if upload.state == "complete")}
    state = work.works(c, [interview_id]).get(interview_id)
    return Traces(
        interview=interview_id, analyses=ids, recording=interview.recording, texts=tuple(sorted(texts)),
        media=tuple(sorted(sha256 for sha256 in media if sha256)), uploads=tuple(upload.id for upload in sent),
        workflow=state.workflow if state else None,
    )  # fmt: skip


def _drop_interview(drop: Callable[[sa.Table, Any], None], interview: str) -> None:
    mine = sa.select(t.review.c.id).where(t.review.c.interview == interview)
    made = sa.select(t.analysis.c.id).where(t.analysis.c.interview == interview)
    for table in (t.confirmed_score, t.first_score, t.review_score):
        drop(table, table.c.review.in_(mine))
    drop(t.review, t.review.c.interview == interview)
    for table in (t.stale_draft, t.draft_level, t.talk_measure):
        drop(table, table.c.analysis.in_(made))
    for table in (t.search_turn, t.upload, t.work, t.analysis, t.correction, t.rater):
        drop(table, table.c.interview == interview)
    drop(t.interview, t.interview.c.id == interview)


def _sign(key: str, receipt: Receipt) -> str:
    plain = receipt.model_copy(update={"signature": ""}).model_dump_json()
    return hmac.new(key.encode(), plain.encode(), hashlib.sha256).hexdigest()


def _wipe(store: Store) -> None:
    """Leaves no old pages: empties SQLite's write-ahead log (deleted rows are zeroed already), vacuums PostgreSQL's
    tables.
    """
    interviews.forget_parsed()
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as raw:
        if store.engine.dialect.name == "postgresql":
            raw.exec_driver_sql("VACUUM")
        else:
            cursor = raw.connection.driver_connection
            if cursor is None:
                raise NotFoundError("There is no database connection.", "Open the store again.")
            if raw.in_transaction():
                raw.rollback()
            # The index of words keeps deleted ones until its parts are merged.
            cursor.execute("INSERT INTO turn_words(turn_words) VALUES ('optimize')")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
