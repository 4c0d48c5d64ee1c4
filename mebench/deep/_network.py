"""What CNNFeatures and CNNClassifier share: how a network is trained, stored, and found again."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ..errors import BadInput
from . import store
from ._augment import AUGMENTATIONS, check_augmentations
from ._gradcam import gradcam
from ._running import now
from .backend import repeatable, versions
from .inputs import INPUTS
from .losses import class_weights, unit_alpha
from .networks import NETWORKS, build_network, sizes
from .schedules import check_schedule
from .start import Start, body
from .training import Task, outputs, set_aside, settled, standardised, train

__all__ = ["Network"]

#: Raised whenever the same training would give another network: stored ones are keyed by it.
VERSION = 2
_TARGETS = ("both", "emotion", "units")

Self = TypeVar("Self", bound="Network")


class Network(BaseEstimator):
    """What both share; parameters are documented in :class:`CNNFeatures`."""

    def __init__(
        self,
        network: str = "ststnet",
        input: str = "apex-flow",
        *,
        options: Mapping[str, Any] | None = None,
        shape: tuple[int, ...] | None = None,
        targets: str = "emotion",
        epochs: int = 60,
        batch_size: int = 16,
        learning_rate: float = 1e-3,
        patience: int | None = 10,
        validation: float = 0.15,
        class_weight: Mapping[Any, float] | str | None = "balanced",
        unit_weight: float = 1.0,
        augmentations: Mapping[str, float] | None = None,
        copies: int | str = 1,
        optimizer: str = "adam",
        schedule: str | None = None,
        monitor: str = "loss",
        standardise: bool = True,
        frames: bool = False,
        start: Start | None = None,
        random_state: int | None = None,
    ) -> None:
        self.network = network
        self.input = input
        self.options = options
        self.shape = shape
        self.targets = targets
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.patience = patience
        self.validation = validation
        self.class_weight = class_weight
        self.unit_weight = unit_weight
        self.augmentations = augmentations
        self.copies = copies
        self.optimizer = optimizer
        self.schedule = schedule
        self.monitor = monitor
        self.standardise = standardise
        self.frames = frames
        self.start = start
        self.random_state = random_state

    def fit(self: Self, X: Any, y: Any, groups: Any = None, units: Any = None) -> Self:
        """Train the network, or take the one that was trained on the same before.

        Parameters
        ----------
        X : ndarray ``(n, …)`` or list
            Inputs; with ``shape`` set, rows that begin with one.
        y : array ``(n,)``, or for a :class:`CNNClassifier` also ``(n, n_units)`` of 0 and 1
        groups : array ``(n,)``, optional
            Persons. Without, rows are taken for persons, with a warning.
        units : ndarray ``(n, n_units)`` of 0 and 1, optional
            Action units, learned by a second head unless ``targets`` is 'emotion'.

        Raises
        ------
        BadInput
            Unknown names, inputs that the network cannot take, or one class only.
        """
        self._check()
        tensors, _ = self._split(X)
        y = np.asarray(y)
        joint = y.ndim == 2
        if joint:
            units, y = y, np.zeros(len(y), int)
        emotions = not joint and (self.targets != "units" or units is None)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if emotions and len(self.classes_) < 2:
            raise BadInput(f"There is one class only, {self.classes_[0]!r}: nothing to learn.")
        wanted = joint or (self.targets != "emotion" and units is not None)
        shown = np.asarray(units, np.float32) if wanted else np.zeros((len(y), 0), np.float32)
        # A unit that everybody or nobody shows here cannot be learned; its answer is known.
        self.open_units_ = np.flatnonzero((shown.mean(0) > 0) & (shown.mean(0) < 1))
        self.closed_units_ = (shown.mean(0) >= 1).astype(int)
        shown = shown[:, self.open_units_]
        if not emotions and not shown.shape[1]:
            self.weights_: list[np.ndarray] | None = None  # nothing left to learn
            return self
        groups = self._people(groups, len(y))
        # With targets='units' the classes have no say, nor in what follows from the key.
        codes = codes if emotions else np.zeros(len(codes), int)
        order, groups = settled(tensors, groups, codes, shown)
        tensors, codes, shown = tensors[order], codes[order], shown[order]
        if self.frames:
            tensors, (codes, groups, shown) = _frames(tensors, codes, groups, shown)
        self._n_emotions = len(self.classes_) if emotions else 0
        self.input_shape_ = tensors.shape[1:]
        names = self.classes_ if emotions else np.zeros(1, int)
        self.key_ = store.digest(
            VERSION, versions(), self._described(), tensors, codes, names, groups, shown,
        )  # fmt: skip
        found = store.get(self.key_) if now().keep else None
        if found is not None:
            self.weights_, self.history_ = store.unpack(found), found["history"]
            self.centre_, self.scale_ = found["centre"], found["scale"]
        else:
            self._train(tensors, codes, groups, shown)
        return self

    def explain(self, X: Any) -> np.ndarray:
        """Grad-CAM of each input, for what the network's own head says.

        Returns
        -------
        ndarray of float32 ``(n, H, W)`` in 0–1; see :func:`mebench.deep.gradcam`
        """
        check_is_fitted(self, "weights_")
        tensors, _ = self._split(X)
        if self.weights_ is None:
            return np.zeros((len(tensors), 1, 1), np.float32)
        n = len(tensors)
        tensors = _frames(tensors)[0] if self.frames else tensors
        with repeatable(self._seed()):
            x = standardised(tensors, self.centre_, self.scale_)
            maps = gradcam(self._model(), x, batch=self.batch_size)
        return maps.reshape(n, -1, *maps.shape[1:]).mean(1)

    def pretrain(
        self: Self, X: Any, y: Any, groups: Any = None, units: Any = None, source: str = ""
    ) -> Self:
        """A new estimator that begins with what the network learns from other data.

        Parameters
        ----------
        X, y, groups, units
            As for :meth:`fit`, of other persons.
        source : str
            What they are, for reports.

        Returns
        -------
        estimator
            Unfitted, with the parameter ``start``. Its heads are new.
        """
        from sklearn.base import clone

        learned = clone(self).fit(X, y, groups=groups, units=units)
        if learned.weights_ is None:
            raise BadInput(f"{source or 'These data'} have nothing to learn from.")
        with repeatable(self._seed()):
            weights = tuple(np.asarray(w) for w in body(learned._model()))
        return clone(self).set_params(start=Start(weights, learned.key_, source))

    def _train(
        self, X: np.ndarray, codes: np.ndarray, groups: np.ndarray, units: np.ndarray
    ) -> None:
        seed = self._seed()
        fit, held = set_aside(codes, groups, self.validation, np.random.default_rng(seed))
        # A backbone scales pixels in its own way.
        if not self.standardise or self.network in ("backbone", "marzban-resnet50"):
            self.centre_, self.scale_ = np.zeros(1), np.ones(1)
        else:
            channels = X[fit].reshape(-1, X.shape[-1])
            self.centre_ = channels.mean(0, dtype=np.float64)
            self.scale_ = channels.std(0, dtype=np.float64)
        self.centre_ = self.centre_.astype(np.float32)
        self.scale_ = np.where(self.scale_ > 1e-6, self.scale_, 1).astype(np.float32)
        n = self._n_emotions
        weights = class_weights(codes, max(n, 1), self.class_weight, self.classes_)
        with repeatable(seed):
            model = build_network(self.network, X.shape[1:], n, units.shape[1], **self._options())
            if self.start is not None:
                self.start.put_into(model)
            size = sizes(model, self.batch_size)
            text = (
                f"{self.network} ({size['parameters']:,} parameters, "
                f"up to {_in_words(size['bytes'])})"
            )
            if size["too_large"]:
                warnings.warn(
                    f"{text}: a batch of {self.batch_size} inputs {X.shape[1:]} may need that "
                    f"much memory to train, and each input {size['operations'] / 1e9:.1f} billion "
                    "operations once forward, which is too large for a CPU; a smaller "
                    "batch_size, input or network (such as those named …-small) needs less.",
                    stacklevel=3,
                )
            task = Task(
                X=X,
                truth=np.eye(max(n, 1), dtype=np.float32)[codes],
                units=units,
                alpha=unit_alpha(units[fit], self.class_weight),
                weight=weights[codes],
                fit=fit,
                held=held,
                centre=self.centre_,
                scale=self.scale_,
                kind=INPUTS[self.input],
                arcface=self._arcface(),
                epochs=self.epochs,
                batch_size=self.batch_size,
                learning_rate=self.learning_rate,
                patience=self.patience,
                unit_weight=self.unit_weight,
                augmentations=AUGMENTATIONS if self.augmentations is None else self.augmentations,
                seed=seed,
                name=text,
                optimizer=self.optimizer,
                schedule=self.schedule,
                monitor=self.monitor,
                copies=self.copies,
            )
            self.weights_, self.history_ = train(model, task, self.key_)
            self._built = model
        if now().keep:
            arrays = {"history": self.history_, "centre": self.centre_, "scale": self.scale_}
            store.put(self.key_, {**store.pack(self.weights_), **arrays})
            store.drop(f"{self.key_}-part")

    def _told(self, X: np.ndarray, name: str) -> np.ndarray:
        """An output of the network for each input, from the store if it is there."""
        n = len(X)
        X = _frames(X)[0] if self.frames else X
        key = store.digest("output", name, self.key_, X)
        found = store.get(key) if now().keep else None
        if found is not None:
            return _per_clip(found["values"], n)
        with repeatable(self._seed()):
            values = outputs(
                self._model(), X, self.centre_, self.scale_, [name], self.batch_size
            )[name]  # fmt: skip
        if now().keep:
            store.put(key, {"values": values})
        return _per_clip(values, n)

    def _model(self) -> Any:
        """The Keras model with the trained weights; made when it is first needed."""
        if getattr(self, "_built", None) is None:
            n_units = len(self.open_units_)
            self._built = build_network(
                self.network, self.input_shape_, self._n_emotions, n_units, **self._options()
            )
            self._built.set_weights(self.weights_)
        return self._built

    def __getstate__(self) -> dict[str, Any]:
        # The model is made of the weights again: a pickle holds arrays only.
        return {k: v for k, v in super().__getstate__().items() if k != "_built"}

    def _split(self, X: Any) -> tuple[np.ndarray, np.ndarray | None]:
        """Inputs, and what stands behind them in each row."""
        X = X if isinstance(X, np.ndarray) else np.stack([np.asarray(x) for x in X])
        rest = None
        if self.shape is not None:
            n = int(np.prod(self.shape))
            if X.ndim != 2 or X.shape[1] < n:
                raise BadInput(
                    f"shape is {self.shape}, so rows of at least {n} values were expected; found "
                    f"an array of shape {X.shape}."
                )
            X, rest = X[:, :n].reshape(-1, *self.shape), X[:, n:]
        if X.ndim not in (4, 5) or (self.frames and X.ndim != 5):
            raise BadInput(
                f"Networks take inputs (n, H, W, C) or (n, T, H, W, C), found {X.shape}: put a "
                "step such as mebench.deep.FlowInput in front."
            )
        return X, rest

    def _check(self) -> None:
        check_schedule(self.schedule)
        check_augmentations(self.augmentations or {})
        known = {"network": NETWORKS, "input": INPUTS, "targets": _TARGETS,
                 "optimizer": ("adam", "sgd"), "monitor": ("loss", "accuracy")}  # fmt: skip
        for name, there in known.items():
            if getattr(self, name) not in there:
                raise BadInput(
                    f"{name} must be one of {', '.join(there)}, found {getattr(self, name)!r}."
                )
        for name in ("epochs", "batch_size", "patience", "copies"):
            if getattr(self, name) in (None, "rare") and name in ("patience", "copies"):
                continue
            if not isinstance(getattr(self, name), (int, np.integer)) or getattr(self, name) < 1:
                raise BadInput(f"{name} must be at least 1, found {getattr(self, name)}.")
        if not 0 <= self.validation < 1:
            raise BadInput(f"validation must be in 0 … 1, found {self.validation}.")

    def _people(self, groups: Any, n: int) -> np.ndarray:
        if groups is None:
            warnings.warn(
                "No persons were given (groups), so the samples by which training stops may show "
                "persons that it learns from.",
                stacklevel=3,
            )
            return np.arange(n)
        groups = np.asarray(groups)
        if groups.shape != (n,):
            raise BadInput(f"groups has shape {groups.shape} where ({n},) was expected.")
        return groups

    def _options(self) -> dict[str, Any]:
        return dict(self.options or {})

    def _arcface(self) -> bool:
        return self._options().get("head") == "arcface"

    def _seed(self) -> int:
        return 0 if self.random_state is None else int(self.random_state)

    def _described(self) -> str:
        """All parameters that decide the network, and the content of a file of weights."""
        params = self.get_params(deep=False)
        params["random_state"] = self._seed()
        path = self._options().get("weights")
        if path is not None and Path(path).is_file():
            params["file"] = store.digest(np.fromfile(path, np.uint8))
        return repr({k: dict(v) if isinstance(v, Mapping) else v for k, v in params.items()})


def _frames(X: np.ndarray, *facts: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Every frame as a sample of its own, with what is known of its clip."""
    frames = X.reshape(-1, *X.shape[2:])
    return frames, [np.repeat(fact, X.shape[1], axis=0) for fact in facts]


def _per_clip(values: np.ndarray, n: int) -> np.ndarray:
    """Outputs ``(n, frames, width)``, or ``(n, width)`` where there is one for each clip."""
    return values if len(values) == n else values.reshape(n, -1, values.shape[-1])


def _in_words(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(size // 10**6, 1)} MB"
