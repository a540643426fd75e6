"""Rubrics: read, versions and what differs, edit with lint, blank scorecards, and openings moved to a version."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response, UploadFile
from pydantic import BaseModel, Field

from models.report import RubricRef
from models.rubric import Rubric
from pipeline.actions import drafting, rubrics
from pipeline.actions.desk import Desk
from pipeline.errors import DebriefError, NotFoundError, RubricError
from pipeline.rubrics.reading import MAX_BYTES
from pipeline.web.auth import SignedIn
from pipeline.web.changes import pieces
from pipeline.web.review_changes import Version
from pipeline.web.routes.candidates import as_file
from pipeline.web.site import back, page, refused

router = APIRouter()
Text = Annotated[str, Form()]


class RubricText(BaseModel):
    """A rubric file's text, in YAML or JSON."""

    text: Annotated[str, Field(max_length=MAX_BYTES)]


class LintLine(BaseModel):
    """One thing that lint has to say: its line (from 1), how bad it is, and what to do."""

    line: int
    severity: Literal["error", "warning"]
    message: str
    remedy: str


class LintAnswer(BaseModel):
    """All findings in order of lines; ``fits`` where none is an error."""

    fits: bool
    findings: list[LintLine]


@router.post("/api/rubrics/lint", tags=["rubrics"])
def lint(desk: SignedIn, body: RubricText) -> LintAnswer:
    """Check a rubric as it is being written. Nothing is stored."""
    found = drafting.findings(desk, body.text)
    lines = [LintLine(line=f.line, severity=f.severity, message=f.message, remedy=f.remedy) for f in found]
    return LintAnswer(fits=all(line.severity != "error" for line in lines), findings=lines)


@router.get("/rubrics", include_in_schema=False)
def shelf(request: Request, desk: SignedIn) -> Response:
    """All rubrics with their versions."""
    return page(request, "rubrics.html", here="rubrics", shelf=drafting.shelf(desk))


@router.get("/rubrics/new", include_in_schema=False)
def new(request: Request, desk: SignedIn, base: str = "") -> Response:
    """The editor, beginning with a skeleton, a bundled rubric, or a version (``id@version``)."""
    return _editor(request, desk, drafting.start(desk, base), base)


@router.post("/rubrics/new", include_in_schema=False)
def write(request: Request, desk: SignedIn, text: Text = "", base: Text = "", save: Text = "") -> Response:
    """Checks what was written, or stores it as a new version."""
    if not save:
        return _editor(request, desk, text, base, checked=True)
    try:
        made = rubrics.save(desk, text)
    except DebriefError as fault:
        return _editor(request, desk, text, base, checked=True, fault=fault)
    return back(f"/rubrics/{made.id}/{made.version}", said="saved")


@router.post("/rubrics/import", include_in_schema=False)
def bring(request: Request, desk: SignedIn, file: UploadFile) -> Response:
    """A file's text in the editor, checked; nothing is stored yet."""
    content = file.file.read(MAX_BYTES + 1)
    try:
        if len(content) > MAX_BYTES:
            raise RubricError("The file is larger than 2 MB.", "Give a rubric, not a recording.")
        text = content.decode("utf-8-sig")
        if "\0" in text:
            raise RubricError("The file is not text.", "Give a YAML or JSON rubric.")
    except UnicodeDecodeError:
        fault = RubricError("The file is not UTF-8 text.", "Save it as UTF-8 and import it again.")
        return _editor(request, desk, drafting.start(desk, ""), "", fault=fault)
    except RubricError as fault:
        return _editor(request, desk, drafting.start(desk, ""), "", fault=fault)
    return _editor(request, desk, text, "", checked=True)


def _editor(
    request: Request, desk: Desk, text: str, base: str, *, checked: bool = False, fault: DebriefError | None = None
) -> Response:
    found = drafting.check(desk, text, base)
    return refused(
        request,
        "rubric_edit.html",
        fault,
        here="rubrics",
        text=text,
        base=base,
        found=found,
        checked=checked,
        pieces=pieces,
    )


@router.get("/rubrics/{rubric}/compare", include_in_schema=False)
def compare(request: Request, desk: SignedIn, rubric: str, old: str = "", new: str = "") -> Response:
    """What differs between two versions, field by field."""
    before, after, changes = drafting.compare(desk, rubric, old, new)
    return page(
        request, "rubric_compare.html", here="rubrics", before=before, after=after, changes=changes, pieces=pieces
    )


@router.get("/rubrics/{rubric}/{version}", include_in_schema=False)
def read(request: Request, desk: SignedIn, rubric: str, version: str) -> Response:
    """One version in full."""
    ref = RubricRef(id=rubric, version=version)
    found = drafting.read(desk, ref)
    return page(
        request, "rubric.html", here="rubrics", rubric=found, versions=rubrics.versions(desk, rubric), version=version
    )


@router.get("/rubrics/{rubric}/{version}/file.{kind}", include_in_schema=False)
def download(desk: SignedIn, rubric: str, version: str, kind: str) -> Response:
    """The rubric as YAML, or a blank scorecard of it as .xlsx, .html or .md."""
    ref = RubricRef(id=rubric, version=version)
    if kind == "yaml":
        media, content = "application/yaml; charset=utf-8", drafting.text(desk, ref).encode()
    else:
        media, content = _file(drafting.read(desk, ref), kind)
    return as_file(content, media, f"{'rubric' if kind == 'yaml' else 'scorecard'}-{version[:8]}.{kind}")


def _file(rubric: Rubric, kind: str) -> tuple[str, bytes]:
    from pipeline.exports import html, xlsx

    if kind == "xlsx":
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx.blank(rubric, 10)
    if kind == "html":
        return "text/html; charset=utf-8", html.blank_html(rubric).encode()
    if kind == "md":
        return "text/markdown; charset=utf-8", html.blank_markdown(rubric).encode()
    raise NotFoundError("There is no such file of a rubric.", "One of yaml, xlsx, html, md.")


@router.get("/rubrics/{rubric}/{version}/move", include_in_schema=False)
def moving(request: Request, desk: SignedIn, rubric: str, version: str) -> Response:
    """Openings that could be moved to this version, and what each move would touch."""
    found = drafting.read(desk, RubricRef(id=rubric, version=version))
    return page(request, "rubric_move.html", here="rubrics", rubric=found, openings=drafting.touched(desk, found))


@router.post("/rubrics/{rubric}/{version}/move", include_in_schema=False)
def move(desk: SignedIn, rubric: str, version: str, job: Text, seen: Annotated[Version, Form()]) -> Response:
    """Moves an opening to this version, where it is still as it was seen."""
    drafting.move(desk, job, RubricRef(id=rubric, version=version), seen)
    return back(f"/rubrics/{rubric}/{version}", said="saved")
