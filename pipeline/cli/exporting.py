"""``debrief export | scorecard``: confirmed scorecards as files, and blank ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.desk import at_desk, say
from pipeline.cli.setting_up import JobId
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.decision import OpeningReport


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
