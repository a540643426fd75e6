"""The ``debrief`` command on a data folder of its own, and an analysis to feed it."""

import json
from pathlib import Path

import pytest

from pipeline import rubrics
from pipeline.cli.main import main


class Shell:
    """The ``debrief`` command on a data folder of its own, run in this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.capsys, self.patch = capsys, patch
        for name in ("DEBRIEF_DATABASE", "DEBRIEF_MEDIA", "DEBRIEF_HOOK"):
            patch.delenv(name, raising=False)
        patch.setenv("DEBRIEF_DATA", str(folder / "data"))
        patch.setenv("COLUMNS", "200")
        patch.chdir(folder)

    def __call__(self, *words: str, code: int = 0, user: str = "") -> str:
        self.patch.setenv("DEBRIEF_USER", user)
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        said = self.capsys.readouterr()
        assert (ended.value.code or 0) == code, said.err
        assert "Traceback" not in said.err
        return (said.out if code == 0 else said.err).strip()


def analysis(folder: Path) -> Path:
    """An analysis as ``debrief analyze --json`` writes it, for the bundled rubric."""
    rubric = rubrics.load("senior-csm")
    turns = [
        {"t": 0, "speaker": "S1", "role": "interviewer", "start": 0, "end": 2, "text": "Tell me.", "kind": "question",
         "question": "free-1"},
        {"t": 1, "speaker": "S2", "role": "candidate", "start": 2, "end": 9, "text": "I renewed every account.",
         "question": "free-1", "kind": "answer"},
    ]  # fmt: skip
    quote = {"turn": 1, "quote": "renewed every account", "start": 2, "end": 9, "polarity": "+", "pull": 0.3,
             "anchor": {"level": "4", "text": "x"}, "similarity": 0.5}  # fmt: skip
    drafts = [
        {
            "competency": c.id,
            "score": 4,
            "value": 4.2,
            "plausible": [3, 5],
            "confidence": 0.6,
            "rationale": "x",
            "evidence": [quote],
        }
        for c in rubric.competencies
    ]
    whole = {
        "schema": "debrief.analysis/1", "source": {"name": "call.vtt", "sha256": "0" * 64, "duration_s": 9.0},
        "engines": {"transcriber": "t", "diarizer": "d", "embedder": "e", "scorer": "s"},
        "rubric": {"id": rubric.id, "version": rubric.version}, "quality": {"grade": "good"}, "turns": turns, "answers": [],
        "not_covered": [], "drafts": drafts,
    }  # fmt: skip
    path = folder / "call.json"
    path.write_text(json.dumps(whole))
    return path
