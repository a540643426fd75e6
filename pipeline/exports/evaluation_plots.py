"""Plots of an evaluation, as SVG and PNG: confusion of levels, coverage against confidence, reliability."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.evaluation import Evaluation
from pipeline.exports.plots import save

INK, GREY, LIGHT = "#1f3a4d", "#7a8790", "#c7d0d6"
ACCENT, SECOND = "#1f6f8b", "#b8651b"


def write_plots(found: Evaluation, folder: Path) -> tuple[Path, ...]:
    """Write ``confusion``, ``confidence`` and ``reliability`` as .svg and .png; returns the paths written."""
    charts = {"confusion": confusion(found), "confidence": confidence(found), "reliability": reliability(found)}
    return save(charts, folder)


def confusion(found: Evaluation) -> Any:
    """How often readers and drafts met at each pair of levels; the diagonal is agreement."""
    import altair as alt

    levels = ["none", "1", "2", "3", "4", "5"]
    rows = [{"readers": _level(c.want), "draft": _level(c.got), "n": c.n} for c in found.confusion]
    most = max((cell.n for cell in found.confusion), default=1)
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X(
            "draft:N", sort=levels, scale=alt.Scale(domain=levels), title="Draft level", axis=alt.Axis(labelAngle=0)
        ),
        y=alt.Y("readers:N", sort=levels[::-1], scale=alt.Scale(domain=levels[::-1]), title="Readers' level"),
    )
    squares = base.mark_rect().encode(
        color=alt.Color("n:Q", scale=alt.Scale(range=["#eef3f6", ACCENT]), legend=None),
    )
    numbers = base.mark_text(fontSize=13).encode(
        text="n:Q",
        color=alt.condition(f"datum.n > {most * 0.55}", alt.value("white"), alt.value(INK)),
    )
    return dressed(
        squares + numbers, "Levels of readers and drafts", f"{len(found.rows)} competencies of {_talks(found)}", 300
    )


def confidence(found: Evaluation) -> Any:
    """What is left, and how right it is, when only drafts at or above a confidence count."""
    import altair as alt

    names = {"kept": "share of drafts kept", "exact": "exactly right", "within1": "within one level"}
    rows = [
        {"confidence": step.confidence, "share": getattr(step, field), "line": name}
        for step in found.steps
        for field, name in names.items()
    ]
    lines = (
        alt.Chart(alt.Data(values=rows))
        .mark_line(point=True, strokeWidth=2)
        .encode(
            x=alt.X("confidence:Q", title="Least confidence that counts"),
            y=alt.Y("share:Q", title="Share", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=6)),
            color=alt.Color(
                "line:N",
                title=None,
                scale=alt.Scale(domain=list(names.values()), range=[GREY, ACCENT, SECOND]),
                legend=alt.Legend(orient="bottom", symbolType="stroke"),
            ),
        )
    )
    return dressed(lines, "Coverage against confidence", f"Drafts of scored competencies, {_talks(found)}", 300)


def reliability(found: Evaluation) -> Any:
    """The share exactly right among drafts of like confidence; on the line, confidence means what it says."""
    import altair as alt

    rows = [{"confidence": b.confidence, "exact": b.exact, "n": b.n} for b in found.bins]
    share = alt.Scale(domain=[0, 1])
    diagonal = (
        alt.Chart(alt.Data(values=[{"a": 0, "b": 0}, {"a": 1, "b": 1}]))
        .mark_line(strokeDash=[4, 4], color=LIGHT)
        .encode(x=alt.X("a:Q", scale=share), y=alt.Y("b:Q", scale=share))
    )
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("confidence:Q", title="Mean confidence", scale=share, axis=alt.Axis(format="%", tickCount=6)),
        y=alt.Y("exact:Q", title="Share exactly right", scale=share, axis=alt.Axis(format="%", tickCount=6)),
    )
    line = base.mark_line(color=ACCENT, strokeWidth=2)
    points = base.mark_circle(color=ACCENT, size=70, opacity=1)
    labels = base.mark_text(dy=-12, color=INK).encode(text="n:Q")
    title = f"Numbers: drafts in each group, {_talks(found)}"
    return dressed(diagonal + line + points + labels, "Reliability of confidence", title, 300)


def _level(level: int | None) -> str:
    return "none" if level is None else str(level)


def _talks(found: Evaluation) -> str:
    left = f", {found.left_out} left out of training" if found.left_out else ""
    return f"{found.interviews} interviews{left}"


def dressed(chart: Any, title: str, subtitle: str, size: int | None) -> Any:
    """One look for all plots; ``size`` is the height in pixels (None: the chart has sizes of its own)."""
    import altair as alt

    sizes = {} if size is None else {"width": min(460, max(360, size + 60)), "height": size}
    return (
        chart.properties(**sizes, title=alt.Title(title, subtitle=subtitle, anchor="start", color=INK))
        .configure_view(stroke=None)
        .configure_axis(gridColor="#eef1f3", labelColor=INK, titleColor=INK, domainColor=LIGHT, tickColor=LIGHT)
        .configure(font="Helvetica, Arial, sans-serif", background="white", padding=12)
    )
