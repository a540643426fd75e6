"""Durable work on interviews, as the rest of the program sees it: submit, look, cancel, try again, forget.

The queue and the steps' checkpoints are DBOS's (SQLite beside our database, or the same PostgreSQL). Its tables hold ids and hashes
alone: what was said or what a file is called stays in artefacts and in the row of the table ``work``, which go with the interview.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from models._base import Noun
from models.job import Interview
from models.report import RubricRef
from models.work import Priority, Progress, WorkState
from pipeline.actions.deleting import Traces
from pipeline.actions.desk import Desk
from pipeline.analyze import EngineSet
from pipeline.errors import ConflictError, ForbiddenError, NotFoundError, UsageError
from pipeline.jobs import system
from pipeline.jobs.artefacts import Artefacts
from pipeline.jobs.ledger import OPEN, Ledger
from pipeline.jobs.system import QUEUE, WORKFLOW
from pipeline.store import interviews, openings
from pipeline.store.engine import make_engine
from pipeline.store.store import Store

if TYPE_CHECKING:
    from dbos import DBOSClient

PRIORITY: dict[Priority, int] = {"now": 1, "night": 10}


class LabelledEngines(EngineSet, Protocol):
    """Engines that can be named before they are loaded."""

    @property
    def label(self) -> str: ...


class Order(Noun):
    """What is to be done. Names stand here, in an artefact, and never in the engine's tables."""

    interview: str
    recording: str
    name: str
    rubric: RubricRef
    engines: str
    vocabulary: tuple[str, ...] = ()
    candidate: str | None = None

    @property
    def key(self) -> str:
        """The same recording, rubric version, engines and hints give the same key; the file's name does not matter."""
        plain = self.model_copy(update={"name": ""}).model_dump_json()
        return hashlib.sha256(plain.encode()).hexdigest()[:24]


class Work:
    """The work of one installation; any number of processes may hold one. Engines load only in a worker."""

    def __init__(
        self,
        store: Store,
        engines: LabelledEngines,
        *,
        database: str,
        media: str,
        version: str,
        hook: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store = store
        self.engines = engines
        self.database = database
        self.version = version
        self.hook = hook
        self.artefacts = Artefacts(media)
        self.ledger = Ledger(store, clock)
        self._client: DBOSClient | None = None
        self._engine: sa.Engine | None = None

    @property
    def client(self) -> DBOSClient:
        """The engine's side of the queue, made ready when it is first asked for."""
        if self._client is None:
            self._client = system.client(self.database)
        return self._client

    @property
    def engine(self) -> sa.Engine:
        """A connection of our own to the queue's database."""
        if self._engine is None:
            self._engine = make_engine(self.database)
        return self._engine

    def submit(
        self,
        interview_id: str,
        *,
        vocabulary: Sequence[str] = (),
        candidate_speaker: str | None = None,
        priority: Priority = "night",
        name: str = "",
        again: bool = True,
    ) -> str:
        """Queues the interview's recording and returns the workflow's id; asked twice, it is queued once.

        The same recording, rubric version, engines and hints are one workflow. It is run again only where it failed or was cancelled
        (``again`` false: not even then), or where the interview has another analysis by now. ``name`` is the file's name as the analysis
        shall have it; a transcript is known by its ending. Raises ForbiddenError without consent, UsageError without a recording.
        """
        order = self._order(interview_id, vocabulary, candidate_speaker, name)
        known = self.ledger.rows([interview_id]).get(interview_id)
        number = 1
        if known is not None:
            key, _, count = known.workflow.removeprefix(f"{interview_id}.").partition(".")
            if key == order.key and self._keeps(known, again):
                return known.workflow
            if known.state in OPEN:
                self._stop(known)
            number = int(count or 0) + 1
        return self._enqueue(order, number, priority)

    def states(self, interview_ids: Sequence[str]) -> dict[str, WorkState]:
        """How far the work on each is; interviews that were never submitted are left out."""
        return self.ledger.rows(interview_ids)

    def listed(self, desk: Desk, states: Sequence[Progress], limit: int = 10_000) -> tuple[WorkState, ...]:
        """Work in those states, latest news first, for whoever may manage interviews."""
        with desk.store.read() as c:
            desk.require(c, "manage-interviews")
        return self.ledger.all(states, limit)

    def counts(self, desk: Desk) -> dict[Progress, int]:
        """How much work is in each state, for whoever may manage interviews."""
        with desk.store.read() as c:
            desk.require(c, "manage-interviews")
        return self.ledger.counts()

    def cancel(self, interview_id: str) -> None:
        """Takes it out of the queue, or stops it before its next step; nothing where it is finished or was never submitted."""
        known = self.ledger.rows([interview_id]).get(interview_id)
        if known is not None and known.state in OPEN:
            self._stop(known)

    def retry(self, interview_id: str, priority: Priority = "now") -> str:
        """Queues failed or cancelled work again and returns the new workflow's id; what was made already is not made again."""
        known = self.ledger.rows([interview_id]).get(interview_id)
        if known is None:
            raise NotFoundError("There is no work on this interview.", "Submit its recording first.")
        if known.state in OPEN:
            return known.workflow
        if known.state == "done" and self._stands(interview_id):
            raise ConflictError("This interview is analysed already.", "Nothing to do.")
        before = self._read_order(known)
        return self.submit(
            interview_id,
            vocabulary=before.vocabulary if before else (),
            candidate_speaker=before.candidate if before else None,
            priority=priority,
            name=before.name if before else "",
        )

    def forget(self, interview_id: str) -> tuple[str, ...]:
        """Removes what the work on an interview left: queue entries, checkpoints, artefacts, what engines remember. Names them."""
        workflows = system.workflows_of(self.client, interview_id)
        if workflows:
            self.client.cancel_workflows(list(workflows))
            self.client.delete_workflows(list(workflows))
        removed = self.artefacts.forget(interview_id)
        system.forget_engines(self.engines)
        return (*workflows, *removed)

    def sweep(self) -> int:
        """Removes what is kept of interviews that are no more, and returns how many those were."""
        gone = [interview for interview in self.artefacts.interviews() if not self.ledger.knows(interview)]
        for interview in gone:
            self.artefacts.forget(interview)
        return len(gone)

    def forget_traces(self, traces: Traces) -> tuple[str, ...]:
        """:meth:`forget` as deletion calls it."""
        return self.forget(traces.interview)

    def run(self, **options: Any) -> None:
        """Works through the queue until the process is told to stop (SIGTERM, SIGINT). Options as :class:`Worker` has them."""
        from pipeline.jobs.worker import Worker

        Worker(self, **options).run()

    def close(self) -> None:
        """Gives the connections back."""
        if self._client is not None:
            self._client.destroy()
            self._client = None
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def adopt(self, workflow: str) -> str:
        """Begins work of another version anew under this one and returns the new workflow's id."""
        interview_id = workflow.split(".")[0]
        self.client.cancel_workflow(workflow)
        known = self.ledger.rows([interview_id]).get(interview_id)
        if known is None or known.workflow != workflow or known.state not in OPEN:
            return ""
        self.ledger.ended(interview_id, workflow, "cancelled")
        return self.retry(interview_id, "night")

    def _order(self, interview_id: str, vocabulary: Sequence[str], candidate: str | None, name: str) -> Order:
        with self.store.read() as c:
            interview = interviews.get_interview(c, interview_id)
            rubric = openings.get_job(c, interview.job).rubric
        recording = _recording(interview)
        return Order(
            interview=interview_id, recording=recording, name=name or recording[:12], rubric=rubric,
            engines=self.engines.label, vocabulary=tuple(vocabulary), candidate=candidate,
        )  # fmt: skip

    def _enqueue(self, order: Order, number: int, priority: Priority) -> str:
        workflow = f"{order.interview}.{order.key}.{number}"
        reference = self.artefacts.put(order.interview, order.model_dump_json().encode())
        self.artefacts.remember(order.interview, f"order-{order.key}", reference)
        self.client.enqueue(
            {
                "workflow_name": WORKFLOW,
                "queue_name": QUEUE,
                "workflow_id": workflow,
                "priority": PRIORITY[priority],
            },
            order.interview,
            reference,
        )
        self.ledger.submitted(order.interview, workflow)
        return workflow

    def _stop(self, known: WorkState) -> None:
        self.client.cancel_workflow(known.workflow)
        self.ledger.ended(known.interview, known.workflow, "cancelled")

    def _keeps(self, known: WorkState, again: bool) -> bool:
        if known.state == "done":
            return self._stands(known.interview)
        return known.state in OPEN or not again

    def _stands(self, interview_id: str) -> bool:
        """Whether the interview's newest analysis is of its recording and of its opening's rubric version."""
        with self.store.read() as c:
            interview = interviews.get_interview(c, interview_id)
            if interview.analysis is None:
                return False
            analysis = interviews.get_analysis(c, interview.analysis)
            rubric = openings.get_job(c, interview.job).rubric
        return analysis.rubric == rubric and analysis.source.sha256 == interview.recording

    def _read_order(self, known: WorkState) -> Order | None:
        key = known.workflow.split(".")[1] if known.workflow.count(".") == 2 else ""
        reference = self.artefacts.made(known.interview, f"order-{key}") if key else None
        return Order.model_validate_json(self.artefacts.get(known.interview, reference)) if reference else None


def _recording(interview: Interview) -> str:
    if interview.consent != "given":
        raise ForbiddenError("The candidate has not consented to analysis.", "Record consent first, or rate by hand.")
    if interview.recording is None:
        raise UsageError("This interview has no recording.", "Attach one first.")
    return interview.recording
