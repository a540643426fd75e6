"""``debrief evaluate``: the drafts against careful readers, as a table, JSON and plots."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.errors import SourceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.evaluation import Labelled
    from models.report import Analysis
    from models.rubric import Rubric
    from pipeline.analyze import EngineSet


def evaluate(
    corpus: Annotated[
        Path, typer.Argument(help="A folder with interviews/, truth/ and, where there are, ratings/ and rubrics/.")
    ],
    leave_out: Annotated[
        str | None,
        typer.Option(
            help="Train without this rubric (minutes; kept in the cache) and measure on its interviews alone."
        ),
    ] = None,
    only: Annotated[str, typer.Option(help="Measure only interviews whose id starts with this.")] = "",
    analyses: Annotated[
        Path | None,
        typer.Option(help="Take analyses that are in this folder (<id>.json) as they are; keep new ones there."),
    ] = None,
    json: Annotated[
        str | None, typer.Option(help="Write all figures as JSON to this path; - for standard output.")
    ] = None,
    plots: Annotated[Path | None, typer.Option(help="Write the plots (SVG and PNG) to this folder.")] = None,
) -> None:
    """Agreement of drafts with careful readers: whole, per rubric, level and trait, beside the baselines."""
    from pipeline import wiring
    from pipeline.cli.analyze import write
    from pipeline.stages.evaluate import evaluate as measure
    from pipeline.stages.labelled import read_corpus

    labelled = read_corpus(corpus, only)
    rubrics = {one.rubric: rubric_of(corpus, one.rubric) for one in labelled}
    engines: EngineSet = wiring.engines()
    if leave_out is not None:
        from pipeline.cli.folds import left_out_engines, left_out_with

        without = left_out_with(leave_out)
        labelled = tuple(one for one in labelled if one.rubric in without)
        if not labelled:
            raise UsageError(
                f"{leave_out}: no interview of the corpus is rated against it.",
                f"Name one of its rubrics: {', '.join(sorted(rubrics))}.",
            )
        engines = left_out_engines(without)
    made = analysed(corpus, labelled, rubrics, engines, analyses)
    found = measure(labelled, made, baselines(made, labelled, rubrics, engines))
    found = found.model_copy(update={"left_out": leave_out})
    if plots is not None:
        from pipeline.exports.evaluation_plots import write_plots

        for path in write_plots(found, plots):
            typer.echo(f"wrote {path}", err=True)
    if json == "-":
        sys.stdout.write(found.model_dump_json(indent=1) + "\n")
        return
    if json is not None:
        write(Path(json), found.model_dump_json(indent=1) + "\n")
    from pipeline.cli.figures import show

    show(found)


def rubric_of(corpus: Path, rubric_id: str) -> Rubric:
    """The corpus's own rubric of that id, or the bundled one."""
    from pipeline.rubrics import bundled, load

    path = corpus / "rubrics" / f"{rubric_id}.json"
    if not path.is_file() and rubric_id not in bundled():
        raise SourceError(f"{path}: there is no such rubric.", "Put the rubric there, or use the id of a bundled one.")
    return load(path if path.is_file() else rubric_id)


def analysed(
    corpus: Path, labelled: tuple[Labelled, ...], rubrics: Mapping[str, Rubric], engines: EngineSet, folder: Path | None
) -> dict[str, Analysis]:
    """An analysis of each interview: from the folder where it lies there, else made now and kept there."""
    from rich.console import Console
    from rich.progress import track

    from models.report import Analysis
    from pipeline.analyze import analyze
    from pipeline.cli.analyze import write

    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for one in track(labelled, description="analysing", console=Console(stderr=True), disable=not sys.stderr.isatty()):
        kept = folder / f"{one.id}.json" if folder else None
        if kept is not None and kept.is_file():
            try:
                found[one.id] = Analysis.model_validate_json(kept.read_text(encoding="utf-8"))
            except ValueError as error:
                raise SourceError(f"{kept}: is not an analysis.", "Delete it to have it made again.") from error
            continue
        found[one.id] = analyze(corpus / "interviews" / f"{one.id}.json", rubrics[one.rubric], engines)
        if kept is not None:
            write(kept, found[one.id].contract_json() + "\n")
    return found


def baselines(
    made: Mapping[str, Analysis], labelled: tuple[Labelled, ...], rubrics: Mapping[str, Rubric], engines: EngineSet
) -> dict[str, dict[tuple[str, str], float]]:
    """Raw similarity to the anchors, which drafts must beat, on the same turns."""
    from pipeline.stages.baselines import by_similarity

    best: dict[tuple[str, str], float] = {}
    axis: dict[tuple[str, str], float] = {}
    for one in labelled:
        for competency, similar in by_similarity(made[one.id].turns, rubrics[one.rubric], engines.embedder).items():
            best[one.id, competency], axis[one.id, competency] = similar
    return {"best anchor": best, "axis": axis}
