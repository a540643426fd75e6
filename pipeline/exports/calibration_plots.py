"""Plots of interviewers' calibration, as SVG and PNG: leniency, central tendency, samples that split the room, trend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.decision import CalibrationReport
from pipeline.exports.evaluation_plots import ACCENT, GREY, INK, LIGHT, SECOND, dressed
from pipeline.exports.plots import save

HABITS = {"lenient": SECOND, "severe": ACCENT, "central": "#7a5c99", "none seen": GREY}
MANY = 20
"""Samples shown of those that split the room; they come widest first."""


def write_plots(found: CalibrationReport, folder: Path) -> tuple[Path, ...]:
    """Write ``leniency``, ``central-tendency``, ``split`` and ``trend`` as .svg and .png; returns the paths written.

    A plot without anything to show is left out.
    """
    charts: dict[str, Any] = {}
    if found.raters:
        charts |= {"leniency": leniency(found), "central-tendency": central_tendency(found), "trend": trend(found)}
    if found.split:
        charts["split"] = split(found)
    return save(charts, folder)


def leniency(found: CalibrationReport) -> Any:
    """How far above or below the key each person rates, with the 90 % interval; on the line nobody is lenient or severe."""
    import altair as alt

    rows = [
        {"who": _name(found, r.rater), "bias": r.bias, "low": r.bias_low, "high": r.bias_high, "habit": r.habit,
         "n": f"{r.n} ratings"}
        for r in found.raters
    ]  # fmt: skip
    order = [row["who"] for row in sorted(rows, key=lambda row: -float(str(row["bias"])))]
    who = alt.Y("who:N", sort=order, title=None)
    base = alt.Chart(alt.Data(values=rows)).encode(y=who, color=_habit())
    zero = alt.Chart(alt.Data(values=[{"x": 0}])).mark_rule(strokeDash=[4, 4], color=INK).encode(x="x:Q")
    span = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title="Levels above (lenient) or below (severe) the key", scale=alt.Scale(domain=[-2, 2])),
        x2="high:Q",
    )
    dot = base.mark_circle(size=110, opacity=1).encode(x="bias:Q")
    count = base.mark_text(align="left", dx=6, fontSize=11, color=GREY).encode(
        x=alt.value(366), text="n:N", color=alt.value(GREY)
    )
    chart = zero + span + dot + count
    return dressed(chart, "Leniency and severity", "Mean deviation from the key with its 90 % interval", 34 * len(rows))


def central_tendency(found: CalibrationReport) -> Any:
    """The mean level that each person gives at each level of the key; a flat line draws towards the middle."""
    import altair as alt

    rows = [
        {"who": _name(found, r.rater), "key": key, "level": level, "habit": r.habit, "n": n}
        for r in found.raters
        for key, n, level in r.by_key
    ]
    ideal = [{"who": _name(found, r.rater), "key": k, "level": k} for r in found.raters for k in (1, 5)]
    axis = alt.Scale(domain=[1, 5])
    x = alt.X("key:Q", scale=axis, title="Level of the key", axis=alt.Axis(values=[1, 2, 3, 4, 5], format="d"))
    y = alt.Y("level:Q", scale=axis, title="Mean level given", axis=alt.Axis(values=[1, 2, 3, 4, 5], format="d"))
    data = alt.Data(values=[*({**row, "line": "given"} for row in rows), *({**row, "line": "key"} for row in ideal)])
    chart = alt.Chart(data)
    diagonal = chart.transform_filter("datum.line == 'key'").mark_line(strokeDash=[4, 4], color=LIGHT).encode(x=x, y=y)
    given = (
        chart.transform_filter("datum.line == 'given'")
        .mark_line(point=alt.OverlayMarkDef(size=45), strokeWidth=2)
        .encode(x=x, y=y, color=_habit())
    )
    small = (diagonal + given).properties(width=150, height=150)
    return dressed(
        small.facet(facet=alt.Facet("who:N", title=None, header=alt.Header(labelColor=INK)), columns=4),
        "Central tendency", "Mean level given at each level of the key; the dashed line is the key", None,
    )  # fmt: skip


def split(found: CalibrationReport) -> Any:
    """The samples on which people lie two or more levels apart: every level given, and the key."""
    import altair as alt

    shown = found.split[:MANY]
    names = {sample.sample: f"sample {sample.sample[:8]}" for sample in shown}
    rows = [
        {"sample": names[s.sample], "level": level, "n": s.levels.count(level)}
        for s in shown
        for level in sorted(set(s.levels))
    ]
    keys = [{"sample": names[s.sample], "level": s.key, "what": "key"} for s in shown]
    y = alt.Y("sample:N", sort=list(names.values()), title=None)
    x = alt.X(
        "level:Q",
        scale=alt.Scale(domain=[0.7, 5.3]),
        axis=alt.Axis(values=[1, 2, 3, 4, 5], format="d"),
        title="Level given",
    )
    circles = (
        alt.Chart(alt.Data(values=rows))
        .mark_circle(color=ACCENT, opacity=0.9)
        .encode(
            x=x, y=y, size=alt.Size("n:Q", title="people", scale=alt.Scale(domain=[0, 6], range=[60, 400]), legend=None)
        )
    )
    counts = alt.Chart(alt.Data(values=rows)).mark_text(color="white", fontSize=11).encode(x=x, y=y, text="n:Q")
    key = alt.Chart(alt.Data(values=keys)).mark_tick(thickness=3, size=22, color=SECOND).encode(x=alt.X("level:Q"), y=y)
    hidden = f"; {len(found.split) - MANY} more not shown" if len(found.split) > MANY else ""
    return dressed(
        key + circles + counts, "Samples that split the room",
        f"Numbers: people who gave that level; orange: the key{hidden}", 28 * len(shown),
    )  # fmt: skip


def trend(found: CalibrationReport) -> Any:
    """Month by month, how far each person and everyone together lie from the key."""
    import altair as alt

    rows = [
        {"who": _name(found, r.rater), "month": month, "error": error}
        for r in found.raters
        for month, _, error, _ in r.trend
    ]
    room = [{"who": "everyone", "month": month, "error": error} for month, _, error, _ in found.trend]
    x = alt.X("month:O", title=None, axis=alt.Axis(labelAngle=0))
    y = alt.Y("error:Q", title="Mean distance from the key, levels", scale=alt.Scale(domainMin=0))
    people = (
        alt.Chart(alt.Data(values=rows))
        .mark_line(point=True, strokeWidth=1.5)
        .encode(
            x=x, y=y,
            color=alt.Color("who:N", title=None, scale=alt.Scale(scheme="tableau10"),
                            legend=alt.Legend(orient="right", symbolType="stroke", labelLimit=220)),
        )
    )  # fmt: skip
    together = alt.Chart(alt.Data(values=room)).mark_line(strokeWidth=4, color=INK, opacity=0.85).encode(x=x, y=y)
    return dressed(people + together, "Trend", "Thin: each person; thick: everyone together", 260)


def _habit() -> Any:
    import altair as alt

    return alt.Color(
        "habit:N",
        title=None,
        scale=alt.Scale(domain=list(HABITS), range=list(HABITS.values())),
        legend=alt.Legend(orient="bottom"),
    )


def _name(found: CalibrationReport, rater: str) -> str:
    return found.people.get(rater, rater[:8])
