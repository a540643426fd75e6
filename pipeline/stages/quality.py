"""How far the transcript can be trusted: good, fair or poor, with reasons. On poor nothing is scored."""

from __future__ import annotations

from collections.abc import Sequence

from models.answer import Answer
from models.report import Quality
from models.rubric import Rubric
from models.transcript import RemovedSpan, Turn

POOR_PROBABILITY = 0.82
FAIR_PROBABILITY = 0.90
"""Mean word probability. By benchmarks/quality_gate.md recordings above 35 % word error rate lie below the first and recordings below 15 %
above it; between the two either grade is right."""

POOR_UNKNOWN = 0.30
FAIR_UNKNOWN = 0.05
POOR_REMOVED = 0.20
FAIR_REMOVED = 0.02
FAIR_OVERLAP = 0.15
FAIR_CANDIDATE = 0.30
POOR_CANDIDATE_WORDS = 40
FAIR_COVERAGE = 0.5


def grade(
    turns: Sequence[Turn],
    answers: Sequence[Answer],
    rubric: Rubric,
    *,
    removed: Sequence[RemovedSpan] = (),
    overlap: float = 0.0,
) -> Quality:
    """Grade the transcript; ``measures`` holds shares 0..1 and counts, ``reasons`` says in plain words what is wrong."""
    measures = measure(turns, answers, rubric, removed, overlap)
    poor: list[str] = []
    fair: list[str] = []
    probability = measures.get("mean_word_probability")
    if probability is not None and probability < FAIR_PROBABILITY:
        (poor if probability < POOR_PROBABILITY else fair).append(
            f"The recogniser was sure of only {probability:.0%} of the words on average; the recording is hard to hear."
        )
    unknown = measures["unknown_speaker_share"]
    if unknown > FAIR_UNKNOWN:
        (poor if unknown > POOR_UNKNOWN else fair).append(f"For {unknown:.0%} of the words the speaker is not known.")
    gone = measures["removed_share"]
    if gone > FAIR_REMOVED:
        (poor if gone > POOR_REMOVED else fair).append(
            f"{measures['removed_words']:.0f} words that the recogniser made up were taken out ({gone:.0%})."
        )
    if overlap > FAIR_OVERLAP:
        fair.append(f"People talk over each other for {overlap:.0%} of the speech.")
    if measures["unknown_role_share"] < 1:
        if measures["candidate_words"] < POOR_CANDIDATE_WORDS:
            poor.append(f"The candidate says only {measures['candidate_words']:.0f} words.")
        elif measures["candidate_share"] < FAIR_CANDIDATE:
            fair.append(f"The candidate has only {measures['candidate_share']:.0%} of the words.")
    if measures.get("question_coverage", 1.0) < FAIR_COVERAGE:
        fair.append(f"Only {measures['question_coverage']:.0%} of the rubric's questions were asked.")
    level = "poor" if poor else "fair" if fair else "good"
    return Quality(grade=level, reasons=tuple(poor + fair), measures={k: round(v, 4) for k, v in measures.items()})


def measure(
    turns: Sequence[Turn], answers: Sequence[Answer], rubric: Rubric, removed: Sequence[RemovedSpan], overlap: float
) -> dict[str, float]:
    """What the grade rests on: shares 0..1 and word counts; a measure that the source cannot give is absent."""
    total = sum(turn.n_words for turn in turns) or 1
    removed_words = sum(len(span.text.split()) for span in removed)
    candidate = sum(turn.n_words for turn in turns if turn.role == "candidate")
    measures = {
        "words": float(total),
        "unknown_speaker_share": sum(turn.n_words for turn in turns if turn.speaker is None) / total,
        "unknown_role_share": sum(turn.n_words for turn in turns if turn.role == "unknown") / total,
        "candidate_words": float(candidate),
        "candidate_share": candidate / total,
        "removed_words": float(removed_words),
        "removed_share": removed_words / (total + removed_words),
        "overlap_share": overlap,
    }
    sure = [word.probability for turn in turns for word in turn.words if word.probability is not None]
    if sure:
        measures["mean_word_probability"] = sum(sure) / len(sure)
        measures["doubtful_word_share"] = sum(p < 0.5 for p in sure) / len(sure)
    if rubric.questions:
        asked = {answer.question for answer in answers}
        measures["question_coverage"] = sum(question.id in asked for question in rubric.questions) / len(
            rubric.questions
        )
    return measures
