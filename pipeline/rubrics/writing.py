"""A rubric as a YAML text that people can read, edit and bring back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import yaml

from models.rubric import Rubric


class _Dumper(yaml.SafeDumper):
    """Block style with indented lists, long texts folded."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def to_yaml(rubric: Rubric) -> str:
    """The rubric in the format of ``rubrics/README.md``; reading it again gives the same version.

    What has its default value is left out. The version is not part of the text: it is the hash of what the text says.
    """
    plain = _plain(rubric.model_dump(exclude={"version"}, exclude_defaults=True))
    order = [name for name in Rubric.model_fields if name in plain]
    return yaml.dump(
        {name: plain[name] for name in order}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        # A weight such as 12.5 must come back exactly; a whole one reads better as a whole number.
        return int(value) if value == value.to_integral_value() else str(value.normalize())
    return value
