"""A writer to be killed: works through reviews, corrections, panels and deletions on a store until somebody stops it."""

from __future__ import annotations

import io
import itertools
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from builders import an_analysis
from scene import Scene

from models.job import Correction
from pipeline.actions import analyses, deleting, openings, panels, reviewing
from pipeline.actions.desk import new_id
from pipeline.store.store import Store


def main(folder: str, seed: int) -> None:
    """Writes for ever; prints a dot when the first round is done."""
    chance = random.Random(seed)
    scene = Scene(Store(f"sqlite:///{folder}/debrief.db", f"{folder}/media"))
    for number in itertools.count():
        person = scene.add_candidate(f"P{number}")
        held = scene.add_interview(person)
        sound = io.BytesIO(bytes(chance.randbytes(200_000)))
        kept = openings.attach_recording(scene.desk("ann"), held.id, sound, held.version)
        made = an_analysis(scene.rubric)
        made = made.model_copy(update={"source": made.source.model_copy(update={"sha256": kept.recording})})
        scene.analyse(kept, made)
        scene.submit("ann", {"c1": 4, "c2": 3, "c3": chance.randint(1, 5)}, kept)
        desk = scene.desk("bob")
        analyses.correct(
            desk,
            Correction(
                id=new_id(), interview=held.id, kind="words", turn=1, text="Other.", author=desk.actor, at=desk.clock()
            ),
        )
        card = reviewing.open_review(desk, held.id)
        reviewing.rate(desk, card.id, card.version, "c1", 2)
        panels.decide(scene.desk("lead"), person.id, "hold", "later")
        if number % 2:
            deleting.delete_candidate(scene.desk("admin"), person.id)
        print(".", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
