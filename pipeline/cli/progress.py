"""A progress bar on standard error: the running stage, its share done, and the time left from measured speed."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

STAGES = {
    "read": "Reading the transcript",
    "decode": "Decoding the sound",
    "transcribe": "Transcribing",
    "diarize": "Telling speakers apart",
    "roles": "Cutting per question",
    "score": "Finding evidence",
}


class Bar:
    """Shows one line per stage while it runs; silent when ``quiet``."""

    def __init__(self, quiet: bool) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=quiet,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, stage: str, share: float) -> None:
        """The stage is this far (0..1); earlier stages count as finished."""
        if stage not in self._tasks:
            for task in self._tasks.values():
                self._progress.update(task, completed=1.0)
            self._tasks[stage] = self._progress.add_task(STAGES.get(stage, stage), total=1.0)
        self._progress.update(self._tasks[stage], completed=share)
