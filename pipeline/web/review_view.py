"""A card as the review page prints it: wording, order and places in the text; nothing is judged or computed here."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby, pairwise

from models.job import Correction
from models.review import CompetencyReview, HiddenDraft
from models.rubric import Competency, Rubric
from models.score import DraftScore
from models.transcript import Turn
from pipeline.actions.cards import Card
from pipeline.exports.analysis_page import KIND_NAMES, ROLE_NAMES
from pipeline.exports.cells import clock
from pipeline.web.review_parts import Band, Block, Item, Line, Piece, Quote, Timeline

SIDES = {"+": "for", "-": "against", None: ""}
CHOICES = {
    "own": "your own score",
    "kept": "kept beside the draft",
    "took-draft": "changed to the draft's level",
    "accepted": "the draft's level, accepted",
    "overridden": "differs from the draft",
    "dismissed": "draft dismissed",
    "not-assessed": "not assessed",
}


def items(card: Card) -> tuple[Item, ...]:
    """The competencies of the round in rubric order; of a review, exactly its lines."""
    lines = {line.competency: line for line in card.review.scores} if card.review else {}
    covers = set(lines) or set(card.interview.covers) or {c.id for c in card.rubric.competencies}
    drafts = {draft.competency: draft for draft in card.drafts}
    turns = {turn.t: turn for turn in card.turns}
    chosen = [c for c in card.rubric.competencies if c.id in covers]
    return tuple(_item(number, c, lines.get(c.id), drafts.get(c.id), card, turns) for number, c in enumerate(chosen, 1))


def _item(
    number: int,
    competency: Competency,
    line: CompetencyReview | None,
    draft: DraftScore | HiddenDraft | None,
    card: Card,
    turns: dict[int, Turn],
) -> Item:
    seen = draft if isinstance(draft, DraftScore) else None
    spoken = {e.anchor.level for e in seen.evidence} if seen else set()
    low, high = seen.plausible if seen and seen.plausible else (0, -1)
    mine = line.score if line else None
    at = seen.score if seen else None
    asked = tuple(q.id for q in card.rubric.questions if competency.id in q.evaluates)
    there = {turn.question for turn in card.turns}
    return Item(
        number=number,
        competency=competency,
        weight=format(Decimal(competency.weight).normalize(), "f"),
        minimum=(competency.minimum or card.rubric.must_have_minimum) if competency.must_have else None,
        anchors=tuple((level, text, level in spoken) for level, text in competency.anchors.items()),
        line=line,
        draft=seen,
        waits=isinstance(draft, HiddenDraft),
        why_none="; ".join(card.quality.reasons) if card.quality and card.quality.grade == "poor" else "",
        stale=card.stale.get(competency.id, ""),
        cells=tuple(
            (n, "at" if n == at else "in" if low <= n <= high else "", "mine" if n == mine else "") for n in range(1, 6)
        ),
        levels=tuple((n, _label(card.rubric, n)) for n in range(1, 6)),
        spread=str(low) if low == high else f"{low} to {high}" if low else "",
        confidence=f"{seen.confidence:.0%}" if seen and seen.score is not None else "",
        quotes=_quotes(line, draft, turns),
        asked=tuple(q for q in asked if q in there),
        covered=competency.id not in card.not_covered,
        seconds=int(line.seconds) if line else 0,
    )


def _label(rubric: Rubric, level: int) -> str:
    found = rubric.scale.get(str(level))
    return found.label if found else ""


def _quotes(
    line: CompetencyReview | None, draft: DraftScore | HiddenDraft | None, turns: dict[int, Turn]
) -> tuple[Quote, ...]:
    pulls = {(e.turn, e.quote): f"{e.pull:+.2f}".replace("-", "−") for e in draft.evidence} if isinstance(draft, DraftScore) else {}  # fmt: skip
    if line is not None:
        return tuple(
            Quote(
                id=e.id, turn=e.turn, quote=e.quote, start=e.start, end=e.end, when=_when(e.turn, e.start, e.end, turns),
                side=SIDES[e.polarity], added=e.source == "added", level=e.level or "",
                pull=pulls.get((e.turn or 0, e.quote), ""),
            )
            for e in line.quotes
        )  # fmt: skip
    if isinstance(draft, DraftScore):
        return tuple(
            Quote("", e.turn, e.quote, e.start, e.end, _when(e.turn, e.start, e.end, turns), SIDES[e.polarity], False,
                  e.anchor.level, pulls[e.turn, e.quote])
            for e in sorted(draft.evidence, key=lambda e: (e.turn, e.start or 0.0))
        )  # fmt: skip
    if draft is None:
        return ()
    return tuple(
        Quote("", q.turn, q.quote, q.start, q.end, _when(q.turn, q.start, q.end, turns), "", False, "", "")
        for q in draft.quotes
    )


def _when(turn: int | None, start: float | None, end: float | None, turns: dict[int, Turn]) -> str:
    if start is None or end is None:
        return f"turn {turn}"
    about = "≈" if turn in turns and turns[turn].approximate else ""
    return f"{about}{clock(start)}–{clock(end)}"


def blocks(card: Card, shown: Sequence[Item]) -> tuple[Block, ...]:
    """The talk per question, in the order in which it was said."""
    marks: dict[int, list[tuple[str, str, int]]] = {}
    for item in shown:
        for quote in item.quotes:
            if quote.turn is not None:
                marks.setdefault(quote.turn, []).append((quote.quote, quote.side or "quoted", item.number))
    made: list[Block] = []
    seen: set[str] = set()
    for question, group in groupby(card.turns, key=lambda turn: turn.question):
        turns = tuple(group)
        heading, about = _heading(question, turns, card)
        if question in seen:
            about = f"Taken up again. {about}"
        seen.add(question or "")
        times = [t for turn in turns for t in (turn.start, turn.end) if t is not None]
        made.append(
            Block(
                number=len(made) + 1, heading=heading, about=about, outside=question is None,
                start=min(times, default=None), end=max(times, default=None),
                lines=tuple(_line(turn, marks.get(turn.t, ()), card) for turn in turns),
            )
        )  # fmt: skip
    return tuple(made)


def _heading(question: str | None, turns: Sequence[Turn], card: Card) -> tuple[str, str]:
    if question is None:
        kinds = dict.fromkeys(KIND_NAMES.get(turn.kind or "", "") for turn in turns)
        return " · ".join(kind for kind in kinds if kind) or "Outside the questions", ""
    for each in card.rubric.questions:
        if each.id == question:
            names = [c.name for c in card.rubric.competencies if c.id in each.evaluates]
            return f"{each.id}. {each.text}", f"Evaluates {', '.join(names)}." if names else ""
    said = " ".join(turn.text for turn in card.turns if turn.question == question and turn.kind == "question")
    short = said if len(said) <= 160 else said[:160].rsplit(" ", 1)[0] + " …"
    outside = "Question outside the bank" if card.rubric.questions else "Found without a bank"
    return (f"“{short}”" if short else question), f"{outside} ({question})."


def _line(turn: Turn, marks: Sequence[tuple[str, str, int]], card: Card) -> Line:
    was = card.machine.get(turn.t)
    return Line(
        number=turn.t,
        who=f"{ROLE_NAMES[turn.role]} {turn.speaker}" if turn.speaker else ROLE_NAMES[turn.role],
        role=turn.role,
        kind=KIND_NAMES[turn.kind] if turn.kind in ("question", "probe") else "",
        start=turn.start,
        end=turn.end,
        when=("≈" if turn.approximate else "") + clock(turn.start) if turn.start is not None else f"turn {turn.t}",
        approximate=turn.approximate,
        pieces=_pieces(turn.text, marks),
        was="" if was is None else _difference(was, turn),
    )


def _difference(was: Turn, now: Turn) -> str:
    changed = []
    if was.text != now.text:
        changed.append(f"“{was.text}”")
    if (was.speaker, was.role) != (now.speaker, now.role):
        changed.append(f"{ROLE_NAMES[was.role]} {was.speaker or ''}".strip())
    if was.question != now.question:
        changed.append(f"question {was.question}" if was.question else "outside the questions")
    return "; ".join(changed)


def _pieces(text: str, marks: Sequence[tuple[str, str, int]]) -> tuple[Piece, ...]:
    spans = [(at, at + len(words), side, n) for words, side, n in marks if (at := text.find(words)) >= 0]
    cuts = sorted({0, len(text), *(s for s, _, _, _ in spans), *(e for _, e, _, _ in spans)})
    pieces = []
    for start, end in pairwise(cuts):
        inside = [(side, n) for since, until, side, n in spans if since <= start and end <= until]
        sides = {side for side, _ in inside}
        refs = " ".join(str(n) for n in sorted({n for _, n in inside}))
        pieces.append(Piece(text[start:end], "both" if len(sides) > 1 else "".join(sides), refs))
    return tuple(pieces) or (Piece(text, "", ""),)


def timeline(card: Card, shown: Sequence[Block]) -> Timeline | None:
    """Speakers and questions over time; None where the transcript has no times."""
    timed = [turn for turn in card.turns if turn.start is not None and turn.end is not None]
    seconds = max([card.source.duration_s if card.source else 0.0, *(turn.end or 0.0 for turn in timed)])
    if not timed or seconds <= 0:
        return None
    scale = 1000 / seconds
    paths = {role: "".join(_bar(t, scale) for t in timed if t.role == role) for role in ROLE_NAMES}
    bands = tuple(
        Band(
            b.start * scale,
            max(1.0, (b.end - b.start) * scale),
            f"{clock(b.start)} {b.heading}",
            b.lines[0].number,
        )
        for b in shown
        if not b.outside and b.start is not None and b.end is not None
    )
    return Timeline(seconds, paths["interviewer"], paths["candidate"], paths["unknown"], bands)


def _bar(turn: Turn, scale: float) -> str:
    start, end = turn.start or 0.0, turn.end or 0.0
    return f"M{start * scale:.1f} 0h{max(0.6, (end - start) * scale):.1f}v1H{start * scale:.1f}z"


def correction_text(correction: Correction) -> str:
    """What a correction says, in one line."""
    last = correction.to_turn if correction.to_turn not in (None, correction.turn) else None
    where = f"turns {correction.turn} to {last}" if last is not None else f"turn {correction.turn}"
    if correction.kind == "words":
        return f"{where} reads “{correction.text}”"
    if correction.kind == "role":
        return f"{correction.speaker} is the {correction.role}"
    if correction.kind == "speaker":
        return f"{where} was said by {correction.speaker}" + (f" ({correction.role})" if correction.role else "")
    return f"{where}: question {correction.question}" if correction.question else f"{where}: outside any question"


def missing(card: Card, shown: Sequence[Item]) -> tuple[tuple[str, str], ...]:
    """What keeps the review from being submitted: where on the page, and in the competency's name instead of its id."""
    found = []
    for text in card.missing:
        key, _, rest = text.partition(": ")
        item = next((item for item in shown if item.competency.id == key), None)
        found.append((f"c{item.number}", f"{item.competency.name}: {rest}") if item else ("overall", text))
    return tuple(found)


def word_times(card: Card) -> dict[str, object]:
    """When each word was said, as arrays without the words: for each turn first places in its text, then times.

    ``t`` numbers the turns; ``n`` counts their words. ``g`` and ``l`` are gap since the last word's end and length, in UTF-16 units as
    scripts count; ``s`` the start since the last word's start and ``d`` the length, in hundredths of a second; ``p`` lists the words (counted over all
    turns) that the recogniser was unsure of. Words that do not stand in the turn's text are left out.
    """
    turns: list[int] = []
    counts: list[int] = []
    gaps: list[int] = []
    lengths: list[int] = []
    starts: list[int] = []
    lasting: list[int] = []
    unsure: list[int] = []
    last = 0
    for turn in card.turns:
        said, place, before = turn.text, 0, len(gaps)
        plain = said.isascii()  # then units are characters, and an hour's talk takes a third of the time
        for text, start, end, chance in turn.words:
            at = said.find(text, place)
            if at < 0:
                continue
            begin, until = round(start * 100), round(end * 100)
            if chance is not None and chance < UNSURE:
                unsure.append(len(gaps))
            gaps.append(at - place if plain else _units(said[place:at]))
            lengths.append(len(text) if plain else _units(text))
            starts.append(begin - last)
            lasting.append(until - begin if until > begin else 0)
            place, last = at + len(text), begin
        if len(gaps) > before:
            turns.append(turn.t)
            counts.append(len(gaps) - before)
    found = {"t": turns, "n": counts, "g": gaps, "l": lengths, "s": starts, "d": lasting, "p": unsure}
    return {**found, "approximate": any(turn.approximate for turn in card.turns)}


UNSURE = 0.5
"""Below this probability a word is marked as one that the recogniser was unsure of."""


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
