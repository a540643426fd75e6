"""Records by the first characters of their ids, as people type them."""

from __future__ import annotations

from typing import Literal

from pipeline.actions.desk import Desk
from pipeline.store import openings, tables

Kind = Literal["opening", "candidate", "interview", "review"]
TABLES = {"opening": tables.job, "candidate": tables.candidate, "interview": tables.interview, "review": tables.review}


def full_id(desk: Desk, kind: Kind, prefix: str) -> str:
    """The full id; what may be done with it the next action asks."""
    with desk.store.read() as c:
        desk.who(c)
        return openings.resolve(c, TABLES[kind], prefix.strip().lower(), kind)
