"""One interview from recording to published drafts: the workflow, and what happens around each of its steps."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from dbos import DBOS, StepOptions
from dbos import error as dbos_errors

from models.work import STAGES, Stage
from pipeline.actions.inbox import announce
from pipeline.errors import DebriefError, EngineError, StorageError
from pipeline.jobs import logs
from pipeline.jobs.ledger import ReplacedError
from pipeline.jobs.measures import Measures
from pipeline.jobs.steps import Steps
from pipeline.jobs.system import forget_engines
from pipeline.jobs.work import Order, Work
from pipeline.stages.talk import Progress

COST: dict[Stage, float] = {
    "decode": 0.03, "transcribe": 0.60, "diarize": 0.27, "cut": 0.04, "match": 0.04, "score": 0.01, "publish": 0.01,
}  # fmt: skip
"""The usual share of each stage in the work on a recording."""

TRIES = 3
"""So often a stage may take its worker down before the interview is given up."""

REPORT_SECONDS = 2.0
TRIES_AT_STORAGE = 7
"""With waits of 2, 4, 8, … seconds between: a bucket or disk that is away for two minutes costs two minutes, not the interview."""

T = TypeVar("T")


class StepError(Exception):
    """A step failed. Carries the kind alone: what exceptions say ends in the engine's tables, and words do not belong there."""

    def __init__(self, kind: str, passing: bool = False) -> None:
        super().__init__(kind, passing)
        self.kind = kind
        self.passing = passing


def passes(error: Exception) -> bool:
    """Whether the same step may succeed in a while."""
    return isinstance(error, StepError) and error.passing


class Process:
    """Runs workflows of interviews, one at a time.

    ``deadline`` tells (moment on the monotonic clock, workflow, stage) of the step under way, None between steps.
    """

    def __init__(
        self, work: Work, steps: Steps, measures: Measures, log: Any, *, seconds_a_minute: float, least_seconds: float,
        storage_tries: int = TRIES_AT_STORAGE,
    ) -> None:  # fmt: skip
        self._work = work
        self._steps = steps
        self._measures = measures
        self._log = log
        self._seconds_a_minute = seconds_a_minute
        self._least_seconds = least_seconds
        self._patience = StepOptions(
            retries_allowed=True,
            interval_seconds=2.0,
            backoff_rate=2.0,
            max_attempts=storage_tries,
            should_retry=passes,
        )
        self._why = ("", "")
        self._decoded = ""
        self._from: tuple[float, float] | None = None  # when this process took the interview up, and at what share
        self.deadline: tuple[float, str, str] | None = None

    def run(self, interview: str, reference: str) -> str:
        """The workflow. What is outside of steps may run again, so it only reads, or says the same again."""
        workflow, self._decoded = str(DBOS.workflow_id), ""
        try:
            order = surely(lambda: self._steps.order(interview, reference))
            published = self._steps_of(workflow, order)
        except (StepError, dbos_errors.DBOSMaxStepRetriesExceeded) as failed:
            kind = _kind(failed)
        except DebriefError as error:
            kind, self._why = type(error).__name__, (error.message, error.remedy)
        else:
            surely(lambda: self._work.ledger.ended(interview, workflow, "done"))
            self._log.info("done", interview=interview, workflow=workflow)
            self._measures.finished()
            self._announce(interview, workflow)
            return published
        finally:
            forget_engines(self._work.engines)
            self._leave_nothing_of_the_deleted(interview)
        cause, remedy = self._why
        if kind != ReplacedError.__name__:
            self._clear(interview)
            surely(lambda: self._work.ledger.ended(interview, workflow, "failed", cause, remedy))
        self._log.warning("failed", interview=interview, workflow=workflow, kind=kind)
        self._measures.failed(kind)
        raise StepError(kind)

    def _announce(self, interview: str, workflow: str) -> None:
        """Tells the team's hook; where that fails the interview is ready all the same."""
        if not self._work.hook:
            return
        try:
            announce(self._work.store, self._work.hook, interview)
        except DebriefError as error:
            self._log.warning("hook failed", interview=interview, workflow=workflow, kind=type(error).__name__)

    def _leave_nothing_of_the_deleted(self, interview: str) -> None:
        """A deletion in the middle of a step may have come before what the step stored."""
        with suppress(StorageError):  # the sweep at the next worker's start does it then
            if not self._work.ledger.knows(interview):
                self._work.artefacts.forget(interview)

    def _clear(self, interview: str) -> None:
        """The samples of work that failed go: they are large and quickly made again."""
        if self._decoded:
            with suppress(DebriefError):
                self._steps.clear(interview, self._decoded)

    def _steps_of(self, workflow: str, order: Order) -> str:
        steps, minutes, self._from = self._steps, 0.0, None

        def step(stage: Stage, do: Callable[[Progress], str]) -> str:
            report = self._reporter(workflow, order, stage)
            options: StepOptions = {**self._patience, "name": stage}
            return str(DBOS.run_step(options, self._step, workflow, order, stage, minutes, lambda: do(report)))

        self._decoded = decoded = step("decode", lambda report: steps.decode(order, report))
        minutes = surely(lambda: steps.minutes(order, decoded))
        words = step("transcribe", lambda report: steps.transcribe(order, decoded, report))
        heard = step("diarize", lambda report: steps.diarize(order, decoded, words, report))
        cut = step("cut", lambda report: steps.cut(order, heard))
        read = step("match", lambda report: steps.match(order, cut))
        analysed = step("score", lambda report: steps.score(order, heard, cut, read))
        return step("publish", lambda report: steps.publish(order, analysed, decoded))

    def _step(self, workflow: str, order: Order, stage: Stage, minutes: float, do: Callable[[], str]) -> str:
        """Does the step within its time; every fault leaves here as a :class:`StepError`."""
        began = time.monotonic()
        limit = max(self._least_seconds, self._seconds_a_minute * minutes)
        self.deadline = (began + limit, workflow, stage)
        self._from = self._from or (began, share_before(stage))
        try:
            self._begin(workflow, order, stage)
            made = do()
            if not self._work.ledger.knows(order.interview):
                self._log.info("gone", interview=order.interview, workflow=workflow)
                self._work.artefacts.forget(order.interview)  # deleted while the step ran: nothing may stay
                raise ReplacedError("The interview was deleted.", "Nothing to do.")
        except DebriefError as error:
            self._why = (error.message, error.remedy)
            raise StepError(type(error).__name__, passing=isinstance(error, StorageError)) from None
        except OSError as error:
            self._why = (
                f"The step {stage} could not read or write: {error.strerror or type(error).__name__}.",
                "Free some space, check disk and bucket (debrief doctor), then: debrief work retry.",
            )
            raise StepError(StorageError.__name__, passing=True) from None
        except Exception as error:
            self._log.error("fault", workflow=workflow, stage=stage, kind=type(error).__name__, place=logs.place(error))
            self._why = (
                f"{order.name}: the step {stage} failed inside debrief ({type(error).__name__}).",
                "Try it again (debrief work retry); if it fails again, report what the worker's log says.",
            )
            raise StepError(EngineError.__name__) from None
        finally:
            self.deadline = None
        seconds = time.monotonic() - began
        self._log.info("step", interview=order.interview, workflow=workflow, stage=stage, seconds=round(seconds, 2))
        self._measures.step(stage, seconds, minutes)
        return made

    def _begin(self, workflow: str, order: Order, stage: Stage) -> None:
        status = DBOS.step_status
        if status is not None and status.current_attempt:
            return  # the same try goes on after a fault that passed
        times = self._work.ledger.begun(order.interview, workflow, stage, share_before(stage))
        if times > TRIES:
            raise EngineError(
                f"{order.name}: the step {stage} took its worker down {TRIES} times, or went on for too long.",
                "Listen to the recording: if it is in order, export it in another format and try again.",
            )

    def _reporter(self, workflow: str, order: Order, stage: Stage) -> Progress:
        last = time.monotonic()

        def report(_: str, share: float) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last < REPORT_SECONDS:
                return
            last = now
            whole = share_before(stage) + COST[stage] * min(1.0, max(0.0, share))
            began, start = self._from or (now, whole)
            left = (now - began) / (whole - start) * (1 - whole) if whole > start else None
            try:
                self._work.ledger.report(order.interview, workflow, whole, left)
            except StorageError:
                return  # the row is for people to look at; the step goes on without

        return report


def share_before(stage: Stage) -> float:
    """The share of the whole work that lies before a stage."""
    return round(sum(COST[earlier] for earlier in STAGES[: STAGES.index(stage)]), 4)


def surely(do: Callable[[], T], seconds: float = 300.0) -> T:
    """Does it, and again for five minutes where a database or bucket is away."""
    until, wait = time.monotonic() + seconds, 0.5
    while True:
        try:
            return do()
        except StorageError:
            if time.monotonic() + wait > until:
                raise
            time.sleep(wait)
            wait = min(10.0, wait * 2)


def _kind(error: StepError | dbos_errors.DBOSMaxStepRetriesExceeded) -> str:
    if isinstance(error, StepError):
        return error.kind
    return (
        _kind(error.errors[-1]) if error.errors and isinstance(error.errors[-1], StepError) else StorageError.__name__
    )
