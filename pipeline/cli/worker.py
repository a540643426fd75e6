"""``debrief worker``: works through the queue, on this machine or on many."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipeline.jobs.crew import Crew

Profile = Annotated[
    str | None,
    typer.Option("--engine-profile", help="How the recogniser uses the machine: auto, cpu, small, accurate or cuda."),
]


def worker(
    workers: Annotated[
        int | None, typer.Option("--workers", "-n", min=1, help="How many; default: what cores and memory carry.")
    ] = None,
    metrics: Annotated[
        int | None, typer.Option(help="Port for /metrics, /health and /ready; further workers take the next ports.")
    ] = None,
    seconds_a_minute: Annotated[
        float, typer.Option(min=1, help="A step may take so many seconds for each minute of the recording.")
    ] = 120.0,
    engine_profile: Profile = None,
    one: Annotated[bool, typer.Option("--one", hidden=True, help="Be one worker in this process.")] = False,
) -> None:
    """Take interviews from the queue until told to stop (Ctrl-C, SIGTERM). Logs are JSON lines with ids alone."""
    if one:
        _be_one(metrics, seconds_a_minute, engine_profile)
        return
    from pipeline.jobs.crew import Crew, free_megabytes, workers_for
    from pipeline.settings import Settings

    cores = Settings().threads
    size = workers_for(cores, free_megabytes(), workers)
    if size == 1:
        _be_one(metrics, seconds_a_minute, engine_profile)
        return
    ports = [None if metrics is None else metrics + number for number in range(size)]
    with Crew([command(port, seconds_a_minute, engine_profile) for port in ports], cores=cores) as crew:
        _mind(crew)


def command(
    metrics: int | None = None, seconds_a_minute: float = 120.0, engine_profile: str | None = None
) -> Sequence[str]:
    """The command line of one worker."""
    words = [sys.executable, "-m", "pipeline.cli.main", "worker", "--one", "--seconds-a-minute", str(seconds_a_minute)]
    if metrics is not None:
        words += ["--metrics", str(metrics)]
    if engine_profile is not None:
        words += ["--engine-profile", engine_profile]
    return words


def _be_one(metrics: int | None, seconds_a_minute: float, profile: str | None) -> None:
    from pipeline import wiring
    from pipeline.settings import Settings

    parent = os.environ.get("DEBRIEF_PARENT")
    work = wiring.open_work(wiring.profiled(Settings(), profile))
    work.run(
        metrics_port=metrics,
        seconds_a_minute=seconds_a_minute,
        stop_when=lambda: parent is not None and os.getppid() != int(parent),
    )


def _mind(crew: Crew) -> None:
    import signal
    import threading

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.wait(1.0):
        crew.look()
