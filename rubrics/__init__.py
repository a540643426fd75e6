"""The bundled scorecards as package data: one YAML file for each, found through ``pipeline.rubrics``."""
