"""Which recordings a day has: from a manifest (``day.csv``) or from the files' names."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Sequence
from pathlib import Path

from models.work import DayResult, DayRow
from pipeline.errors import UsageError

COLUMNS = ("file", "candidate", "role", "rubric", "interviewers", "consent", "vocabulary", "round")
CONSENT = {"given": "given", "yes": "given", "y": "given", "true": "given", "1": "given", "refused": "refused",
           "no": "refused", "n": "refused", "false": "refused", "0": "refused", "": "unknown", "unknown": "unknown"}  # fmt: skip
PATTERN = "{role}--{candidate}"
"""How a file that has no row tells its opening and candidate: ``Support--Ann Lee.mp3``."""

UNFINISHED = (".part", ".crdownload", ".tmp", ".download", ".partial", "~")
AROUND = (".csv", ".html", ".log", ".md")


def read_manifest(path: Path, rubric: str) -> list[DayRow]:
    """The rows of a manifest, ``rubric`` where a row names none. UsageError names the line that does not fit.

    Comma or semicolon, UTF-8 with or without a mark at its beginning; lists within a cell are separated by ``;`` or ``|``, or by ``,``.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path.name}: the manifest cannot be read.", "Save it as CSV in UTF-8.") from error
    first = text.split("\n", 1)[0]
    reader = csv.DictReader(text.splitlines(), delimiter=";" if first.count(";") > first.count(",") else ",")
    heads = [(head or "").strip().lower() for head in reader.fieldnames or ()]
    reader.fieldnames = heads
    unknown = [head for head in heads if head not in COLUMNS]
    if unknown or not {"file", "candidate", "role"} <= set(heads):
        raise UsageError(
            f"{path.name}: its columns are {', '.join(heads) or 'absent'}.",
            f"It needs file, candidate and role, and may have {', '.join(COLUMNS[3:])}.",
        )
    rows = [_row(path.name, number, cells, rubric) for number, cells in enumerate(reader, 2) if any(cells.values())]
    twice = {row.file for row in rows if sum(other.file == row.file for other in rows) > 1}
    if twice:
        raise UsageError(f"{path.name}: {sorted(twice)[0]} has two rows.", "Leave one row for each file.")
    return rows


def _row(name: str, number: int, cells: dict[str, str | None], rubric: str) -> DayRow:
    said = {key: (value or "").strip() for key, value in cells.items() if isinstance(value, str) or value is None}
    for needed in ("file", "candidate", "role"):
        if not said.get(needed):
            raise UsageError(f"{name}: line {number} has no {needed}.", "Fill it in, or leave the whole line out.")
    consent = CONSENT.get(said.get("consent", "").lower())
    if consent is None:
        raise UsageError(f"{name}: line {number}: consent is {said['consent']!r}.", "Write given, refused or unknown.")
    used = said.get("rubric") or rubric
    if not used:
        raise UsageError(f"{name}: line {number} has no rubric.", "Name one in the row, or give --rubric.")
    return DayRow(
        file=said["file"], candidate=said["candidate"], role=said["role"], rubric=used,
        interviewers=parts(said.get("interviewers", "")), consent=consent, vocabulary=parts(said.get("vocabulary", "")),
        round=said.get("round") or Path(said["file"]).stem, line=number,
    )  # fmt: skip


def parts(cell: str) -> tuple[str, ...]:
    """The entries of a cell."""
    mark = next((mark for mark in ";|" if mark in cell), ",")
    return tuple(part.strip() for part in cell.split(mark) if part.strip())


def by_name(file: str, pattern: str, rubric: str, consent: str) -> DayRow | None:
    """The row of a file that the manifest does not have, by its name; None where the name does not fit the pattern."""
    expression = "".join(
        f"(?P<{piece[1:-1]}>.+?)" if re.fullmatch(r"\{\w+\}", piece) else re.escape(piece)
        for piece in re.split(r"(\{\w+\})", pattern)
    )
    try:
        found = re.fullmatch(expression, Path(file).stem)
    except re.error as error:
        raise UsageError(
            f"{pattern!r} is not a pattern.", "Use {role} and {candidate} once each, and {date} or {round}."
        ) from error
    if found is None or not rubric:
        return None
    said = found.groupdict()
    if not {"role", "candidate"} <= set(said):
        raise UsageError(f"{pattern!r} does not tell role and candidate.", "Use {role} and {candidate} in it.")
    return DayRow(
        file=file, candidate=said["candidate"].replace("_", " ").strip(), role=said["role"].replace("_", " ").strip(),
        rubric=rubric, consent=consent, round=said.get("round") or Path(file).stem,
    )  # fmt: skip


def files_of(folder: Path, manifest: Path | None, settle: float = 0.0) -> list[Path]:
    """What lies in the folder, sorted by name: no hidden, unfinished or accompanying files; none that changed within ``settle`` seconds."""
    found = []
    for file in sorted(folder.iterdir()):
        if file.name.startswith(".") or not file.is_file() or file == manifest:
            continue
        if file.name.lower().endswith((*UNFINISHED, *AROUND)):
            continue
        try:
            if settle and time.time() - file.stat().st_mtime < settle:
                continue
        except OSError:
            continue  # gone between listing and looking
        found.append(file)
    return found


def matched(
    folder: Path, manifest: Path | None, rows: Sequence[DayRow], *, rubric: str, pattern: str, consent: str,
    settle: float = 0.0,
) -> tuple[list[DayRow], list[DayResult]]:  # fmt: skip
    """The day's rows, and what could not be matched: files without a row whose names say nothing, rows without a file."""
    files = {file.name: file for file in files_of(folder, manifest, settle)}
    found = [row for row in rows if row.file in files]
    wrong = [] if settle else [
        DayResult(
            file=row.file, candidate=row.candidate, role=row.role, outcome="failed",
            cause=f"{row.file}: there is no such file in the folder.",
            remedy=f"Correct line {row.line} of the manifest, or bring the file.",
        )
        for row in rows if row.file not in files
    ]  # fmt: skip
    known = {row.file for row in rows}
    for name in files:
        if name in known:
            continue
        row = by_name(name, pattern, rubric, consent)
        if row is not None:
            found.append(row)
        else:
            wrong.append(
                DayResult(
                    file=name, outcome="failed", cause=f"{name}: nothing says whose interview this is.",
                    remedy=f"Give it a row in the manifest, or name it like {pattern} and give --rubric.",
                )
            )  # fmt: skip
    return found, wrong
