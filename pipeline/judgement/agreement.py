"""Inter-rater agreement: quadratic weighted kappa of pairs and Krippendorff's alpha of everyone, each with a
bootstrap interval.

Sources: Cohen 1968 (weighted kappa); Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability" (interval
metric). Both are
checked against scikit-learn and the ``krippendorff`` package in the tests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from models.decision import Agreement, AgreementTable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEVELS = 5
SEED = 20261122
RESAMPLES = 1000
FEWEST = 5
"""Things rated below which no interval is given."""


def weighted_kappa(first: Sequence[int], second: Sequence[int]) -> float | None:
    """Quadratic weighted kappa of two raters over levels 1 to 5; None for no pairs or where chance agreement is
    already perfect.
    """
    return _kappa(Counter(zip(first, second, strict=True)))


def _kappa(cells: Mapping[tuple[int, int], int]) -> float | None:
    rows: Counter[int] = Counter()
    columns: Counter[int] = Counter()
    for (a, b), times in cells.items():
        rows[a] += times
        columns[b] += times
    n = rows.total()
    if n == 0:
        return None
    observed = sum((a - b) ** 2 * times for (a, b), times in cells.items()) / n
    expected = sum((a - b) ** 2 * rows[a] * columns[b] for a in rows for b in columns) / n**2
    return None if expected == 0 else 1 - observed / expected


def krippendorff_alpha(units: Sequence[Sequence[float]]) -> float | None:
    """Krippendorff's alpha with the interval metric; a unit is what all raters gave one thing, absent ratings left out.

    None where fewer than two ratings can be paired or all ratings are the same.
    """
    paired = [unit for unit in units if len(unit) >= 2]
    n = sum(len(unit) for unit in paired)
    if n == 0:
        return None
    # The sum of squared differences over all ordered pairs of m values is 2 (m sum(x^2) - sum(x)^2).
    within = sum(2 * (len(u) * sum(x * x for x in u) - sum(u) ** 2) / (len(u) - 1) for u in paired) / n
    values = [x for unit in paired for x in unit]
    overall = 2 * (n * sum(x * x for x in values) - sum(values) ** 2) / (n * (n - 1))
    return None if overall <= 0 else 1 - within / overall


def kappa_with_interval(name: str, first: Sequence[int], second: Sequence[int], *, seed: int = SEED) -> Agreement:
    """Weighted kappa of a pair with its 90 % interval by bootstrap over the things rated."""
    return table_kappa(name, Counter(zip(first, second, strict=True)), seed=seed)


def table_kappa(name: str, cells: Counter[tuple[int, int]], *, seed: int = SEED) -> Agreement:
    """What :func:`kappa_with_interval` gives, from how often each pair of levels came up."""
    import numpy

    n = cells.total()
    low, high = None, None
    if n >= FEWEST:
        # Drawing things with replacement is drawing the cells of their table: quick however many there are.
        table = numpy.array([[cells[a, b] for b in range(1, LEVELS + 1)] for a in range(1, LEVELS + 1)], dtype=float)
        drawn = numpy.random.default_rng(seed).multinomial(n, table.ravel() / n, size=RESAMPLES)
        tables = drawn.reshape(RESAMPLES, LEVELS, LEVELS).astype(float)
        far = (numpy.arange(LEVELS)[:, None] - numpy.arange(LEVELS)) ** 2
        chance = numpy.einsum("ri,rj,ij->r", tables.sum(axis=2), tables.sum(axis=1), far) / n
        low, high = _interval(1 - (tables * far).sum(axis=(1, 2))[chance > 0] / chance[chance > 0])
    return Agreement(name=name, value=_kappa(cells), low=low, high=high, n=n)


def alpha_with_interval(name: str, units: Sequence[Sequence[float]], *, seed: int = SEED) -> Agreement:
    """Krippendorff's alpha with its 90 % interval by bootstrap over units."""
    import numpy

    paired = [tuple(unit) for unit in units if len(unit) >= 2]
    low, high = None, None
    if len(paired) >= FEWEST:
        # Units with the same ratings are alike, and all that alpha needs of a unit adds up.
        alike = Counter(tuple(sorted(unit)) for unit in paired)
        facts = numpy.array([_facts(unit) for unit in alike])
        share = numpy.array(list(alike.values()), dtype=float) / len(paired)
        drawn = numpy.random.default_rng(seed).multinomial(len(paired), share, size=RESAMPLES)
        n, total, squares, within = (drawn @ facts).T
        overall = 2 * (n * squares - total**2) / (n * (n - 1))
        there = overall > 1e-12
        low, high = _interval(1 - within[there] / n[there] / overall[there])
    return Agreement(name=name, value=krippendorff_alpha(paired), low=low, high=high, n=len(paired))


def _facts(unit: Sequence[float]) -> tuple[float, float, float, float]:
    """Number, sum, sum of squares, and differences within, of one unit's ratings."""
    m, total, squares = len(unit), sum(unit), sum(x * x for x in unit)
    return m, total, squares, 2 * (m * squares - total**2) / (m - 1)


def _interval(found: NDArray[np.float64]) -> tuple[float | None, float | None]:
    if len(found) < RESAMPLES // 2:
        return None, None
    return percentiles(found, 5, 95)


def bootstrap(
    things: list[Any], statistic: Callable[[list[Any]], float | None], seed: int
) -> tuple[float | None, float | None]:
    """The 5th and 95th percentile of the statistic over resamples of the things; None for fewer than five things."""
    import random

    if len(things) < FEWEST:
        return None, None
    chance = random.Random(seed)  # noqa: S311 - statistics, not secrets
    drawn = (statistic(chance.choices(things, k=len(things))) for _ in range(RESAMPLES))
    found = sorted(value for value in drawn if value is not None)
    if len(found) < RESAMPLES // 2:
        return None, None
    return found[int(0.05 * len(found))], found[min(len(found) - 1, int(0.95 * len(found)))]


def agreement_table(ratings: Mapping[str, Mapping[str, int]], *, seed: int = SEED) -> AgreementTable:
    """Agreement of raters: ``ratings`` maps rater to thing rated to level. The draft may be passed as one more rater."""
    raters = tuple(sorted(ratings))
    pairs = []
    for a, b in combinations(raters, 2):
        both = sorted(set(ratings[a]) & set(ratings[b]))
        pairs.append(
            (
                a,
                b,
                kappa_with_interval(
                    "weighted kappa", [ratings[a][t] for t in both], [ratings[b][t] for t in both], seed=seed
                ),
            )
        )
    things = sorted({thing for given in ratings.values() for thing in given})
    units = [[float(ratings[r][thing]) for r in raters if thing in ratings[r]] for thing in things]
    return AgreementTable(
        raters=raters,
        pairs=tuple(pairs),
        alpha=alpha_with_interval("Krippendorff's alpha (interval)", units, seed=seed),
    )


def percentiles(values: NDArray[np.float64], low: float, high: float) -> tuple[float, float]:
    """Two percentiles (0..100) of a row of numbers, between neighbours where they fall between them: as numpy's, many times quicker."""
    import numpy

    places = [(len(values) - 1) * share / 100 for share in (low, high)]
    pairs = [(int(place), min(int(place) + 1, len(values) - 1)) for place in places]
    ordered = numpy.partition(values, [at for pair in pairs for at in pair])
    first, second = (
        float(ordered[a] + (ordered[b] - ordered[a]) * (place - a)) for (a, b), place in zip(pairs, places, strict=True)
    )
    return first, second
