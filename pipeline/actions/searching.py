"""Search over the words of all interviews that one may read."""

from __future__ import annotations

from datetime import datetime

from models._base import Noun
from pipeline.actions.desk import Desk
from pipeline.actions.lists import blind
from pipeline.errors import UsageError
from pipeline.judgement.permissions import TABLE, WIDE
from pipeline.store import lists
from pipeline.store import search as stored
from pipeline.store.search import CLOSE, OPEN

SNIPPET = 200
"""Characters shown of a turn."""


class SearchHit(Noun):
    """A place in a talk where all the words occur: whose talk, which turn, when (seconds), and its words.

    ``marks`` are the found words in ``snippet``, as pairs of first character and end.
    """

    interview: str
    candidate: str
    job: str
    round: str
    held_at: datetime
    turn: int
    role: str
    start: float | None
    question: str | None
    snippet: str
    marks: tuple[tuple[int, int], ...] = ()


class SearchPage(Noun):
    """Hits, newest first, and whether there are more."""

    hits: tuple[SearchHit, ...]
    more: bool = False


def search(
    desk: Desk, words: str, *, job_id: str | None = None, limit: int = 50, offset: int = 0
) -> tuple[SearchHit, ...]:
    """The hits of :func:`search_page` alone."""
    return search_page(desk, words, job_id=job_id, limit=limit, offset=offset).hits


def search_page(desk: Desk, words: str, *, job_id: str | None = None, limit: int = 50, offset: int = 0) -> SearchPage:
    """Places where all the words occur (quoted words together), in interviews that the person may read.

    An interview that the person rates blind is found only after their own review is in.
    """
    if not 1 <= limit <= 500 or offset < 0:
        raise UsageError("A page of hits holds 1 to 500.", "Ask for another page.")
    with desk.store.read() as c:
        user = desk.who(c)
        if not user.has(*TABLE["read-interview"]):
            desk.require(c, "read-interview")
        wide = user.has(*WIDE)
        found = stored.find(
            c, words, rater=None if wide else user.id, job=job_id, hidden=sorted(blind(c, user.id)), limit=limit + 1,
            offset=offset,
        )  # fmt: skip
        about = lists.rounds(c, sorted({hit.interview for hit in found}))
    hits = []
    for hit in found[:limit]:
        snippet, marks = _snippet(hit.text)
        known = about[hit.interview]
        hits.append(
            SearchHit(
                interview=hit.interview, candidate=known.candidate_name, job=known.job_title, round=known.round,
                held_at=known.held_at, turn=hit.turn, role=hit.role, start=hit.start, question=hit.question,
                snippet=snippet, marks=marks,
            )
        )  # fmt: skip
    return SearchPage(hits=tuple(hits), more=len(found) > limit)


def _snippet(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Some words around the first that was found, and where in them the found words stand."""
    plain, marks, begun = "", [], 0
    for piece in _pieces(text):
        if piece == OPEN:
            begun = len(plain)
        elif piece == CLOSE:
            marks.append((begun, len(plain)))
        else:
            plain += piece
    first = marks[0][0] if marks else 0
    start = 0 if len(plain) <= SNIPPET else max(0, plain.rfind(" ", 0, max(1, first - SNIPPET // 3)) + 1)
    end = len(plain) if start + SNIPPET >= len(plain) else max(plain.rfind(" ", start, start + SNIPPET), first + 1)
    before = "…" if start else ""
    shown = before + plain[start:end] + ("…" if end < len(plain) else "")
    shift = len(before) - start
    return shown, tuple((a + shift, b + shift) for a, b in marks if a >= start and b <= end)


def _pieces(text: str) -> list[str]:
    return [piece for piece in text.replace(OPEN, f"\0{OPEN}\0").replace(CLOSE, f"\0{CLOSE}\0").split("\0") if piece]
