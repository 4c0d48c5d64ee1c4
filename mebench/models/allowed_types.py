"""Which types a model file may hold: a fixed list, looked through before anything is made."""

from __future__ import annotations

import importlib
import io
import json
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from ..errors import BadInput
from ..renamed import RENAMED

__all__ = ["check_content", "trusted_types"]

# Rooms whose public estimators may be part of a model.
_ROOMS = ("preprocessing", "features", "svm", "deep", "methods.combination")

# Private types that fitted estimators of these rooms hold.
_INSIDE = {
    "mebench.svm.grids": ("Point",),
    "mebench.svm.polysvc": ("Machine",),
    "mebench.methods.combination.early": ("_PrincipalComponents",),
    "mebench.methods.candidates": ("Choice", "Fitted"),
    "mebench.methods.combination.rules": ("Scores", "Stack", "Vote"),
}

# Where private types were when models were saved that hold them.
_MOVED = {
    f"mebench.methods.combination.members.{name}": f"mebench.methods.candidates.{name}"
    for name in ("Choice", "Fitted")
}

# Estimators of scikit-learn whose fitted state is arrays and numbers, read by numpy alone. Not
# here: whatever holds functions (FunctionTransformer), and what hands its state to compiled code
# that believes it (SVC, trees, nearest neighbours by KD-tree).
_SKLEARN = {
    "sklearn.pipeline": ("Pipeline", "FeatureUnion"),
    "sklearn.preprocessing": (
        *("StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler", "Normalizer"),
        *("KernelCenterer", "LabelEncoder", "LabelBinarizer"),
    ),
    "sklearn.decomposition": ("PCA", "TruncatedSVD", "KernelPCA"),
    "sklearn.feature_selection": ("VarianceThreshold",),
    "sklearn.linear_model": ("LogisticRegression", "RidgeClassifier"),
    "sklearn.svm": ("LinearSVC",),
    "sklearn.discriminant_analysis": ("LinearDiscriminantAnalysis",),
    "sklearn.naive_bayes": ("GaussianNB",),
    "sklearn.neighbors": ("KNeighborsClassifier", "NearestCentroid"),
}

_PLAIN = ("builtins.str", "builtins.int", "builtins.float", "builtins.bool")
_NUMBERS = tuple(
    f"numpy.{name}"
    for name in (
        *("bool", "bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"),
        *("uint64", "float16", "float32", "float64", "str_"),
    )
)


@lru_cache
def trusted_types() -> dict[str, type]:
    """Every class that a model may have an instance of, by its full name.

    Those are the public estimators of mebench's rooms and what they hold, and a list of
    estimators of scikit-learn. No file adds to it.

    Examples
    --------
    >>> "mebench.svm.polysvc.PolySVC" in trusted_types(), "os.system" in trusted_types()
    (True, False)
    """
    from sklearn.base import BaseEstimator

    found: dict[str, type] = {}
    for room in _ROOMS:
        module = importlib.import_module(f"mebench.{room}")
        for name in module.__all__:
            one = getattr(module, name)
            if isinstance(one, type) and issubclass(one, BaseEstimator):
                found[f"{one.__module__}.{one.__qualname__}"] = one
    for source in (_INSIDE, _SKLEARN):
        for where, names in source.items():
            module = importlib.import_module(where)
            for name in names:
                one = getattr(module, name)
                found[f"{one.__module__}.{one.__qualname__}"] = one
    # A module may have got an underscore since a model was saved.
    found.update({name.replace("._", "."): one for name, one in list(found.items())})
    found.update({old: found[new] for old, new in {**RENAMED, **_MOVED}.items()})
    return found


@lru_cache
def _allowed() -> dict[str, frozenset[str]]:
    """By the way in which skops would make a thing, what it may make in that way."""
    tuples = {name for name, one in trusted_types().items() if issubclass(one, tuple)}
    return {
        "ObjectNode": frozenset(set(trusted_types()) - tuples),
        "TupleNode": frozenset({"builtins.tuple", *tuples}),
        "DictNode": frozenset({"builtins.dict"}),
        "ListNode": frozenset({"builtins.list"}),
        "SetNode": frozenset({"builtins.set"}),
        "JsonNode": frozenset({"builtins.str"}),
        "TypeNode": frozenset({*_PLAIN, *_NUMBERS}),
        "NdArrayNode": frozenset({"numpy.ndarray", *_NUMBERS}),
    }


def check_content(data: bytes, what: str = "The model") -> None:
    """Refuse a skops archive that would make anything but the trusted types.

    Nothing is imported or made on behalf of the archive: its description, a JSON document, is
    read through first.

    Parameters
    ----------
    data : bytes
    what : str
        Begins the message.

    Raises
    ------
    BadInput
        Naming the type, or what else is wrong.
    """
    for node in _nodes(_schema(data, what)):
        loader, kind = node.get("__loader__"), f"{node.get('__module__')}.{node.get('__class__')}"
        if not isinstance(loader, str) or kind not in _allowed().get(loader, ()):
            raise BadInput(
                f"{what} holds an object of the type {kind} ({loader}), which is none of those "
                "that models are made of (mebench's steps and classifiers, plain numpy arrays, "
                "and a list of scikit-learn's estimators). Nothing of it was loaded."
            )


def _schema(data: bytes, what: str) -> Any:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            # Without compression nothing unpacks to more than the file itself.
            if any(m.compress_type != zipfile.ZIP_STORED or m.flag_bits & 1 for m in members):
                raise BadInput(f"{what} holds compressed parts, which models are never saved with.")
            if sum(m.file_size for m in members) > len(data):
                raise BadInput(f"{what} says that it unpacks to more than it is.")
            if len({m.filename for m in members}) < len(members):
                raise BadInput(f"{what} holds a part twice.")
            return json.loads(archive.read("schema.json"))
    except (zipfile.BadZipFile, KeyError, ValueError, RecursionError, NotImplementedError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"{what} cannot be read: {type(error).__name__}: {error}.") from error


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every part of the description that could be made into an object."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            if "__loader__" in one:
                yield one
            stack.extend(one.values())
        elif isinstance(one, list):
            stack.extend(one)
