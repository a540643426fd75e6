"""``debrief calibrate``: a team's own mapping from evidence to level, with figures before and after."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.errors import SourceError, UsageError

if TYPE_CHECKING:
    from collections import Counter

    from models.calibration import Calibration
    from models.rubric import Rubric


def calibrate(
    scores: Annotated[
        Path, typer.Argument(help="JSON lines: a team's scores of analysed interviews, or graded sample answers.")
    ],
    rubrics: Annotated[
        Path | None, typer.Option(help="Folder of rubric files that samples are graded against (<id>.json).")
    ] = None,
    folder: Annotated[Path, typer.Option("--folder", help="Where to write the calibration.")] = Path(),
) -> None:
    """Fit from scores that people gave before they saw the draft (at least 30) how levels follow from evidence in this team.

    A line of scores is {"analysis": "call.json", "competency": "id", "score": 4, "before_reveal": true}; a graded sample is
    {"rubric": "id", "competency": "id", "level": 4, "text": "..."}. Use the result with `debrief analyze --calibration FILE`.
    """
    from pipeline import wiring
    from pipeline.cli.analyze import write
    from pipeline.stages.calibrate import LEAST, fit
    from pipeline.stages.graded import is_samples, sample_values, team_scores

    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder.", "Create it or choose another.")
    scorer = wiring.engines().scorer
    if is_samples(scores):
        known = cache(lambda name: rubric_of(name, rubrics))
        rows, aside = sample_values(scores, known, scorer)
    else:
        rows, aside = team_scores(scores, scorer.name)
    if len(rows) < LEAST:
        left = ", ".join(f"{n} {why}" for why, n in aside.most_common())
        raise SourceError(
            f"{scores.name}: {len(rows)} of {len(rows) + aside.total()} scores can be used, too few to calibrate on"
            f"{f' (left aside: {left})' if left else ''}.",
            f"At least {LEAST} are needed, each given before its draft was seen.",
        )
    found = fit(rows, scorer.name)
    path = folder / f"{found.name}.json"
    write(path, found.model_dump_json(by_alias=True, indent=1) + "\n")
    show(found, aside, path)


def rubric_of(name: str, folder: Path | None) -> Rubric:
    """The rubric of that id from the folder, or the bundled one."""
    from pipeline.rubrics import load

    path = folder / f"{name}.json" if folder else None
    return load(path if path is not None and path.is_file() else name)


def read_calibration(path: Path) -> Calibration:
    """A calibration from its file; UsageError where it is none or was changed by hand."""
    from models.calibration import Calibration
    from pipeline.stages.calibrate import content_name

    try:
        found = Calibration.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: is not a calibration.", "Make one with `debrief calibrate`.") from error
    if content_name(found) != found.name:
        raise UsageError(f"{path}: does not match its name; it was changed.", "Make it again with `debrief calibrate`.")
    return found


def show(found: Calibration, aside: Counter[str], path: Path) -> None:
    """Print before and after by cross-validation, what was left aside, and what to do with the file."""
    from rich.console import Console

    from pipeline.cli.figures import a_table, cell

    console = Console()
    table = a_table(f"{found.n} scores, cross-validated", "shipped", "calibrated")
    for field, name in (
        ("mae", "mean error, levels"),
        ("exact", "exactly right"),
        ("within1", "within one level"),
        ("qwk", "QWK"),
    ):
        table.add_row(name, cell(found.before, field), cell(found.after, field))
    console.print(table)
    for why, n in aside.most_common():
        console.print(f"  left aside: {n} {why}")
    if (found.after.mae or 0) >= (found.before.mae or 0):
        console.print(
            "[yellow]![/yellow] No better than the shipped mapping on interviews that it had not seen: there is no reason to use it."
        )
    console.print(f"Written to {path}; use it with: debrief analyze … --calibration {path}")
