"""Where an action happens: the store, who acts, and what time it is."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import BaseModel
from sqlalchemy.engine import Connection

from models.job import Interview
from models.user import User
from pipeline.judgement.permissions import Right, require
from pipeline.store import audit, openings
from pipeline.store.store import Store


def utc_now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A fresh random id that says nothing about anyone."""
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class Desk:
    """A person at work on a store. ``actor`` is a user id; roles are read afresh in every transaction."""

    store: Store
    actor: str
    clock: Callable[[], datetime] = utc_now

    def who(self, connection: Connection) -> User:
        """The acting person as stored now."""
        return openings.get_user(connection, self.actor)

    def require(
        self, connection: Connection, right: Right, interview: Interview | Iterable[Interview] | None = None
    ) -> User:
        """The acting person where they hold the right; ForbiddenError otherwise."""
        user = self.who(connection)
        require(user, right, interview)
        return user

    def log(
        self,
        connection: Connection,
        action: str,
        kind: str,
        entity: str,
        *,
        before: BaseModel | None = None,
        after: BaseModel | None = None,
        candidate: str | None = None,
        engines: str = "",
        rubric: str = "",
    ) -> None:
        """The audit entry of a change, in the change's transaction; digests are keyed with the candidate's key where
        there is one.
        """
        key = openings.audit_key(connection, candidate) if candidate else ""
        audit.record(
            connection,
            actor=self.actor,
            action=action,
            kind=kind,
            entity=entity,
            now=self.clock(),
            before=before,
            after=after,
            key=key,
            engines=engines,
            rubric=rubric,
            code=self.store.code,
        )
