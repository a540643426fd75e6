"""``debrief ats``: a confirmed scorecard as a file for Greenhouse, or sent to Lever or Ashby."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.desk import at_desk, say
from pipeline.cli.setting_up import InterviewId
from pipeline.errors import SourceError, UsageError

if TYPE_CHECKING:
    from pipeline.actions.desk import Desk

app = typer.Typer(no_args_is_help=True, add_completion=False)
Reviewer = Annotated[str, typer.Option(help="E-mail of whose review; without: yours.")]


@app.command("file")
def file(interview_id: InterviewId, out: Path, reviewer: Reviewer = "") -> None:
    """Write a submitted review as a Greenhouse scorecard."""
    from pipeline.actions import sending
    from pipeline.exports.writing import write_whole

    with at_desk() as desk:
        card = sending.greenhouse_file(desk, _review(desk, interview_id, reviewer))
    write_whole(out, json.dumps(card, indent=1, ensure_ascii=False).encode())


@app.command("send")
def send(
    interview_id: InterviewId,
    fields: Annotated[Path, typer.Option("--map", help="Your tenant's field ids, as JSON.")],
    reviewer: Reviewer = "",
    address: Annotated[str, typer.Option(help="Instead of the system's own address.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Send a submitted review to Lever or Ashby; the token comes from DEBRIEF_ATS_TOKEN."""
    from pipeline.actions import sending
    from pipeline.exports import ats

    try:
        chosen = ats.read_map(fields.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(f"{fields.name}: cannot be read.", "Check the path.") from error
    with at_desk() as desk:
        found = _review(desk, interview_id, reviewer)
        for loss in ats.losses(chosen):
            say(f"Lost on the way: {loss}.")
        if not yes and not typer.confirm(f"Send this scorecard to {chosen.system}?"):
            raise UsageError("Nothing was sent.", "Say yes, or pass --yes.")
        sent = sending.send(desk, found, chosen, os.environ.get("DEBRIEF_ATS_TOKEN", ""), address=address)
    say(f"Sent to {sent.address} ({sent.status}).")


def _review(desk: Desk, interview_id: str, email: str) -> str:
    from pipeline.actions import people, sending
    from pipeline.actions.finding import full_id

    person = people.find_user(desk.store, email) if email else None
    if email and person is None:
        raise UsageError(f"There is no user {email}.", "Check the address: debrief user list.")
    return sending.review_of(desk, full_id(desk, "interview", interview_id), person.id if person else desk.actor)
