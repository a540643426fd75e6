"""Reading the audit log and proving that nobody changed it."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.actions.desk import Desk
from pipeline.errors import UsageError
from pipeline.store import audit


def verify(desk: Desk, *, head: str | None = None) -> audit.AuditCheck:
    """Recomputes the chain; ``head`` is a hash that was noted elsewhere earlier and must occur in it."""
    with desk.store.read() as c:
        desk.require(c, "read-audit")
        return audit.verify(c, noted=head)


def export(desk: Desk) -> Iterator[str]:
    """The log as JSON lines, oldest first; memory stays flat however long it is."""
    with desk.store.read() as c:
        desk.require(c, "read-audit")
        for entry in audit.entries(c):
            yield entry.model_dump_json()


def page(
    desk: Desk,
    *,
    before: int | None = None,
    entity: str | None = None,
    action: str | None = None,
    actor: str | None = None,
    size: int = 100,
) -> tuple[audit.AuditEntry, ...]:
    """Entries, newest first, numbered below ``before``: of one record, one kind of change or one person where given."""
    if not 1 <= size <= 1000:
        raise UsageError("A page of the log holds 1 to 1,000 entries.", "Ask for another page.")
    with desk.store.read() as c:
        desk.require(c, "read-audit")
        return tuple(
            audit.entries(c, entity=entity, action=action, actor=actor, before=before, limit=size, newest_first=True)
        )
