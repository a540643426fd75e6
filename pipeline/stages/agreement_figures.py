"""Agreement of drafts with readers: the figures over rows of levels. Definitions: benchmarks/metrics.md."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.evaluation import Bin, Cell, ScoreBlock, ScoreRow, Step

LEVELS = 5
RESAMPLES = 500
_APART = (np.arange(LEVELS)[:, None] - np.arange(LEVELS)[None]) ** 2


def consensus(values: Sequence[int | None]) -> int | None:
    """Median of the readers, halves up; None where half of them or more say None."""
    levels = [value for value in values if value is not None]
    if 2 * len(levels) <= len(values):
        return None
    return int(np.floor(np.median(levels) + 0.5))


def quadratic_kappa(table: NDArray[np.int64]) -> float:
    """Quadratic weighted kappa of a 5 x 5 table of counts (Cohen 1968); nan where chance agreement is already perfect."""
    expected = np.outer(table.sum(0), table.sum(1)) / max(int(table.sum()), 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(1 - np.sum(_APART * table) / np.sum(_APART * expected))


def counts(pairs: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """How often each pair of levels occurs, 5 x 5."""
    table = np.zeros((LEVELS, LEVELS), dtype=np.int64)
    for a, b in pairs:
        table[a - 1, b - 1] += 1
    return table


def _kappa(rows: Sequence[ScoreRow]) -> float | None:
    """Quadratic weighted kappa to three decimals; None for five rows or fewer."""
    if len(rows) <= 5:
        return None
    found = quadratic_kappa(counts([(r.want or 0, r.got or 0) for r in rows]))
    return None if np.isnan(found) else _three(found)


def score_block(rows: Sequence[ScoreRow]) -> ScoreBlock:
    """All figures over the rows; with fewer than three drafts only their number and share."""
    from scipy.stats import spearmanr

    scored = [r for r in rows if r.want is not None]
    empty = [r for r in rows if r.want is None]
    both = [r for r in scored if r.got is not None]
    if len(both) < 3:
        return ScoreBlock(n=len(scored), drafted=len(both) / max(1, len(scored)))
    y, x = np.array([r.want for r in both]), np.array([r.got for r in both])
    half = sorted(scored, key=lambda r: -1.0 if r.confidence is None else r.confidence, reverse=True)
    half = half[: max(1, len(scored) // 2)]
    ranges = [(r.want or 0, r.low, r.high) for r in scored]
    return ScoreBlock(
        n=len(scored),
        null_n=len(empty),
        drafted=round(len(both) / len(scored), 3),
        null_recall=round(sum(r.got is None for r in empty) / len(empty), 3) if empty else None,
        qwk=_kappa(both),
        qwk_90=_interval(both),
        qwk_uneven=_kappa(uneven(scored, both)),
        order_within=order_within(scored),
        spearman=None
        if len(set(y.tolist())) == 1
        else 0.0
        if len(set(x.tolist())) == 1
        else _three(spearmanr(y, x).statistic),
        mae=round(float(abs(y - x).mean()), 3),
        mae_constant_3=round(float(abs(y - 3).mean()), 3),
        exact=round(float((y == x).mean()), 3),
        within1=round(float((abs(y - x) <= 1).mean()), 3),
        mae_by_level={str(v): round(float(abs(y[y == v] - x[y == v]).mean()), 2) for v in sorted(set(y.tolist()))},
        plausible_cover=round(
            sum(lo is not None and hi is not None and lo <= w <= hi for w, lo, hi in ranges) / len(scored), 3
        ),
        plausible_width=round(
            float(np.mean([LEVELS if lo is None or hi is None else hi - lo + 1 for _, lo, hi in ranges])), 2
        ),
        top_half_exact=round(sum(r.got == r.want for r in half) / len(half), 3),
        top_half_within1=round(sum(abs(r.got - (r.want or 0)) <= 1 for r in half if r.got is not None) / len(half), 3),
    )


def uneven(scored: Sequence[ScoreRow], both: Sequence[ScoreRow]) -> list[ScoreRow]:
    """The drafted rows of interviews whose competencies lie three or more levels apart."""
    spread = defaultdict(list)
    for row in scored:
        spread[row.id].append(row.want or 0)
    return [row for row in both if max(spread[row.id]) - min(spread[row.id]) >= 3]


def order_within(scored: Sequence[ScoreRow]) -> float | None:
    """Of the pairs within one interview two or more levels apart, the share whose values lie in the right order (a tie is half)."""
    by_id = defaultdict(list)
    for row in scored:
        by_id[row.id].append(row)
    right = wrong = 0.0
    for group in by_id.values():
        for a, b in itertools.combinations(group, 2):
            if abs((a.want or 0) - (b.want or 0)) < 2:
                continue
            ok = 0.0
            if a.value is not None and b.value is not None:
                ok = 0.5 if a.value == b.value else float((a.value > b.value) == ((a.want or 0) > (b.want or 0)))
            right += ok
            wrong += 1 - ok
    return round(right / (right + wrong), 3) if right + wrong else None


def _interval(both: Sequence[ScoreRow]) -> tuple[float, float] | None:
    """90 % bootstrap interval of kappa over interviews, seed 0."""
    ids = sorted({row.id for row in both})
    tables = np.stack([counts([(r.want or 0, r.got or 0) for r in both if r.id == i]) for i in ids])
    chance = np.random.default_rng(0)
    draws = []
    for _ in range(RESAMPLES):
        table = tables[chance.choice(len(ids), len(ids))].sum(0)
        draws.append(round(quadratic_kappa(table), 3) if table.sum() > 5 else np.nan)
    if np.isnan(draws).all():
        return None
    return _three(np.nanpercentile(draws, 5)), _three(np.nanpercentile(draws, 95))


def _three(value: float) -> float:
    return round(float(value), 3)


def confusion(rows: Sequence[ScoreRow]) -> tuple[Cell, ...]:
    """How often readers and drafts met at each pair of levels, no level included."""
    found = Counter((row.want, row.got) for row in rows)
    ordered = sorted(found, key=lambda pair: (pair[0] or 0, pair[1] or 0))
    return tuple(Cell(want=want, got=got, n=found[want, got]) for want, got in ordered)


def confidence_steps(rows: Sequence[ScoreRow]) -> tuple[Step, ...]:
    """Share kept, exact and within one level for each confidence (in twentieths) that at least five drafts reach."""
    scored = [row for row in rows if row.want is not None]
    steps = []
    for twentieth in range(20):
        least = twentieth / 20
        kept = [r for r in scored if r.got is not None and (r.confidence or 0.0) >= least]
        if len(kept) < 5:
            break
        apart = [abs((r.got or 0) - (r.want or 0)) for r in kept]
        shares = (
            len(kept) / len(scored),
            sum(d == 0 for d in apart) / len(kept),
            sum(d <= 1 for d in apart) / len(kept),
        )
        steps.append(
            Step(confidence=least, kept=round(shares[0], 3), exact=round(shares[1], 3), within1=round(shares[2], 3))
        )
    return tuple(steps)


def reliability(rows: Sequence[ScoreRow], bins: int = 6) -> tuple[Bin, ...]:
    """Drafts cut by confidence into groups of like size: mean confidence against the share exactly right."""
    drafted = sorted(
        (r.confidence or 0.0, float(r.got == r.want)) for r in rows if r.got is not None and r.want is not None
    )
    groups = [group for group in np.array_split(np.array(drafted), min(bins, max(1, len(drafted) // 5))) if len(group)]
    return tuple(
        Bin(confidence=round(float(g[:, 0].mean()), 3), exact=round(float(g[:, 1].mean()), 3), n=len(g)) for g in groups
    )
