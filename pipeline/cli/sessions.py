"""``debrief session | accuracy``: calibration of interviewers on graded samples, and drafts against people."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.desk import at_desk, print_table, say

if TYPE_CHECKING:
    from models.decision import Agreement

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command("rate")
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


@app.command("report")
def session_report(
    plots: Annotated[Path | None, typer.Option(help="A folder for the same as plots, .svg and .png.")] = None,
) -> None:
    """Agreement with the key and with each other, leniency, severity, central tendency, samples that split the room, trend."""
    from pipeline.actions import calibrating
    from pipeline.exports.calibration_plots import write_plots

    with at_desk() as desk:
        report = calibrating.results(desk)
    if not report.raters:
        say("Nobody has rated samples yet: debrief session rate.")
        return
    print_table(
        ("Rater", "n", "Exact", "Within 1", "Bias (90 %)", "Slope", "Kappa with the key (90 %)", "Habit"),
        [(report.people.get(r.rater, r.rater), r.n, f"{r.exact:.0%}", f"{r.within1:.0%}",
          f"{r.bias:+.2f} ({r.bias_low:+.2f} to {r.bias_high:+.2f})", number(r.slope), coefficient(r.kappa), r.habit)
         for r in report.raters],
    )  # fmt: skip
    say(
        f"With each other: {report.table.alpha.name} {coefficient(report.table.alpha)}, {report.table.alpha.n} samples."
    )
    if report.split:
        print_table(
            ("Sample that split the room", "Key", "Levels"),
            [(s.sample, s.key, " ".join(map(str, s.levels))) for s in report.split],
        )
    print_table(
        ("Month", "Ratings", "Mean error", "Bias"), [(m, n, f"{e:.2f}", f"{b:+.2f}") for m, n, e, b in report.trend]
    )
    if plots is not None:
        for path in write_plots(report, plots):
            say(str(path))


def accuracy() -> None:
    """Drafts against scores given before seeing them, month by month; overrides; how interviewers hold interviews."""
    from pipeline.actions import accuracy as figures

    with at_desk() as desk:
        found = figures.report(desk)
    print_table(
        ("Drafts against people", "n", "No draft", "Exact", "Within 1", "Mean error", "Bias"),
        [(a.name, a.n, a.missing, share(a.exact), share(a.within1), number(a.error), number(a.bias))
         for a in (found.overall, *found.months, *found.competencies)],
    )  # fmt: skip
    say(f"{found.kappa.name}: {coefficient(found.kappa)}")
    if found.overrides:
        print_table(
            ("Drafts seen, by competency", "n", "Overridden", "Dismissed", "Own score moved"),
            [(o.competency, o.n, share(o.overridden), share(o.dismissed), share(o.moved)) for o in found.overrides],
        )
    if found.interviewers:
        print_table(
            ("Interviewer", "Interviews", "Questions asked", "Share of the words", "Seldom asked"),
            [(found.people.get(i.person, i.person), i.interviews, share(i.coverage), share(i.talk_share),
              ", ".join(i.unasked)) for i in found.interviewers],
        )  # fmt: skip


def share(value: float | None) -> str:
    """A share in percent, or a dash."""
    return "–" if value is None else f"{value:.0%}"


def number(value: float | None) -> str:
    """A number to two decimals, or a dash."""
    return "–" if value is None else f"{value:.2f}"


def coefficient(found: Agreement) -> str:
    """A coefficient with its interval where there is one."""
    return number(found.value) if found.low is None else f"{number(found.value)} ({found.low:.2f} to {found.high:.2f})"
