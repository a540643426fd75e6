"""``debrief correct | search``: what the machine heard wrong, and where something was said."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli.desk import at_desk, print_table, say
from pipeline.cli.setting_up import InterviewId
from pipeline.errors import UsageError

Why = Annotated[str, typer.Option(help="Why, in one sentence.")]


def correct(
    interview_id: InterviewId,
    kind: Annotated[str, typer.Argument(help="words, role, speaker or boundary.")],
    turn: Annotated[int | None, typer.Option(help="The turn.")] = None,
    to_turn: Annotated[int | None, typer.Option(help="The last turn of a boundary correction.")] = None,
    text: Annotated[str | None, typer.Option(help="What was really said.")] = None,
    speaker: Annotated[str | None, typer.Option(help="The speaker's label, such as S2.")] = None,
    role: Annotated[str | None, typer.Option(help="interviewer, candidate or unknown.")] = None,
    question: Annotated[str | None, typer.Option(help="Question id; without: outside any question.")] = None,
    reason: Why = "",
) -> None:
    """Put right what the machine heard; prints which drafts are stale now."""
    from pydantic import ValidationError

    from models.job import Correction
    from pipeline.actions import analyses
    from pipeline.actions.desk import new_id
    from pipeline.actions.finding import full_id

    with at_desk() as desk:
        fields = {"kind": kind, "turn": turn, "to_turn": to_turn, "text": text, "speaker": speaker, "role": role,
                  "question": question, "reason": reason}  # fmt: skip
        about = {
            "id": new_id(),
            "interview": full_id(desk, "interview", interview_id),
            "author": desk.actor,
            "at": desk.clock(),
        }
        try:
            correction = Correction.model_validate({**fields, **about})
        except ValidationError as error:
            raise UsageError(
                f"The correction is not whole: {error.errors()[0]['msg']}.", "See debrief correct --help."
            ) from error
        stale = analyses.correct(desk, correction)
    say(
        f"Stale now: {', '.join(stale)}. Re-score: debrief rescore {interview_id}"
        if stale
        else "No draft depends on it."
    )


def search(
    words: Annotated[str, typer.Argument(help='Words that must all occur; "in quotes": one after the other.')],
    opening: Annotated[str, typer.Option(help="Only this opening: its id or first characters.")] = "",
    limit: Annotated[int, typer.Option(help="Places shown.")] = 20,
) -> None:
    """Where something was said, in the interviews that you may read; newest first."""
    from pipeline.actions import searching
    from pipeline.actions.finding import full_id
    from pipeline.exports.cells import clock

    with at_desk() as desk:
        job = full_id(desk, "opening", opening) if opening else None
        page = searching.search_page(desk, words, job_id=job, limit=limit)
    if not page.hits:
        say("Nothing found.")
        return
    print_table(
        ("Candidate", "Round", "Turn", "At", "Who", "Words", "Interview"),
        [(h.candidate, h.round, h.turn, clock(h.start), h.role, h.snippet, h.interview[:12]) for h in page.hits],
    )
    if page.more:
        say("There is more: --limit.")
