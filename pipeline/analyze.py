"""The story: a recording or a transcript becomes an analysis, one call per stage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from models.recording import Source
from models.report import Analysis, Engines, Quality, RubricRef
from models.rubric import Rubric
from models.score import DraftScore
from models.transcript import Transcript
from pipeline.errors import LanguageError, SourceError
from pipeline.stages import audio, quality, questions, roles, talk
from pipeline.stages.diarize import Diarizer
from pipeline.stages.embed import Embedder
from pipeline.stages.score import Scorer
from pipeline.stages.transcribe import imported, language
from pipeline.stages.transcribe.base import Transcriber

STORED_TRANSCRIPT = "stored transcript"


class EngineSet(Protocol):
    """The engines of one run; each loads when it is first asked for."""

    @property
    def transcriber(self) -> Transcriber: ...
    @property
    def diarizer(self) -> Diarizer: ...
    @property
    def embedder(self) -> Embedder: ...
    @property
    def scorer(self) -> Scorer: ...
    @property
    def code_version(self) -> str: ...


def analyze(
    path: Path,
    rubric: Rubric,
    engines: EngineSet,
    *,
    candidate: str | None = None,
    vocabulary: Sequence[str] = (),
    progress: talk.Progress = lambda stage, share: None,
) -> Analysis:
    """Who said what and when, the talk cut per question, and a draft score with verbatim evidence for each competency.

    Errors are ``DebriefError`` with a remedy: the file cannot be used, the talk is not in English, weights are missing.
    """
    source, transcript, heard_by, told_apart_by = hear(path, engines, vocabulary, progress)
    progress("roles", 0.0)
    assignment = roles.assign_roles(transcript.turns, rubric, engines.embedder, candidate)
    cut = questions.cut(roles.with_roles(transcript.turns, assignment), rubric, engines.embedder)
    grade = quality.grade(cut.turns, cut.answers, rubric, removed=transcript.removed, overlap=transcript.overlap_share)
    progress("score", 0.0)
    drafts = draft(cut, rubric, engines, grade, assignment.reason)
    progress("score", 1.0)
    return Analysis(
        source=source,
        engines=Engines(
            transcriber=heard_by,
            diarizer=told_apart_by,
            embedder=engines.embedder.name,
            scorer=engines.scorer.name,
            debrief=engines.code_version,
        ),
        rubric=RubricRef(id=rubric.id, version=rubric.version),
        quality=grade,
        turns=cut.turns,
        answers=cut.answers,
        not_covered=not_covered(cut, rubric, drafts),
        drafts=drafts,
        warnings=transcript.warnings,
        role_confidence=assignment.confidence,
    )


def hear(
    path: Path, engines: EngineSet, vocabulary: Sequence[str], progress: talk.Progress
) -> tuple[Source, Transcript, str, str]:
    """The words with speakers and times, and the names of the engines that heard the words and told the voices apart."""
    if not path.is_file():
        raise SourceError(f"{path.name}: there is no such file.", "Check the path; nothing was analysed.")
    if imported.is_transcript(path):
        progress("read", 0.0)
        transcript = imported.read_transcript(path)
        seconds = max((turn.end for turn in transcript.turns if turn.end is not None), default=0.0)
        source = Source(name=path.name, sha256=audio.file_sha256(path), duration_s=round(seconds, 3))
        heard_by = told_apart_by = STORED_TRANSCRIPT
        language.require_english_text(" ".join(turn.text for turn in transcript.turns), path.name)
    else:
        progress("decode", 0.0)
        sound = audio.decode(path)
        source = Source(name=path.name, sha256=sound.sha256, duration_s=round(sound.duration_s, 3))
        try:
            transcript, told_apart_by = talk.listen(
                sound, engines.transcriber, lambda: engines.diarizer, vocabulary, progress
            )
        except LanguageError as error:
            raise LanguageError(f"{path.name}: {error.message}", error.remedy) from None
        heard_by = engines.transcriber.name
    return source, transcript, heard_by, told_apart_by


def draft(
    cut: questions.Cut, rubric: Rubric, engines: EngineSet, grade: Quality, role_reason: str
) -> tuple[DraftScore, ...]:
    """A draft for every competency; all withheld where the transcript cannot carry a score or the candidate is not known."""
    if grade.grade == "poor":
        return withheld(rubric, "No score is drafted from this transcript: " + " ".join(grade.reasons))
    if not any(turn.role == "candidate" for turn in cut.turns):
        return withheld(rubric, f"No score is drafted while it is not known who the candidate is: {role_reason}")
    return engines.scorer.score(cut.turns, cut.answers, rubric)


def withheld(rubric: Rubric, why: str) -> tuple[DraftScore, ...]:
    """No score for any competency, and why."""
    return tuple(
        DraftScore(competency=c.id, score=None, value=None, plausible=None, confidence=0.0, rationale=why)
        for c in rubric.competencies
    )


def not_covered(cut: questions.Cut, rubric: Rubric, drafts: Sequence[DraftScore]) -> tuple[str, ...]:
    """Competencies that no question that was asked evaluates and no evidence touches."""
    asked = {answer.question for answer in cut.answers}
    covered = {c for question in rubric.questions if question.id in asked for c in question.evaluates}
    covered |= {draft.competency for draft in drafts if draft.evidence}
    return tuple(c.id for c in rubric.competencies if c.id not in covered)
