"""The analysis as a table in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.report import Analysis
from models.rubric import Rubric
from models.score import DraftScore
from pipeline.exports.cells import clock

CONTROL = {code: None for code in range(32) if code not in (9, 10)} | {127: None} | dict.fromkeys(range(128, 160))


def plain(text: str) -> str:
    """Text of a transcript made harmless for a terminal: no control characters, no markup."""
    return escape(text.translate(CONTROL))


def show(analysis: Analysis, rubric: Rubric, console: Console | None = None) -> None:
    """Print quality, the scorecard with its best quotes, and what was not covered."""
    console = console or Console()
    minutes = analysis.source.duration_s / 60
    console.print(
        f"[bold]{plain(analysis.source.name)}[/bold]  {minutes:.1f} min · {escape(rubric.title)} · "
        f"transcript quality: [bold]{analysis.quality.grade}[/bold]"
    )
    for reason in (*analysis.quality.reasons, *analysis.warnings):
        console.print(f"  [yellow]![/yellow] {plain(reason)}")
    table = Table(show_lines=True, expand=True)
    table.add_column("Competency", ratio=2)
    table.add_column("Draft", justify="center", width=7)
    table.add_column("Range", justify="center", width=7)
    table.add_column("Conf.", justify="right", width=5)
    table.add_column("Evidence (verbatim, with its time)", ratio=6)
    for draft in analysis.drafts:
        competency = rubric.competency(draft.competency)
        name = escape(competency.name) + (" [dim](must-have)[/dim]" if competency.must_have else "")
        table.add_row(
            f"{name}\n[dim]weight {competency.weight.normalize():f} %[/dim]",
            "–" if draft.score is None else f"[bold]{draft.score}[/bold] ({draft.value:.1f})",
            "–" if draft.plausible is None else f"{draft.plausible[0]}–{draft.plausible[1]}",
            f"{draft.confidence:.2f}",
            quotes(draft),
        )
    console.print(table)
    if analysis.not_covered:
        names = ", ".join(rubric.competency(c).name for c in analysis.not_covered)
        console.print(f"Not covered: {escape(names)}")
    console.print(
        "[dim]Draft scores are suggestions. A person confirms, overrides or dismisses each before anything is weighed.[/dim]"
    )


def quotes(draft: DraftScore) -> str:
    """The evidence of a draft, a line each; its rationale where there is none."""
    lines = []
    for evidence in draft.evidence:
        sign = "[green]+[/green]" if evidence.polarity == "+" else "[red]-[/red]"
        lines.append(f"{sign} {clock(evidence.start) or '-:--'} “{plain(evidence.quote)}”")
    return "\n".join(lines) if lines else f"[dim]{plain(draft.rationale)}[/dim]"
