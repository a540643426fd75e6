"""Rubrics: find one by id or path, read it, and say what is wrong with it.

``load`` gives a :class:`models.rubric.Rubric` or raises; ``lint`` gives every finding with file, line and remedy.
The file format is described in ``rubrics/README.md``.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from models.rubric import Rubric
from pipeline.errors import RubricError
from pipeline.rubrics.checks import check
from pipeline.rubrics.reading import MAX_BYTES, Finding, read
from pipeline.rubrics.writing import to_yaml

__all__ = ["Finding", "bundled", "content_hash", "find", "lint", "lint_text", "load", "load_text", "to_yaml"]

_SUFFIXES = (".yaml", ".yml", ".json")


def bundled() -> list[str]:
    """Ids of the rubrics that travel with the package, sorted."""
    return sorted(
        entry.name.rsplit(".", 1)[0] for entry in resources.files("rubrics").iterdir() if entry.name.endswith(_SUFFIXES)
    )


def find(ref: str) -> Traversable:
    """The file of a bundled id or a path; RubricError where there is neither."""
    if ref in bundled():
        folder = resources.files("rubrics")
        return next(folder / f"{ref}{suffix}" for suffix in _SUFFIXES if (folder / f"{ref}{suffix}").is_file())
    try:
        path = Path(ref).expanduser()
        if path.is_file():
            return path
        kind = "is a folder" if path.is_dir() else "is neither a bundled rubric nor a file"
    except (OSError, ValueError, RuntimeError):
        kind = "is neither a bundled rubric nor a file"
    raise RubricError(
        f"{ref[:200]}: {kind}.", f"Use one of {', '.join(bundled())}, or the path of a YAML or JSON rubric file."
    )


def lint(ref: str | Path) -> list[Finding]:
    """All that is wrong or doubtful with a rubric, in order of lines; RubricError only where there is no such file."""
    return _examine(str(ref))[1]


def load(ref: str | Path) -> Rubric:
    """The rubric of a bundled id or a YAML or JSON file, with ``version`` set; RubricError lists what is wrong."""
    return _whole(*_examine(str(ref)), str(ref))


def lint_text(text: str, name: str = "rubric.yaml") -> list[Finding]:
    """All that is wrong or doubtful with a rubric that is being written, in order of lines."""
    return _judge(name, text.encode())[1]


def load_text(text: str, name: str = "rubric.yaml") -> Rubric:
    """The rubric of a YAML or JSON text, with ``version`` set; RubricError lists what is wrong."""
    return _whole(*_judge(name, text.encode()), name)


def _whole(rubric: Rubric | None, findings: list[Finding], ref: str) -> Rubric:
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors or rubric is None:
        first, *rest = errors
        lines = [f"{first.place}: {first.message}", *(f"  {each.place}: {each.message} {each.remedy}" for each in rest)]
        more = f" ({len(rest)} more: debrief rubric lint {ref})" if rest else ""
        error = RubricError(f"{lines[0]}{more}", first.remedy)
        for line in lines[1:]:
            error.add_note(line)
        raise error
    return rubric.model_copy(update={"version": content_hash(rubric)})


def content_hash(rubric: Rubric) -> str:
    """The sha256 of what a rubric says: layout, comments, key order and the file's format make no difference."""
    content = rubric.model_dump(exclude={"version"})
    return hashlib.sha256(json.dumps(_canonical(content), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _canonical(value: object) -> object:
    if isinstance(value, dict):
        return {key: _canonical(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(each) for each in value]
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value


def _examine(ref: str) -> tuple[Rubric | None, list[Finding]]:
    source = find(ref)
    return _judge(source.name if ref in bundled() else ref, _bytes(source, ref))


def _judge(name: str, content: bytes) -> tuple[Rubric | None, list[Finding]]:
    reading = read(name, content)
    findings = reading.findings + (check(reading) if reading.rubric is not None else [])
    return reading.rubric, sorted(findings, key=lambda finding: (finding.line, finding.severity, finding.message))


def _bytes(source: Traversable, ref: str) -> bytes:
    try:
        with source.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise RubricError(f"{ref}: cannot be read ({error.strerror}).", "Check the file's permissions.") from error
