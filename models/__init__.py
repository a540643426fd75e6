"""The nouns of debrief: frozen pydantic types that every other package talks in.

These are domain models, not machine-learning weights (those are handled by ``pipeline.weights``). This package imports the
standard library and pydantic only.
"""
