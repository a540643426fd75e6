"""Reading the audit log and proving that nobody changed it."""

from __future__ import annotations

from collections.abc import Iterator

from models._base import Noun
from pipeline.actions.desk import Desk
from pipeline.store import audit, openings


class AuditPage(Noun):
    """Some entries, newest first; ``older`` is where the next page starts (None: there is none).

    ``names`` are those of the people who acted, ``actions`` and ``kinds`` what may be filtered by.
    """

    entries: tuple[audit.AuditEntry, ...]
    older: int | None
    names: dict[str, str]
    actions: tuple[str, ...]
    kinds: tuple[str, ...]


def browse(
    desk: Desk,
    *,
    actor: str = "",
    action: str = "",
    kind: str = "",
    entity: str = "",
    before: int | None = None,
    size: int = 100,
) -> AuditPage:
    """The log, newest first: of one person, one kind of change or one record (by the first characters of its id)."""
    with desk.store.read() as c:
        desk.require(c, "read-audit")
        found = audit.newest(c, actor=actor, action=action, kind=kind, entity=entity, before=before, limit=size + 1)
        actions, kinds = audit.words(c)
        return AuditPage(
            entries=found[:size],
            older=found[size - 1].seq if len(found) > size else None,
            names={user.id: user.name for user in openings.users(c)},
            actions=actions,
            kinds=kinds,
        )


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
