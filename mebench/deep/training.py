"""The training of one network: epochs, early stopping, checkpoints, progress."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import store
from ._augment import augment
from ._running import now
from .backend import load_keras, load_tensorflow
from .losses import arcface_logits, cross_entropy, focal_loss
from .schedules import learning_rate

__all__ = ["Task", "outputs", "set_aside", "settled", "standardised", "train"]

#: Seconds between checkpoints of a network in training.
CHECKPOINT_EVERY = 15.0
_MARGIN_SCALE = 30.0


@dataclass(frozen=True)
class Task:
    """What a network is trained on, and how.

    Parameters
    ----------
    X : ndarray ``(n, …)``
        Inputs of the training fold.
    truth : ndarray of float32 ``(n, n_classes)``, 0 and 1
    units : ndarray of float32 ``(n, n_units)``, 0 and 1
    alpha : ndarray of float32 ``(n_units,)``
        See :func:`~mebench.deep.losses.unit_alpha`.
    weight : ndarray of float32 ``(n,)``
        Of each sample's classes in the loss.
    fit, held : ndarray of int
        Rows to learn from, and rows by which to stop; none if there are none.
    centre, scale : ndarray ``(C,)``
        Of each channel, over the rows to learn from.
    kind : str
        What the inputs are, for :func:`augment`.
    arcface : bool
        Whether the emotion head gives cosines.
    epochs, batch_size, learning_rate, patience, unit_weight, augmentations, seed, optimizer,
    schedule, monitor, copies
        As in :class:`~mebench.deep.CNNFeatures`.
    name : str
        For progress.
    """

    X: np.ndarray
    truth: np.ndarray
    units: np.ndarray
    alpha: np.ndarray
    weight: np.ndarray
    fit: np.ndarray
    held: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    kind: str
    arcface: bool
    epochs: int
    batch_size: int
    learning_rate: float
    patience: int | None
    unit_weight: float
    augmentations: Mapping[str, float]
    seed: int
    name: str
    optimizer: str = "adam"
    schedule: str | None = None
    monitor: str = "loss"
    copies: int | str = 1


def set_aside(
    codes: np.ndarray, groups: np.ndarray, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Rows to learn from and rows to stop by, with no person in both.

    Persons are drawn until their samples are `share` of all; one without whom a class could not
    be learned is passed over.

    Parameters
    ----------
    codes : ndarray of int ``(n,)``
        Classes.
    groups : ndarray ``(n,)``
        Persons.
    share : float
    rng : Generator

    Returns
    -------
    fit, held : ndarray of int
        `held` is empty where nobody can be spared.

    Examples
    --------
    >>> codes, who = np.array([0, 1, 0, 1, 0, 1]), np.array([1, 1, 2, 2, 3, 3])
    >>> [rows.tolist() for rows in set_aside(codes, who, 0.3, np.random.default_rng(0))]
    [[0, 1, 2, 3], [4, 5]]
    """
    held = np.zeros(len(codes), bool)
    people = np.unique(groups)
    people = people[people.astype(str) != ""]  # a blank key: trained on only
    for person in people[rng.permutation(len(people))]:
        if held.sum() >= share * len(codes):
            break
        more = held | (groups == person)
        if not more.all() and len(np.unique(codes[~more])) == len(np.unique(codes)):
            held = more
    return np.flatnonzero(~held), np.flatnonzero(held)


def settled(X: np.ndarray, groups: np.ndarray, *told: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """An order of the rows that only their content decides, and the persons numbered along it.

    What is drawn then (batches, augmentation, who is set aside) hangs neither on the order in which
    clips are listed nor on what persons are called.

    Parameters
    ----------
    X : ndarray ``(n, …)``
        Inputs.
    groups : ndarray ``(n,)``
        Persons. A blank one stays blank.
    *told : ndarray ``(n, …)``
        What is known of each row, which orders those of equal inputs.

    Returns
    -------
    order : ndarray of int ``(n,)``
    people : ndarray of str ``(n,)``
        In that order.

    Examples
    --------
    >>> X, who = np.eye(3), np.array(["b", "a", "b"])
    >>> order, people = settled(X, who)
    >>> again, same = settled(X[::-1], np.array(["x", "y", "x"]))
    >>> bool((X[order] == X[::-1][again]).all()), bool((people == same).all())
    (True, True)
    """
    X = np.asarray(X, np.float32)  # as networks take them
    keys = [store.digest(x, *facts) for x, *facts in zip(X, *told, strict=True)]
    order = np.asarray(sorted(range(len(X)), key=keys.__getitem__), int)
    names = groups[order].astype(str)
    number = {name: f"{i:09d}" for i, name in enumerate(dict.fromkeys(names)) if name}
    return order, np.array([number.get(name, "") for name in names], str)


def train(model: Any, task: Task, key: str) -> tuple[list[np.ndarray], np.ndarray]:
    """Train `model` in place, going on from a checkpoint if one is there.

    Parameters
    ----------
    model : keras.Model
        New, of :func:`~mebench.deep.build_network`.
    task : Task
    key : str
        Under which checkpoints are kept.

    Returns
    -------
    weights : list of ndarray
        Of the epoch with the least loss on the rows held out; of the last epoch where there are
        none or `patience` is None.
    history : ndarray ``(n_epochs, 2)``
        Loss on the rows learned from (as they were augmented) and on those held out (NaN where
        there are none), or what `monitor` names of them.
    """
    keras = load_keras()
    kinds = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}
    optimizer = kinds[task.optimizer](task.learning_rate)
    optimizer.build(model.trainable_variables)
    step = _step(model, optimizer, task)
    weights, history = model.get_weights(), np.zeros((0, 2))
    resumed = store.get(f"{key}-part") if now().keep else None
    if resumed is not None:
        _restore(model, optimizer, resumed)
        weights, history = store.unpack(resumed, "best"), resumed["history"]
    saved = time.monotonic()
    while len(history) < task.epochs and not _stopped(history, task.patience):
        if task.schedule is not None:
            watched = history[:, 1 if len(task.held) else 0]
            optimizer.learning_rate = learning_rate(
                task.learning_rate, task.schedule, watched.tolist()
            )
        history = np.r_[history, [_epoch(model, step, task, len(history))]]
        last = task.patience is None or not len(task.held)
        if last or history[-1, 1] <= np.nanmin(history[:, 1]):
            weights = model.get_weights()
        _report(task, history)
        if now().keep and time.monotonic() - saved >= CHECKPOINT_EVERY:
            store.put(f"{key}-part", _state(model, optimizer, weights, history))
            saved = time.monotonic()
    model.set_weights(weights)
    return weights, history


def outputs(
    model: Any, X: np.ndarray, centre: np.ndarray, scale: np.ndarray, names: list[str], batch: int
) -> dict[str, np.ndarray]:
    """What the model gives for `X` at rest: dropout off, batch statistics as learned."""
    found: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for start in range(0, len(X), batch):
        out = model(standardised(X[start : start + batch], centre, scale), training=False)
        for name in names:
            found[name].append(np.asarray(out[name]))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def standardised(X: np.ndarray, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Each channel less its mean, over its standard deviation; float32."""
    return ((X.astype(np.float32) - centre) / scale).astype(np.float32)


def _epoch(model: Any, step: Any, task: Task, epoch: int) -> tuple[float, float]:
    # The epoch's own generator, so that going on from a checkpoint draws the same.
    rng = np.random.default_rng([task.seed, epoch])
    order = rng.permutation(_repeated(task))
    total = 0.0
    for rows in np.array_split(order, max(1, round(len(order) / task.batch_size))):
        batch = augment(task.X[rows], task.kind, rng, task.augmentations)
        loss = step(standardised(batch, task.centre, task.scale), task.truth[rows],
                    task.units[rows], task.weight[rows])  # fmt: skip
        total += float(loss) * len(rows)
    return total / len(order), _held_loss(model, task)


def _repeated(task: Task) -> np.ndarray:
    """Rows of an epoch: each `copies` times, or those of rare classes as often as fills them up."""
    if task.copies != "rare":
        return np.repeat(task.fit, int(task.copies))
    codes = task.truth[task.fit].argmax(1)
    most = np.bincount(codes).max()
    parts = [task.fit[codes == c] for c in np.unique(codes)]
    return np.concatenate([np.resize(rows, most) for rows in parts])


def _held_loss(model: Any, task: Task) -> float:
    if not len(task.held):
        return float("nan")
    names = [n for n in ("emotion", "units") if n in model.output]
    rows = task.held
    out = outputs(model, task.X[rows], task.centre, task.scale, names, task.batch_size)
    if task.monitor == "accuracy" and "emotion" in out:
        return float((out["emotion"].argmax(1) != task.truth[rows].argmax(1)).mean())
    loss = np.zeros(len(rows))
    if "emotion" in out:
        logits = out["emotion"] * (_MARGIN_SCALE if task.arcface else 1)
        loss += task.weight[rows] * np.asarray(cross_entropy(task.truth[rows], logits))
    if "units" in out:
        loss += task.unit_weight * np.asarray(
            focal_loss(task.units[rows], out["units"], alpha=task.alpha)
        )
    return float(loss.mean())


def _step(model: Any, optimizer: Any, task: Task) -> Any:
    """One step of the optimizer on one batch, as a graph."""
    tf = load_tensorflow()
    ops = load_keras().ops

    def spec(shape: tuple[int, ...]) -> Any:
        return tf.TensorSpec((None, *shape), tf.float32)

    signature = [spec(task.X.shape[1:]), spec(task.truth.shape[1:]), spec(task.units.shape[1:]),
                 spec(())]  # fmt: skip

    @tf.function(input_signature=signature, autograph=False)
    def step(x: Any, truth: Any, units: Any, weight: Any) -> Any:
        with tf.GradientTape() as tape:
            out = model(x, training=True)
            loss = 0.0
            if "emotion" in out:
                logits = out["emotion"]
                if task.arcface:
                    logits = arcface_logits(truth, logits, _MARGIN_SCALE)
                loss += ops.mean(weight * cross_entropy(truth, logits))
            if "attention" in out:
                loss += ops.mean(weight * cross_entropy(truth, out["attention"]))
            if "units" in out:
                loss += task.unit_weight * ops.mean(
                    focal_loss(units, out["units"], alpha=task.alpha)
                )
        slopes = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(slopes, model.trainable_variables)
        return loss

    return step


def _stopped(history: np.ndarray, patience: int | None) -> bool:
    """Whether the held-out loss has been no less for `patience` epochs; never without one."""
    held = history[:, 1]
    if patience is None or np.isnan(held).any():
        return False
    return len(held) > patience and len(held) - 1 - int(np.argmin(held)) >= patience


def _report(task: Task, history: np.ndarray) -> None:
    progress = now().progress
    if progress is not None:
        done = task.epochs if _stopped(history, task.patience) else len(history)
        progress(f"training {task.name}", done, task.epochs)


def _state(model: Any, optimizer: Any, best: list[np.ndarray], history: np.ndarray) -> dict:
    # All variables, not the weights alone: the states of dropout's generators are among them.
    return {
        **store.pack([np.asarray(v) for v in model.variables], "model"),
        **store.pack([np.asarray(v) for v in optimizer.variables], "optimizer"),
        **store.pack(best, "best"),
        "history": history,
    }


def _restore(model: Any, optimizer: Any, state: Mapping[str, np.ndarray]) -> None:
    for variable, value in zip(model.variables, store.unpack(state, "model"), strict=True):
        variable.assign(value)
    for variable, value in zip(optimizer.variables, store.unpack(state, "optimizer"), strict=True):
        variable.assign(value)
