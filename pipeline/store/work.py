"""Where the work on each interview stands, and uploads on their way in: rows in, nouns out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.upload import Upload
from models.work import Progress, WorkState
from pipeline.errors import ConflictError
from pipeline.store import tables as t
from pipeline.store.openings import found


def put_work(connection: Connection, state: WorkState) -> None:
    """Stores where the work on an interview stands now, in place of what was known."""
    done = connection.execute(
        sa.update(t.work).where(t.work.c.interview == state.interview).values(**state.model_dump())
    )
    if done.rowcount == 0:
        connection.execute(sa.insert(t.work).values(**state.model_dump()))


def works(connection: Connection, interviews: Sequence[str]) -> dict[str, WorkState]:
    """Where the work on those interviews stands; one that was never worked on is absent."""
    states: dict[str, WorkState] = {}
    for start in range(0, len(interviews), 500):
        query = sa.select(t.work).where(t.work.c.interview.in_(interviews[start : start + 500]))
        states |= {row.interview: WorkState(**row._mapping) for row in connection.execute(query)}
    return states


def works_for(connection: Connection, person: str, since: datetime) -> tuple[WorkState, ...]:
    """Work that changed since then on interviews that the person rates or has sent, by interview."""
    rated = sa.select(t.rater.c.interview).where(t.rater.c.person == person)
    sent = sa.select(t.upload.c.interview).where(t.upload.c.person == person, t.upload.c.interview.is_not(None))
    query = (
        sa.select(t.work)
        .where(t.work.c.updated_at >= since, sa.or_(t.work.c.interview.in_(rated), t.work.c.interview.in_(sent)))
        .order_by(t.work.c.interview)
    )
    return tuple(WorkState(**row._mapping) for row in connection.execute(query))


def works_in(connection: Connection, *states: Progress, limit: int | None = None) -> tuple[WorkState, ...]:
    """Work in one of those states, latest news first."""
    query = sa.select(t.work).where(t.work.c.state.in_(states)).order_by(t.work.c.updated_at.desc()).limit(limit)
    return tuple(WorkState(**row._mapping) for row in connection.execute(query))


def work_counts(connection: Connection) -> dict[Progress, int]:
    """How many interviews are in each state of work."""
    query = sa.select(t.work.c.state, sa.func.count().label("n")).group_by(t.work.c.state)
    return {row.state: row.n for row in connection.execute(query)}


def remove_work(connection: Connection, interview: str) -> None:
    """Forgets the work on an interview."""
    connection.execute(sa.delete(t.work).where(t.work.c.interview == interview))


def add_upload(connection: Connection, upload: Upload) -> None:
    """Stores the beginning of an upload."""
    connection.execute(sa.insert(t.upload).values(**upload.model_dump()))


def get_upload(connection: Connection, upload_id: str) -> Upload:
    """The upload of that id."""
    row = connection.execute(sa.select(t.upload).where(t.upload.c.id == upload_id)).first()
    return Upload(**found(row, "upload")._mapping)


def update_upload(connection: Connection, upload: Upload, received: int) -> None:
    """Replaces an upload of which ``received`` bytes were here when it was read; ConflictError otherwise."""
    where = sa.and_(t.upload.c.id == upload.id, t.upload.c.received == received)
    if connection.execute(sa.update(t.upload).where(where).values(**upload.model_dump())).rowcount != 1:
        raise ConflictError("This upload went on elsewhere meanwhile.", "Ask how far it is, and go on from there.")


def uploads(
    connection: Connection, *, person: str | None = None, interview: str | None = None, sha256: str | None = None
) -> tuple[Upload, ...]:
    """Uploads of a person, for an interview or of certain bytes, oldest first."""
    query = sa.select(t.upload).order_by(t.upload.c.created_at, t.upload.c.id)
    for column, value in ((t.upload.c.person, person), (t.upload.c.interview, interview), (t.upload.c.sha256, sha256)):
        if value is not None:
            query = query.where(column == value)
    return tuple(Upload(**row._mapping) for row in connection.execute(query))


def remove_upload(connection: Connection, upload_id: str) -> None:
    """Forgets an upload."""
    connection.execute(sa.delete(t.upload).where(t.upload.c.id == upload_id))
