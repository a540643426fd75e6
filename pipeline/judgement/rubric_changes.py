"""What differs between two versions of a rubric, and which competencies that touches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from models._base import Noun
from models.rubric import Competency, Question, Rubric

Kind = Literal["rubric", "competency", "question", "rule"]


class RubricChange(Noun):
    """One difference: which field of what, before and after as people read it (empty: not there).

    ``competencies`` are those whose scores or drafts would be given by another yardstick.
    """

    kind: Kind
    id: str
    field: str
    before: str
    after: str
    competencies: tuple[str, ...] = ()


def changes(old: Rubric, new: Rubric) -> tuple[RubricChange, ...]:
    """All differences: of the rubric itself, then competencies, questions and rules, in the order of the newer version."""
    found: list[RubricChange] = []
    everyone = tuple(c.id for c in new.competencies)
    for name in ("title", "seniority", "description", "must_have_minimum", "missing", "rate_first", "blind", "raters"):
        before, after = str(getattr(old, name)), str(getattr(new, name))
        if before != after:
            found.append(RubricChange(kind="rubric", id=new.id, field=name, before=before, after=after))
    if old.scale != new.scale:
        found.append(
            RubricChange(kind="rubric", id=new.id, field="scale", before=_labels(old), after=_labels(new),
                         competencies=everyone)
        )  # fmt: skip
    found += _each("competency", {c.id: c for c in old.competencies}, {c.id: c for c in new.competencies})
    found += _each("question", {q.id: q for q in old.questions}, {q.id: q for q in new.questions})
    before_rules, after_rules = [_rule(rule) for rule in old.rules], [_rule(rule) for rule in new.rules]
    found += [RubricChange(kind="rule", id="", field="rule", before=rule, after="")
              for rule in before_rules if rule not in after_rules]  # fmt: skip
    found += [RubricChange(kind="rule", id="", field="rule", before="", after=rule)
              for rule in after_rules if rule not in before_rules]  # fmt: skip
    return tuple(found)


def touched(old: Rubric, new: Rubric) -> tuple[str, ...]:
    """The competencies of the newer version whose meaning changed: new ones, other anchors, definitions or questions. Other
    weights and rules weigh the same scores differently and touch none.
    """
    hit = {key for change in changes(old, new) for key in change.competencies}
    return tuple(c.id for c in new.competencies if c.id in hit)


WEIGHING = frozenset({"weight", "must_have", "minimum", "abbr", "listen_for", "name"})
"""Fields of a competency that change how scores are weighed or shown, and not what a level means."""


def _each(
    kind: Literal["competency", "question"],
    old: Mapping[str, Competency | Question],
    new: Mapping[str, Competency | Question],
) -> list[RubricChange]:
    found = []
    for key in (*new, *(key for key in old if key not in new)):
        before, after = old.get(key), new.get(key)
        if before is None or after is None:
            there = after or before
            found.append(
                RubricChange(kind=kind, id=key, field=kind, before=_title(before), after=_title(after),
                             competencies=_about(there) if there else ())
            )  # fmt: skip
            continue
        for name in type(after).model_fields:
            if getattr(before, name) != getattr(after, name):
                about = () if name in WEIGHING else tuple(dict.fromkeys((*_about(before), *_about(after))))
                found.append(
                    RubricChange(kind=kind, id=key, field=name, before=_shown(getattr(before, name)),
                                 after=_shown(getattr(after, name)), competencies=about)
                )  # fmt: skip
    return found


def _about(what: Competency | Question) -> tuple[str, ...]:
    return (what.id,) if isinstance(what, Competency) else what.evaluates


def _title(what: Competency | Question | None) -> str:
    return "" if what is None else what.name if isinstance(what, Competency) else what.text


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{key}: {text}" for key, text in value.items())
    return "\n".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _labels(rubric: Rubric) -> str:
    return "\n".join(f"{key} {level.label} {level.meaning}".strip() for key, level in rubric.scale.items())


def _rule(rule: Noun) -> str:
    return " ".join(f"{name}={value}" for name, value in rule.model_dump(exclude_defaults=True).items())
