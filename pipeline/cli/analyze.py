"""``debrief analyze`` and ``debrief demo``: one recording or transcript in, draft scores with evidence out."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.errors import StorageError, UsageError

if TYPE_CHECKING:
    from models.report import Analysis
    from models.rubric import Rubric


def analyze(
    source: Annotated[
        Path, typer.Argument(help="A recording (audio or video) or a transcript (.vtt .srt .txt .json).")
    ],
    rubric: Annotated[str, typer.Option(help="Id of a bundled rubric, or the path of a rubric file.")],
    json: Annotated[
        str | None, typer.Option(help="Write the analysis as JSON to this path; - for standard output.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a self-contained report page to this path.")] = None,
    candidate: Annotated[str | None, typer.Option(help="Speaker label of the candidate, for example S1.")] = None,
    vocabulary: Annotated[
        str, typer.Option(help="Names and products to listen for, comma separated, or @file with one a line.")
    ] = "",
    transcriber: Annotated[str | None, typer.Option(help="faster-whisper or openai-whisper.")] = None,
    model: Annotated[str | None, typer.Option(help="Whisper weights: tiny.en or base.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no table.")] = False,
    calibration: Annotated[Path | None, typer.Option(help="A team's mapping from `debrief calibrate`.")] = None,
) -> None:
    """Who said what and when, the talk cut per question, and a draft score with quotes for each competency."""
    run(source, rubric, json, html, candidate, words(vocabulary), transcriber, model, quiet, calibration)


def demo(
    html: Annotated[Path | None, typer.Option(help="Write a self-contained report page to this path.")] = None,
    json: Annotated[
        str | None, typer.Option(help="Write the analysis as JSON to this path; - for standard output.")
    ] = None,
    serve: Annotated[bool, typer.Option("--serve", help="A sample workspace in the web app to click through.")] = False,
    port: Annotated[int, typer.Option(help="With --serve: port to listen on; 0: any that is free.")] = 8100,
    fresh: Annotated[bool, typer.Option("--fresh", help="With --serve: make the workspace afresh.")] = False,
    workers: Annotated[int, typer.Option(min=0, help="With --serve: how many work on recordings.")] = 1,
) -> None:
    """Analyse the bundled recording and show its scorecard; or with --serve a whole sample workspace in the web app."""
    if serve:
        from pipeline.cli.serve import serve_sample

        serve_sample(port, workers, fresh=fresh)
        return
    from pipeline.wiring import demo_recording

    with demo_recording() as recording:
        run(recording, "csm-2-5y", json, html, None, (), None, None, False)


def run(
    source: Path,
    rubric_ref: str,
    json: str | None,
    html: Path | None,
    candidate: str | None,
    vocabulary: tuple[str, ...],
    transcriber: str | None,
    model: str | None,
    quiet: bool,
    calibration: Path | None = None,
) -> None:
    """Analyse, then write what was asked for; results are written whole or not at all."""
    from pipeline import wiring
    from pipeline.analyze import analyze as tell
    from pipeline.cli.calibrate import read_calibration
    from pipeline.cli.progress import Bar
    from pipeline.rubrics import load

    for target in (Path(json) if json not in (None, "-") else None, html):
        if target is not None and not target.absolute().parent.is_dir():
            raise UsageError(f"{target}: its folder does not exist.", "Create the folder or choose another path.")
    rubric = load(rubric_ref)
    mapping = None if calibration is None else read_calibration(calibration)
    with Bar(quiet or not sys.stderr.isatty()) as bar:
        analysis = tell(
            source,
            rubric,
            wiring.engines(transcriber=transcriber, model=model),
            candidate=candidate,
            vocabulary=vocabulary,
            progress=bar.show,
        )
    if mapping is not None:
        from pipeline.stages.calibrate import calibrated_analysis

        analysis = calibrated_analysis(analysis, rubric, mapping)
    if html is not None:
        write(html, page(analysis, rubric, source, html))
    if json == "-":
        sys.stdout.write(analysis.contract_json() + "\n")
    elif json is not None:
        write(Path(json), analysis.contract_json() + "\n")
    if json != "-" and not quiet:
        from pipeline.cli.scorecard import show

        show(analysis, rubric)


def words(vocabulary: str) -> tuple[str, ...]:
    """Names from ``a,b,c`` or from the lines of ``@file``; UsageError when the file cannot be read."""
    if vocabulary.startswith("@"):
        try:
            parts = Path(vocabulary[1:]).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"{vocabulary[1:]}: the vocabulary cannot be read ({error}).", "Give a text file."
            ) from None
    else:
        parts = vocabulary.split(",")
    return tuple(part.strip() for part in parts if part.strip())


def page(analysis: Analysis, rubric: Rubric, source: Path, target: Path) -> str:
    """The report page, with the recording embedded when it is small and linked otherwise."""
    from pipeline.exports.analysis_html import media_link, render_html

    return render_html(analysis, rubric, media_link(source, target))


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all: a temporary file beside it, then a rename."""
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.absolute().parent, delete=False) as part:
            part.write(text)
        Path(part.name).chmod(0o600)
        Path(part.name).replace(path)
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written ({error.strerror}).", "Free some space or choose another path."
        ) from None
