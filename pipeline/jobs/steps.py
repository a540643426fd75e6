"""The steps of one interview's work: each calls one stage of the story and leaves its result as an artefact.

A step takes and returns references (sha256). The same step on the same inputs is not done twice, also where a worker died between
storing the result and checkpointing it, and where an interview comes again with another rubric.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter

from models.report import Analysis
from models.rubric import Rubric
from models.transcript import Recognition
from models.user import USER_ROLES, User
from pipeline import analyze
from pipeline.actions.analyses import attach_analysis
from pipeline.actions.desk import Desk
from pipeline.errors import ConflictError
from pipeline.jobs.artefacts import Artefacts, away
from pipeline.jobs.decoding import Decoded, decode_apart, sound
from pipeline.jobs.work import Order
from pipeline.stages import audio
from pipeline.stages.talk import Progress
from pipeline.stages.transcribe import imported
from pipeline.store import openings
from pipeline.store.store import Store

RECOGNITIONS = TypeAdapter(tuple[Recognition, ...])
MACHINE = "debrief-worker"


class MachineDesk(Desk):
    """The worker's desk: it may attach analyses, nobody can sign in as it, and the audit log names it."""

    __slots__ = ()

    def who(self, connection: object) -> User:
        """The worker, which is no account of this installation."""
        return User(id=MACHINE, name="debrief", email="", roles=("admin",))


assert "admin" in USER_ROLES


class Steps:
    """The steps on one store with one set of engines. ``folder`` is where recordings lie while they are decoded."""

    def __init__(
        self, store: Store, artefacts: Artefacts, engines: analyze.EngineSet, folder: Path | None = None
    ) -> None:
        self._store = store
        self._artefacts = artefacts
        self._engines = engines
        self._folder = folder

    def order(self, interview: str, reference: str) -> Order:
        """What was ordered."""
        return Order.model_validate_json(self._artefacts.get(interview, reference))

    def decode(self, order: Order, progress: Progress) -> str:
        """The recording as samples, or the words of a transcript file."""

        def make() -> str:
            with tempfile.TemporaryDirectory(dir=self._folder, prefix="debrief-") as folder:
                file = self._fetch(order, Path(folder))
                if imported.is_transcript(file):
                    heard = analyze.read(file)
                    return self._put(order, {"heard": self._text(order, heard.model_dump_json())})
                samples = Path(folder) / "samples"
                decoded = decode_apart(file, samples)
                audio.check_speech(sound(file.name, decoded, samples.read_bytes()))
                kept = self._artefacts.put_file(order.interview, samples)
                return self._put(order, {"name": file.name, "samples": kept, **asdict(decoded)})

        return self._once(order, "decode", [order.recording, order.name], make)

    def minutes(self, order: Order, decoded: str) -> float:
        """How long the recording is; 0 for a transcript."""
        told = self._told(order, decoded)
        return int(str(told.get("length", 0))) / audio.RATE / 60

    def transcribe(self, order: Order, decoded: str, progress: Progress) -> str:
        """The words; a transcript has them already."""
        told = self._told(order, decoded)
        if "heard" in told:
            return str(told["heard"])

        def make() -> str:
            heard = analyze.recognise(self._sound(order, told), self._engines, order.vocabulary, progress)
            return self._text(order, RECOGNITIONS.dump_json(heard).decode())

        return self._once(order, "transcribe", [decoded, order.engines, *order.vocabulary], make)

    def diarize(self, order: Order, decoded: str, words: str, progress: Progress) -> str:
        """The words with their speakers."""
        told = self._told(order, decoded)
        if "heard" in told:
            return words

        def make() -> str:
            heard = RECOGNITIONS.validate_json(self._artefacts.get(order.interview, words))
            apart = analyze.tell_apart(self._sound(order, told), heard, self._engines, progress)
            return self._text(order, apart.model_dump_json())

        return self._once(order, "diarize", [decoded, words, order.engines], make)

    def cut(self, order: Order, heard: str) -> str:
        """The talk cut per question, with roles and grade."""

        def make() -> str:
            transcript = self._heard(order, heard).transcript
            parted = analyze.part(transcript, self._rubric(order), self._engines, order.candidate)
            return self._text(order, parted.model_dump_json())

        return self._once(order, "cut", [heard, order.rubric.version, order.engines, order.candidate or ""], make)

    def match(self, order: Order, cut: str) -> str:
        """What the scorer's network reads in the candidate's words, kept for scoring and for scoring again."""
        from pipeline.jobs.readings import READINGS, keep

        def make() -> str:
            parted = analyze.Parted.model_validate_json(self._artefacts.get(order.interview, cut))
            return self._artefacts.put(order.interview, keep(self._engines.scorer, parted.turns))

        read = self._once(order, "match", [cut, order.engines], make)
        self._artefacts.remember(order.interview, READINGS, read)
        return read

    def score(self, order: Order, heard: str, cut: str, read: str) -> str:
        """The analysis with its drafts."""
        from pipeline.jobs.readings import VECTORS, recall, vectors

        def make() -> str:
            parted = analyze.Parted.model_validate_json(self._artefacts.get(order.interview, cut))
            rubric = self._rubric(order)
            recall(self._engines.scorer, self._artefacts.get(order.interview, read))
            drafts = analyze.draft(parted, rubric, self._engines)
            embedded = vectors(self._engines.scorer, parted.turns)
            if embedded:
                self._artefacts.remember(order.interview, VECTORS, self._artefacts.put(order.interview, embedded))
            analysis = analyze.told(self._heard(order, heard), parted, drafts, rubric, self._engines)
            return self._text(order, analysis.contract_json(None))

        return self._once(order, "score", [heard, cut, read, order.rubric.version], make)

    def publish(self, order: Order, analysed: str, decoded: str) -> str:
        """Attaches the analysis to the interview, once; returns the analysis's id. The samples are needed no longer."""
        analysis = Analysis.model_validate_json(self._artefacts.get(order.interview, analysed))
        desk = MachineDesk(self._store, MACHINE)
        for attempt in range(3):
            try:
                made = attach_analysis(desk, order.interview, analysis)
                break
            except ConflictError:
                if attempt == 2:  # somebody edits the interview at this moment, or it has another recording now
                    raise
        self.clear(order.interview, decoded)
        return made

    def clear(self, interview: str, decoded: str) -> None:
        """Removes the samples: they are large and quickly made again."""
        samples = json.loads(self._artefacts.get(interview, decoded)).get("samples")
        if samples:
            self._artefacts.drop(interview, str(samples))

    def _once(self, order: Order, stage: str, inputs: list[str], make: Callable[[], str]) -> str:
        key = hashlib.sha256("\0".join([stage, *inputs]).encode()).hexdigest()
        found = self._artefacts.made(order.interview, f"{stage}-{key}")
        if found is not None and (stage != "decode" or self._complete(order, found)):
            return found
        reference = make()
        self._artefacts.remember(order.interview, f"{stage}-{key}", reference)
        return reference

    def _complete(self, order: Order, decoded: str) -> bool:
        samples = self._told(order, decoded).get("samples")
        return samples is None or self._artefacts.has(order.interview, str(samples))

    def _fetch(self, order: Order, folder: Path) -> Path:
        """The recording under its own name in a folder of this machine."""
        name = Path(order.name.replace("\\", "/")).name.strip() or order.recording[:12]
        file = folder / "in" / name[-200:]
        file.parent.mkdir()
        with away("The recording"), self._store.media.open(order.recording) as stream, file.open("wb") as out:
            shutil.copyfileobj(stream, out, 1 << 20)
        return file

    def _sound(self, order: Order, told: dict[str, object]) -> audio.Audio:
        fields = {name: told[name] for name in ("sha256", "channels", "length")}
        decoded = Decoded(**fields, warnings=tuple(told["warnings"]))  # type: ignore[arg-type]
        return sound(str(told["name"]), decoded, self._artefacts.get(order.interview, str(told["samples"])))

    def _heard(self, order: Order, reference: str) -> analyze.Heard:
        return analyze.Heard.model_validate_json(self._artefacts.get(order.interview, reference))

    def _told(self, order: Order, decoded: str) -> dict[str, object]:
        return dict(json.loads(self._artefacts.get(order.interview, decoded)))

    def _put(self, order: Order, value: dict[str, object]) -> str:
        return self._text(order, json.dumps(value, sort_keys=True))

    def _text(self, order: Order, text: str) -> str:
        return self._artefacts.put(order.interview, text.encode())

    def _rubric(self, order: Order) -> Rubric:
        with self._store.read() as c:
            return openings.get_rubric(c, order.rubric)
