"""How far drafts move when only names, gender, places, spelling, punctuation, fillers or articles change, and what attacks reach.

usage: python -m benchmarks.invariance [--only PREFIX] [--write benchmarks/invariance.md]
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from models.rubric import Rubric
from models.score import DraftScore
from pipeline import wiring
from pipeline.stages.score import Scorer
from scripts.attacks import ORDERS, colleagues, nearly, talk, teams, top_anchor
from scripts.rewordings import rewordings
from scripts.scoring_data import Sample, Sources, load_sources

SILENCE = "I can't think of anything there, sorry."
LIMITS = (
    "Limits: the shipped weights were trained on these interviews, which makes drafts steadier than on new ones. The wording of the colleague's and team's",
    "stories was written together with the rule that finds denials (`pipeline/stages/ownership.py`; it takes no turn of the 121 labelled interviews for one).",
    "Names can still move a draft by a third of a level, probably because names that are also words of the dictionary are not masked.",
)


class Move(NamedTuple):
    """One draft before and after: change of value, change of level, and whether it came or went."""

    value: float
    levels: int
    flipped: bool


def moves(before: Sequence[DraftScore], after: Sequence[DraftScore]) -> list[Move]:
    """How each draft moved; a draft that came or went has no change of value."""
    found = []
    for a, b in zip(before, after, strict=True):
        if a.value is None or b.value is None:
            found.append(Move(0.0, 0, (a.value is None) != (b.value is None)))
        else:
            found.append(Move(abs(a.value - b.value), abs((a.score or 0) - (b.score or 0)), False))
    return found


def measure(scorer: Scorer, sources: Sources, only: str) -> dict[str, list[Move]]:
    """The moves of every draft of the corpus for each rewording."""
    found: dict[str, list[Move]] = defaultdict(list)
    for one in sources.talks:
        if not one.corpus or not one.id.startswith(only):
            continue
        rubric = sources.rubrics[one.rubric]
        before = scorer.score(one.turns, one.answers, rubric)
        for name, turns in rewordings(one.turns).items():
            found[name] += moves(before, scorer.score(turns, one.answers, rubric))
        scorer.forget()
        print(one.id, flush=True)
    return found


def stories(sources: Sources, rubric: str, level: int = 5) -> list[str]:
    """A graded sample answer of that level for each competency of a rubric."""
    own: list[Sample] = [s for s in sources.samples if s.rubric == rubric and s.level == level]
    return [next(s.text for s in own if s.competency == c) for c in range(len(sources.rubrics[rubric].competencies))]


def attacks(sources: Sources, name: str) -> dict[str, list[str]]:
    """What the candidate says to each competency's question, by attack; the first two are honest, for comparison."""
    rubric: Rubric = sources.rubrics[name]
    own = stories(sources, name)
    n = len(rubric.competencies)
    return {
        "one's own level-5 stories (no attack)": own,
        "one of them, once (no attack)": [own[0]] + [SILENCE] * (n - 1),
        "the same one to every question": [own[0]] * n,
        "top anchors word for word": [top_anchor(c) for c in rubric.competencies],
        "top anchors nearly": [nearly(top_anchor(c)) for c in rubric.competencies],
        "the stories as a colleague's": [colleagues(story) for story in own],
        "the stories as another team's": [teams(story) for story in own],
        "orders to the machine": [" ".join(ORDERS)] * n,
    }


def table(found: dict[str, list[Move]], reached: dict[str, list[list[int | None]]], scorer: str, talks: int) -> str:
    """Both tables in Markdown."""
    lines = ["# What must not move a draft, and what must not win one", "", f"Scorer: {scorer}", ""]
    lines += ["    python -m benchmarks.invariance --write benchmarks/invariance.md", ""]
    lines += [
        f"Texts of {talks} corpus interviews reworded (`scripts/rewordings.py`); roles and cut stay those of the key. Required: mean <= 0.1"
    ]
    lines += ["level, no draft moves by more than one level.", ""]
    lines += [
        "| changed | drafts | mean change | worst change | more than one level | another level | came or went |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, rows in found.items():
        kept = [row for row in rows if not row.flipped]
        mean = sum(row.value for row in kept) / max(1, len(kept))
        counts = [
            sum(row.levels > 1 for row in kept),
            sum(row.levels == 1 for row in kept),
            sum(row.flipped for row in rows),
        ]
        worst = max((row.value for row in kept), default=0.0)
        lines.append(f"| {name} | {len(rows)} | {mean:.3f} | {worst:.2f} | {counts[0]} | {counts[1]} | {counts[2]} |")
    lines += [
        "",
        "Attacks (`scripts/attacks.py`): the candidate answers each competency's question with nothing but this. Required: no draft",
    ]
    lines += ["reaches 4. Counts are drafts over the rubrics.", ""]
    lines += ["| said | no draft | 1 | 2 | 3 | 4 | 5 |", "|---|---|---|---|---|---|---|"]
    for name, by_rubric in reached.items():
        levels = [level for row in by_rubric for level in row]
        lines.append(f"| {name} | " + " | ".join(str(levels.count(level)) for level in (None, 1, 2, 3, 4, 5)) + " |")
    return "\n".join([*lines, "", *LIMITS]) + "\n"


def main() -> None:
    """Measure, print, and write where asked."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--only", default="dev-")
    reader.add_argument("--write", type=Path)
    given = reader.parse_args()
    sources, scorer = load_sources(), wiring.engines().scorer
    reached: dict[str, list[list[int | None]]] = defaultdict(list)
    for name in sorted({one.rubric for one in sources.talks if one.corpus}):
        for attack, said in attacks(sources, name).items():
            turns, answers = talk(sources.rubrics[name], said)
            reached[attack].append([draft.score for draft in scorer.score(turns, answers, sources.rubrics[name])])
    found = measure(scorer, sources, given.only)
    text = table(
        found, reached, scorer.name, sum(one.corpus and one.id.startswith(given.only) for one in sources.talks)
    )
    print(text)
    if given.write:
        given.write.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
