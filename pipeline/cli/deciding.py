"""``debrief panel | rank | agreement | correct | session | export | scorecard | delete | retention | audit``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipeline.cli.desk import at_desk, print_table, say
from pipeline.cli.rescore import rescore
from pipeline.cli.setting_up import CandidateId, InterviewId, JobId
from pipeline.errors import ConflictError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.decision import OpeningReport

panel = typer.Typer(no_args_is_help=True, add_completion=False)
delete = typer.Typer(no_args_is_help=True, add_completion=False)
audit = typer.Typer(no_args_is_help=True, add_completion=False)
session = typer.Typer(no_args_is_help=True, add_completion=False)
Why = Annotated[str, typer.Option(help="Why, in one sentence.")]


def mount(app: typer.Typer) -> None:
    """Adds these commands to the main one."""
    app.add_typer(panel, name="panel", help="Several interviewers together: show, settle, decide.")
    app.add_typer(delete, name="delete", help="Remove a candidate or an interview, with a signed receipt.")
    app.add_typer(audit, name="audit", help="Prove that nobody changed the log, or export it.")
    app.add_typer(session, name="session", help="Monthly calibration of interviewers on graded sample answers.")
    for name, command in (("rank", rank), ("agreement", agreement), ("correct", correct), ("rescore", rescore),
                          ("export", export), ("scorecard", scorecard), ("retention", retention)):  # fmt: skip
        app.command(name)(command)


@panel.command("show")
def show(candidate_id: CandidateId) -> None:
    """The candidate's averages, total, rules and disagreements, with the arithmetic."""
    from pipeline.actions import panels
    from pipeline.actions.finding import full_id

    with at_desk() as desk:
        report = panels.panel(desk, full_id(desk, "candidate", candidate_id))
    total = report.result.total
    print_table(
        ("Competency", "Weight %", "Average", "Arithmetic"),
        [(a.competency, line.weight, "–" if line.average is None else f"{line.average:.2f}", a.arithmetic)
         for a, line in zip(total.averages, total.lines, strict=True)],
    )  # fmt: skip
    say(total.arithmetic)
    if report.result.rules:
        print_table(("Rule", "State", "Because"), [(r.text, r.state, r.because) for r in report.result.rules])
    for d in report.disagreements:
        line = " across a must-have line" if d.crosses_must_have else ""
        say(f"Raters differ on {d.competency}: {d.low} to {d.high}{line}. {d.resolved or 'Not settled.'}")
    if report.single_signal:
        say(f"Single signal (one interviewer, at most one quote): {', '.join(report.single_signal)}")
    say(f"Total: {'none' if total.total is None else total.total}. By the rubric: {report.result.outcome}.")


@panel.command("settle")
def settle(
    candidate_id: CandidateId,
    competency: str,
    reason: Why = "",
    follow_up: Annotated[bool, typer.Option("--follow-up", help="By a further interview, not in the debrief.")] = False,
) -> None:
    """Record how a disagreement was settled."""
    from pipeline.actions import panels
    from pipeline.actions.finding import full_id

    with at_desk() as desk:
        kind: Literal["debrief", "follow-up"] = "follow-up" if follow_up else "debrief"
        panels.settle(desk, full_id(desk, "candidate", candidate_id), competency, kind, reason)


@panel.command("decide")
def decide(
    candidate_id: CandidateId, outcome: Annotated[str, typer.Argument(help="hire, reject or hold.")], reason: Why = ""
) -> None:
    """Record what people decided, with the total that stood then."""
    from pipeline.actions import panels
    from pipeline.actions.finding import full_id

    known: dict[str, Literal["hire", "reject", "hold"]] = {"hire": "hire", "reject": "reject", "hold": "hold"}
    if outcome not in known:
        raise UsageError(f"There is no decision {outcome}.", "One of hire, reject, hold.")
    with at_desk() as desk:
        made = panels.decide(desk, full_id(desk, "candidate", candidate_id), known[outcome], reason)
    say(f"{made.outcome}, total {'none' if made.total is None else made.total}")


def rank(job_id: JobId) -> None:
    """Candidates of an opening by confirmed total; those that the data cannot tell apart are tied."""
    from pipeline.actions import openings, panels
    from pipeline.actions.finding import full_id

    with at_desk() as desk:
        found = full_id(desk, "opening", job_id)
        names = {k.id: k.name for k in openings.candidates(desk, found)}
        lines = panels.ranking(desk, found)
    print_table(
        ("Rank", "Candidate", "Total", "90 % interval", "Tied with"),
        [(x.rank, names.get(x.candidate, x.candidate), x.total, "" if x.low is None else f"{x.low} to {x.high}",
          ", ".join(names.get(t, t) for t in x.tied_with)) for x in lines],
    )  # fmt: skip


def agreement(job_id: JobId) -> None:
    """Agreement of interviewers with each other and with the drafts, on scores given before the draft was seen."""
    from pipeline.actions import panels
    from pipeline.actions.finding import full_id

    def shown(value: float | None) -> str:
        return "–" if value is None else f"{value:.2f}"

    with at_desk() as desk:
        table = panels.agreement(desk, full_id(desk, "opening", job_id))
    rows = [
        (f"{a[:12]} and {b[:12]}", shown(k.value), f"{shown(k.low)} to {shown(k.high)}", k.n) for a, b, k in table.pairs
    ]
    alpha = table.alpha
    rows.append((alpha.name, shown(alpha.value), f"{shown(alpha.low)} to {shown(alpha.high)}", alpha.n))
    print_table(("Raters", "Value", "90 % interval", "n"), rows)


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


@session.command("rate")
def session_rate(
    samples: Annotated[Path, typer.Argument(help="Graded samples, JSON lines with competency, level, text.")],
    month: Annotated[str, typer.Option(help="Month of the session, such as 2026-11; without: this one.")] = "",
    size: Annotated[int, typer.Option(help="Samples in a session.")] = 15,
) -> None:
    """Score this month's samples blind, one after the other."""
    from pipeline.actions import calibrating

    when = month or datetime.now().astimezone().strftime("%Y-%m")
    chosen = calibrating.session(calibrating.read_samples(samples), when, size)
    with at_desk() as desk:
        for number, sample in enumerate(chosen, 1):
            say(f"\n{number} of {len(chosen)} · {sample.competency}\n{sample.text}")
            calibrating.rate_sample(desk, sample, typer.prompt("Level 1-5", type=int), when)


@session.command("report")
def session_report() -> None:
    """Agreement with the key, leniency, severity, central tendency, samples that split the room, and the trend."""
    from pipeline.actions import calibrating, people

    with at_desk() as desk:
        report = calibrating.results(desk)
        names = {u.id: u.name for u in people.users(desk)} if report.raters else {}
    print_table(
        ("Rater", "n", "Exact", "Within 1", "Bias", "Slope", "Kappa", "Habit"),
        [(names.get(r.rater, r.rater), r.n, f"{r.exact:.0%}", f"{r.within1:.0%}", f"{r.bias:+.2f}",
          "–" if r.slope is None else f"{r.slope:.2f}", "–" if r.kappa.value is None else f"{r.kappa.value:.2f}", r.habit)
         for r in report.raters],
    )  # fmt: skip
    if report.split:
        print_table(
            ("Sample that split the room", "Key", "Levels"), [(s.sample, s.key, s.levels) for s in report.split]
        )
    print_table(
        ("Month", "Ratings", "Mean error", "Bias"), [(m, n, f"{e:.2f}", f"{b:+.2f}") for m, n, e, b in report.trend]
    )


def export(
    kind: Annotated[str, typer.Argument(help="xlsx, csv, json or html.")],
    job_id: JobId,
    out: Annotated[Path, typer.Argument(help="The file to write.")],
) -> None:
    """Write the confirmed scorecards of an opening to a file."""
    from pipeline.actions import reporting
    from pipeline.actions.finding import full_id
    from pipeline.exports import csv, html, json, xlsx
    from pipeline.exports.writing import write_whole

    makers: dict[str, Callable[[OpeningReport], bytes]] = {
        "xlsx": xlsx.workbook,
        "csv": lambda r: csv.table(r).encode("utf-8-sig"),
        "json": lambda r: json.document(r).encode(),
        "html": lambda r: html.page(r).encode(),
    }
    if kind not in makers:
        raise UsageError(f"There is no export {kind}.", f"One of {', '.join(makers)}.")
    with at_desk() as desk:
        report = reporting.opening_report(desk, full_id(desk, "opening", job_id))
    write_whole(out, makers[kind](report))
    say(f"{out}: {len(report.candidates)} candidates")


def scorecard(
    rubric: Annotated[str, typer.Argument(help="Id of a bundled rubric, or the path of a rubric file.")],
    out: Annotated[Path, typer.Argument(help="The file to write: .xlsx, .html or .md.")],
    columns: Annotated[int, typer.Option(help="Candidates in the workbook.")] = 10,
) -> None:
    """Write a blank scorecard with a checklist of what to listen for."""
    from pipeline import rubrics
    from pipeline.exports import html, xlsx
    from pipeline.exports.writing import write_whole

    loaded = rubrics.load(rubric)
    if out.suffix == ".xlsx":
        if not 1 <= columns <= 200:
            raise UsageError("A workbook holds 1 to 200 candidates.", "Choose another number of columns.")
        write_whole(out, xlsx.blank(loaded, columns))
    elif out.suffix in (".html", ".md"):
        write_whole(out, (html.blank_html(loaded) if out.suffix == ".html" else html.blank_markdown(loaded)).encode())
    else:
        raise UsageError(f"{out.name}: that is no kind of scorecard.", "Name a file ending in .xlsx, .html or .md.")


@delete.command("candidate")
def delete_candidate(
    candidate_id: CandidateId, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Remove a candidate with everything made from their interviews; prints the signed receipt."""
    from pipeline.actions import deleting
    from pipeline.actions.finding import full_id

    with at_desk() as desk:
        found = full_id(desk, "candidate", candidate_id)
        _sure(yes)
        print(deleting.delete_candidate(desk, found).model_dump_json(indent=1))


@delete.command("interview")
def delete_interview(
    interview_id: InterviewId, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Remove an interview with everything made from it; prints the signed receipt."""
    from pipeline.actions import deleting
    from pipeline.actions.finding import full_id

    with at_desk() as desk:
        found = full_id(desk, "interview", interview_id)
        _sure(yes)
        print(deleting.delete_interview(desk, found).model_dump_json(indent=1))


def _sure(yes: bool) -> None:
    if not yes and not typer.confirm("This cannot be undone. Delete?"):
        raise ConflictError("Nothing was deleted.", "Say yes, or pass --yes.")


def retention(apply: Annotated[bool, typer.Option("--apply", help="Delete what is due.")] = False) -> None:
    """What is older than its opening keeps it; with --apply it is deleted."""
    from pipeline.actions import deleting

    with at_desk() as desk:
        if apply:
            for receipt in deleting.apply_retention(desk):
                print(receipt.model_dump_json())
            return
        due = deleting.due_for_deletion(desk)
    print_table(("Interview", "Due since"), [(i, d.date()) for i, d in due]) if due else say("Nothing is due.")


@audit.command("verify")
def audit_verify(
    head: Annotated[str, typer.Option(help="A hash noted earlier, which must occur in the log.")] = "",
) -> None:
    """Recompute the whole chain; a fault is an error."""
    from pipeline.actions import auditing

    with at_desk() as desk:
        check = auditing.verify(desk, head=head or None)
    if check.faults:
        raise ConflictError(f"The audit log was changed: {'; '.join(check.faults[:5])}.", "Restore it from a backup.")
    say(f"{check.entries} entries, all in order. Note this hash elsewhere: {check.head}")


@audit.command("export")
def audit_export() -> None:
    """The log as JSON lines on standard output."""
    from pipeline.actions import auditing

    with at_desk() as desk:
        for line in auditing.export(desk):
            print(line)
