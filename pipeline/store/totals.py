"""What resampling gave of candidates' totals, kept beside them: rows in, plain values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.store import tables as t


@dataclass(frozen=True, slots=True)
class KeptTotal:
    """A total and its interval in cents of a level (None: there is none), and how often each cent came up in the resamples
    (little-endian 16-bit counts). ``basis`` is the sha256 of what they rest on.
    """

    basis: str
    total: int | None
    low: int | None
    high: int | None
    counts: bytes


def kept(connection: Connection, job: str, candidates: Sequence[str] | None = None) -> dict[str, KeptTotal]:
    """What is kept of the candidates of an opening, or of those named (some hundreds at most), by id; it may rest on what has
    changed since.
    """
    query = (
        sa.select(t.kept_total)
        .join(t.candidate, t.candidate.c.id == t.kept_total.c.candidate)
        .where(t.candidate.c.job == job)
    )
    if candidates is not None:
        query = query.where(t.kept_total.c.candidate.in_(candidates))
    return {
        candidate: KeptTotal(basis, total, low, high, bytes(counts))
        for candidate, basis, total, low, high, counts in connection.execute(query)
    }


def keep(connection: Connection, found: Mapping[str, KeptTotal]) -> None:
    """Replaces what is kept of those candidates."""
    if not found:
        return
    old = sa.delete(t.kept_total).where(t.kept_total.c.candidate == sa.bindparam("gone"))
    connection.execute(old, [{"gone": candidate} for candidate in found])
    connection.execute(
        sa.insert(t.kept_total),
        [
            {
                "candidate": candidate,
                "basis": x.basis,
                "total": x.total,
                "low": x.low,
                "high": x.high,
                "counts": x.counts,
            }
            for candidate, x in found.items()
        ],
    )
