"""The figures of an evaluation as tables in the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.evaluation import Evaluation, ScoreBlock

FIGURES = (
    ("n", "scored competencies"),
    ("qwk", "QWK"),
    ("qwk_uneven", "QWK, uneven interviews"),
    ("order_within", "order within interviews"),
    ("spearman", "rank correlation"),
    ("mae", "mean error, levels"),
    ("exact", "exactly right"),
    ("within1", "within one level"),
    ("drafted", "drafted"),
    ("null_recall", "silent where nothing was said"),
    ("plausible_cover", "range holds the level"),
    ("plausible_width", "range's width, levels"),
    ("top_half_exact", "surer half exactly right"),
    ("top_half_within1", "surer half within one"),
)
SHORT = {
    "qwk_90": "90 %", "qwk_uneven": "uneven", "order_within": "order", "mae": "error", "within1": "within 1", "drafted": "drafted",
    "null_recall": "silent", "plausible_cover": "range holds", "plausible_width": "width", "top_half_exact": "surer half",
}  # fmt: skip
"""Column heads of the tables of parts, where they differ from the field's name."""

PARTS = ("n", "qwk", "qwk_90", "qwk_uneven", "order_within", "mae", "within1", "drafted", "null_recall")
FEWEST = 8
"""Scored competencies; traits with fewer are in the JSON only."""


def show(found: Evaluation, console: Console | None = None) -> None:
    """Print the drafts beside their baselines, then per rubric, level and trait, then cutting and evidence."""
    console = console or Console()
    left = f", {found.left_out} left out of training" if found.left_out else ""
    console.print(
        f"[bold]{found.interviews} interviews[/bold]{left} · {found.readers} readers each · {escape(found.scorer)}"
    )
    if found.missing:
        console.print(f"[yellow]![/yellow] without an analysis: {escape(', '.join(found.missing_ids))}")
    table = a_table("", "drafts", *found.baselines)
    for field, name in FIGURES:
        table.add_row(name, *(cell(block, field) for block in (found.scores, *found.baselines.values())))
    console.print(table)
    console.print(f"90 % interval of the drafts' QWK: {plain(found.scores.qwk_90)}")
    parts(console, "Rubric", found.by_rubric)
    parts(
        console,
        "Level",
        found.by_level,
        ("n", "mae", "exact", "within1", "drafted", "plausible_cover", "plausible_width"),
    )
    common = {k: v for k, v in sorted(found.by_trait.items(), key=lambda item: item[1].mae or 0) if v.n >= FEWEST}
    parts(console, "Trait", common, ("n", "qwk", "mae", "exact", "within1", "drafted", "null_recall"))
    other(console, found)
    console.print(f"[dim]{found.limits}[/dim]")


def a_table(first: str, *others: str) -> Table:
    """A light table: names on the left, numbers on the right."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column(escape(first), no_wrap=True)
    for name in others:
        table.add_column(escape(name), justify="right")
    return table


def parts(console: Console, name: str, blocks: Mapping[str, ScoreBlock], fields: tuple[str, ...] = PARTS) -> None:
    """One row for each part of the corpus."""
    table = a_table(name, *(SHORT.get(field, field) for field in fields))
    for key, block in blocks.items():
        table.add_row(escape(key), *(cell(block, field) for field in fields))
    console.print(table)


def other(console: Console, found: Evaluation) -> None:
    """Cutting and evidence."""
    table = a_table("Roles, questions, evidence", "")
    for field in ("roles", "question_words", "other_kind_words", "border_f1"):
        table.add_row(field, plain(getattr(found, field)))
    for field, value in found.evidence.model_dump().items():
        table.add_row(f"evidence {field}", plain(value))
    if found.reader_vs_reader:
        for field, value in found.reader_vs_reader.model_dump().items():
            table.add_row(f"reader against reader {field}", plain(value))
    console.print(table)


def cell(block: ScoreBlock, field: str) -> str:
    """A figure as text; a dash where there is none."""
    return plain(getattr(block, field))


def plain(value: object) -> str:
    """A number to at most three decimals, an interval, a row of numbers, or a dash."""
    if value is None:
        return "–"
    if isinstance(value, tuple):
        return " to ".join(f"{x:.2f}" for x in value)
    if isinstance(value, dict):
        return " ".join(f"{x:.2f}" for x in value.values())
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
