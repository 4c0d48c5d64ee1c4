"""Model files: a card and a fitted pipeline under one checksum, with nothing that could run.

A file is one line of magic, the SHA-256 of all that follows it, the length of the card, the card
(JSON), and a skops archive of the pipeline. The checksum finds damage; that a file was not made to
do harm is what :mod:`mebench.models.allowed_types` sees to, since anybody can compute a checksum.
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from ..errors import BadInput, DataNotFound
from ..methods.combination import LateFusion
from ..paths import ending
from ..storage.lease import write_whole
from ..svm import PolySVCSearch
from .allowed_types import check_content, trusted_types
from .card_types import check_card

__all__ = ["Model", "check_savable", "load_model", "read_card", "save_model"]

MAGIC = b"mebench model 1\n"
_SUM = 32
_LENGTH = 8
# So that a wrong length is no reason to take memory.
_LONGEST_CARD = 2**24
_SCHEMA = "schema.json"
_DATE = (1980, 1, 1, 0, 0, 0)  # the first that an archive can tell


@dataclass(frozen=True, eq=False)
class Model:
    """A fitted pipeline from clips to labels, and its card.

    Attributes
    ----------
    pipeline : Pipeline
    card : dict
        See :func:`mebench.models.make_card`.
    """

    pipeline: Pipeline
    card: dict[str, Any]

    @property
    def classes(self) -> list[str]:
        """In the order of the scores."""
        return [str(c) for c in self.pipeline.classes_]

    @property
    def name(self) -> str:
        """Method, database and label set."""
        data = self.card["data"]
        return f"{self.card['method']['name']} on {data['dataset']} ({data['labels']})"

    @property
    def colour(self) -> bool:
        """Whether it takes RGB frames."""
        return bool(self.card["method"].get("colour"))


def save_model(model: Model, path: str | os.PathLike[str]) -> str:
    """Write a model, whole or not at all.

    Parameters
    ----------
    model : Model
    path : path
        By convention ``….mebench``.

    Returns
    -------
    str
        SHA-256 of the content, to be published beside the file.

    Raises
    ------
    BadInput
        The pipeline holds something that no reader would trust, named; or the folder cannot be
        written to.
    """
    content, landmarks = _content(model.pipeline)
    card = {**model.card, "landmark_model": landmarks}
    text = json.dumps(card, indent=1, default=_plain).encode()
    body = len(text).to_bytes(_LENGTH, "little") + text + content
    digest = hashlib.sha256(body)
    path = Path(path)
    write_whole(path, MAGIC + digest.digest() + body)
    return digest.hexdigest()


def check_savable(estimator: BaseEstimator) -> None:
    """Say before the work is done that a method could not be saved after it.

    Raises
    ------
    BadInput
        Naming the type that no reader would trust.
    """
    _content(estimator)
    for part in _parts(estimator):
        if isinstance(part, LateFusion) and part.rule == "stack-forest":
            raise BadInput(
                "A combination by a random forest cannot be saved: trees are run by compiled code "
                "that believes what it is given. Take the combination stack: instead."
            )


def _content(estimator: BaseEstimator) -> tuple[bytes, dict[str, str] | None]:
    import skops.io

    portable, landmarks = _portable(estimator)
    try:
        content = skops.io.dumps(portable)
    except Exception as error:  # skops raises several kinds of its own
        raise BadInput(f"This pipeline cannot be saved: {error}") from error
    content = _settled(content)
    check_content(content, "This pipeline")
    return content, landmarks


def _settled(content: bytes) -> bytes:
    """The same archive with names and times that the same model always gets.

    skops names parts by where objects lay in memory, and dates them.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        numbers: dict[str, int] = {}
        schema = json.loads(old.read(_SCHEMA), object_hook=lambda node: _numbered(node, numbers))
        for name in sorted(old.namelist(), key=lambda name: numbers.get(Path(name).stem, -1)):
            if name == _SCHEMA:
                data = json.dumps(schema, indent=2).encode()
            else:
                data, name = old.read(name), _renamed(name, numbers)
            new.writestr(zipfile.ZipInfo(name, _DATE), data)
    return out.getvalue()


def _numbered(node: dict[str, Any], numbers: dict[str, int]) -> dict[str, Any]:
    """A node of the schema with its object's number instead of its address."""
    if isinstance(node.get("__id__"), int):
        node["__id__"] = numbers.setdefault(str(node["__id__"]), len(numbers))
    if isinstance(node.get("file"), str):
        node["file"] = _renamed(node["file"], numbers)
    return node


def _renamed(name: str, numbers: dict[str, int]) -> str:
    path = Path(name)
    return f"{numbers.setdefault(path.stem, len(numbers))}{path.suffix}"


def load_model(
    path: str | os.PathLike[str], *, landmarks: str | os.PathLike[str] | None = None
) -> Model:
    """Read a model, from anybody: it can bring numbers, but nothing that runs.

    Parameters
    ----------
    path : path
    landmarks : path, optional
        The dlib shape predictor, where the model was trained with one of its own; the card tells
        which. Models bring no paths.

    Returns
    -------
    Model

    Raises
    ------
    DataNotFound
        There is no such file.
    BadInput
        It is no model, it is damaged, or it holds a type that is not trusted, named.
    """
    import skops.io

    path = Path(path)
    card, content = _read(path)
    check_content(content, f"{path}")
    try:
        pipeline = skops.io.loads(content, trusted=list(trusted_types()))
    except Exception as error:  # whatever a file that is made up provokes
        raise BadInput(f"{path} cannot be loaded: {type(error).__name__}: {error}") from error
    _check_loaded(pipeline, path)
    given = _given_landmarks(card, landmarks, path)
    for step in _parts(pipeline):
        if given is not None and type(step).__name__ == "FindLandmarks":
            step.model = given
    return Model(pipeline, card)


def read_card(path: str | os.PathLike[str]) -> tuple[dict[str, Any], str]:
    """The card of a model, which is not loaded, and the SHA-256 of its content.

    Raises
    ------
    DataNotFound, BadInput
        As :func:`load_model`.
    """
    path = Path(path)
    card, _ = _read(path)
    with open(path, "rb") as file:
        file.seek(len(MAGIC))
        return card, file.read(_SUM).hex()


def _read(path: Path) -> tuple[dict[str, Any], bytes]:
    try:
        data = ending(path).read_bytes()
    except FileNotFoundError as error:
        raise DataNotFound(f"There is no model {path}; `mebench train` makes one.") from error
    except OSError as error:
        raise DataNotFound(f"The model {path} cannot be read: {error.strerror}.") from error
    if not data.startswith(MAGIC):
        raise BadInput(
            f"{path} is no model of mebench, or of another version. Pickle and joblib files are "
            "never loaded, since they can run anything; `mebench train` makes a model."
        )
    at = len(MAGIC) + _SUM
    body = data[at:]
    if hashlib.sha256(body).digest() != data[len(MAGIC) : at]:
        raise BadInput(
            f"The model {path} is not as it was written: its checksum does not fit. It is damaged "
            "or was changed; get it again from where it came from."
        )
    length = int.from_bytes(body[:_LENGTH], "little")
    if not 0 < length <= min(_LONGEST_CARD, len(body) - _LENGTH):
        raise BadInput(f"The model {path} has no card.")
    try:
        card = json.loads(body[_LENGTH : _LENGTH + length])
    except (ValueError, RecursionError):
        raise BadInput(f"The card of the model {path} cannot be read.") from None
    check_card(card, str(path))
    return card, body[_LENGTH + length :]


def _check_loaded(pipeline: Any, path: Path) -> None:
    """No value stands where a method should, and nothing is told to read from disk."""
    for part in _parts(pipeline):
        for name in vars(part):
            if name.startswith("__") or callable(getattr(type(part), name, None)):
                raise BadInput(
                    f"{path} replaces {type(part).__name__}.{name} by a value of its own."
                )
        _no_files(part, f"{path}")
        if getattr(part, "model", None) is not None and type(part).__name__ == "FindLandmarks":
            raise BadInput(f"{path} names a landmark model on disk; models bring no paths.")
        if ":" in str(getattr(part, "detector", "")):
            raise BadInput(f"{path} names the file of a face detector; models bring no paths.")
    fit = isinstance(pipeline, Pipeline) and bool(getattr(pipeline, "steps", None))
    if not fit or not isinstance(getattr(pipeline[-1], "classes_", None), np.ndarray):
        raise BadInput(f"{path} holds no fitted pipeline that ends in a classifier.")


def _no_files(part: Any, what: str) -> None:
    if getattr(part, "memory", None) is not None:
        raise BadInput(f"{what}: a pipeline with memory={part.memory!r} would read that folder.")
    options = getattr(part, "options", None)
    if isinstance(options, dict) and options.get("weights") is not None:
        raise BadInput(
            f"{what}: a network with weights={options['weights']!r} would read that file; models "
            "bring no paths."
        )


def _parts(value: Any) -> list[Any]:
    """Every object with attributes of its own: the estimator, and all that lies in it."""
    found, stack, seen = [], [value], set()
    while stack:
        one = stack.pop()
        if id(one) in seen or isinstance(one, type):
            continue
        seen.add(id(one))
        if isinstance(one, dict):
            stack.extend(one.values())
        elif isinstance(one, (list, tuple, set)):
            stack.extend(one)
        elif isinstance(one, np.ndarray):
            if one.dtype == object:
                stack.extend(one.ravel().tolist())
        elif hasattr(one, "__dict__"):
            found.append(one)
            stack.extend(vars(one).values())
    return found


def _portable(pipeline: BaseEstimator) -> tuple[BaseEstimator, dict[str, str] | None]:
    """A copy without what no prediction needs, and which landmark file it was made with."""
    pipeline, landmarks = copy.deepcopy(pipeline), None
    for part in _parts(pipeline):
        _no_files(part, "This pipeline cannot be saved")
        if isinstance(part, PolySVCSearch):
            part.__dict__.pop("cv_results_", None)  # a table that predictions do not need
        if type(part).__name__ == "FindLandmarks" and part.model is not None:
            landmarks = {"file": Path(part.model).name, "sha256": _file_sum(part.model)}
            part.model = None
        if type(part).__name__ == "FindLandmarks":  # which detector, but not where its file lies
            part.detector = part.detector.partition(":")[0]
    return pipeline, landmarks


def _given_landmarks(
    card: dict[str, Any], landmarks: str | os.PathLike[str] | None, path: Path
) -> str | None:
    wanted = card.get("landmark_model")
    if not isinstance(wanted, dict):
        if landmarks is not None:
            raise BadInput(f"{path} was trained with the default landmark model; give no other.")
        return None
    if landmarks is None:
        raise BadInput(
            f"{path} was trained with the landmark model {wanted.get('file')!r} (SHA-256 "
            f"{wanted.get('sha256')}): give that file with landmarks= (--landmarks)."
        )
    if _file_sum(landmarks) != wanted.get("sha256"):
        raise BadInput(f"{landmarks} is not the landmark model that {path} was trained with.")
    return os.fspath(landmarks)


def _file_sum(path: str | os.PathLike[str]) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise DataNotFound(
            f"The landmark model {path} cannot be read: {error.strerror}."
        ) from error


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)
