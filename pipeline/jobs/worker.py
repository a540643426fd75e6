"""A worker: takes interviews from the queue one at a time and does their steps, until it is told to stop.

DBOS checkpoints each step; what this adds is an executor id that nobody else has, a heartbeat, the return of what dead workers held
to the queue, and an end to steps that hang.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from dbos import DBOS

from pipeline.errors import DebriefError
from pipeline.jobs import logs, system
from pipeline.jobs.heartbeats import BEAT_SECONDS, LEASE_SECONDS, Heartbeats, new_executor
from pipeline.jobs.measures import Measures
from pipeline.jobs.process import TRIES_AT_STORAGE, Process
from pipeline.jobs.recovery import Recovery
from pipeline.jobs.steps import Steps
from pipeline.jobs.work import Work

HUNG = 75
"""Exit code of a worker that gave up a step which went on for too long."""


class Worker:
    """One worker on ``work``'s queue; one a process, because the engine is one a process.

    A step may take ``seconds_a_minute`` for each minute of the recording, and ``least_seconds`` in any case.
    """

    def __init__(
        self,
        work: Work,
        *,
        seconds_a_minute: float = 120.0,
        least_seconds: float = 600.0,
        lease: float = LEASE_SECONDS,
        metrics_port: int | None = None,
        storage_tries: int = TRIES_AT_STORAGE,
        stop_when: Callable[[], bool] = lambda: False,
    ) -> None:
        self.executor = new_executor()
        self._work = work
        self._lease = lease
        self._stop_when = stop_when
        self._stopping = threading.Event()
        self._log = logs.logger().bind(executor=self.executor)
        self._measures = Measures(work, metrics_port)
        self._process = Process(
            work, Steps(work.store, work.artefacts, work.engines), self._measures, self._log,
            seconds_a_minute=seconds_a_minute, least_seconds=least_seconds, storage_tries=storage_tries,
        )  # fmt: skip

    def run(self) -> None:
        """Works until SIGTERM or SIGINT (or ``stop_when``), then ends the process: what is under way is another worker's at once."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        client = self._work.client  # makes the tables and the queue
        beats = Heartbeats(self._work.engine, lease=self._lease)
        beats.beat(self.executor, self._work.version)
        self._launch()
        client.set_latest_application_version(self._work.version)
        self._log.info("started", version=self._work.version)
        with suppress(DebriefError):  # the bucket may be away; the next start does it
            self._work.sweep()
        recovery = Recovery(self._work, beats, self.executor, self._log)
        while not self._stopping.is_set() and not self._stop_when():
            self._look(beats, recovery)
            self._stopping.wait(BEAT_SECONDS)
        self._log.info("stopped")
        self._end(beats, 0)

    def _launch(self) -> None:
        def interview(interview_id: str, reference: str) -> str:
            return self._process.run(interview_id, reference)

        DBOS(config=system.config(self._work.database, self.executor, self._work.version))
        system.hush()
        DBOS.workflow(name=system.WORKFLOW)(interview)
        DBOS.listen_queues([system.QUEUE])
        DBOS.launch()

    def _look(self, beats: Heartbeats, recovery: Recovery) -> None:
        late = self._process.deadline
        if late is not None and time.monotonic() > late[0]:
            self._give_up(beats, late[1], late[2])
        try:
            beats.beat(self.executor, self._work.version)
            recovery.look()
            self._measures.look()
        except Exception as error:  # the database is away; the queue waits for it, and so does this
            self._log.warning("queue away", kind=type(error).__name__, place=logs.place(error))

    def _give_up(self, beats: Heartbeats, workflow: str, stage: str) -> None:
        """A step that hangs cannot be stopped from inside: the process ends, and the queue gives the step another try."""
        self._log.error("hung", workflow=workflow, stage=stage)
        self._end(beats, HUNG)

    def _end(self, beats: Heartbeats, code: int) -> None:
        """Leaves without waiting for the step under way: engines cannot be interrupted, and the step is not checkpointed."""
        try:
            beats.leave(self.executor)
        finally:
            os._exit(code)
