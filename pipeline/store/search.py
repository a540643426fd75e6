"""Full-text search over turns: FTS5 on SQLite, tsvector on PostgreSQL; English word forms, newest first.

The words are those of each interview's newest analysis as corrected. Quoted words must follow each other; all terms must occur.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from models.transcript import Turn
from pipeline.store import tables_around as t

OPEN, CLOSE = "\x02", "\x03"
"""Stand around found words in what the database returns; no stored text holds them."""

CONTROL = dict.fromkeys((*range(32), 127), " ")


@dataclass(frozen=True, slots=True)
class Found:
    """A turn in which all terms occur; ``text`` has the found words between ``OPEN`` and ``CLOSE``."""

    interview: str
    turn: int
    role: str
    start: float | None
    question: str | None
    text: str


def index(connection: Connection, interview: str, turns: Sequence[Turn]) -> None:
    """Makes these the words by which the interview is found."""
    forget(connection, interview)
    rows = [
        {"interview": interview, "turn": turn.t, "role": turn.role, "start": turn.start, "question": turn.question,
         "text": turn.text.translate(CONTROL)}
        for turn in turns
    ]  # fmt: skip
    if rows:
        connection.execute(sa.insert(t.search_turn), rows)


def forget(connection: Connection, interview: str) -> None:
    """Takes the interview out of the search."""
    connection.execute(sa.delete(t.search_turn).where(t.search_turn.c.interview == interview))


def terms(words: str) -> list[str]:
    """What is searched for: words, and phrases where quoted; punctuation alone is nothing."""
    parts = re.findall(r'"([^"]*)"|(\S+)', words.translate(CONTROL))
    found = [(phrase or word).replace('"', " ").strip() for phrase, word in parts]
    return [term for term in found if any(ch.isalnum() for ch in term)]


def find(
    connection: Connection,
    words: str,
    *,
    rater: str | None = None,
    job: str | None = None,
    hidden: Sequence[str] = (),
    limit: int,
    offset: int = 0,
) -> tuple[Found, ...]:
    """Turns with all the terms, newest first; of interviews that ``rater`` rates and of ``job`` where given, and of
    none that is ``hidden``.
    """
    wanted = terms(words)
    if not wanted:
        return ()
    values: dict[str, object] = {"limit": limit, "offset": offset, "open": OPEN, "close": CLOSE}
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        values["words"] = " ".join(f'"{term}"' for term in wanted)
        source = "turn_words JOIN search_turn s ON s.id = turn_words.rowid"
        match, order = "turn_words MATCH :words", "turn_words.rowid"
        shown = "highlight(turn_words, 0, :open, :close)"
    else:
        query = " && ".join(f"phraseto_tsquery('debrief', :w{n})" for n in range(len(wanted)))
        values |= {f"w{n}": term for n, term in enumerate(wanted)}
        source, match, order = "search_turn s", f"to_tsvector('debrief', s.text) @@ ({query})", "s.id"
        options = "'HighlightAll=true, StartSel=\"' || :open || '\", StopSel=\"' || :close || '\"'"
        shown = f"ts_headline('debrief', s.text, {query}, {options})"
    where = [match]
    if rater is not None:
        where.append("s.interview IN (SELECT interview FROM rater WHERE person = :rater)")
        values["rater"] = rater
    if job is not None:
        where.append("s.interview IN (SELECT id FROM interview WHERE job = :job)")
        values["job"] = job
    if hidden:
        where.append("s.interview NOT IN :hidden")
        values["hidden"] = list(hidden)
    statement = sa.text(
        f"SELECT s.interview, s.turn, s.role, s.start, s.question, {shown} AS text FROM {source} "  # noqa: S608 - constants
        f"WHERE {' AND '.join(where)} ORDER BY {order} DESC LIMIT :limit OFFSET :offset"
    )
    if hidden:
        statement = statement.bindparams(sa.bindparam("hidden", expanding=True))
    return tuple(Found(**row._mapping) for row in connection.execute(statement, values))
