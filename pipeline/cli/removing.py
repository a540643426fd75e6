"""``debrief delete | retention``: what is removed, with a signed receipt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.desk import at_desk, print_table, say
from pipeline.cli.setting_up import CandidateId, InterviewId
from pipeline.errors import ConflictError

if TYPE_CHECKING:
    from pipeline.actions.deleting import Forget, Receipt
    from pipeline.actions.desk import Desk
    from pipeline.actions.finding import Kind

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command("candidate")
def delete_candidate(
    candidate_id: CandidateId, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Remove a candidate with everything made from their interviews; prints the signed receipt."""
    from pipeline.actions import deleting

    _delete(deleting.delete_candidate, "candidate", candidate_id, yes)


@app.command("interview")
def delete_interview(
    interview_id: InterviewId, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Remove an interview with everything made from it; prints the signed receipt."""
    from pipeline.actions import deleting

    _delete(deleting.delete_interview, "interview", interview_id, yes)


def _delete(remove: Callable[..., Receipt], kind: Kind, given: str, yes: bool) -> None:
    from pipeline.actions.finding import full_id

    with at_desk() as desk:
        found = full_id(desk, kind, given)
        _sure(yes)
        with elsewhere(desk) as hooks:
            print(remove(desk, found, forget=hooks).model_dump_json(indent=1))


@contextmanager
def elsewhere(desk: Desk) -> Iterator[list[Forget]]:
    """What removes traces outside the database: pieces of uploads, queue, checkpoints, artefacts and caches."""
    from pipeline import wiring
    from pipeline.jobs.intake import Intake
    from pipeline.settings import Settings

    work = wiring.open_work(store=desk.store)
    try:
        yield list(Intake(Settings().uploads, work).forgetters)
    finally:
        work.close()


def _sure(yes: bool) -> None:
    if not yes and not typer.confirm("This cannot be undone. Delete?"):
        raise ConflictError("Nothing was deleted.", "Say yes, or pass --yes.")


def retention(apply: Annotated[bool, typer.Option("--apply", help="Delete what is due.")] = False) -> None:
    """What is older than its opening keeps it; with --apply it is deleted."""
    from pipeline.actions import deleting

    with at_desk() as desk:
        if apply:
            with elsewhere(desk) as hooks:
                for receipt in deleting.apply_retention(desk, forget=hooks):
                    print(receipt.model_dump_json())
            return
        due = deleting.due_for_deletion(desk)
    print_table(("Interview", "Due since"), [(i, d.date()) for i, d in due]) if due else say("Nothing is due.")
