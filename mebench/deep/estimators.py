"""CNNFeatures and CNNClassifier: networks as scikit-learn estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ._network import Network

__all__ = ["CNNClassifier", "CNNFeatures"]


class CNNFeatures(TransformerMixin, Network):
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


class CNNClassifier(ClassifierMixin, Network):
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
