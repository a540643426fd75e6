"""``debrief rubric``: list, show and check interview scorecards."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command("list")
def list_bundled() -> None:
    """The bundled rubrics, a line each."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from pipeline.rubrics import bundled, load

    table = Table("Id", "Title", "Seniority", "Competencies", "Questions", "Version")
    for rubric_id in bundled():
        rubric = load(rubric_id)
        table.add_row(
            rubric.id,
            escape(rubric.title),
            escape(rubric.seniority),
            str(len(rubric.competencies)),
            str(len(rubric.questions)),
            rubric.version[:12],
        )
    Console().print(table)


@app.command()
def show(rubric: Annotated[str, typer.Argument(help="Id of a bundled rubric, or the path of a rubric file.")]) -> None:
    """A rubric in full: competencies with weights and anchors, questions with probes, rules, examples."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from pipeline.rubrics import load

    what = load(rubric)
    console = Console()
    console.print(f"[bold]{escape(what.title)}[/bold] · {escape(what.seniority)} · version {what.version[:12]}")
    table = Table("Competency", "Weight", "Anchors", show_lines=True)
    for competency in what.competencies:
        must = f"\nmust-have, at least {competency.minimum or what.must_have_minimum}" if competency.must_have else ""
        anchors = "\n".join(f"[bold]{level}[/bold]  {escape(text)}" for level, text in competency.anchors.items())
        table.add_row(
            f"[bold]{escape(competency.name)}[/bold]\n[dim]{competency.id}[/dim]{must}\n{escape(competency.definition)}",
            f"{competency.weight.normalize():f} %",
            anchors,
        )
    console.print(table)
    for question in what.questions:
        console.print(f"[bold]{question.id}[/bold] [dim]{escape(question.category)}[/dim] {escape(question.text)}")
        for probe in question.probes:
            console.print(f"    • {escape(probe)}")
        console.print(f"    [dim]evaluates: {escape(', '.join(question.evaluates))}[/dim]")
    for rule in what.rules:
        console.print(f"Rule: {escape(rule.text or str(rule.model_dump(exclude_none=True)))}")
    for level, label in what.scale.items():
        console.print(f"[bold]{level}[/bold]  {escape(label.label)}. {escape(label.meaning)}")
    for example in what.examples:
        console.print(f"[bold]Example: {escape(example.name)}[/bold]")
        for competency_id, line in example.scores.items():
            console.print(f"    {line.score}  {escape(what.competency(competency_id).name)}: {escape(line.notes)}")


@app.command()
def lint(rubric: Annotated[str, typer.Argument(help="Id of a bundled rubric, or the path of a rubric file.")]) -> None:
    """Check a rubric: every finding with file, line and remedy; exit code 4 where there is an error."""
    from pipeline.errors import RubricError
    from pipeline.rubrics import lint as check

    findings = check(rubric)
    for finding in findings:
        typer.echo(f"{finding.file}:{finding.line}: {finding.severity}: {finding.message} {finding.remedy}")
    errors = sum(finding.severity == "error" for finding in findings)
    typer.echo(f"{errors} errors, {len(findings) - errors} warnings")
    if errors:
        raise typer.Exit(RubricError.exit_code)
