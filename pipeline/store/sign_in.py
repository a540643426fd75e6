"""Passwords, sessions, links, tokens and tries: hashes in, hashes out; nothing here can be used to sign in."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.user import ApiToken, OneTimeLink, Session
from pipeline.store import tables_around as t


def set_password(connection: Connection, person: str, password_hash: str, now: datetime) -> None:
    """Replaces the person's password hash."""
    connection.execute(sa.delete(t.credential).where(t.credential.c.person == person))
    connection.execute(sa.insert(t.credential).values(person=person, hash=password_hash, changed_at=now))


def password_hash(connection: Connection, person: str) -> str | None:
    """The person's password hash; None where they have set none."""
    found = connection.execute(sa.select(t.credential.c.hash).where(t.credential.c.person == person)).scalar()
    return None if found is None else str(found)


def add_session(connection: Connection, session: Session) -> None:
    """Stores a session, and forgets those that have expired."""
    connection.execute(sa.delete(t.session).where(t.session.c.expires_at <= session.created_at))
    connection.execute(sa.insert(t.session).values(**session.model_dump()))


def get_session(connection: Connection, token_hash: str, now: datetime) -> Session | None:
    """The session of that token where it has not expired."""
    row = connection.execute(
        sa.select(t.session).where(t.session.c.hash == token_hash, t.session.c.expires_at > now)
    ).first()
    return None if row is None else Session(**row._mapping)


def extend_session(connection: Connection, token_hash: str, expires_at: datetime) -> None:
    """Lets a session last until then."""
    connection.execute(sa.update(t.session).where(t.session.c.hash == token_hash).values(expires_at=expires_at))


def remove_session(connection: Connection, token_hash: str) -> bool:
    """Ends a session; False where there was none."""
    return connection.execute(sa.delete(t.session).where(t.session.c.hash == token_hash)).rowcount == 1


def remove_sessions(connection: Connection, person: str) -> int:
    """Ends all sessions of a person and returns how many there were."""
    return connection.execute(sa.delete(t.session).where(t.session.c.person == person)).rowcount


def add_link(connection: Connection, link: OneTimeLink) -> None:
    """Stores a one-time link in place of the person's unused ones for the same purpose."""
    c = t.one_time_link.c
    connection.execute(
        sa.delete(t.one_time_link).where(c.person == link.person, c.purpose == link.purpose, c.used_at.is_(None))
    )
    connection.execute(sa.insert(t.one_time_link).values(**link.model_dump()))


def get_link(connection: Connection, link_hash: str, now: datetime) -> OneTimeLink | None:
    """The link where it is unused and has not expired."""
    c = t.one_time_link.c
    row = connection.execute(
        sa.select(t.one_time_link).where(c.hash == link_hash, c.used_at.is_(None), c.expires_at > now)
    ).first()
    return None if row is None else OneTimeLink(**row._mapping)


def use_link(connection: Connection, link_hash: str, now: datetime) -> OneTimeLink | None:
    """Uses the link up and returns it; None where it is unknown, used or expired. Of two at once, one gets it."""
    link = get_link(connection, link_hash, now)
    c = t.one_time_link.c
    where = sa.and_(c.hash == link_hash, c.used_at.is_(None))
    used = connection.execute(sa.update(t.one_time_link).where(where).values(used_at=now)).rowcount
    return link if used == 1 else None


def add_token(connection: Connection, token: ApiToken) -> None:
    """Stores a token."""
    connection.execute(sa.insert(t.api_token).values(**{**token.model_dump(), "scopes": list(token.scopes)}))


def get_token(connection: Connection, token_hash: str) -> ApiToken | None:
    """The token of that hash, if there is one."""
    row = connection.execute(sa.select(t.api_token).where(t.api_token.c.hash == token_hash)).first()
    return None if row is None else ApiToken(**{**row._mapping, "scopes": tuple(row.scopes)})


def tokens(connection: Connection, person: str | None = None) -> tuple[ApiToken, ...]:
    """The tokens of a person, or of everyone, oldest first."""
    query = sa.select(t.api_token).order_by(t.api_token.c.created_at, t.api_token.c.id)
    if person is not None:
        query = query.where(t.api_token.c.person == person)
    return tuple(ApiToken(**{**row._mapping, "scopes": tuple(row.scopes)}) for row in connection.execute(query))


def touch_token(connection: Connection, token_id: str, now: datetime) -> None:
    """Notes when a token was used."""
    connection.execute(sa.update(t.api_token).where(t.api_token.c.id == token_id).values(last_used_at=now))


def remove_token(connection: Connection, token_id: str) -> bool:
    """Removes a token; False where there was none."""
    return connection.execute(sa.delete(t.api_token).where(t.api_token.c.id == token_id)).rowcount == 1


def add_try(connection: Connection, key: str, succeeded: bool, now: datetime, keep_from: datetime) -> None:
    """Notes a try to sign in, and forgets those before ``keep_from``."""
    connection.execute(sa.delete(t.sign_in_try).where(t.sign_in_try.c.key == key, t.sign_in_try.c.at < keep_from))
    connection.execute(sa.insert(t.sign_in_try).values(id=uuid.uuid4().hex, key=key, at=now, succeeded=succeeded))


def failures(connection: Connection, key: str, since: datetime) -> tuple[datetime, ...]:
    """When tries failed since then and since the last that succeeded, oldest first."""
    c = t.sign_in_try.c
    rows = connection.execute(sa.select(c.at, c.succeeded).where(c.key == key, c.at >= since).order_by(c.at, c.id))
    failed: list[datetime] = []
    for row in rows:
        failed = [] if row.succeeded else [*failed, row.at]
    return tuple(failed)
