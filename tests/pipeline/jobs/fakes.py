"""Engines that cost nothing: what they hear and draft follows from the sound alone, and each use leaves a line in a file."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models.answer import Answer
from models.evidence import AnchorRef, Evidence
from models.rubric import Rubric
from models.score import DraftScore
from models.speaker import SpeakerSpan
from models.transcript import Recognition, Segment, Turn, Word
from pipeline.errors import WeightsError

ANSWER = (
    "I called them every week for a month and we fixed the three faults that had made them angry, then I met their "
    "new director and showed what had changed since the spring, and they renewed for two years after that. "
)
TURNS = (
    "Tell me about a difficult customer that you had to win back. How did you go about it?",
    ANSWER * 4,
    "What did you learn from that, and what would you do differently now?",
    ANSWER * 4,
)
WORD_SECONDS = 0.05


@dataclass
class Trouble:
    """What goes wrong in a stage: seconds to wait, the process killed, or an error; ``times`` over all processes (0: always)."""

    stage: str = ""
    wait: float = 0.0
    kill: bool = False
    error: str = ""
    times: int = 0


@dataclass
class FakeEngines:
    """All engines in one. ``folder`` holds the record of what was done, by every process."""

    folder: Path
    version: str = "1"
    trouble: Trouble = field(default_factory=Trouble)
    name: str = "fake sha256:0"
    code_version: str = "fake"

    @property
    def label(self) -> str:
        return f"fake {self.version}"

    @property
    def transcriber(self) -> FakeEngines:
        return self

    @property
    def diarizer(self) -> FakeEngines:
        return self

    @property
    def embedder(self) -> FakeEngines:
        return self

    @property
    def scorer(self) -> FakeEngines:
        return self

    def done(self, stage: str) -> None:
        """Leaves a line, and makes the trouble that was asked for."""
        with (self.folder / "done.txt").open("a") as out:
            out.write(f"{stage} {os.getpid()}\n")
        trouble = self.trouble
        if trouble.stage in (stage, "every"):
            if trouble.times:
                mark = self.folder / f"trouble-{stage}"
                count = int(mark.read_text()) if mark.exists() else 0
                if count >= trouble.times:
                    return
                mark.write_text(str(count + 1))
            time.sleep(trouble.wait)
            if trouble.kill:
                os.kill(os.getpid(), 9)
            if trouble.error == "weights":
                raise WeightsError("model.bin: its sha256 is wrong.", "debrief models prepare")
            if trouble.error == "full":
                raise OSError(28, "No space left on device")
            if trouble.error == "bug":
                raise ValueError("Zelda said something secret")

    def transcribe(
        self, samples: object, *, vocabulary: Sequence[str] = (), progress: Callable[[float], None]
    ) -> Recognition:
        self.done("transcribe")
        progress(1.0)
        said = " ".join(TURNS).split()
        words = tuple(
            Word(f" {w}", round(WORD_SECONDS * i, 2), round(WORD_SECONDS * (i + 1), 2), 0.9) for i, w in enumerate(said)
        )
        segment = Segment(start=0.0, end=words[-1].end, text=" ".join(said), words=words)
        return Recognition(segments=(segment,), language="en", engine=self.name)

    def diarize(self, samples: object, *, progress: Callable[[float], None]) -> list[SpeakerSpan]:
        self.done("diarize")
        ends = np.cumsum([len(turn.split()) for turn in TURNS]) * WORD_SECONDS
        starts = [0.0, *ends[:-1]]
        return [
            SpeakerSpan(speaker=f"S{i % 2 + 1}", start=float(start), end=float(end))
            for i, (start, end) in enumerate(zip(starts, ends, strict=True))
        ]

    def encode(self, texts: Sequence[str], lasting: bool = False) -> np.ndarray:
        rows = [np.frombuffer(hashlib.sha256(t.encode()).digest() * 48, dtype=np.uint8)[:384] for t in texts]
        made = np.array(rows, dtype=np.float32).reshape(-1, 384) - 127.0
        return made / np.linalg.norm(made, axis=1, keepdims=True) if len(texts) else made

    def kept(self, turns: Sequence[Turn]) -> bytes:
        self.done("match")
        return b"read"

    def vectors(self, turns: Sequence[Turn]) -> bytes:
        return b"embedded"

    def recall(self, data: bytes) -> bool:
        assert data in (b"read", b"embedded")
        return True

    def score(self, turns: Sequence[Turn], answers: Sequence[Answer], rubric: Rubric) -> tuple[DraftScore, ...]:
        self.done("score")
        turn = max((t for t in turns if t.role == "candidate"), key=lambda t: len(t.text))
        quote = Evidence(
            turn=turn.t, quote=turn.text, start=turn.start, end=turn.end, polarity="+", pull=0.5,
            anchor=AnchorRef(level="5", text="does it very well"), similarity=0.5,
        )  # fmt: skip
        return tuple(
            DraftScore(
                competency=c.id, score=4, value=4.0, plausible=(3, 5), confidence=0.5, rationale="fake",
                evidence=(quote,),
            )
            for c in rubric.competencies
        )  # fmt: skip


def trouble_from(text: str) -> Trouble:
    """What a worker's command line says."""
    return Trouble(**json.loads(text)) if text else Trouble()


def record(folder: Path) -> list[str]:
    """The stages that were done, in order, by whichever process."""
    file = folder / "done.txt"
    return [line.split()[0] for line in file.read_text().splitlines()] if file.exists() else []
