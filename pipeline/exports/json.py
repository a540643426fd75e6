"""An opening as JSON: the report as it is, field by field (``models.decision.OpeningReport``)."""

from __future__ import annotations

from models.decision import OpeningReport


def document(report: OpeningReport) -> str:
    """The JSON text; ``OpeningReport.model_validate_json`` reads it back to an equal report."""
    return report.model_dump_json(indent=1)
