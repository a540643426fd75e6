"""``debrief review | inbox`` and, mounted here, the commands around it; ``app`` goes into the main command as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import audit, corrections, exporting, panels, removing, rescore, sending, sessions, setting_up
from pipeline.cli.desk import at_desk, print_table, say
from pipeline.cli.setting_up import InterviewId
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from models.review import Review
    from pipeline.actions.desk import Desk

app = typer.Typer(no_args_is_help=True, add_completion=False)
review = typer.Typer(no_args_is_help=True, add_completion=False)
app.add_typer(setting_up.user, name="user", help="People and their roles.")
app.add_typer(setting_up.job, name="job", help="Openings and their rubrics.")
app.add_typer(setting_up.candidate, name="candidate", help="Candidates of an opening.")
app.add_typer(setting_up.interview, name="interview", help="Rounds with a candidate: consent, recording, analysis.")
app.add_typer(review, name="review", help="Rate an interview: own scores first, then the draft beside them; submit.")
app.add_typer(sending.app, name="ats", help="Confirmed scorecards for Greenhouse, Lever and Ashby.")
app.add_typer(panels.app, name="panel", help="Several interviewers together: show, settle, decide.")
app.add_typer(removing.app, name="delete", help="Remove a candidate or an interview, with a signed receipt.")
app.add_typer(audit.app, name="audit", help="Prove that nobody changed the log, or export it.")
app.add_typer(sessions.app, name="session", help="Monthly calibration of interviewers on graded sample answers.")
for name, command in (
    ("rank", panels.rank),
    ("agreement", panels.agreement),
    ("accuracy", sessions.accuracy),
    ("correct", corrections.correct),
    ("rescore", rescore.rescore),
    ("search", corrections.search),
    ("export", exporting.export),
    ("scorecard", exporting.scorecard),
    ("retention", removing.retention),
):
    app.command(name)(command)

CompetencyId = Annotated[str, typer.Argument(help="Id of the competency.")]
Reason = Annotated[str, typer.Option(help="Why; needed wherever a score changes after the draft was seen.")]


@app.command("inbox")
def inbox() -> None:
    """What is due and late for you."""
    from pipeline.actions.inbox import inbox as waiting

    with at_desk() as desk:
        rows = [
            (
                "LATE" if i.late else "",
                i.due_at.astimezone().strftime("%Y-%m-%d %H:%M"),
                i.candidate,
                i.round,
                i.state,
                i.interview,
            )
            for i in waiting(desk)
        ]
    if rows:
        print_table(("", "Due", "Candidate", "Round", "State", "Interview"), rows)
    else:
        say("Nothing waits for you.")


@review.command("show")
def show(interview_id: InterviewId) -> None:
    """Your review so far: quotes and times first; the draft of a competency once your own score of it is in."""
    from models.score import DraftScore
    from pipeline.actions import analyses
    from pipeline.actions.finding import full_id
    from pipeline.exports.cells import clock

    with at_desk() as desk:
        found = full_id(desk, "interview", interview_id)
        _mine(desk, found)
        view = analyses.see_interview(desk, found)
    names = {c.id: c.name for c in view.rubric.competencies}
    drafts = {d.competency: d for d in view.drafts}
    rows = []
    for line in view.review.scores if view.review else ():
        draft = drafts.get(line.competency)
        shown = "" if draft is None else "hidden"
        if isinstance(draft, DraftScore):
            shown = "none" if draft.score is None else f"{draft.score} ({draft.value:.2f})"
            shown += " STALE" if line.competency in view.stale else ""
        quotes = "\n".join(f"[{q.id}] {clock(q.start)} {q.quote}" for q in line.quotes)
        state = line.flag or line.choice or "open"
        rows.append((f"{names[line.competency]}\n{line.competency}", line.score, shown, state, line.note, quotes))
    title = f"{view.review.state}, version {view.review.version}" if view.review else ""
    print_table(("Competency", "You", "Draft", "State", "Note", "Quotes"), rows, title=title)


@review.command("rate")
def rate(
    interview_id: InterviewId,
    competency: CompetencyId,
    score: int,
    note: Annotated[str, typer.Option(help="Your note on this competency.")] = "",
    reason: Reason = "",
) -> None:
    """Enter or change your own score, 1 to 5."""
    from pipeline.actions import reviewing

    def act(desk: Desk, card: Review) -> Review:
        rated = reviewing.rate(desk, card.id, card.version, competency, score, reason=reason)
        return reviewing.note(desk, rated.id, rated.version, competency, note) if note else rated

    _act(interview_id, act)


@review.command("accept")
def accept(interview_id: InterviewId, competency: CompetencyId, reason: Reason = "") -> None:
    """Take the draft's level."""
    from pipeline.actions import reviewing

    _act(interview_id, lambda d, r: reviewing.accept(d, r.id, r.version, competency, reason=reason))


@review.command("keep")
def keep(interview_id: InterviewId, competency: CompetencyId, reason: Reason = "") -> None:
    """Stay with your own first score after seeing the draft."""
    from pipeline.actions import reviewing

    _act(interview_id, lambda d, r: reviewing.keep(d, r.id, r.version, competency, reason=reason))


@review.command("override")
def override(interview_id: InterviewId, competency: CompetencyId, score: int, reason: Reason = "") -> None:
    """Another level than the draft's, with a reason."""
    from pipeline.actions import reviewing

    _act(interview_id, lambda d, r: reviewing.override(d, r.id, r.version, competency, score, reason=reason))


@review.command("dismiss")
def dismiss(interview_id: InterviewId, competency: CompetencyId, reason: Reason = "") -> None:
    """Set the draft aside as bad data, with a reason."""
    from pipeline.actions import reviewing

    _act(interview_id, lambda d, r: reviewing.dismiss(d, r.id, r.version, competency, reason=reason))


@review.command("leave-out")
def leave_out(interview_id: InterviewId, competency: CompetencyId, reason: Reason = "") -> None:
    """Leave a competency without a score, with a reason."""
    from pipeline.actions import reviewing

    _act(interview_id, lambda d, r: reviewing.leave_out(d, r.id, r.version, competency, reason=reason))


@review.command("note")
def note(interview_id: InterviewId, competency: CompetencyId, text: str) -> None:
    """Replace your note on a competency."""
    from pipeline.actions import reviewing

    _act(interview_id, lambda d, r: reviewing.note(d, r.id, r.version, competency, text))


@review.command("quote")
def quote(interview_id: InterviewId, competency: CompetencyId, turn: int, words: str) -> None:
    """Add the candidate's words from a turn as evidence; they must stand there word for word."""
    from pipeline.actions import reviewing

    _act(interview_id, lambda d, r: reviewing.add_evidence(d, r.id, r.version, competency, turn, words))


@review.command("unquote")
def unquote(interview_id: InterviewId, competency: CompetencyId, evidence: str) -> None:
    """Take a quote out."""
    from pipeline.actions import reviewing

    _act(interview_id, lambda d, r: reviewing.remove_evidence(d, r.id, r.version, competency, evidence))


@review.command("conclude")
def conclude(
    interview_id: InterviewId,
    recommendation: Annotated[str, typer.Argument(help="strong_no, no, yes, strong_yes or no_decision.")],
    strengths: str = "",
    concerns: str = "",
) -> None:
    """Your overall recommendation, strengths and concerns."""
    from models.review import RECOMMENDATIONS
    from pipeline.actions import reviewing

    chosen = next((r for r in RECOMMENDATIONS if r == recommendation), None)
    if chosen is None:
        raise UsageError(f"There is no recommendation {recommendation}.", f"One of {', '.join(RECOMMENDATIONS)}.")
    _act(interview_id, lambda d, r: reviewing.conclude(d, r.id, r.version, chosen, strengths, concerns))


@review.command("submit")
def submit(interview_id: InterviewId) -> None:
    """Submit the whole review; only then do its scores count."""
    from pipeline.actions import reviewing

    _act(interview_id, lambda d, r: reviewing.submit(d, r.id, r.version))


@review.command("reopen")
def reopen(interview_id: InterviewId, reason: Reason = "") -> None:
    """Take a submitted review back into draft, with a reason."""
    from pipeline.actions import reviewing

    _act(interview_id, lambda d, r: reviewing.reopen(d, r.id, r.version, reason=reason))


@review.command("reaffirm")
def reaffirm(interview_id: InterviewId, competency: CompetencyId) -> None:
    """Stand by a score that was flagged after a correction."""
    from pipeline.actions import reviewing

    _act(interview_id, lambda d, r: reviewing.reaffirm(d, r.id, r.version, competency))


def _mine(desk: Desk, interview_id: str) -> Review:
    from pipeline.actions import reviewing

    return reviewing.open_review(desk, interview_id)


def _act(interview_id: str, act: Callable[[Desk, Review], Review]) -> None:
    from pipeline.actions.finding import full_id
    from pipeline.judgement.review import what_is_missing

    with at_desk() as desk:
        after = act(desk, _mine(desk, full_id(desk, "interview", interview_id)))
    left = what_is_missing(after) if after.state == "draft" else ()
    say(f"{after.state}, version {after.version}" + (f"; still open: {'; '.join(left)}" if left else ""))
