"""The JSON Schema of ``run.json``, for programs that read runs."""

from __future__ import annotations

from typing import Any

__all__ = ["run_schema"]

_TEXT, _COUNT, _NUMBER = {"type": "string"}, {"type": "integer", "minimum": 0}, {"type": "number"}
_TEXTS = {"type": "array", "items": _TEXT}
_SECONDS = {"type": "object", "additionalProperties": _NUMBER}


def run_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of a run's header.

    Examples
    --------
    >>> sorted(run_schema()["required"])[:3]
    ['dataset', 'method', 'n_samples']
    """
    properties: dict[str, Any] = {
        "dataset": _TEXT,
        "labels": {"type": ["string", "null"]},
        "method": _TEXT,
        "title": _TEXT,
        "citation": _TEXT,
        "pipeline": {**_TEXT, "description": "The scikit-learn pipeline, in a line"},
        "protocol": {**_TEXT, "description": "A name, such as loso, or a splitter"},
        "tuning": {"enum": ["nested", "oracle", "fixed"]},
        "grid": {"type": ["string", "null"]},
        "tune": {"type": "object"},
        "scoring": {**_TEXT, "description": "The measure that tuning went by"},
        "inner": {
            **_TEXT,
            "description": "The inner folds that tuning went by, if not one person at a time",
        },
        "classes": {**_TEXTS, "description": "All classes of the task, in print order"},
        "class_counts": {"type": "object", "additionalProperties": _COUNT},
        "units": {"type": "array", "items": {"type": "integer"}},
        "n_samples": _COUNT,
        "n_subjects": _COUNT,
        "n_features": {"type": ["integer", "null"]},
        "n_folds": _COUNT,
        "n_candidates": _COUNT,
        "seed": _COUNT,
        "complete": {"type": "boolean", "description": "Whether no fold is missing"},
        "failed": {"type": "object", "additionalProperties": _TEXT},
        "skipped": {"type": "object", "additionalProperties": _TEXT},
        "warnings": _TEXTS,
        "notes": _TEXTS,
        "chosen": {"description": "The parameters of each fold", "type": ["array", "object"]},
        "seconds": {**_SECONDS, "description": "Wall seconds of each stage"},
        "work": {
            "type": "object",
            "description": "Seconds of each kind of work, over all threads: of the run, and of the "
            "pass over the clips that it shared with others",
        },
        "fingerprint": {**_TEXT, "description": "Of ids, subjects, labels and marks"},
        "pixels": {"type": ["string", "null"], "description": "Of the frames"},
        "predictions_sha256": {**_TEXT, "pattern": "^[0-9a-f]{64}$"},
        "artifacts": {"type": "object", "additionalProperties": _TEXT},
        "versions": {"type": "object", "additionalProperties": _TEXT},
        "command": _TEXT,
        "time": _TEXT,
        "platform": _TEXT,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mebench run",
        "type": "object",
        "properties": properties,
        "required": [
            *("dataset", "method", "protocol", "tuning", "n_samples"),
            "predictions_sha256",
        ],
    }
