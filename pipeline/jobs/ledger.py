"""Where the work on each interview stands, for people to see: one row an interview in the table ``work``.

The engine's own tables say what is to run; this row says it in words, and goes when the interview goes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.work import Progress, Stage, WorkState
from pipeline.errors import ConflictError
from pipeline.store import work as stored
from pipeline.store.store import Store
from pipeline.store.tables import interview as table
from pipeline.store.tables_around import work


class ReplacedError(ConflictError):
    """This workflow is no longer the interview's: cancelled, replaced by a newer one, or the interview is deleted."""


OPEN: tuple[Progress, ...] = ("waiting", "running")


class Ledger:
    """Reads and writes the rows. What a workflow reports counts only while it is the interview's newest workflow."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def submitted(self, interview: str, workflow: str) -> None:
        """A new workflow waits; a row that this workflow has written itself already stays."""
        fresh = {
            "workflow": workflow, "state": "waiting", "stage": None, "share": 0.0, "seconds_left": None, "cause": "",
            "remedy": "", "attempts": 0, "updated_at": self._clock(),
        }  # fmt: skip
        with self._store.write() as c:
            known = c.execute(sa.select(work.c.workflow).where(work.c.interview == interview)).scalar()
            if known is None:
                c.execute(sa.insert(work).values(interview=interview, **fresh))
            elif known != workflow:
                c.execute(sa.update(work).where(work.c.interview == interview).values(**fresh))

    def begun(self, interview: str, workflow: str, stage: Stage, share: float) -> int:
        """A worker begins a stage; returns how often that stage has been begun now.

        Raises :class:`ReplacedError` where the interview is gone, or the work was cancelled or begun anew.
        """
        with self._store.write() as c:
            row = c.execute(sa.select(work).where(work.c.interview == interview)).first()
            if row is None:  # the worker was quicker than the one who submitted
                if not _exists(c, interview):
                    raise ReplacedError("The interview was deleted.", "Nothing to do.")
                c.execute(
                    sa.insert(work).values(
                        interview=interview, workflow=workflow, state="running", stage=stage, share=share, cause="",
                        remedy="", attempts=1, updated_at=self._clock(),
                    )
                )  # fmt: skip
                return 1
            if row.workflow != workflow or row.state == "cancelled":
                raise ReplacedError("This work was cancelled or begun anew.", "Nothing to do.")
            attempts = row.attempts + 1 if row.stage == stage else 1
            self._set(c, interview, workflow, state="running", stage=stage, share=share, attempts=attempts, cause="",
                      remedy="")  # fmt: skip
        return attempts

    def report(self, interview: str, workflow: str, share: float, seconds_left: float | None) -> None:
        """The present stage is this far; :class:`ReplacedError` where the work was cancelled or begun anew."""
        with self._store.write() as c:
            if not self._set(c, interview, workflow, running=True, share=share, seconds_left=seconds_left):
                raise ReplacedError("This work was cancelled or begun anew.", "Nothing to do.")

    def ended(self, interview: str, workflow: str, state: Progress, cause: str = "", remedy: str = "") -> None:
        """The work is done, failed or cancelled."""
        values: dict[str, Any] = {"state": state, "cause": cause, "remedy": remedy, "seconds_left": None}
        if state == "done":
            values["share"] = 1.0
        with self._store.write() as c:
            self._set(c, interview, workflow, **values)

    def again(self, workflow: str) -> None:
        """The worker was lost; the workflow waits for another."""
        with self._store.write() as c:
            c.execute(
                sa.update(work)
                .where(work.c.workflow == workflow, work.c.state == "running")
                .values(state="waiting", seconds_left=None, updated_at=self._clock())
            )

    def rows(self, interviews: Sequence[str]) -> dict[str, WorkState]:
        """The rows of those interviews, where there are any."""
        with self._store.read() as c:
            return stored.works(c, interviews)

    def all(self, states: Sequence[Progress], limit: int = 1000) -> tuple[WorkState, ...]:
        """Rows in those states, latest news first."""
        with self._store.read() as c:
            return stored.works_in(c, *states, limit=limit)

    def counts(self) -> dict[Progress, int]:
        """How many interviews are in each state."""
        with self._store.read() as c:
            return stored.work_counts(c)

    def drop(self, interview: str) -> None:
        """Removes the row of an interview."""
        with self._store.write() as c:
            stored.remove_work(c, interview)

    def knows(self, interview: str) -> bool:
        """Whether the interview is there."""
        with self._store.read() as c:
            return _exists(c, interview)

    def _set(self, c: Connection, interview: str, workflow: str, *, running: bool = False, **values: Any) -> bool:
        where = sa.and_(work.c.interview == interview, work.c.workflow == workflow)
        if running:
            where = sa.and_(where, work.c.state == "running")
        return c.execute(sa.update(work).where(where).values(**values, updated_at=self._clock())).rowcount > 0


def _exists(c: Connection, interview: str) -> bool:
    return c.execute(sa.select(table.c.id).where(table.c.id == interview)).first() is not None
