"""Why this score, in plain words: what was found for and against, what is missing, and what would move it by one."""

from __future__ import annotations

from collections.abc import Sequence

from models.evidence import Evidence
from models.rubric import Competency, anchor_levels


def rationale(competency: Competency, value: float | None, evidence: Sequence[Evidence], words: float) -> str:
    """Two to five sentences; without a value, what the interview lacks."""
    keys = sorted(competency.anchors, key=anchor_levels)
    middle = next((key for key in keys if anchor_levels(key)[1] >= 3), keys[-1])
    if value is None:
        return (
            f"Too little evidence on {competency.name}: {_words(words)} of the candidate's own past work speak to it. "
            f"Missing is what the candidate did, such as: {competency.anchors[middle]}"
        )
    score = min(5, max(1, int(value + 0.5)))
    plus = [item for item in evidence if item.polarity == "+"]
    minus = [item for item in evidence if item.polarity == "-"]
    parts = [f"{_quotes(plus)} for a high level and {_quotes(minus)} against, near level {value:.1f}."]
    strongest = max(evidence, key=lambda item: abs(item.pull), default=None)
    if strongest is not None and abs(strongest.pull) >= 0.05:
        direction = "raises" if strongest.pull > 0 else "lowers"
        parts.append(f"Turn {strongest.turn} {direction} it most ({strongest.pull:+.1f}).")
    above = next((key for key in keys if anchor_levels(key)[0] > score), None)
    below = next((key for key in reversed(keys) if anchor_levels(key)[1] < score), None)
    spoken = {item.anchor.level for item in evidence}
    missing = [key for key in keys if key not in spoken and anchor_levels(key)[0] > score]
    if missing:
        parts.append(f"No passage reaches anchor {' or '.join(missing)}.")
    if above:
        parts.append(f"Up by one with deeds towards {above}: {competency.anchors[above]}")
    if below:
        parts.append(f"Down by one if it falls to {below}: {competency.anchors[below]}")
    return " ".join(parts)


def _quotes(items: Sequence[Evidence]) -> str:
    if not items:
        return "no quote"
    return "1 quote" if len(items) == 1 else f"{len(items)} quotes"


def _words(count: float) -> str:
    return "hardly any words" if count < 5 else f"about {5 * round(count / 5)} words"
