"""Reading the audit log and proving that nobody changed it."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.actions.desk import Desk
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
