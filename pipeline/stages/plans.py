"""Plans for an imagined case: what somebody would do is no evidence of what they did."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.transcript import Turn
from pipeline.stages.evidence import Unit

_WOULD = re.compile(
    r"\b(?:i|we|you)(?: would|'d)(?: (?:probably|just|also|then|first|always|definitely|start by|try to|want to|go and))*"
    r" (?!have\b|say\b|not\b|never\b|like to think\b|call it\b|guess\b|add\b|argue\b)([a-z]+)",
    re.IGNORECASE,
)
_HAD = re.compile(
    r"(?:ed|en|wn|ne)$|^(?:had|been|got|gone|done|made|sent|told|said|put|set|kept|left|lost|met|paid|read|run|sat|seen|shown|sold|spent|built"
    r"|brought|bought|caught|cut|come|felt|found|fought|gave|given|heard|held|hit|known|led|learnt|let|meant|rung|sung|stuck|taught|thought|understood"
    r"|won|worn|written|better|rather|both|all|only|already|ever|actually|no|a|my|the|one|two|three)$",
    re.IGNORECASE,
)
"""After a shortened had: "I'd found" is past, "I'd find" is a plan."""

_DID = re.compile(
    r"\b(?:i|we) (?:\w+ed|did|went|got|made|had|sent|told|said|put|kept|left|lost|met|paid|ran|sat|saw|showed|sold|spent|built|brought|bought"
    r"|caught|came|felt|found|fought|gave|heard|held|knew|led|taught|thought|understood|won|wrote|rang|was|were|didn't|wasn't|never)\b",
    re.IGNORECASE,
)


def planned(text: str) -> bool:
    """Whether a unit of talk only says what the speaker would do: a plan, with nothing told that was done."""
    text = text.replace("’", "'")
    if _DID.search(text):
        return False
    return any(" would" in found.group(0).lower() or not _HAD.search(found.group(1)) for found in _WOULD.finditer(text))


_IMAGINED = re.compile(
    r"\b(?:imagine|suppose|pretend|hypothetical\w*|made[- ]up|make[- ]believe|let'?s say|say (?:a|an|your|you|the|one|there)|what if|picture (?:a|this|the))\b"
    r"|\b(?:would|might) you\b(?! (?:say|describe|call|like|mind|rate|tell))",
    re.IGNORECASE,
)
BACKCHANNEL_WORDS = 4


def plans(turns: Sequence[Turn], units: Sequence[Unit]) -> list[bool]:
    """For each unit, whether it only plans an imagined case that the interviewer has just put.

    Habits are told the same way ("I'd ring each of them every Monday"), so outside an imagined case nothing is taken for a plan.
    """
    imagined: set[int] = set()
    running = False
    for turn in turns:
        if turn.role == "candidate":
            if running:
                imagined.add(turn.t)
        elif turn.n_words > BACKCHANNEL_WORDS:
            running = bool(_IMAGINED.search(turn.text.replace("’", "'")))
    texts = {turn.t: turn.text for turn in turns}
    return [unit.turn in imagined and planned(texts[unit.turn][unit.start : unit.end]) for unit in units]
