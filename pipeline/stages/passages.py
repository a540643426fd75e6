"""The passages of a talk: what its text alone gives, and what the network makes of it for one rubric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.transcript import Turn
from pipeline.stages.echo import content, said_back, told_again
from pipeline.stages.evidence import Parser, Unit, find_units
from pipeline.stages.masking import plain_words
from pipeline.stages.network import Floats, Readings
from pipeline.stages.ownership import denied, told_of_others
from pipeline.stages.phrases import Counts, Phrases, count_phrases, read_phrases
from pipeline.stages.plans import plans
from pipeline.stages.pooling import Spread, spread
from pipeline.stages.reading import Window, windows


class Reading(NamedTuple):
    """A talk as it is read: readings of each candidate word, its place and unit; ``said``: what the phrases of each unit say."""

    readings: Readings
    turn: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    unit_of: NDArray[np.int64]
    units: tuple[Unit, ...]
    said: Floats
    counts: Counts
    retold: NDArray[np.bool_]


class Parsed(NamedTuple):
    """What a talk's text alone gives: see :func:`parsed`. Arrays run over the candidate's words, tuples over the units."""

    rows: tuple[Window, ...]
    spoken: NDArray[np.int64]
    turn: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    unit_of: NDArray[np.int64]
    units: tuple[Unit, ...]
    said: Floats
    counts: Counts
    silent: NDArray[np.bool_]
    often: NDArray[np.bool_]
    content: tuple[frozenset[str], ...]


def pooled(reading: Reading, phrases: Phrases, keep: NDArray[np.bool_] | None = None) -> Spread:
    """The evidence of a talk pooled; ``keep`` leaves words out."""
    return spread(reading.readings, reading.unit_of, reading.said, reading.counts, phrases, reading.retold, keep)


def parsed(turns: Sequence[Turn], phrases: Phrases, nlp: Parser | None = None) -> Parsed:
    """What a talk's text alone gives, whatever the rubric: windows, units, phrases, and what is told again, disowned or only planned."""
    rows = windows(turns)
    said = [word for row in rows for word in row]
    spoken = np.array([i for i, word in enumerate(said) if word.turn >= 0], dtype=np.int64)
    turn, start, end = (np.array([said[i][k] for i in spoken], dtype=np.int64) for k in (1, 2, 3))
    units = find_units(turns, nlp)
    texts = {item.t: item.text for item in turns}
    quoted = [texts[unit.turn][unit.start : unit.end] for unit in units]
    plain = [[word.text for word in plain_words(text)] for text in quoted]
    silent, often = told_again([said[i].text for i in spoken], turn)
    others = [item.t for item in turns if item.role == "candidate" and (denied(item.text) or told_of_others(item.text))]
    silent |= np.isin(turn, others)
    unit_of = unit_index(units, turn, start)
    silent |= np.array(plans(turns, units), dtype=np.bool_)[unit_of]
    return Parsed(
        rows,
        spoken,
        turn,
        start,
        end,
        unit_of,
        units,
        read_phrases(plain, phrases),
        count_phrases(plain),
        silent,
        often,
        tuple(content(text) for text in quoted),
    )


def placed(readings: Readings, talk: Parsed, anchors: Sequence[frozenset[str]]) -> Reading:
    """Readings of the candidate's words with their places and units.

    What only says the rubric back, repeats an earlier story, plans an imagined case, or was somebody else's work weighs nothing;
    ``anchors`` is what the rubric says, from ``echo.rubric_content``.
    """
    hollow = said_back(talk.content, [unit.turn for unit in talk.units], anchors)
    silent = talk.silent | hollow[talk.unit_of] if len(talk.unit_of) else talk.silent
    kept = readings._replace(relevance=readings.relevance * ~silent[:, None])
    return Reading(kept, talk.turn, talk.start, talk.end, talk.unit_of, talk.units, talk.said, talk.counts, talk.often)


def unit_index(units: Sequence[Unit], turn: NDArray[np.int64], start: NDArray[np.int64]) -> NDArray[np.int64]:
    """The unit of each word, by its place; every word is in one."""
    places = [(unit.turn, unit.start) for unit in units]
    order = {place: i for i, place in enumerate(places)}
    by_turn: dict[int, list[int]] = {}
    for number, at in places:
        by_turn.setdefault(number, []).append(at)
    found = []
    for number, at in zip(turn.tolist(), start.tolist(), strict=True):
        starts = by_turn[number]
        found.append(order[number, max((s for s in starts if s <= at), default=starts[0])])
    return np.array(found, dtype=np.int64)
