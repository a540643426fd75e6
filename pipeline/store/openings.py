"""People, rubrics, openings and candidates: rows in, nouns out."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from models.job import Candidate, JobOpening
from models.report import RubricRef
from models.rubric import Rubric
from models.user import User
from pipeline.errors import ConflictError, NotFoundError
from pipeline.store import tables as t


def found(row: Row[Any] | None, what: str) -> Row[Any]:
    """The row; NotFoundError where there is none."""
    if row is None:
        raise NotFoundError(f"There is no such {what}.", "Check the id; it may have been deleted.")
    return row


def resolve(connection: Connection, table: sa.Table, prefix: str, what: str) -> str:
    """The full id of a record from its first characters (at least four); NotFoundError for none, ConflictError for
    several.
    """
    if len(prefix) < 4 or not prefix.isalnum():
        raise NotFoundError(
            f"{prefix!r} is not the id of a {what}.", "Give at least the first four characters of an id."
        )
    matches = connection.execute(sa.select(table.c.id).where(table.c.id.startswith(prefix)).limit(2)).scalars().all()
    if len(matches) > 1:
        raise ConflictError(f"Several {what}s begin with {prefix}.", "Give more of the id.")
    if not matches:
        raise NotFoundError(f"There is no {what} {prefix}.", "Check the id; it may have been deleted.")
    return str(matches[0])


def add_user(connection: Connection, user: User) -> None:
    """Stores a new person."""
    connection.execute(sa.insert(t.user).values(**{**user.model_dump(), "roles": list(user.roles)}))


def update_user(connection: Connection, user: User) -> None:
    """Replaces what is stored of a person."""
    connection.execute(
        sa.update(t.user).where(t.user.c.id == user.id).values(**{**user.model_dump(), "roles": list(user.roles)})
    )


def get_user(connection: Connection, user_id: str) -> User:
    """The person of that id."""
    return _user(found(connection.execute(sa.select(t.user).where(t.user.c.id == user_id)).first(), "user"))


def user_by_email(connection: Connection, email: str) -> User | None:
    """The person with that address, whatever its case; None where there is none."""
    row = connection.execute(sa.select(t.user).where(sa.func.lower(t.user.c.email) == email.strip().lower())).first()
    return None if row is None else _user(row)


def rubrics_in_use(connection: Connection) -> tuple[RubricRef, ...]:
    """The rubric versions that openings use."""
    rows = connection.execute(sa.select(t.job.c.rubric_id, t.job.c.rubric_version).distinct())
    return tuple(RubricRef(id=row.rubric_id, version=row.rubric_version) for row in rows)


def users(connection: Connection) -> tuple[User, ...]:
    """Everyone, by name."""
    return tuple(_user(row) for row in connection.execute(sa.select(t.user).order_by(t.user.c.name, t.user.c.id)))


def user_names(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """The names of those people."""
    if not ids:
        return {}
    query = sa.select(t.user.c.id, t.user.c.name).where(t.user.c.id.in_(sorted(set(ids))))
    return {row.id: row.name for row in connection.execute(query)}


def _user(row: Row[Any]) -> User:
    return User(**{**row._mapping, "roles": tuple(row.roles)})


def add_rubric(
    connection: Connection, rubric: Rubric, now: datetime | None = None, author: str | None = None, written: str = ""
) -> None:
    """Keeps a rubric version for ever, with the text as it was ``written``; the same version again changes nothing."""
    known = sa.select(t.rubric.c.id).where(t.rubric.c.id == rubric.id, t.rubric.c.version == rubric.version)
    if connection.execute(known).first() is None:
        connection.execute(
            sa.insert(t.rubric).values(
                id=rubric.id,
                version=rubric.version,
                body=rubric.model_dump_json(),
                created_at=now,
                author=author,
                written=written,
            )
        )


def get_rubric(connection: Connection, ref: RubricRef) -> Rubric:
    """That version of the rubric."""
    row = connection.execute(
        sa.select(t.rubric.c.body).where(t.rubric.c.id == ref.id, t.rubric.c.version == ref.version)
    ).first()
    return _read_rubric(found(row, "rubric version").body)


@lru_cache(maxsize=32)
def _read_rubric(body: str) -> Rubric:
    """A version never changes, and nearly every page needs one."""
    return Rubric.model_validate_json(body)


def _job_values(job: JobOpening) -> dict[str, Any]:
    values = job.model_dump(exclude={"rubric"})
    return {**values, "rubric_id": job.rubric.id, "rubric_version": job.rubric.version}


def add_job(connection: Connection, job: JobOpening) -> None:
    """Stores a new opening."""
    connection.execute(sa.insert(t.job).values(**_job_values(job)))


def update_job(connection: Connection, job: JobOpening, expected: int) -> JobOpening:
    """Replaces an opening whose version is still ``expected``; ConflictError otherwise."""
    after = job.model_copy(update={"version": expected + 1})
    done = connection.execute(
        sa.update(t.job).where(t.job.c.id == job.id, t.job.c.version == expected).values(**_job_values(after))
    )
    if done.rowcount != 1:
        raise ConflictError(
            "Somebody changed this opening meanwhile; nothing was written.", "Load it again and repeat."
        )
    return after


def get_job(connection: Connection, job_id: str) -> JobOpening:
    """The opening of that id."""
    return _job(found(connection.execute(sa.select(t.job).where(t.job.c.id == job_id)).first(), "job opening"))


def jobs(connection: Connection) -> tuple[JobOpening, ...]:
    """All openings, oldest first."""
    return tuple(_job(row) for row in connection.execute(sa.select(t.job).order_by(t.job.c.created_at, t.job.c.id)))


def _job(row: Row[Any]) -> JobOpening:
    fields = dict(row._mapping)
    fields["rubric"] = RubricRef(id=fields.pop("rubric_id"), version=fields.pop("rubric_version"))
    return JobOpening(**fields)


def add_candidate(connection: Connection, candidate: Candidate) -> None:
    """Stores a new candidate with an audit key of their own."""
    connection.execute(sa.insert(t.candidate).values(**candidate.model_dump(), audit_key=secrets.token_hex(32)))


def get_candidate(connection: Connection, candidate_id: str) -> Candidate:
    """The candidate of that id."""
    row = connection.execute(sa.select(t.candidate).where(t.candidate.c.id == candidate_id)).first()
    return _candidate(found(row, "candidate"))


def candidates(connection: Connection, job: str) -> tuple[Candidate, ...]:
    """The candidates of an opening, in order of entry."""
    query = sa.select(t.candidate).where(t.candidate.c.job == job).order_by(t.candidate.c.created_at, t.candidate.c.id)
    return tuple(_candidate(row) for row in connection.execute(query))


def audit_key(connection: Connection, candidate_id: str) -> str:
    """The key of the candidate's audit digests."""
    row = connection.execute(sa.select(t.candidate.c.audit_key).where(t.candidate.c.id == candidate_id)).first()
    return str(found(row, "candidate").audit_key)


def _candidate(row: Row[Any]) -> Candidate:
    return Candidate(**{name: row._mapping[name] for name in Candidate.model_fields})
