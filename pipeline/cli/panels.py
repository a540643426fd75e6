"""``debrief panel | rank | agreement``: several interviewers together, and candidates side by side."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from pipeline.cli.desk import at_desk, print_table, say
from pipeline.cli.setting_up import CandidateId, JobId
from pipeline.errors import UsageError

app = typer.Typer(no_args_is_help=True, add_completion=False)
Why = Annotated[str, typer.Option(help="Why, in one sentence.")]


@app.command("show")
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


@app.command("settle")
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


@app.command("decide")
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
