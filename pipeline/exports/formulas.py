"""The live formulas of the workbook: the same arithmetic as ``pipeline.judgement.weighting`` and ``decide``, cell by
cell.

They work in Excel and LibreOffice without array entry. ``averages`` and the other ranges are absolute references to
one candidate's
column of competency averages; an average that nobody gave is an empty text, which counts as missing.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.rubric import Rubric, Rule


def average(rounds: Sequence[str]) -> str:
    """Mean over the raters of each round (a range each), then over the rounds that have a score."""
    total = " + ".join(f"IF(COUNT({r})=0,0,AVERAGE({r}))" for r in rounds)
    count = " + ".join(f"(COUNT({r})>0)" for r in rounds)
    filled = " + ".join(f"COUNT({r})" for r in rounds)
    return f'=IF({filled}=0,"",({total})/({count}))'


def weighted(weights: str, averages: str) -> str:
    """The weighted mean of the averages that are there, unrounded, without the leading equals sign."""
    return f"SUMPRODUCT({weights},{averages})/SUMPRODUCT({weights}*ISNUMBER({averages}))"


def total(rubric: Rubric, weights: str, averages: str, waiting: str) -> str:
    """The weighted total to 0.01; empty while a score waits for its owner, or is missing where the rubric blocks."""
    enough = f"COUNT({averages})=ROWS({averages})" if rubric.missing == "block" else f"COUNT({averages})>0"
    # The inner rounding takes away what binary fractions add to a half (2.675 is stored as 2.67499…).
    return f'=IF(AND({enough},{waiting}=""),ROUND(ROUND({weighted(weights, averages)},9),2),"")'


def place(cell: str, row: str) -> str:
    """The rank of a total among the totals of its row, best first; empty without a total."""
    return f'=IF(ISNUMBER({cell}),RANK({cell},{row},0),"")'


def must_haves(minimums: str, averages: str) -> str:
    """``met`` | ``not met`` | ``cannot tell`` over all must-haves (rows with a minimum)."""
    low = f"SUMPRODUCT(ISNUMBER({minimums})*ISNUMBER({averages})*({averages}<{minimums}))"
    open_ = f"SUMPRODUCT(ISNUMBER({minimums})*(1-ISNUMBER({averages})))"
    return f'=IF({low}>0,"not met",IF({open_}>0,"cannot tell","met"))'


def rule(rubric: Rubric, item: Rule, weights: str, averages: str, cell_of: dict[str, str], waiting: str) -> str:
    """``met`` | ``not met`` | ``cannot tell`` of one rule of the rubric."""
    if item.kind == "count_at_least":
        reached = f'COUNTIF({averages},">={item.level or 1}")'
        missing = f"(ROWS({averages})-COUNT({averages}))"
        wanted = item.count or 1
        return f'=IF({reached}>={wanted},"met",IF({reached}+{missing}>={wanted},"cannot tell","not met"))'
    if item.kind == "minimum":
        cell = cell_of.get(item.competency or "")
        if cell is None:
            return '="cannot tell"'
        return f'=IF(ISNUMBER({cell}),IF({cell}>={item.level or 1},"met","not met"),"cannot tell")'
    wanted_total = f"{item.total or 0}"
    bound = (
        f"(SUMPRODUCT({weights},{averages})+{{level}}*SUMPRODUCT({weights}*(1-ISNUMBER({averages}))))/SUM({weights})"
    )
    low, high = bound.format(level=1), bound.format(level=5)
    bounded = f'IF(ROUND({low},9)>={wanted_total},"met",IF(ROUND({high},9)<{wanted_total},"not met","cannot tell"))'
    if rubric.missing == "block":
        return f"={bounded}"
    known = f'IF(ROUND({weighted(weights, averages)},9)>={wanted_total},"met","not met")'
    return f'=IF(AND(COUNT({averages})>0,{waiting}=""),{known},{bounded})'


def outcome(total_cell: str, must_cell: str, rules: str | None) -> str:
    """The rubric's advice, as ``decide`` words it."""
    failed = f'COUNTIF({rules},"not met")>0' if rules else "FALSE"
    unsure = f'COUNTIF({rules},"cannot tell")>0' if rules else "FALSE"
    return (
        f'=IF({must_cell}="not met","disqualified",IF({failed},"not met",'
        f'IF(OR({total_cell}="",{must_cell}="cannot tell",{unsure}),"cannot tell","all met")))'
    )
