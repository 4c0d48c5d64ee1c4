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

__all__ = ["CNNClassifier", "CNNFeatures"]

#: Raised whenever the same training would give another network: stored ones are keyed by it.
VERSION = 2
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
    patience : int or None, default 10
        Epochs without a smaller loss on the persons set aside, after which training stops. The
        best epoch's weights are kept. None trains for all epochs and keeps the last.
    validation : float, default 0.15
        Share of the samples to set aside, by whole persons; 0 trains on all, for all epochs.
    class_weight : {'balanced', 'inverse', 'inverse-20', None} or dict, default 'balanced'
        See :func:`mebench.deep.losses.class_weights`; 'balanced' balances the action units too
        (:func:`mebench.deep.losses.unit_alpha`).
    unit_weight : float, default 1
        Of the action units' loss.
    augmentations : dict, optional
        Instead of :data:`mebench.deep.AUGMENTATIONS`; ``{}`` for none.
    copies : int or 'rare', default 1
        How often an epoch sees each sample, augmented anew each time; 'rare' fills every class up
        to the size of the largest.
    optimizer : {'adam', 'sgd'}, default 'adam'
        'sgd' is without momentum.
    schedule : str, optional
        Of the learning rate, see :func:`mebench.deep.schedules.learning_rate`; 'plateau' follows
        the loss on the persons set aside.
    monitor : {'loss', 'accuracy'}, default 'loss'
        What decides about the best epoch.
    standardise : bool, default True
        Bring each channel to mean 0 and deviation 1 over the samples learned from. A backbone
        scales by itself.
    frames : bool, default False
        Learn from single frames: inputs ``(n, T, H, W, C)`` go frame by frame into a network
        that takes ``(H, W, C)``, each frame with its clip's label, and a clip gets the mean of its
        frames' probabilities.
    start : Start, optional
        Weights to begin with, as :meth:`pretrain` gives them. Default: random ones.
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
            found = found.mean(1) if found.ndim == 3 else found
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
        """Softmax of the logits, ``(n, n_classes)``; of units, sigmoids ``(n, n_units)``.

        With ``frames`` the mean over the frames of a clip.
        """
        check_is_fitted(self, "weights_")
        tensors, _ = self._split(X)
        if self.weights_ is None or not self._n_emotions:
            out = np.tile(self.closed_units_.astype(float), (len(tensors), 1))
            if self.weights_ is not None:
                logits = self._told(tensors, "units").astype(np.float64)
                odds = 1 / (1 + np.exp(-logits))
                out[:, self.open_units_] = odds.mean(1) if odds.ndim == 3 else odds
            return out
        logits = self._told(tensors, "emotion").astype(np.float64)
        logits *= 30.0 if self._arcface() else 1.0
        odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
        odds /= odds.sum(axis=-1, keepdims=True)
        return odds.mean(1) if odds.ndim == 3 else odds

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class; of units, 1 where more than half probable."""
        odds = self.predict_proba(X)
        if self.weights_ is None or not self._n_emotions:
            return (odds > 0.5).astype(int)
        return self.classes_[odds.argmax(axis=1)]
