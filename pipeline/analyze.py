"""The story: a recording or a transcript becomes an analysis, one call per stage."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from models.recording import Source
from models.report import Analysis, Engines, Quality, RubricRef
from models.rubric import Rubric
from models.score import DraftScore
from models.transcript import Transcript
from pipeline.errors import SourceError
from pipeline.stages import audio, diarize, questions, quality, roles, speaker_words
from pipeline.stages.embed import Embedder
from pipeline.stages.score import Scorer
from pipeline.stages.transcribe import imported, language
from pipeline.stages.transcribe.base import Transcriber

Progress = Callable[[str, float], None]
"""Called with the name of the running stage and the share of it that is done (0..1)."""

STORED_TRANSCRIPT = "stored-transcript"


class EngineSet(Protocol):
    """The engines of one run; each loads when it is first asked for."""

    @property
    def transcriber(self) -> Transcriber: ...
    @property
    def diarizer(self) -> diarize.Diarizer: ...
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
    progress: Progress = lambda stage, share: None,
) -> Analysis:
    """Who said what and when, the talk cut per question, and a draft score with verbatim evidence for each competency.

    Errors are ``DebriefError`` with a remedy: the file cannot be used, the talk is not in English, weights are missing.
    """
    source, transcript, heard_by = hear(path, engines, vocabulary, progress)
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
            transcriber=heard_by[0],
            diarizer=heard_by[1],
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
    path: Path, engines: EngineSet, vocabulary: Sequence[str], progress: Progress
) -> tuple[Source, Transcript, tuple[str, str]]:
    """The words with speakers and times, from a recording or a stored transcript, and which engines heard them."""
    if not path.exists():
        raise SourceError(f"{path.name}: there is no such file.", "Check the path; nothing was analysed.")
    if imported.is_transcript(path):
        progress("read", 0.0)
        transcript = imported.read_transcript(path)
        language.require_english(path.name, " ".join(turn.text for turn in transcript.turns))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        ends = [turn.end for turn in transcript.turns if turn.end is not None]
        source = Source(name=path.name, sha256=digest, duration_s=round(max(ends, default=0.0), 3))
        return source, transcript, (STORED_TRANSCRIPT, STORED_TRANSCRIPT)
    progress("decode", 0.0)
    sound = audio.decode(path)
    source = Source(name=path.name, sha256=sound.sha256, duration_s=round(sound.duration_s, 3))
    samples = audio.mono(sound)
    heard = engines.transcriber.transcribe(
        samples, vocabulary=vocabulary, progress=lambda share: progress("transcribe", share)
    )
    spans = engines.diarizer.diarize(samples, progress=lambda share: progress("diarize", share))
    transcript = Transcript(
        turns=speaker_words.assign_speakers(heard, spans),
        warnings=sound.warnings,
        removed=heard.removed,
        overlap_share=diarize.overlap_share(spans),
    )
    return source, transcript, (engines.transcriber.name, engines.diarizer.name)


def draft(
    cut: questions.Cut, rubric: Rubric, engines: EngineSet, grade: Quality, role_reason: str
) -> tuple[DraftScore, ...]:
    """A draft for every competency; all of them withheld where the transcript or the roles cannot carry a score."""
    withheld = ""
    if grade.grade == "poor":
        withheld = "No score is drafted from this transcript: " + " ".join(grade.reasons)
    elif not any(turn.role == "candidate" for turn in cut.turns):
        withheld = f"It is not known who the candidate is: {role_reason}"
    if withheld:
        return tuple(
            DraftScore(
                competency=c.id, score=None, value=None, plausible=None, confidence=0.0, rationale=withheld, evidence=()
            )
            for c in rubric.competencies
        )
    return engines.scorer.score(cut.turns, cut.answers, rubric)


def not_covered(cut: questions.Cut, rubric: Rubric, drafts: Sequence[DraftScore]) -> tuple[str, ...]:
    """Competencies that no question that was asked evaluates and no evidence touches."""
    asked = {answer.question for answer in cut.answers}
    evaluated: set[Any] = {c for question in rubric.questions if question.id in asked for c in question.evaluates}
    touched = {draft.competency for draft in drafts if draft.evidence}
    return tuple(c.id for c in rubric.competencies if c.id not in evaluated | touched)
