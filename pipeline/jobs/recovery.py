"""What dead workers held goes back to the queue; what another version left behind is begun again by this one."""

from __future__ import annotations

from typing import Any

from dbos import DBOS

from pipeline.errors import DebriefError
from pipeline.jobs.heartbeats import Heartbeats
from pipeline.jobs.system import QUEUE
from pipeline.jobs.work import Work


class Recovery:
    """Looks after the others, from a live worker."""

    def __init__(self, work: Work, beats: Heartbeats, executor: str, log: Any) -> None:
        self._work = work
        self._beats = beats
        self._executor = executor
        self._log = log

    def look(self) -> None:
        """Finds running workflows whose worker is dead and puts them back; takes over those of versions that nobody runs any more.

        Steps of another version are not continued, because its steps may have been others: the interview is submitted again, and what
        that version made of the same inputs with the same engines is used.
        """
        alive = self._beats.alive()
        alive[self._executor] = self._work.version
        running = self._work.client.list_workflows(
            status="PENDING", queue_name=QUEUE, load_input=False, load_output=False
        )
        held = [s for s in running if s.app_version == self._work.version and s.executor_id not in alive]
        dead = sorted({str(status.executor_id) for status in held})
        if dead:
            for status in held:
                self._work.ledger.again(status.workflow_id)
            DBOS._recover_pending_workflows(dead)
            self._beats.bury(dead)
            self._log.info("recovered", workflows=len(held))
        for status in self._left_behind(set(alive.values())):
            self._adopt(status.workflow_id)

    def _left_behind(self, versions: set[str]) -> list[Any]:
        """Begun workflows of versions that no live worker runs."""
        known = {entry["version_name"] for entry in self._work.client.list_application_versions()}
        gone = sorted(known - versions)
        if not gone:
            return []
        return list(
            self._work.client.list_workflows(
                status=["PENDING", "ENQUEUED"], queue_name=QUEUE, app_version=gone, load_input=False, load_output=False
            )
        )

    def _adopt(self, workflow: str) -> None:
        try:
            taken = self._work.adopt(workflow)
        except DebriefError as error:
            self._log.warning("not adopted", workflow=workflow, kind=type(error).__name__)
            return
        self._log.info("adopted", workflow=workflow, by=taken)
