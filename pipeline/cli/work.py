"""``debrief work list | cancel | retry``: what is in the queue, and what stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.desk import at_desk, print_table, say
from pipeline.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from models.work import Progress

app = typer.Typer(no_args_is_help=True, add_completion=False)
STATES: tuple[Progress, ...] = ("waiting", "running", "done", "failed", "cancelled")
Interviews = Annotated[list[str] | None, typer.Argument(help="Ids of interviews, or their first characters.")]


@app.command("list")
def list_work(
    state: Annotated[str, typer.Option(help=f"Comma separated: {', '.join(STATES)}.")] = "waiting,running,failed",
) -> None:
    """Interviews in the queue and what stopped, latest news first."""
    from pipeline import wiring
    from pipeline.settings import Settings

    wanted: list[Progress] = [name for name in STATES if name in state.split(",")]
    if len(wanted) != len(state.split(",")):
        raise UsageError(f"{state}: there is no such state.", f"States are {', '.join(STATES)}.")
    with at_desk() as desk:
        work = wiring.open_work(Settings(), desk.store)
        rows = work.listed(desk, wanted)
        work.close()
    print_table(
        ("Interview", "State", "Stage", "Done", "Since (UTC)", "Cause and remedy"),
        [
            (
                s.interview[:12],
                s.state,
                s.stage,
                f"{s.share:.0%}",
                f"{s.updated_at:%m-%d %H:%M}",
                f"{s.cause} {s.remedy}",
            )
            for s in rows
        ],
    )


@app.command("cancel")
def cancel(
    interviews: Interviews = None, everything: Annotated[bool, typer.Option("--all", help="All that is open.")] = False
) -> None:
    """Take work out of the queue, or stop it before its next step."""
    _each(interviews, everything, ("waiting", "running"), "cancel")


@app.command("retry")
def retry(
    interviews: Interviews = None, everything: Annotated[bool, typer.Option("--all", help="All that failed.")] = False
) -> None:
    """Try failed or cancelled work again; what was made already is not made again."""
    _each(interviews, everything, ("failed", "cancelled"), "retry")


def _each(named: list[str] | None, everything: bool, states: tuple[str, ...], what: str) -> None:
    from pipeline import wiring
    from pipeline.settings import Settings

    if not named and not everything:
        raise UsageError(f"{what}: which interviews?", "Name them, or say --all.")
    with at_desk() as desk:
        work = wiring.open_work(Settings(), desk.store)
        try:
            rows = {s.interview: s for s in work.listed(desk, STATES)}
            ids = [key for key, s in rows.items() if s.state in states] if everything else []
            for start in named or ():
                found = [key for key in rows if key.startswith(start)]
                if len(found) != 1:
                    raise NotFoundError(f"{start}: no such interview is in the queue.", "See debrief work list.")
                ids.append(found[0])
            for interview in ids:
                work.cancel(interview) if what == "cancel" else work.retry(interview)
        finally:
            work.close()
    say(f"{len(ids)} {'cancelled' if what == 'cancel' else 'in the queue again'}")
