"""How well drafts agree with careful readers: labelled interviews, the figures, and what is plotted."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from models._base import Noun

LIMITS = (
    "The texts are synthetic and the readers are language models: the figures show consistency with careful reading, "
    "not agreement with people in a real hiring team."
)
"""Stands wherever the figures are printed."""


class Passage(Noun):
    """A quote that a reader marked: its turn, exact words, and polarity (``+`` or ``-``)."""

    turn: int
    quote: str
    polarity: str


class Reader(Noun):
    """One reader's levels (None: no usable evidence) and quotes for each competency id."""

    scores: Mapping[str, int | None]
    evidence: Mapping[str, tuple[Passage, ...]] = Field(default_factory=dict)


class SpokenTurn(Noun):
    """A turn of a labelled interview as it was said, without labels."""

    t: int
    speaker: str
    text: str


class Labelled(Noun):
    """A labelled interview: its turns, the key's roles, question (or kind) of each turn, and readers (the writer first)."""

    id: str
    rubric: str
    turns: tuple[SpokenTurn, ...]
    roles: Mapping[str, str]
    labels: Mapping[int, str]
    readers: tuple[Reader, ...]
    traits: tuple[str, ...] = ()


class ScoreRow(Noun):
    """One competency of one interview: the readers' level, and what the draft said (None: no draft)."""

    id: str
    rubric: str
    competency: str
    want: int | None
    got: int | None
    value: float | None
    confidence: float | None
    low: int | None = None
    high: int | None = None
    traits: tuple[str, ...] = ()


class ScoreBlock(Noun):
    """Agreement of drafts with readers over some rows; the names are explained in benchmarks/metrics.md.

    ``n`` counts scored competencies, ``null_n`` those without evidence. With fewer than three drafts only ``n`` and ``drafted`` are given.
    """

    n: int
    drafted: float
    null_n: int | None = None
    null_recall: float | None = None
    qwk: float | None = None
    qwk_90: tuple[float, float] | None = None
    qwk_uneven: float | None = None
    order_within: float | None = None
    spearman: float | None = None
    mae: float | None = None
    mae_constant_3: float | None = None
    exact: float | None = None
    within1: float | None = None
    mae_by_level: dict[str, float] | None = None
    plausible_cover: float | None = None
    plausible_width: float | None = None
    top_half_exact: float | None = None
    top_half_within1: float | None = None


class EvidenceBlock(Noun):
    """Quotes against the passages that readers marked; shares are None where there is nothing to count."""

    quotes: int
    not_verbatim: int
    not_candidate: int
    precision: float | None
    recall: float | None
    polarity: float | None


class ReaderBlock(Noun):
    """Two readers against each other, where both gave a level."""

    n: int
    qwk: float
    exact: float


class Cell(Noun):
    """How many competencies the readers put at ``want`` and the draft at ``got`` (None: no evidence, no draft)."""

    want: int | None
    got: int | None
    n: int


class Step(Noun):
    """What is left when only drafts at or above a confidence count: share kept, and shares exact and within one level of those."""

    confidence: float
    kept: float
    exact: float
    within1: float


class Bin(Noun):
    """Drafts of like confidence: its mean, the share that is exactly right, and their number."""

    confidence: float
    exact: float
    n: int


class Evaluation(Noun):
    """All figures of one run over a corpus: cutting, drafts whole and in parts, baselines, evidence, and the rows behind them."""

    interviews: int
    missing: int
    missing_ids: tuple[str, ...]
    readers: int
    roles: float
    question_words: float
    other_kind_words: float | None
    border_f1: float
    scores: ScoreBlock
    by_rubric: dict[str, ScoreBlock]
    by_level: dict[str, ScoreBlock]
    by_trait: dict[str, ScoreBlock]
    baselines: dict[str, ScoreBlock] = Field(default_factory=dict)
    evidence: EvidenceBlock
    reader_vs_reader: ReaderBlock | None = None
    confusion: tuple[Cell, ...] = ()
    steps: tuple[Step, ...] = ()
    bins: tuple[Bin, ...] = ()
    rows: tuple[ScoreRow, ...]
    left_out: str | None = None
    scorer: str = ""
    limits: str = LIMITS
