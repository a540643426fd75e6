"""What the report page shows, as plain values: nothing is computed here but wording, order and places in the text."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby, pairwise

from models.evidence import Evidence
from models.report import Analysis
from models.rubric import Competency, Rubric
from models.score import DraftScore
from models.transcript import Turn
from pipeline.exports.cells import clock
from pipeline.exports.page_parts import Block, Card, LevelCell, Page, Quote, Ref, TextPiece, TurnLine

KIND_NAMES = {
    "question": "question",
    "probe": "follow-up",
    "small-talk": "Small talk",
    "logistics": "Logistics",
    "candidate-questions": "The candidate's questions",
    "closing": "Closing",
}
ROLE_NAMES = {"interviewer": "Interviewer", "candidate": "Candidate", "unknown": "Unknown role"}


def page_of(analysis: Analysis, rubric: Rubric) -> Page:
    """The page for an analysis and the rubric that it was made with."""
    drafts = {draft.competency: draft for draft in analysis.drafts}
    names = {competency.id: competency.name for competency in rubric.competencies}
    cards = tuple(
        _card(number, competency, drafts.get(competency.id), rubric, analysis)
        for number, competency in enumerate(rubric.competencies, 1)
    )
    return Page(
        title=rubric.title,
        seniority=rubric.seniority,
        source=analysis.source.name,
        duration=clock(analysis.source.duration_s) if analysis.source.duration_s else "",
        people=_people(analysis),
        grade=analysis.quality.grade,
        cautions=analysis.quality.reasons,
        remarks=analysis.warnings,
        competencies=cards,
        not_covered=tuple(names.get(each, each) for each in analysis.not_covered),
        blocks=_blocks(analysis, rubric, cards),
        provenance=_provenance(analysis),
        approximate=any(turn.approximate for turn in analysis.turns),
    )


def signed(value: float) -> str:
    """Two decimals with a sign; a true minus sign."""
    return f"{value:+.2f}".replace("-", "−")


def percent(value: Decimal) -> str:
    """A weight without trailing zeros."""
    return format(value.normalize(), "f")


def _people(analysis: Analysis) -> tuple[str, ...]:
    lines = []
    for role, name in ROLE_NAMES.items():
        speakers = sorted({turn.speaker or "not named" for turn in analysis.turns if turn.role == role})
        if speakers:
            lines.append(f"{name}: {', '.join(speakers)}")
    return tuple(lines)


def _provenance(analysis: Analysis) -> tuple[tuple[str, str], ...]:
    engines = analysis.engines
    calibrations = sorted({draft.calibration for draft in analysis.drafts})
    lines = [
        ("Recording or transcript", f"{analysis.source.name}, sha256 {analysis.source.sha256}"),
        ("Transcriber", engines.transcriber),
        ("Diarizer", engines.diarizer),
        ("Embedder", engines.embedder),
        ("Scorer", engines.scorer),
        ("Calibration", ", ".join(calibrations)),
        ("Rubric", f"{analysis.rubric.id}, version {analysis.rubric.version}"),
        ("Code", engines.debrief),
    ]
    measures = ", ".join(f"{name} {value:g}" for name, value in sorted(analysis.quality.measures.items()))
    if measures:
        lines.append(("Transcript quality", measures))
    if analysis.role_confidence is not None:
        lines.append(("Confidence in roles", f"{analysis.role_confidence:.2f}"))
    return tuple((name, value) for name, value in lines if value)


def _card(number: int, competency: Competency, draft: DraftScore | None, rubric: Rubric, analysis: Analysis) -> Card:
    score = draft.score if draft else None
    low, high = (draft.plausible if draft and draft.plausible else None) or (0, -1)
    label = rubric.scale[str(score)].label if score is not None and str(score) in rubric.scale else ""
    plausible = str(low) if low == high else f"{low}–{high}" if low else ""
    evidence = draft.evidence if draft else ()
    turns = {turn.t: turn for turn in analysis.turns}
    quotes = tuple((each.polarity, _quote(each, turns.get(each.turn))) for each in evidence)
    return Card(
        number=number,
        id=competency.id,
        name=competency.name,
        weight=percent(competency.weight),
        must_have=competency.must_have,
        definition=competency.definition,
        anchors=tuple(competency.anchors.items()),
        spoken_to=tuple(sorted({(each.anchor.level, each.anchor.text) for each in evidence})),
        levels=tuple(LevelCell(n, "at" if n == score else "in" if low <= n <= high else "") for n in range(1, 6)),
        level=f"{score} {label}".strip() if score is not None else "",
        spoken=f"draft {score}, plausible {plausible}. " if score is not None else "no draft. ",
        plausible=plausible,
        confidence=f"{draft.confidence:.0%}" if draft and score is not None else "",
        value=f"{draft.value:.2f}" if draft and draft.value is not None else "",
        rationale=draft.rationale if draft else "There is no draft for this competency.",
        supporting=tuple(quote for polarity, quote in quotes if polarity == "+"),
        opposing=tuple(quote for polarity, quote in quotes if polarity == "-"),
    )


def _quote(evidence: Evidence, turn: Turn | None) -> Quote:
    timed = evidence.start is not None and evidence.end is not None
    about = "≈" if turn is not None and turn.approximate else ""
    when = f"{about}{clock(evidence.start or 0)}–{clock(evidence.end or 0)}" if timed else f"turn {evidence.turn}"
    return Quote(
        quote=evidence.quote,
        turn=evidence.turn,
        start=evidence.start if timed else None,
        end=evidence.end if timed else None,
        when=when,
        side="for" if evidence.polarity == "+" else "against",
        pull=signed(evidence.pull),
        anchor=evidence.anchor.level,
        similarity=f"{evidence.similarity:.2f}",
    )


def _blocks(analysis: Analysis, rubric: Rubric, cards: Sequence[Card]) -> tuple[Block, ...]:
    blocks: list[Block] = []
    seen: set[str] = set()
    for question, group in groupby(analysis.turns, key=lambda turn: turn.question):
        turns = tuple(group)
        lines = tuple(_line(turn, _marks(turn, cards)) for turn in turns)
        if question is None:
            kinds = dict.fromkeys(KIND_NAMES.get(turn.kind or "", "") for turn in turns)
            heading = " · ".join(kind for kind in kinds if kind) or "Outside the questions"
            blocks.append(Block(heading, "", True, lines))
        else:
            heading, about = _question(question, analysis, rubric)
            again = "Taken up again. " if question in seen else ""
            seen.add(question)
            blocks.append(Block(heading, again + about, False, lines))
    return tuple(blocks)


def _question(question: str, analysis: Analysis, rubric: Rubric) -> tuple[str, str]:
    for each in rubric.questions:
        if each.id == question:
            names = [competency.name for competency in rubric.competencies if competency.id in each.evaluates]
            about = f"{each.category.capitalize()}. " if each.category else ""
            return f"{each.id}. {each.text}", about + (f"Evaluates {', '.join(names)}." if names else "")
    asked = {turn for answer in analysis.answers if answer.question == question for turn in answer.asked_in}
    said = " ".join(turn.text for turn in analysis.turns if turn.t in asked)
    short = said if len(said) <= 160 else said[:160].rsplit(" ", 1)[0] + " …"
    return (
        f"“{short}”" if short else question
    ), f"{'Question outside the bank' if rubric.questions else 'Found without a bank'} ({question})."


def _line(turn: Turn, pieces: tuple[TextPiece, ...]) -> TurnLine:
    timed = turn.start is not None and turn.end is not None
    name = ROLE_NAMES[turn.role]
    return TurnLine(
        number=turn.t,
        who=f"{name} {turn.speaker}" if turn.speaker else name,
        role=turn.role,
        kind=KIND_NAMES.get(turn.kind or "", "") if turn.kind in ("question", "probe") else "",
        start=turn.start if timed else None,
        end=turn.end if timed else None,
        when=("≈" if turn.approximate else "") + clock(turn.start or 0),
        pieces=pieces,
    )


def _marks(turn: Turn, cards: Sequence[Card]) -> tuple[TextPiece, ...]:
    """The turn's text in stretches, cut where a quoted passage begins or ends."""
    spans: list[tuple[int, int, Ref]] = []
    for card in cards:
        for quote in (*card.supporting, *card.opposing):
            at = turn.text.find(quote.quote) if quote.turn == turn.t else -1
            if at >= 0:
                sign = "+" if quote.side == "for" else "−"
                spans.append((at, at + len(quote.quote), Ref(card.number, card.id, card.name, quote.side, sign)))
    cuts = sorted({0, len(turn.text), *(start for start, _, _ in spans), *(end for _, end, _ in spans)})
    pieces = []
    for start, end in pairwise(cuts):
        sides = {ref.side for since, until, ref in spans if since <= start and end <= until}
        refs = tuple(ref for _, until, ref in spans if until == end)
        pieces.append(TextPiece(turn.text[start:end], "both" if len(sides) > 1 else "".join(sides), refs))
    return tuple(pieces)
