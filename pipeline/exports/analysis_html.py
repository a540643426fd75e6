"""The report page: one file that holds everything, where a click on a quote plays exactly that passage.

All text is escaped, and the page's own security policy allows only the style and script that it was written with, so
that nothing in a transcript can run or load anything.
"""

from __future__ import annotations

import base64
import hashlib
import os
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from models.report import Analysis
from models.rubric import Rubric
from pipeline.errors import StorageError
from pipeline.exports.analysis_page import page_of

EMBED_BELOW_BYTES = 30_000_000
_TYPES = {
    ".wav": "audio/wav", ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".mp4": "video/mp4", ".m4v": "video/mp4",
    ".webm": "video/webm", ".ogg": "audio/ogg", ".oga": "audio/ogg", ".opus": "audio/ogg", ".flac": "audio/flac",
    ".mov": "video/quicktime", ".aac": "audio/aac", ".mkv": "video/x-matroska",
}  # fmt: skip


class MediaLink(NamedTuple):
    """Where the page finds the recording: a data URI, or a path relative to the page."""

    src: str


def media_link(recording: Path, page: Path | None = None) -> MediaLink | None:
    """The recording embedded when it is below 30 MB, else linked relative to ``page``; None for a transcript.

    Raises StorageError when the recording cannot be read.
    """
    kind = _TYPES.get(recording.suffix.lower())
    if kind is None:
        return None
    try:
        if recording.stat().st_size < EMBED_BELOW_BYTES:
            return MediaLink(f"data:{kind};base64,{base64.b64encode(recording.read_bytes()).decode()}")
        folder = (page or Path("page.html")).resolve().parent
        return MediaLink(quote(Path(os.path.relpath(recording.resolve(), folder)).as_posix()))
    except (OSError, ValueError) as error:
        raise StorageError(f"{recording}: cannot be read for the report ({error}).", "Check the file.") from error


def render_html(analysis: Analysis, rubric: Rubric, media: MediaLink | None = None) -> str:
    """The report of one analysis as a whole HTML page; the same analysis always gives the same page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("pipeline.exports", "templates"), autoescape=True, undefined=StrictUndefined
    )
    style, script = _asset("analysis.css"), _asset("analysis.js")
    return environment.get_template("analysis.html.j2").render(
        page=page_of(analysis, rubric),
        media=media,
        style=Markup(style),  # noqa: S704  our own file, no text of the talk
        script=Markup(script),  # noqa: S704
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


@cache
def _asset(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
