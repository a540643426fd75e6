"""How a day's work is shown: a live table in a terminal, plain lines elsewhere, or JSON events."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.work import DaySummary, Outcome, WorkState
    from pipeline.jobs.day import Item

LINE_SECONDS = 15.0
OUTCOMES: tuple[Outcome, ...] = ("done", "failed", "by hand", "cancelled", "open")


class Shown:
    """Shows nothing; the others override."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._last: dict[str, tuple[str, str | None]] = {}
        self._first: dict[str, float] = {}

    def item(self, item: Item) -> None:
        """A file was taken."""

    def states(self, states: Mapping[str, WorkState], items: Mapping[str, Item]) -> None:
        """How far each file is."""

    def end(self, summary: DaySummary) -> None:
        """What became of everything."""

    def close(self) -> None:
        """Nothing more comes."""

    def changed(self, states: Mapping[str, WorkState]) -> list[tuple[str, WorkState]]:
        """Files whose state or stage is another than last time."""
        news = [(file, state) for file, state in states.items() if self._last.get(file) != (state.state, state.stage)]
        self._last.update({file: (state.state, state.stage) for file, state in news})
        return news

    def whole(self, states: Mapping[str, WorkState], items: Mapping[str, Item]) -> tuple[float, float | None]:
        """Share of the whole that is done (by size of the files) and seconds left by the speed since this run began."""
        size = {file: max(1, items[file].size) for file in states}
        share = {file: 1.0 if s.state not in ("waiting", "running") else s.share for file, s in states.items()}
        for file in states:
            self._first.setdefault(file, share[file])
        total = sum(size.values()) or 1
        now = sum(size[file] * share[file] for file in states) / total
        made = now - sum(size[file] * self._first[file] for file in states) / total
        spent = time.monotonic() - self._began
        return now, spent / made * (1 - now) if made > 0.005 else None


class Events(Shown):
    """One JSON object a line."""

    def item(self, item: Item) -> None:
        """A file was taken."""
        cause, remedy = item.trouble or ("", "")
        self._tell(
            "file", file=item.row.file, interview=item.interview, unchanged=item.unchanged, cause=cause, remedy=remedy
        )

    def states(self, states: Mapping[str, WorkState], items: Mapping[str, Item]) -> None:
        """How far each file is, when that changes."""
        news = self.changed(states)
        for file, state in news:
            self._tell(
                "work", file=file, interview=state.interview, state=state.state, stage=state.stage,
                share=round(state.share, 3), cause=state.cause, remedy=state.remedy,
            )  # fmt: skip
        if news and states:
            share, left = self.whole(states, items)
            self._tell("day", share=round(share, 3), seconds_left=None if left is None else round(left))

    def end(self, summary: DaySummary) -> None:
        """What became of everything."""
        for result in summary.results:
            self._tell("result", **result.model_dump(mode="json"))
        counts = {name.replace(" ", "_"): summary.count(name) for name in OUTCOMES}
        self._tell("end", exit_code=summary.exit_code, **counts)

    def _tell(self, event: str, **values: Any) -> None:
        print(json.dumps({"event": event, **values}, ensure_ascii=False), flush=True)


class Lines(Shown):
    """Plain lines on standard error; the summary on standard output."""

    def __init__(self) -> None:
        super().__init__()
        self._said = 0.0

    def item(self, item: Item) -> None:
        """A file was taken."""
        if item.trouble:
            self._say(f"{item.row.file}: {item.trouble[0]} {item.trouble[1]}")
        elif not item.workflow:
            self._say(f"{item.row.file}: no consent; its scorecard is filled in by hand")

    def states(self, states: Mapping[str, WorkState], items: Mapping[str, Item]) -> None:
        """How far each file is."""
        for file, state in self.changed(states):
            if state.state != "waiting":
                what = state.stage if state.state == "running" else state.state
                self._say(f"{file}: {what}" + (f": {state.cause} {state.remedy}" if state.cause else ""))
        if states and time.monotonic() - self._said > LINE_SECONDS:
            self._said = time.monotonic()
            share, left = self.whole(states, items)
            self._say(f"{share:.0%} done" + (f", {left_over(left)} left" if left is not None else ""))

    def end(self, summary: DaySummary) -> None:
        """What became of everything."""
        show_table(summary)

    def _say(self, text: str) -> None:
        from pipeline.cli.scorecard import CONTROL

        print(text.translate(CONTROL), file=sys.stderr, flush=True)


class Live(Shown):
    """A bar for the whole and one for each file that is worked on."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[left]}"), console=Console(stderr=True), transient=True,
        )  # fmt: skip
        self._bar.start()
        self._day = self._bar.add_task("the day", total=1.0, left="")
        self._tasks: dict[str, Any] = {}

    def states(self, states: Mapping[str, WorkState], items: Mapping[str, Item]) -> None:
        """How far each file is."""
        if not states:
            return
        from pipeline.cli.scorecard import CONTROL

        share, left = self.whole(states, items)
        self._bar.update(self._day, completed=share, left="" if left is None else f"{left_over(left)} left")
        for file, state in states.items():
            if state.state == "running":
                if file not in self._tasks:
                    self._tasks[file] = self._bar.add_task(file.translate(CONTROL), total=1.0, left="")
                self._bar.update(self._tasks[file], completed=state.share, left=state.stage or "")
            elif file in self._tasks:
                self._bar.remove_task(self._tasks.pop(file))

    def end(self, summary: DaySummary) -> None:
        """What became of everything."""
        show_table(summary)

    def close(self) -> None:
        """The bars go."""
        self._bar.stop()


@contextmanager
def shown(as_json: bool, *, quiet: bool = False) -> Iterator[Shown]:
    """What fits where it is shown."""
    show: Shown = Events() if as_json else Live() if sys.stderr.isatty() and not quiet else Lines()
    try:
        yield show
    finally:
        show.close()


def show_table(summary: DaySummary) -> None:
    """The summary as a table, then a line for each failure with what to do."""
    from pipeline.cli.desk import print_table, say

    print_table(
        ("File", "Outcome", "Minutes", "Drafts", "Quality"),
        [
            (
                r.file,
                r.outcome + (" (unchanged)" if r.unchanged else ""),
                r.minutes,
                f"{r.drafts} of {r.drafts + r.withheld}" if r.outcome == "done" else "",
                r.quality,
            )
            for r in summary.results
        ],
    )
    for result in summary.results:
        if result.cause:
            say(f"{result.cause} {result.remedy}".strip())
    counts = [f"{summary.count(name)} {name}" for name in OUTCOMES if summary.count(name)]
    say(", ".join(counts) or "nothing to do")


def left_over(seconds: float) -> str:
    """``1:02:03`` or ``2:03``, never less than nothing."""
    from pipeline.exports.cells import clock

    return clock(max(0, round(seconds)))
