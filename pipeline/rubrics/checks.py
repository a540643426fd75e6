"""What a rubric that fits the format can still get wrong: weights, ids, anchors, questions, rules, scale, examples."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Literal

from models.rubric import Competency, Rubric, Rule, anchor_levels
from pipeline.rubrics.reading import Finding, Reading

LEVELS = range(1, 6)
_ID = re.compile(r"[\w][\w.-]*", re.UNICODE)
_FREE = re.compile(r"free-\d+")


def check(reading: Reading) -> list[Finding]:
    """Findings on the content of ``reading.rubric``; only those, not what reading the file already found."""
    assert reading.rubric is not None
    inner = Reading(reading.file, reading.rubric, reading.lines)
    for part in (_ids, _count, _weights, _anchors, _questions, _rules, _minimums, _scale, _examples):
        part(inner, reading.rubric)
    return inner.findings


def _ids(say: Reading, rubric: Rubric) -> None:
    _id(say, ("id",), "the rubric", rubric.id)
    for kind, entries in (("competencies", rubric.competencies), ("questions", rubric.questions)):
        _unique(say, kind, [entry.id for entry in entries])
    names: dict[str, int] = {}
    for index, competency in enumerate(rubric.competencies):
        if not competency.name.strip():
            say.say("error", ("competencies", index), f"competency {competency.id!r} has no name.", "Give it a name.")
        if names.setdefault(competency.name.casefold(), index) != index:
            message = f"two competencies are called {competency.name!r}."
            say.say("warning", ("competencies", index, "name"), message, "Give each its own name.")
    for index, question in enumerate(rubric.questions):
        if not question.text.strip():
            say.say("error", ("questions", index), f"question {question.id!r} has no text.", "Write the question.")
        if _FREE.fullmatch(question.id):
            message = f"the question id {question.id!r} is reserved for questions outside the bank."
            say.say("error", ("questions", index, "id"), message, "Choose another id, such as q1.")


def _id(say: Reading, where: tuple[str | int, ...], what: str, value: str) -> None:
    if not value.strip():
        say.say("error", where, f"{what} has an empty id.", "Give it an id, such as customer-relationships.")
    elif not _ID.fullmatch(value):
        say.say("error", where, f"the id {value[:60]!r} is not one word.", "Use letters, digits, '.', '_' and '-'.")


def _unique(say: Reading, kind: str, ids: list[str]) -> None:
    seen: dict[str, int] = {}
    what = "competency" if kind == "competencies" else "question"
    for index, each in enumerate(ids):
        where = (kind, index, "id")
        _id(say, where, f"{what} {index + 1}", each)
        if seen.setdefault(each, index) != index:
            first = say.line(kind, seen[each], "id")
            message = f"the {what} id {each!r} stands twice (first on line {first})."
            say.say("error", where, message, "Rename one of them.")


def _count(say: Reading, rubric: Rubric) -> None:
    number = len(rubric.competencies)
    severity: Literal["error", "warning"] = "error" if number > 10 or number == 0 else "warning"
    if number > 10:
        message, remedy = f"{number} competencies: more than 10 dilutes the signal.", "Keep the 6 to 8 that matter."
    elif number == 0:
        message, remedy = "there is no competency.", "List what candidates are rated on; 6 to 8 is the advice."
    elif number < 3:
        message, remedy = f"only {number} competencies say little about a candidate.", "6 to 8 is the advice."
    elif number > 8:
        message, remedy = f"{number} competencies are hard to rate in one talk.", "6 to 8 is the advice; merge some."
    else:
        return
    say.say(severity, ("competencies",), message, remedy)


def _weights(say: Reading, rubric: Rubric) -> None:
    for index, competency in enumerate(rubric.competencies):
        where = ("competencies", index, "weight")
        if not competency.weight.is_finite() or not 0 <= competency.weight <= 100:
            message = f"the weight of {competency.id!r} is {competency.weight}."
            say.say("error", where, message, "Give a percentage from 0 to 100.")
            return
        if competency.weight == 0:
            message = f"{competency.id!r} has weight 0 and never changes the total."
            say.say("warning", where, message, "Give it a weight or remove it.")
    total = sum(competency.weight for competency in rubric.competencies)
    if rubric.competencies and total != 100:
        gap = 100 - total
        remedy = f"{'Add' if gap > 0 else 'Take away'} {abs(gap):f} in all."
        say.say("error", ("competencies",), f"the weights sum to {total:f}, not 100.", remedy)


def _anchors(say: Reading, rubric: Rubric) -> None:
    for index, competency in enumerate(rubric.competencies):
        where = ("competencies", index, "anchors")
        ranges = list(_ranges(say, where, competency))
        if len(ranges) < len(competency.anchors):
            continue
        for missing in {1, 5} - {level for low, high in ranges for level in range(low, high + 1)}:
            message = f"{competency.id!r} has no anchor for level {missing}."
            say.say("error", where, message, "Describe both ends, the lowest and the highest level.")
        if [low for low, _ in ranges] != sorted(low for low, _ in ranges):
            message = f"the anchors of {competency.id!r} are out of order."
            say.say("error", where, message, "List them from the lowest level to the highest.")
        ranges.sort()
        for (low, high), (after, until) in pairwise(ranges):
            if after <= high:
                message = f"the anchors {_key(low, high)} and {_key(after, until)} of {competency.id!r} overlap."
                say.say("error", where, message, "Let each level belong to one anchor.")


def _ranges(say: Reading, where: tuple[str | int, ...], competency: Competency) -> Iterable[tuple[int, int]]:
    for key, text in competency.anchors.items():
        try:
            low, high = anchor_levels(key)
        except ValueError:
            low, high = 0, 0
        if not LEVELS[0] <= low <= high <= LEVELS[-1]:
            message = f"{key[:30]!r} is not a level of {competency.id!r}."
            say.say("error", (*where, key), message, "Use a level from 1 to 5, or a range such as 1-2.")
            continue
        if not text.strip():
            message = f"the anchor {key} of {competency.id!r} has no text."
            say.say("error", (*where, key), message, "Describe the behaviour that shows this level.")
        yield low, high


def _key(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"


def _questions(say: Reading, rubric: Rubric) -> None:
    if not rubric.questions:
        return
    known = {competency.id for competency in rubric.competencies}
    asked: set[str] = set()
    for index, question in enumerate(rubric.questions):
        asked |= set(question.evaluates)
        if not question.evaluates:
            message = f"question {question.id!r} evaluates no competency."
            say.say("warning", ("questions", index), message, "List the competencies that it evaluates.")
        for place, unknown in enumerate(question.evaluates):
            if unknown not in known:
                message = f"question {question.id!r} evaluates {unknown!r}, which is not a competency here."
                say.say("error", ("questions", index, "evaluates", place), message, f"Use one of {_list(known)}.")
        listed = {category.strip().lower() for category in rubric.categories}
        if listed and question.category and question.category not in listed:
            message = f"question {question.id!r} has the category {question.category!r}, which is not listed."
            say.say("warning", ("questions", index, "category"), message, f"Use one of {_list(rubric.categories)}.")
    for index, competency in enumerate(rubric.competencies):
        if competency.id not in asked:
            message = f"no question evaluates {competency.id!r}."
            say.say("warning", ("competencies", index), message, "Add a question, or name it in one that is there.")


def _rules(say: Reading, rubric: Rubric) -> None:
    for index, rule in enumerate(rubric.rules):
        where = ("rules", index)
        needs: dict[str, tuple[str, ...]] = {
            "count_at_least": ("level", "count"),
            "minimum": ("competency", "level"),
            "total_at_least": ("total",),
        }
        for need in needs[rule.kind]:
            if getattr(rule, need) is None:
                say.say("error", where, f"a {rule.kind} rule needs {need}.", f"Add {need}.")
        for fault, field in _rule_faults(rule, rubric):
            say.say("error", (*where, field), fault, "Correct the rule.")


def _rule_faults(rule: Rule, rubric: Rubric) -> Iterable[tuple[str, str]]:
    if rule.level is not None and rule.level not in LEVELS:
        yield f"the rule asks for level {rule.level}; levels go from 1 to 5.", "level"
    if rule.competency is not None and rule.competency not in {c.id for c in rubric.competencies}:
        yield f"the rule names {rule.competency!r}, which is not a competency here.", "competency"
    if rule.count is not None and not 1 <= rule.count <= len(rubric.competencies):
        yield f"the rule counts {rule.count} of {len(rubric.competencies)} competencies.", "count"
    if rule.total is not None and not 1 <= rule.total <= 5:
        yield f"the rule asks for a total of {rule.total}; totals go from 1 to 5.", "total"


def _minimums(say: Reading, rubric: Rubric) -> None:
    for index, competency in enumerate(rubric.competencies):
        if competency.minimum is None:
            continue
        where = ("competencies", index, "minimum")
        if competency.minimum not in LEVELS:
            message = f"the minimum of {competency.id!r} is {competency.minimum}; levels go from 1 to 5."
            say.say("error", where, message, "Use a level of the scale.")
        elif not competency.must_have:
            message = f"{competency.id!r} has a minimum but is no must-have, so the minimum does nothing."
            say.say("warning", where, message, "Add must_have: true, or remove the minimum.")


def _scale(say: Reading, rubric: Rubric) -> None:
    levels = {str(level) for level in LEVELS}
    for missing in sorted(levels - set(rubric.scale)):
        say.say("error", ("scale",), f"the scale has no label for level {missing}.", "Label all levels from 1 to 5.")
    for extra in sorted(set(rubric.scale) - levels):
        message = f"the scale labels {extra[:30]!r}; levels go from 1 to 5."
        say.say("error", ("scale", extra), message, "Remove it.")


def _examples(say: Reading, rubric: Rubric) -> None:
    known = {competency.id for competency in rubric.competencies}
    for index, example in enumerate(rubric.examples):
        for key, line in example.scores.items():
            where = ("examples", index, "scores", key)
            if key not in known:
                message = f"example {example.name!r} scores {key!r}, which is not a competency here."
                say.say("error", where, message, f"Use one of {_list(known)}.")
            if line.score not in LEVELS:
                message = f"example {example.name!r} gives {line.score}; levels go from 1 to 5."
                say.say("error", where, message, "Use a level of the scale.")


def _list(ids: Iterable[str]) -> str:
    return ", ".join(sorted(ids))
