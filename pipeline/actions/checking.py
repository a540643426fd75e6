"""Whether this installation can work: its database and its media folder answer."""

from __future__ import annotations

import sqlalchemy as sa

from pipeline.store.store import Store

NOTHING = "0" * 64


def ready(store: Store) -> bool:
    """Whether the database answers a question and the media folder can be looked into."""
    try:
        with store.read() as c:
            c.execute(sa.text("SELECT 1"))
        store.media.exists(NOTHING)
    except Exception:  # whatever is wrong, the answer is that it is not ready; the cause shows where work fails
        return False
    return True
