"""Roles, questions, borders and quotes of an analysis against the readers' keys. Definitions: benchmarks/metrics.md."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from models.evaluation import EvidenceBlock, Labelled, Passage, ReaderBlock, SpokenTurn
from models.evidence import Evidence
from models.report import Analysis
from models.transcript import OUTSIDE_KINDS
from pipeline.stages.agreement_figures import consensus, counts, quadratic_kappa

MAX_QUOTES = 5
"""Quotes counted for each competency."""

SAME = 0.4
"""Intersection over union of characters that makes two quotes the same passage."""

Left = TypeVar("Left")
Right = TypeVar("Right")
Span = tuple[int, int]


class Place(NamedTuple):
    """Where a quote stands: its turn and characters (None where the turn does not hold it)."""

    turn: int
    span: Span | None


class Merged(NamedTuple):
    """A passage that readers marked, how many marked it, and with which polarities."""

    place: Place
    readers: list[int]
    polarity: set[str]


class CutFigures(NamedTuple):
    """Shares of words with the right role, question and kind; borders (matched, wanted, found)."""

    roles: float
    question: float
    kinds: float | None
    border: tuple[int, int, int]


def paired(left: Sequence[Left], right: Sequence[Right], same: Callable[[Left, Right], float]) -> list[tuple[int, int]]:
    """The one-to-one matching of two lists with the greatest total similarity; index pairs with similarity above 0."""
    if not left or not right:
        return []
    from scipy.optimize import linear_sum_assignment

    similar = np.array([[same(x, y) for y in right] for x in left])
    return [(int(i), int(j)) for i, j in zip(*linear_sum_assignment(-similar), strict=True) if similar[i, j] > 0]


def n_words(turn: SpokenTurn) -> int:
    """Blank-separated words, at least 1."""
    return max(1, len(turn.text.split()))


def cut_figures(one: Labelled, analysis: Analysis | None) -> CutFigures:
    """How far roles and the cut per question agree with the key, by words and by borders."""
    total = sum(map(n_words, one.turns))
    role = {turn.t: turn.role for turn in analysis.turns} if analysis else {}
    right_role = sum(n_words(turn) for turn in one.turns if role.get(turn.t) == one.roles[turn.speaker])
    want, got = dict(one.labels), got_labels(one, analysis)
    named = with_names_of_key(want, got, one.turns)
    outside = [turn for turn in one.turns if want[turn.t] in OUTSIDE_KINDS]
    kinds = sum(n_words(turn) for turn in outside if named[turn.t] == want[turn.t])
    right = sum(n_words(turn) for turn in one.turns if _same_question(want[turn.t], named[turn.t]))
    b_want, b_got = borders(want), borders(got)
    hits = paired(b_want, b_got, lambda a, b: 1.0 if a == b else 0.5 if abs(a - b) == 1 else 0.0)
    return CutFigures(
        right_role / total,
        right / total,
        kinds / sum(map(n_words, outside)) if outside else None,
        (len(hits), len(b_want), len(b_got)),
    )


def _same_question(want: str, got: str) -> bool:
    return got == want or (want in OUTSIDE_KINDS and (got in OUTSIDE_KINDS or got == "none"))


def got_labels(one: Labelled, analysis: Analysis | None) -> dict[int, str]:
    """The question, or the kind outside any question, that the analysis gives each turn."""
    by_turn = {turn.t: turn for turn in analysis.turns} if analysis else {}
    labels = {}
    for turn in one.turns:
        found = by_turn.get(turn.t)
        if found is None:
            labels[turn.t] = "missing"
        else:
            labels[turn.t] = found.question or (found.kind if found.kind in OUTSIDE_KINDS and found.kind else "none")
    return labels


def with_names_of_key(want: Mapping[int, str], got: Mapping[int, str], turns: Sequence[SpokenTurn]) -> dict[int, str]:
    """Free questions of the analysis under the names of the key's that they share most words with."""
    wanted, found = ([*sorted({v for v in d.values() if v.startswith("free")})] for d in (want, got))
    shared: dict[tuple[str, str], int] = defaultdict(int)
    for turn in turns:
        shared[got[turn.t], want[turn.t]] += n_words(turn)
    names = {found[i]: wanted[j] for i, j in paired(found, wanted, lambda g, w: float(shared[g, w]))}
    return {t: names.get(v, "free-unmatched" if v.startswith("free") else v) for t, v in got.items()}


def borders(labels: Mapping[int, str]) -> list[int]:
    """Turn numbers, not the first, at which the label changes."""
    return [b for a, b in itertools.pairwise(sorted(labels)) if labels[a] != labels[b]]


def place(item: Passage | Evidence, texts: Mapping[int, str]) -> Place:
    """Where a quote stands in its turn."""
    at = texts.get(item.turn, "").find(item.quote) if item.quote else -1
    return Place(item.turn, None if at < 0 else (at, at + len(item.quote)))


def alike(a: Place, b: Place) -> float:
    """Intersection over union where both are the same passage, else 0."""
    if a.turn != b.turn or a.span is None or b.span is None:
        return 0.0
    inside = min(a.span[1], b.span[1]) - max(a.span[0], b.span[0])
    union = inside / (max(a.span[1], b.span[1]) - min(a.span[0], b.span[0])) if inside > 0 else 0.0
    return union if union >= SAME else 0.0


def merged(one: Labelled, competency: str, texts: Mapping[int, str]) -> list[Merged]:
    """One entry for each passage that any reader marked for the competency."""
    found: list[Merged] = []
    for reader in one.readers:
        for passage in reader.evidence.get(competency, ()):
            at = place(passage, texts)
            twin = next((m for m in found if alike(m.place, at)), None)
            if twin is None:
                found.append(Merged(at, [1], {passage.polarity}))
            else:
                twin.readers[0] += 1
                twin.polarity.add(passage.polarity)
    return found


def evidence_block(labelled: Sequence[Labelled], analyses: Mapping[str, Analysis]) -> EvidenceBlock:
    """Quotes that are verbatim, the candidate's, marked by a reader, of the right polarity, and how many marked passages they find."""
    n: Counter[str] = Counter()
    for one in labelled:
        texts = {turn.t: turn.text for turn in one.turns}
        spoken = {turn.t for turn in one.turns if one.roles[turn.speaker] == "candidate"}
        analysis = analyses.get(one.id)
        drafts = {draft.competency: draft for draft in analysis.drafts} if analysis else {}
        for competency in one.readers[0].scores:
            quotes = drafts[competency].evidence if competency in drafts else ()
            n["quotes"] += len(quotes)
            n["verbatim"] += sum(place(quote, texts).span is not None for quote in quotes)
            n["candidate"] += sum(quote.turn in spoken for quote in quotes)
            quotes = quotes[:MAX_QUOTES]
            n["precision_n"] += len(quotes)
            if consensus([reader.scores.get(competency) for reader in one.readers]) is None:
                continue
            marked = merged(one, competency, texts)
            pairs = paired([place(quote, texts) for quote in quotes], marked, lambda q, m: alike(q, m.place))
            n["precision"] += len(pairs)
            n["polarity_n"] += len(pairs)
            n["polarity"] += sum(quotes[i].polarity in marked[j].polarity for i, j in pairs)
            shared = {j for j, m in enumerate(marked) if m.readers[0] >= 2 or len(one.readers) == 1}
            n["recall_n"] += len(shared)
            n["recall"] += len({j for _, j in pairs} & shared)
    share = {k: round(n[k] / n[f"{k}_n"], 3) if n[f"{k}_n"] else None for k in ("precision", "recall", "polarity")}
    return EvidenceBlock(
        quotes=n["quotes"],
        not_verbatim=n["quotes"] - n["verbatim"],
        not_candidate=n["quotes"] - n["candidate"],
        **share,
    )


def readers_block(labelled: Sequence[Labelled]) -> ReaderBlock | None:
    """The first two readers beside the writer against each other; None where fewer than two rated."""
    pairs = [
        (a, b)
        for one in labelled
        if len(one.readers) >= 3
        for c in one.readers[0].scores
        if (a := one.readers[1].scores.get(c)) is not None and (b := one.readers[2].scores.get(c)) is not None
    ]
    if not pairs:
        return None
    exact = round(float(np.mean([a == b for a, b in pairs])), 3)
    return ReaderBlock(n=len(pairs), qwk=round(quadratic_kappa(counts(pairs)), 3), exact=exact)
