"""The audit log: one entry per change, in its transaction, chained by hash, holding ids and digests alone.

``before`` and ``after`` are keyed digests (HMAC-SHA256) of the whole record. The key belongs to the candidate and is
deleted with them:
the chain still verifies then, and no digest can be matched with what was said.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.engine import Connection

from models._base import Noun
from pipeline.errors import StorageError
from pipeline.store.tables import audit, audit_head

GENESIS = "0" * 64
SKEW = timedelta(minutes=2)
"""How far this machine's clock may lie behind the last entry."""

CHAINED = ("seq", "at", "actor", "action", "kind", "entity", "before", "after", "engines", "rubric", "code", "prev")


class AuditEntry(Noun):
    """Who did what to which record when, digests of it before and after, and the hash of the previous entry."""

    seq: int
    at: str
    actor: str
    action: str
    kind: str
    entity: str
    before: str = ""
    after: str = ""
    engines: str = ""
    rubric: str = ""
    code: str = ""
    prev: str
    hash: str


class AuditCheck(Noun):
    """Whether the log holds together: number of entries, hash of the last, and what is wrong (if anything)."""

    entries: int
    head: str
    faults: tuple[str, ...] = ()


def digest(value: BaseModel | dict[str, Any] | None, key: str) -> str:
    """The keyed digest of a record; empty for None."""
    if value is None:
        return ""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def entry_hash(fields: dict[str, Any]) -> str:
    """The hash of an entry's fields, the previous hash among them."""
    return hashlib.sha256(json.dumps([fields[name] for name in CHAINED], ensure_ascii=False).encode()).hexdigest()


def record(
    connection: Connection,
    *,
    actor: str,
    action: str,
    kind: str,
    entity: str,
    now: datetime,
    before: BaseModel | dict[str, Any] | None = None,
    after: BaseModel | dict[str, Any] | None = None,
    key: str = "",
    engines: str = "",
    rubric: str = "",
    code: str = "",
) -> AuditEntry:
    """Appends an entry inside the caller's transaction.

    The head's row is the lock that puts writers in line. Raises StorageError where this machine's clock lies more
    than two minutes
    behind the last entry; within that, time stands still rather than run backwards.
    """
    head = connection.execute(sa.select(audit_head).where(audit_head.c.id == 1).with_for_update()).one()
    last = connection.execute(sa.select(audit.c.at).where(audit.c.seq == head.seq)).scalar()
    at = now.astimezone(UTC)
    if last:
        latest = datetime.fromisoformat(last)
        if latest - at > SKEW:
            raise StorageError(
                f"This machine's clock is {latest - at} behind the last entry; nothing was written.",
                "Set the clock right.",
            )
        at = max(at, latest)
    fields: dict[str, Any] = {
        "seq": head.seq + 1,
        "at": at.isoformat(timespec="microseconds"),
        "actor": actor,
        "action": action,
        "kind": kind,
        "entity": entity,
        "before": digest(before, key),
        "after": digest(after, key),
        "engines": engines,
        "rubric": rubric,
        "code": code,
        "prev": head.hash,
    }
    fields["hash"] = entry_hash(fields)
    connection.execute(sa.insert(audit).values(**fields))
    connection.execute(sa.update(audit_head).where(audit_head.c.id == 1).values(seq=fields["seq"], hash=fields["hash"]))
    return AuditEntry(**fields)


def entries(
    connection: Connection,
    *,
    entity: str | None = None,
    action: str | None = None,
    after: int = 0,
    limit: int | None = None,
) -> Iterator[AuditEntry]:
    """The entries in order, of one record or one kind of change where given, numbered above ``after``; read in pieces, so
    that memory stays flat.
    """
    query = sa.select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(limit)
    if entity is not None:
        query = query.where(audit.c.entity == entity)
    if action is not None:
        query = query.where(audit.c.action == action)
    for row in connection.execute(query, execution_options={"yield_per": 500}):
        yield AuditEntry(**row._mapping)


def history(connection: Connection, records: Sequence[str], actions: Sequence[str]) -> tuple[AuditEntry, ...]:
    """The entries about any of those records, of those kinds of change alone, in order."""
    found: list[AuditEntry] = []
    for start in range(0, len(records), 500):
        query = sa.select(audit).where(audit.c.entity.in_(records[start : start + 500]), audit.c.action.in_(actions))
        found += [AuditEntry(**row._mapping) for row in connection.execute(query)]
    return tuple(sorted(found, key=lambda entry: entry.seq))


def newest(
    connection: Connection, *, actor: str, action: str, kind: str, entity: str, before: int | None, limit: int
) -> tuple[AuditEntry, ...]:
    """Entries before that number (None: from the end), newest first; empty words filter nothing, ``entity`` is a beginning."""
    query = sa.select(audit).order_by(audit.c.seq.desc()).limit(limit)
    for column, word in ((audit.c.actor, actor), (audit.c.action, action), (audit.c.kind, kind)):
        if word:
            query = query.where(column == word)
    if entity:
        query = query.where(audit.c.entity.startswith(entity, autoescape=True))
    if before is not None:
        query = query.where(audit.c.seq < before)
    return tuple(AuditEntry(**row._mapping) for row in connection.execute(query))


def words(connection: Connection) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The actions and the kinds of records that occur in the log."""
    found = connection.execute(sa.select(audit.c.action, audit.c.kind).distinct()).all()
    return tuple(sorted({row.action for row in found})), tuple(sorted({row.kind for row in found}))


def head(connection: Connection) -> str:
    """The hash of the last entry, to be noted elsewhere and checked later."""
    return str(connection.execute(sa.select(audit_head.c.hash).where(audit_head.c.id == 1)).scalar_one())


def verify(connection: Connection, *, noted: str | None = None) -> AuditCheck:
    """Recomputes the whole chain and says what is wrong. ``noted`` is a hash noted earlier elsewhere: it must occur
    in the chain.

    Without such a note, a log cut off at its end together with its head cannot be told from one that was never longer.
    """
    faults: list[str] = []
    previous, count, seen = GENESIS, 0, noted is None
    for row in connection.execute(sa.select(audit).order_by(audit.c.seq), execution_options={"yield_per": 500}):
        fields = dict(row._mapping)
        count += 1
        if fields["seq"] != count:
            faults.append(f"entry {count} is missing or out of order")
            count = fields["seq"]
        if fields["prev"] != previous:
            faults.append(f"entry {fields['seq']} does not follow from the one before")
        if entry_hash(fields) != fields["hash"]:
            faults.append(f"entry {fields['seq']} was changed")
        previous = fields["hash"]
        seen = seen or previous == noted
    top = connection.execute(sa.select(audit_head).where(audit_head.c.id == 1)).one_or_none()
    if top is None or (top.seq, top.hash) != (count, previous):
        faults.append("the end of the log does not match its head: entries were cut off or added")
    if not seen:
        faults.append("the hash noted earlier does not occur in the log")
    return AuditCheck(entries=count, head=previous, faults=tuple(faults))
