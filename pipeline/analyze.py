"""The story: a recording or a transcript becomes an analysis, one call per stage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from models._base import Noun
from models.answer import Answer
from models.recording import Source
from models.report import Analysis, Engines, Quality, RubricRef
from models.rubric import Rubric
from models.score import DraftScore
from models.transcript import Recognition, Transcript, Turn
from pipeline.digests import file_sha256
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


class Heard(Noun):
    """Who said what and when in which file, and the names of what heard the words and told the voices apart."""

    source: Source
    transcript: Transcript
    heard_by: str
    told_apart_by: str


class Parted(Noun):
    """The talk cut per question with its roles, and how far it can be trusted."""

    turns: tuple[Turn, ...]
    answers: tuple[Answer, ...]
    quality: Quality
    role_reason: str
    role_confidence: float


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
    heard = hear(path, engines, vocabulary, progress)
    progress("roles", 0.0)
    parted = part(heard.transcript, rubric, engines, candidate)
    progress("score", 0.0)
    drafts = draft(parted, rubric, engines)
    progress("score", 1.0)
    return told(heard, parted, drafts, rubric, engines)


def hear(path: Path, engines: EngineSet, vocabulary: Sequence[str], progress: talk.Progress) -> Heard:
    """The words with speakers and times, from a recording or from a transcript."""
    if not path.is_file():
        raise SourceError(f"{path.name}: there is no such file.", "Check the path; nothing was analysed.")
    if imported.is_transcript(path):
        progress("read", 0.0)
        return read(path)
    progress("decode", 0.0)
    sound = audio.decode(path)
    return tell_apart(sound, recognise(sound, engines, vocabulary, progress), engines, progress)


def read(path: Path) -> Heard:
    """The words of a transcript that somebody else made."""
    transcript = imported.read_transcript(path)
    seconds = max((turn.end for turn in transcript.turns if turn.end is not None), default=0.0)
    source = Source(name=path.name, sha256=file_sha256(path), duration_s=round(seconds, 3))
    language.require_english_text(" ".join(turn.text for turn in transcript.turns), path.name)
    return Heard(source=source, transcript=transcript, heard_by=STORED_TRANSCRIPT, told_apart_by=STORED_TRANSCRIPT)


def recognise(
    sound: audio.Audio, engines: EngineSet, vocabulary: Sequence[str], progress: talk.Progress
) -> tuple[Recognition, ...]:
    """The words of a recording; LanguageError names the file."""
    try:
        return talk.recognised(sound, engines.transcriber, vocabulary, progress)
    except LanguageError as error:
        raise LanguageError(f"{sound.name}: {error.message}", error.remedy) from None


def tell_apart(sound: audio.Audio, heard: Sequence[Recognition], engines: EngineSet, progress: talk.Progress) -> Heard:
    """The words of a recording with their speakers."""
    transcript, told_apart_by = talk.told_apart(sound, heard, lambda: engines.diarizer, progress)
    source = Source(name=sound.name, sha256=sound.sha256, duration_s=round(sound.duration_s, 3))
    return Heard(source=source, transcript=transcript, heard_by=engines.transcriber.name, told_apart_by=told_apart_by)


def part(transcript: Transcript, rubric: Rubric, engines: EngineSet, candidate: str | None) -> Parted:
    """Who is who, the talk cut per question, and its grade."""
    assignment = roles.assign_roles(transcript.turns, rubric, engines.embedder, candidate)
    cut = questions.cut(roles.with_roles(transcript.turns, assignment), rubric, engines.embedder)
    grade = quality.grade(cut.turns, cut.answers, rubric, removed=transcript.removed, overlap=transcript.overlap_share)
    return Parted(
        turns=cut.turns,
        answers=cut.answers,
        quality=grade,
        role_reason=assignment.reason,
        role_confidence=assignment.confidence,
    )


def draft(parted: Parted, rubric: Rubric, engines: EngineSet) -> tuple[DraftScore, ...]:
    """A draft for every competency; all withheld where the transcript cannot carry a score or the candidate is not known."""
    if parted.quality.grade == "poor":
        return withheld(rubric, "No score is drafted from this transcript: " + " ".join(parted.quality.reasons))
    if not any(turn.role == "candidate" for turn in parted.turns):
        return withheld(rubric, f"No score is drafted while it is not known who the candidate is: {parted.role_reason}")
    return engines.scorer.score(parted.turns, parted.answers, rubric)


def told(heard: Heard, parted: Parted, drafts: tuple[DraftScore, ...], rubric: Rubric, engines: EngineSet) -> Analysis:
    """The analysis: what every stage found, and which engines and rubric version it was."""
    return Analysis(
        source=heard.source,
        engines=Engines(
            transcriber=heard.heard_by,
            diarizer=heard.told_apart_by,
            embedder=engines.embedder.name,
            scorer=engines.scorer.name,
            debrief=engines.code_version,
        ),
        rubric=RubricRef(id=rubric.id, version=rubric.version),
        quality=parted.quality,
        turns=parted.turns,
        answers=parted.answers,
        not_covered=not_covered(parted.answers, rubric, drafts),
        drafts=drafts,
        warnings=heard.transcript.warnings,
        role_confidence=parted.role_confidence,
    )


def withheld(rubric: Rubric, why: str) -> tuple[DraftScore, ...]:
    """No score for any competency, and why."""
    return tuple(
        DraftScore(competency=c.id, score=None, value=None, plausible=None, confidence=0.0, rationale=why)
        for c in rubric.competencies
    )


def not_covered(answers: Sequence[Answer], rubric: Rubric, drafts: Sequence[DraftScore]) -> tuple[str, ...]:
    """Competencies that no question that was asked evaluates and no evidence touches."""
    asked = {answer.question for answer in answers}
    covered = {c for question in rubric.questions if question.id in asked for c in question.evaluates}
    covered |= {draft.competency for draft in drafts if draft.evidence}
    return tuple(c.id for c in rubric.competencies if c.id not in covered)
