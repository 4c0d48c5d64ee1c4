"""The header of a run, ``run.json``, read as something that may be damaged or anybody's."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ..errors import BadInput, DataNotFound
from ..paths import regular_file

__all__ = ["read_header"]

_TEXT, _NUMBER, _NAMES, _FLAG = "text", "a number", "a list of texts", "true or false"
_TABLE, _SUMS = "a table of keys and values", "a table of file names and checksums"
_EITHER = "a list or a table"

#: What the keys hold that some reader relies on; null is as if the key were not there.
_KINDS = {
    **dict.fromkeys(("dataset", "labels", "method", "protocol", "tuning", "scoring", "title",
                     "inner", "fingerprint", "time", "kind", "predictions_sha256"), _TEXT),
    **dict.fromkeys(("n_samples", "n_subjects", "n_folds", "n_candidates", "n_repeats", "n_videos",
                     "n_micro", "n_macro", "iou", "seed"), _NUMBER),
    **dict.fromkeys(("classes", "units", "warnings", "notes", "marked"), _NAMES),
    **dict.fromkeys(("skipped", "seconds", "work", "cpu_seconds", "peak_mib", "versions",
                     "explanation", "nested_scores", "unit_counts", "repeats", "tune"), _TABLE),
    "artifacts": _SUMS, "failed": _EITHER, "chosen": _EITHER,
}  # fmt: skip


def read_header(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """The header of the run in a folder.

    Raises
    ------
    DataNotFound
        There is none, or it may not be read.
    BadInput
        It is no JSON, or a key that scores and reports are made of has another type than runs
        give it, named.
    """
    path = Path(folder) / "run.json"
    if not path.exists():
        raise DataNotFound(f"{folder} is not a run: {path} cannot be read.")
    regular_file(path)
    try:
        header = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataNotFound(f"{folder} is not a run: {error.filename} cannot be read.") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path} is not valid JSON: {error}.") from error
    if not isinstance(header, dict):
        raise BadInput(f"{path} is no header of a run: expected a table of keys and values.")
    for key, kind in _KINDS.items():
        value = header.get(key)
        if value is None:
            if kind not in (_TEXT, _NUMBER):
                header.pop(key, None)
        elif not _is(value, kind):
            raise BadInput(
                f"{path} is no header of a run: {key} is {_short(value)}; expected {kind}."
            )
    return header


def _is(value: Any, kind: str) -> bool:
    if kind == _TEXT:
        return isinstance(value, str)
    if kind == _NUMBER:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == _NAMES:
        return isinstance(value, list) and all(isinstance(v, (str, int)) for v in value)
    if kind == _SUMS:
        return isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
    return isinstance(value, dict) or (kind == _EITHER and isinstance(value, list))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
