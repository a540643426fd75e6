"""``debrief rescore``: drafts made anew for one interview, or for all of an opening."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.desk import at_desk, print_table, say
from pipeline.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from models.rubric import Rubric
    from pipeline.actions.desk import Desk

SHOWN = 20


def rescore(
    which: Annotated[str, typer.Argument(help="Id of an interview or of an opening, or its first characters.")],
    rubric: Annotated[
        str, typer.Option(help="Another rubric version: the opening moves to it (not with --dry-run).")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, write nothing.")] = False,
    calibration: Annotated[Path | None, typer.Option(help="A team's mapping from `debrief calibrate`.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="Also what is up to date.")] = False,
) -> None:
    """Draft anew what corrections, another rubric version, calibration or scorer made stale; audio is not touched.

    Submitted reviews are never changed. Works from what was read of the talk before, so a thousand interviews take minutes.
    """
    from pipeline import wiring
    from pipeline.actions.finding import full_id
    from pipeline.cli.calibrate import read_calibration
    from pipeline.jobs import rescoring
    from pipeline.settings import Settings

    mapping = None if calibration is None else read_calibration(calibration)
    with at_desk() as desk:
        work = wiring.open_work(Settings(), desk.store)
        try:
            one = full_id(desk, "interview", which)
        except NotFoundError:
            one = ""
        try:
            if one:
                used = _rubric_of(desk, one, rubric)
                done = [rescoring.rescore_one(desk, work, one, used, dry_run=dry_run, calibration=mapping,
                                              everything=everything)]  # fmt: skip
            else:
                job = full_id(desk, "opening", which)
                used = _moved(desk, job, rubric, dry_run)
                done = list(rescoring.rescore_opening(desk, work, job, used, dry_run=dry_run, calibration=mapping,
                                                      everything=everything))  # fmt: skip
        finally:
            work.close()
    if one and done[0].cause:
        raise UsageError(done[0].cause)
    _show(done, rescoring.report(done), dry_run)


def _rubric_of(desk: Desk, interview: str, rubric: str) -> Rubric:
    from pipeline.actions import openings
    from pipeline.rubrics import load

    return load(rubric) if rubric else openings.rubric_of_interview(desk, interview)


def _moved(desk: Desk, job: str, rubric: str, dry_run: bool) -> Rubric:
    """The rubric to score by; the opening moves to it unless this is a dry run."""
    from pipeline.actions import openings
    from pipeline.rubrics import load
    from pipeline.store import openings as stored

    with desk.store.read() as c:
        opening = stored.get_job(c, job)
        now = stored.get_rubric(c, opening.rubric)
    if not rubric:
        return now
    wanted = load(rubric)
    if wanted.version != now.version and not dry_run:
        openings.change_rubric(desk, job, wanted, opening.version)
        say(f"The opening uses {wanted.id} {wanted.version[:12]} now; cards that are open keep theirs.")
    return wanted


def _show(done: object, told: object, dry_run: bool) -> None:
    from pipeline.jobs.rescoring import Rescored, RescoreReport

    assert isinstance(done, list)
    assert isinstance(told, RescoreReport)
    rows = [(one.interview[:12], change) for one in done if isinstance(one, Rescored) for change in one.changes]
    if rows:
        print_table(
            ("Interview", "Competency", "Before", "After"),
            [(interview, x.competency, x.before, x.after) for interview, x in rows[:SHOWN]],
        )
    if len(rows) > SHOWN:
        say(f"… and {len(rows) - SHOWN} more")
    for one in done:
        if one.cause:
            say(f"{one.interview[:12]}: {one.cause}")
    if not rows:
        say("Nothing changed.")
        return
    say(
        f"{told.drafts} drafts of {told.changed} interviews {'would change' if dry_run else 'changed'}: on average by "
        f"{told.mean_change}, at most by {told.largest_change}; {told.levels} to another level, {told.appeared} new, "
        f"{told.gone} without a level now. Submitted reviews stay as they are."
    )
