"""From the bytes of a rubric file to a rubric, with the line of everything that stands in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ValidationError

from models.rubric import (
    Competency,
    Example,
    ExampleScore,
    Guidance,
    Question,
    QuestionAnswered,
    Rubric,
    Rule,
    ScaleLevel,
)

MAX_BYTES = 2_000_000
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Where = tuple[str | int, ...]


class Finding(NamedTuple):
    """One thing that lint has to say: where it is, how bad it is, and what to do."""

    file: str
    line: int
    severity: Literal["error", "warning"]
    message: str
    remedy: str

    @property
    def place(self) -> str:
        """File and line as an editor takes them: ``rubric.yaml:12``."""
        return f"{self.file}:{self.line}"


@dataclass
class Reading:
    """What was read from one file: the rubric (None where it does not fit the format), lines, and findings so far."""

    file: str
    rubric: Rubric | None = None
    lines: dict[_Where, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def line(self, *where: str | int) -> int:
        """The line (from 1) of the entry at ``where``, or of the nearest entry around it."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)

    def say(self, severity: Literal["error", "warning"], where: _Where, message: str, remedy: str) -> None:
        """Adds a finding about the entry at ``where``."""
        self.findings.append(Finding(self.file, self.line(*where), severity, message, remedy))


def read(file: str, content: bytes) -> Reading:
    """Reads YAML or JSON; what does not fit the format becomes a finding, never an exception."""
    reading = Reading(file)
    data = _parse(reading, content)
    if data is None:
        return reading
    if not isinstance(data, dict):
        reading.say("error", (), "the file does not hold a rubric.", "Start with id, title and competencies as keys.")
        return reading
    try:
        reading.rubric = Rubric.model_validate(_known(reading, _tidy(data), Rubric, ()))
    except ValidationError as error:
        for fault in error.errors():
            _explain(reading, fault["loc"], fault["type"], fault["msg"])
    except RecursionError:
        reading.say("error", (), "the file is nested too deeply.", "Follow the format in rubrics/README.md.")
    return reading


def _parse(reading: Reading, content: bytes) -> object:
    if len(content) > MAX_BYTES:
        reading.say("error", (), "the file is larger than 2 MB.", "Give a rubric, not a recording or a transcript.")
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        reading.lines[()] = line
        reading.say("error", (), "the file is not UTF-8 text.", "Save it as UTF-8.")
        return None
    if not text.strip():
        reading.say("error", (), "the file is empty.", "Write a rubric as described in rubrics/README.md.")
        return None
    return _parse_json(reading, text) if text.lstrip().startswith("{") else _parse_yaml(reading, text)


def _parse_json(reading: Reading, text: str) -> object:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        if not reading.file.endswith(".json"):
            return _parse_yaml(reading, text)
        reading.lines[()] = error.lineno
        reading.say("error", (), f"not valid JSON: {error.msg} (column {error.colno}).", "Correct this line.")
        return None
    except (RecursionError, ValueError):
        reading.say("error", (), "the file is nested too deeply or holds a huge number.", "Correct the file.")
        return None
    try:  # only for the lines: every JSON text without tabs is YAML
        _locate(reading, yaml.compose(text.replace("\t", " "), Loader=_LOADER), ())
    except (yaml.YAMLError, RecursionError, ValueError):
        reading.lines[()] = 1
    return data


def _parse_yaml(reading: Reading, text: str) -> object:
    loader = _LOADER(text)
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=_LOADER)):
            reading.say("error", (), "the file uses YAML aliases (*name).", "Write the text out in each place.")
            return None
        node = loader.get_single_node()
        _locate(reading, node, ())
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reading.lines[()] = mark.line + 1 if mark else 1
        what = " ".join(part for part in (error.problem, error.context) if part)
        remedy = "Correct this line; put text that holds a colon or a hash sign in quotes, and indent with spaces."
        reading.say("error", (), f"not valid YAML: {what}.", remedy)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        what = str(error).splitlines()[0] if str(error) else "nested too deeply"
        reading.say("error", (), f"not valid YAML: {what[:160]}.", "Follow the format in rubrics/README.md.")
    finally:
        loader.dispose()
    return None


def _locate(reading: Reading, node: yaml.Node | None, where: _Where) -> None:
    """Remembers the line of every entry; a key that stands twice is an error, for the first would be lost."""
    if node is None:
        return
    reading.lines.setdefault(where, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, each in enumerate(node.value):
            _locate(reading, each, (*where, index))
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*where, str(key.value))
            line = key.start_mark.line + 1
            if inner in reading.lines:
                message = f"the key {str(key.value)[:60]!r} stands twice (first on line {reading.lines[inner]})."
                reading.findings.append(Finding(reading.file, line, "error", message, "Keep one of the two."))
                continue
            reading.lines[inner] = line
            _locate(reading, value, inner)


def _tidy(data: dict[Any, Any]) -> dict[str, Any]:
    """Spellings that mean the same: levels as numbers, a scale of bare labels, and empty entries."""
    data = {str(key): value for key, value in data.items() if value is not None or key in ("id", "title")}
    data.pop("version", None)  # the version is the hash of the content, never what a file claims
    if isinstance(data.get("scale"), dict):
        data["scale"] = {
            str(key): {"label": value} if isinstance(value, str) else value for key, value in data["scale"].items()
        }
    return data


_INSIDE: dict[str, type[BaseModel]] = {
    "competencies": Competency,
    "questions": Question,
    "rules": Rule,
    "examples": Example,
    "guidance": Guidance,
    "faq": QuestionAnswered,
    "scale": ScaleLevel,
    "scores": ExampleScore,
}
_KEYED = ("scale", "scores")


def _known(reading: Reading, data: object, kind: type[BaseModel], where: _Where) -> object:
    """``data`` without fields that ``kind`` does not have; each becomes a warning, since it may be a misspelt one."""
    if not isinstance(data, dict):
        return data
    kept: dict[str, Any] = {}
    for key, value in ((str(key), value) for key, value in data.items()):
        here = (*where, key)
        if key not in kind.model_fields:
            remedy = "Remove it, or correct its spelling."
            reading.say("warning", here, f"unknown field {key[:60]!r} is ignored.", remedy)
        elif key in _KEYED and isinstance(value, dict):
            kept[key] = {str(k): _known(reading, v, _INSIDE[key], (*here, str(k))) for k, v in value.items()}
        elif key in _INSIDE and isinstance(value, list):
            kept[key] = [_known(reading, v, _INSIDE[key], (*here, index)) for index, v in enumerate(value)]
        elif key == "anchors" and isinstance(value, dict):
            kept[key] = {str(level).replace("–", "-").replace(" ", ""): text for level, text in value.items()}
        elif value is not None:
            kept[key] = value
    return kept


_REMEDIES = {
    "missing": "Add it.",
    "string_type": "Write it as text, in quotes.",
    "bool_parsing": "Write true or false.",
    "bool_type": "Write true or false.",
    "int_parsing": "Write a whole number.",
    "decimal_parsing": "Write a number.",
    "decimal_type": "Write a number.",
    "tuple_type": "Write a list.",
    "dict_type": "Write keys with values.",
    "model_type": "Write keys with values.",
    "model_attributes_type": "Write keys with values.",
}


def _explain(reading: Reading, where: tuple[str | int, ...], kind: str, message: str) -> None:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".") or "the rubric"
    said = "is missing" if kind == "missing" else message[0].lower() + message[1:]
    remedy = _REMEDIES.get(kind, "Correct the value; the format is described in rubrics/README.md.")
    reading.say("error", where, f"{path}: {said}.", remedy)
