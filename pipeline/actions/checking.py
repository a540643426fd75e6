"""Whether this installation can work, and how large it is."""

from __future__ import annotations

import sqlalchemy as sa

from models._base import Noun
from pipeline.actions.desk import Desk
from pipeline.store import tables as t
from pipeline.store.store import Store

NOTHING = "0" * 64


class Size(Noun):
    """How much there is here; ``database`` is its kind, ``code`` the version that runs."""

    people: int
    openings: int
    candidates: int
    interviews: int
    analyses: int
    reviews: int
    audit_entries: int
    sessions: int
    database: str
    code: str


def size(desk: Desk) -> Size:
    """How much there is here, for admins."""
    counted = {"people": t.user, "openings": t.job, "candidates": t.candidate, "interviews": t.interview,
               "analyses": t.analysis, "reviews": t.review, "audit_entries": t.audit, "sessions": t.session}  # fmt: skip
    with desk.store.read() as c:
        desk.require(c, "manage-users")
        counts = {
            name: int(c.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
            for name, table in counted.items()
        }
    return Size(database=desk.store.engine.dialect.name, code=desk.store.code, **counts)


def ready(store: Store) -> bool:
    """Whether the database answers a question and the media folder can be looked into."""
    try:
        with store.read() as c:
            c.execute(sa.text("SELECT 1"))
        store.media.exists(NOTHING)
    except Exception:  # whatever is wrong, the answer is that it is not ready; the cause shows where work fails
        return False
    return True
