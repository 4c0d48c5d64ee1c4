"""CNNFeatures and CNNClassifier: networks as scikit-learn estimators."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ..errors import BadInput
from . import store
from .augment import AUGMENTATIONS
from .backend import repeatable, versions
from .gradcam import gradcam
from .inputs import INPUTS
from .losses import class_weights, unit_alpha
from .networks import NETWORKS, build_network, sizes
from .running import now
from .training import Task, outputs, set_aside, standardised, train

__all__ = ["CNNClassifier", "CNNFeatures"]

#: Raised whenever the same training would give another network: stored ones are keyed by it.
VERSION = 1
_TARGETS = ("both", "emotion", "units")

Self = TypeVar("Self", bound="_Network")


class _Network(BaseEstimator):
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
        patience: int = 10,
        validation: float = 0.15,
        class_weight: Mapping[Any, float] | str | None = "balanced",
        unit_weight: float = 1.0,
        augmentations: Mapping[str, float] | None = None,
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
        self._n_emotions = len(self.classes_) if emotions else 0
        self.input_shape_ = tensors.shape[1:]
        # With targets='units' the classes have no say, so they are not in the key either.
        told = codes if emotions else np.zeros(len(y), int)
        names = self.classes_ if emotions else np.zeros(1, int)
        self.key_ = store.digest(
            VERSION, versions(), self._described(), tensors, told, names,
            np.unique(groups, return_inverse=True)[1], shown,
        )  # fmt: skip
        found = store.get(self.key_) if now().keep else None
        if found is not None:
            self.weights_, self.history_ = store.unpack(found), found["history"]
            self.centre_, self.scale_ = found["centre"], found["scale"]
        else:
            self._train(tensors, told, groups, shown)
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
        with repeatable(self._seed()):
            x = standardised(tensors, self.centre_, self.scale_)
            return gradcam(self._model(), x, batch=self.batch_size)

    def _train(
        self, X: np.ndarray, codes: np.ndarray, groups: np.ndarray, units: np.ndarray
    ) -> None:
        seed = self._seed()
        fit, held = set_aside(codes, groups, self.validation, np.random.default_rng(seed))
        channels = X[fit].reshape(-1, X.shape[-1])
        plain = self.network == "backbone"  # scales pixels in its own way
        self.centre_ = np.zeros(1, np.float32) if plain else channels.mean(0, dtype=np.float64)
        self.scale_ = np.ones(1, np.float32) if plain else channels.std(0, dtype=np.float64)
        self.centre_ = self.centre_.astype(np.float32)
        self.scale_ = np.where(self.scale_ > 1e-6, self.scale_, 1).astype(np.float32)
        n = self._n_emotions
        weights = class_weights(codes, max(n, 1), self.class_weight, self.classes_)
        with repeatable(seed):
            model = build_network(self.network, X.shape[1:], n, units.shape[1], **self._options())
            size = sizes(model, self.batch_size)
            text = (
                f"{self.network} ({size['parameters']:,} parameters, "
                f"up to {_in_words(size['bytes'])})"
            )
            if size["bytes"] > 4e9:
                warnings.warn(
                    f"{text}: a batch of {self.batch_size} inputs {X.shape[1:]} may need that "
                    "much memory to train; a smaller batch_size or input needs less.",
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
            )
            self.weights_, self.history_ = train(model, task, self.key_)
            self._built = model
        if now().keep:
            arrays = {"history": self.history_, "centre": self.centre_, "scale": self.scale_}
            store.put(self.key_, {**store.pack(self.weights_), **arrays})
            store.drop(f"{self.key_}-part")

    def _told(self, X: np.ndarray, name: str) -> np.ndarray:
        """An output of the network for each input, from the store if it is there."""
        key = store.digest("output", name, self.key_, X)
        found = store.get(key) if now().keep else None
        if found is not None:
            return found["values"]
        with repeatable(self._seed()):
            values = outputs(
                self._model(), X, self.centre_, self.scale_, [name], self.batch_size
            )[name]  # fmt: skip
        if now().keep:
            store.put(key, {"values": values})
        return values

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
        if X.ndim not in (4, 5):
            raise BadInput(
                f"Networks take inputs (n, H, W, C) or (n, T, H, W, C), found {X.shape}: put a "
                "step such as mebench.deep.FlowInput in front."
            )
        return X, rest

    def _check(self) -> None:
        for name, there in (("network", NETWORKS), ("input", INPUTS), ("targets", _TARGETS)):
            if getattr(self, name) not in there:
                raise BadInput(
                    f"{name} must be one of {', '.join(there)}, found {getattr(self, name)!r}."
                )
        for name in ("epochs", "batch_size", "patience"):
            if getattr(self, name) < 1:
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
        return self.network == "attention" and self._options().get("head") == "arcface"

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


def _in_words(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(size // 10**6, 1)} MB"


class CNNFeatures(TransformerMixin, _Network):
    """A network's last features before its head, trained inside the training fold.

    ``fit`` trains the network with its own softmax head on the samples it is given, some persons
    of which it sets aside to stop by. ``transform`` gives what stands before that head, for an SVM
    to learn from.

    Parameters
    ----------
    network : str, default 'ststnet'
        A name of :data:`mebench.deep.NETWORKS`.
    input : str, default 'apex-flow'
        A name of :data:`mebench.deep.INPUTS`: what the numbers are, for augmentation. The steps
        that make them stand in front (:func:`mebench.deep.input_steps`).
    options : dict, optional
        Of the network's function, such as ``{"head": "arcface"}``.
    shape : tuple, optional
        Of the input at the beginning of each row, where rows hold more than it, such as those of
        :class:`mebench.deep.Beside`. What stands behind it is handed through behind the features.
    targets : {'emotion', 'units', 'both'}, default 'emotion'
        What heads learn. 'both' adds the action units by focal loss, and 'units' has only those,
        where `fit` is given them (:func:`mebench.evaluate` gives a training fold's, if the
        table has them); else the classes alone.
    epochs : int, default 60
        At most. This and all further defaults are our choice.
    batch_size : int, default 16
    learning_rate : float, default 0.001
        Of Adam.
    patience : int, default 10
        Epochs without a smaller loss on the persons set aside, after which training stops. The
        best epoch's weights are kept.
    validation : float, default 0.15
        Share of the samples to set aside, by whole persons; 0 trains on all, for all epochs.
    class_weight : {'balanced', None} or dict, default 'balanced'
        See :func:`mebench.deep.losses.class_weights`; 'balanced' balances the action units too
        (:func:`mebench.deep.losses.unit_alpha`).
    unit_weight : float, default 1
        Of the action units' loss.
    augmentations : dict, optional
        Instead of :data:`mebench.deep.AUGMENTATIONS`; ``{}`` for none.
    random_state : int, optional
        Of the weights, the order of the batches, dropout, augmentation and of who is set aside.
        None is 0, or in an evaluation the run's seed.

    Attributes
    ----------
    classes_ : ndarray
    weights_ : list of ndarray
    history_ : ndarray ``(n_epochs, 2)``
        Loss on the samples learned from, and on those set aside.
    key_ : str
        Under which the network is kept in the user's cache folder.

    Notes
    -----
    A tuning by inner folds around this step would train a network for each of them. The methods
    of mebench put a :class:`mebench.svm.PolySVCSearch` behind it instead: one network per outer
    fold, trained on that fold's training samples, and an SVM tuned by leaving out their persons
    one by one, on features of a network that has seen those persons. So the inner scores are
    optimistic; the outer predictions are of persons whom neither has seen.

    Examples
    --------
    >>> CNNFeatures("residual-3d", "grey", epochs=30).get_params()["epochs"]
    30
    """

    def transform(self, X: Any) -> np.ndarray:
        """Features, float32 ``(n, n_features)``; handed-through columns behind them as float64."""
        check_is_fitted(self, "weights_")
        tensors, rest = self._split(X)
        if self.weights_ is None:
            found = np.zeros((len(tensors), 1), np.float32)
        else:
            found = self._told(tensors, "features")
        if rest is None or not rest.shape[1]:
            return found
        return np.concatenate([found, rest], axis=1, dtype=np.float64)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """``cnn0``, ``cnn1``, …; of columns handed through, their names or ``behind0``, …"""
        check_is_fitted(self, "weights_")
        n = int(self._model().output["features"].shape[-1])
        names = [f"cnn{i}" for i in range(n)]
        if self.shape is not None and input_features is not None:
            names += [str(name) for name in list(input_features)[int(np.prod(self.shape)) :]]
        return np.asarray(names, dtype=object)


class CNNClassifier(ClassifierMixin, _Network):
    """A network with its own softmax head; parameters as of :class:`CNNFeatures`.

    Given a matrix of 0 and 1 as ``y``, it learns all action units together by focal loss, and
    predicts such a matrix.

    Examples
    --------
    >>> CNNClassifier("off-apexnet", random_state=1)
    CNNClassifier(network='off-apexnet', random_state=1)
    """

    #: `evaluate_units` gives all units at once to a classifier that says so.
    joint_units = True

    def predict_proba(self, X: Any) -> np.ndarray:
        """Softmax of the logits, ``(n, n_classes)``; of units, sigmoids ``(n, n_units)``."""
        check_is_fitted(self, "weights_")
        tensors, _ = self._split(X)
        if self.weights_ is None or not self._n_emotions:
            out = np.tile(self.closed_units_.astype(float), (len(tensors), 1))
            if self.weights_ is not None:
                logits = self._told(tensors, "units").astype(np.float64)
                out[:, self.open_units_] = 1 / (1 + np.exp(-logits))
            return out
        logits = self._told(tensors, "emotion").astype(np.float64)
        logits *= 30.0 if self._arcface() else 1.0
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class; of units, 1 where more than half probable."""
        odds = self.predict_proba(X)
        if self.weights_ is None or not self._n_emotions:
            return (odds > 0.5).astype(int)
        return self.classes_[odds.argmax(axis=1)]
