"""``debrief batch DAY``: a folder of the day's recordings becomes interviews that are ready for review."""

from __future__ import annotations

import signal
import threading
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.worker import Profile, command
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from models.work import DayResult, DaySummary
    from pipeline.cli.day_progress import Shown
    from pipeline.jobs.day import Day

LOOK_SECONDS = 1.0
INTERRUPTED = 130


def batch(
    day: Annotated[Path, typer.Argument(help="Folder with recordings (audio or video) and transcripts.")],
    manifest: Annotated[
        Path | None, typer.Option(help="CSV: file, candidate, role, rubric, interviewers, consent, vocabulary, round.")
    ] = None,
    rubric: Annotated[str, typer.Option(help="Rubric of files whose row names none.")] = "",
    pattern: Annotated[str, typer.Option(help="How files without a row are named.")] = "{role}--{candidate}",
    consent: Annotated[
        str, typer.Option(help="Consent of files without a row: given, refused or unknown.")
    ] = "unknown",
    workers: Annotated[
        int | None, typer.Option("--workers", "-n", min=0, help="Workers on this machine; 0: others do the work.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on taking files as they arrive, until stopped.")] = False,
    settle: Annotated[float, typer.Option(help="With --watch: a file is complete when unchanged so long (s).")] = 10.0,
    json: Annotated[bool, typer.Option("--json", help="Events as JSON lines on standard output.")] = False,
    summary: Annotated[Path | None, typer.Option(help="Write the summary as a page (.html) or a table (.csv).")] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try what failed before again.")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Cancel what of this folder is not finished.")] = False,
    priority: Annotated[str, typer.Option(help="night, or now: before the night's work.")] = "night",
    engine_profile: Profile = None,
) -> None:
    """Work through a day's recordings. Again on the same folder it does only what is new or changed.

    Exit code 0: everything that may be analysed is done; 1: some of it; 2: none.
    """
    from pipeline import wiring
    from pipeline.cli.day_progress import shown
    from pipeline.cli.desk import at_desk
    from pipeline.jobs.day import Day
    from pipeline.rubrics import load
    from pipeline.settings import Settings

    _check(day, summary, consent, priority)
    listed = manifest or (day / "day.csv" if (day / "day.csv").is_file() else None)
    began = datetime.now(UTC)
    with at_desk() as desk:
        work = wiring.open_work(wiring.profiled(Settings(), engine_profile), desk.store)
        today = Day(desk, work, day, load, priority="now" if priority == "now" else "night", retry_failed=retry_failed)
        try:
            with shown(json, quiet=cancel) as show:
                runner = Runner(today, listed, rubric, pattern, consent, settle if watch else 0.0, show)
                runner.take()
                if cancel:
                    today.cancel()
                else:
                    with _crew(today, workers, watch, engine_profile) as crew:
                        runner.go_on(crew, watch)
            told = runner.summary(began)
            show.end(told)
        finally:
            work.close()
        _write(summary, told)
    raise typer.Exit(INTERRUPTED if runner.interrupted and told.count("open") else told.exit_code)


class Runner:
    """Takes files, looks after the workers and shows how far everything is."""

    def __init__(
        self, day: Day, manifest: Path | None, rubric: str, pattern: str, consent: str, settle: float, show: Shown
    ) -> None:
        self._day = day
        self._manifest = manifest
        self._rubric = rubric
        self._pattern = pattern
        self._consent = consent
        self._settle = settle
        self._show = show
        self._others: list[DayResult] = []
        self.interrupted = False

    def take(self) -> None:
        """Takes every file that has not been taken yet."""
        from pipeline.jobs.manifest import matched, read_manifest

        rows = read_manifest(self._manifest, self._rubric) if self._manifest else []
        found, self._others = matched(
            self._day.folder, self._manifest, rows, rubric=self._rubric, pattern=self._pattern, consent=self._consent,
            settle=self._settle,
        )  # fmt: skip
        for row in found:
            if row.file not in self._day.items:
                self._show.item(self._day.take(row))

    def go_on(self, crew: AbstractContextManager[object] | object, watch: bool) -> None:
        """Until nothing is open (with ``watch``: until stopped)."""
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        while True:
            states = self._day.states()
            self._show.states(states, self._day.items)
            if not watch and all(state.state not in ("waiting", "running") for state in states.values()):
                return
            look = getattr(crew, "look", None)
            if look is not None:
                look()
            if stop.wait(LOOK_SECONDS):
                self.interrupted = True
                return
            if watch:
                self.take()

    def summary(self, began: datetime) -> DaySummary:
        """What became of each file."""
        from models.work import DaySummary

        return DaySummary(
            folder=self._day.folder.name, began_at=began, ended_at=datetime.now(UTC),
            results=self._day.results(self._others),
        )  # fmt: skip


def _crew(day: Day, wanted: int | None, watch: bool, profile: str | None) -> AbstractContextManager[object]:
    """The workers of this run: none where nothing is open, or where others do the work."""
    from pipeline.jobs.crew import Crew, free_megabytes, workers_for
    from pipeline.settings import Settings

    open_ones = sum(state.state in ("waiting", "running") for state in day.states().values())
    if wanted == 0 or not (open_ones or watch):
        return nullcontext()
    settings = Settings()
    size = workers_for(settings.threads, free_megabytes(), wanted)
    size = size if watch else min(size, open_ones)
    return Crew([command(engine_profile=profile)] * size, cores=settings.threads, log=settings.data / "worker.log")


def _check(day: Path, summary: Path | None, consent: str, priority: str) -> None:
    if not day.is_dir():
        raise UsageError(f"{day}: there is no such folder.", "Give the folder with the day's recordings.")
    if consent not in ("given", "refused", "unknown"):
        raise UsageError(f"Consent is given, refused or unknown, not {consent}.", "Say --consent given.")
    if priority not in ("now", "night"):
        raise UsageError(f"Priority is now or night, not {priority}.", "Leave it out for the night.")
    if summary is not None and (summary.suffix not in (".html", ".csv") or not summary.absolute().parent.is_dir()):
        raise UsageError(f"{summary}: the summary cannot be written there.", "Give an .html or .csv file in a folder.")


def _write(path: Path | None, told: DaySummary) -> None:
    if path is None:
        return
    from pipeline.exports.day import page, table
    from pipeline.exports.writing import write_whole

    write_whole(path, (table(told) if path.suffix == ".csv" else page(told)).encode())
