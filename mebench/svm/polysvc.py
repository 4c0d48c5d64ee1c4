"""PolySVC: the support vector classifier with a polynomial kernel, libsvm's answers."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from ..errors import BadInput
from ._smo import fit_pair
from .grids import Point

__all__ = ["Machine", "PolySVC", "class_weights", "fit_gram", "scaled_kernel", "votes_and_scores"]

_RANGE = 100  # powers of two up to which a kernel value is left as it is
TAU = 1e-12  # libsvm's stand-in for curvature that is not positive


class PolySVC(ClassifierMixin, BaseEstimator):
    """Support vector classifier with the kernel (γ·x·z + coef0)^degree, or x·z.

    Gives the answers of :class:`sklearn.svm.SVC`: the same dual solved by the same steps
    (sequential minimal optimisation with second-order choice of pairs [1]_, shrinking, the same
    stopping rule [2]_), one machine per pair of classes, one vote each, ties to the class that
    sorts first. Decision values agree to rounding.

    Parameters
    ----------
    C : float, default 1.0
        Upper bound of the coefficients, above 0.
    kernel : {'poly', 'linear'}, default 'poly'
    degree : int, default 3
        Used by 'poly' only, as are ``gamma`` and ``coef0``.
    gamma : float or {'scale', 'auto'}, default 'scale'
        'scale' is 1 / (n_features · variance of X), 'auto' is 1 / n_features.
    coef0 : float, default 0.0
    class_weight : dict or 'balanced', optional
        Factors of C per class; 'balanced' is n_samples / (n_classes · count of the class).
    tol : float, default 1e-3
        libsvm's: the largest violation of the optimality conditions at which to stop.
    decision_function_shape : {'ovr', 'ovo'}, default 'ovr'
        Defaults of all parameters but the next are those of ``sklearn.svm.SVC``.
    max_iter : int, default 1_000_000
        Steps per pair of classes, a second or so for a hundred samples; -1 is no limit, as in
        ``SVC``. Problems that need so many are badly scaled.

    Attributes
    ----------
    classes_ : ndarray (n_classes,)
    n_features_in_ : int
    support_ : ndarray of int (n_support,)
        Training rows with a coefficient in some pair.
    support_vectors_ : ndarray (n_support, n_features)
    intercept_ : ndarray (n_pairs,)
        Of each pair (0, 1), (0, 2), ..., positive for the first of the two classes.
    n_iter_ : ndarray of int (n_pairs,)
        Steps taken.

    Raises
    ------
    BadInput
        A parameter out of range, or no sample with a weight above 0.

    Warns
    -----
    ConvergenceWarning
        `max_iter` was not enough for a pair of classes: what to standardise, and where it
        stopped is the answer.

    See Also
    --------
    mebench.svm.search_grid : All points of a grid over all folds, from one Gram matrix.
    sklearn.preprocessing.StandardScaler : To put in front where columns differ in scale.

    Notes
    -----
    Where ``SVC`` refuses, this answers: a training set of one class predicts that class, and
    kernel values beyond single precision are scaled. A sample whose decision value is within
    rounding of 0, relative to the kernel values it sums, may fall to the other side of the tie.

    References
    ----------
    .. [1] R.-E. Fan, P.-H. Chen and C.-J. Lin, "Working set selection using second order
       information for training support vector machines", JMLR 6, 2005.
    .. [2] C.-C. Chang and C.-J. Lin, "LIBSVM: a library for support vector machines", ACM TIST
       2(3), 2011.

    Examples
    --------
    >>> from mebench.svm import PolySVC
    >>> X = [[0, 0], [1, 1], [0, 1], [1, 0]]
    >>> svc = PolySVC(C=100, degree=2, gamma=1, coef0=1).fit(X, ["same", "same", "odd", "odd"])
    >>> svc.predict([[0.9, 0.8], [0.9, 0.1]]).tolist()
    ['same', 'odd']
    >>> svc.decision_function([[0.9, 0.8], [0.9, 0.1]]).round(2).tolist()
    [0.65, -0.52]
    """

    max_iter = 1_000_000  # of machines that were saved before it was a parameter

    def __init__(
        self,
        C: float = 1.0,
        *,
        kernel: str = "poly",
        degree: int = 3,
        gamma: float | str = "scale",
        coef0: float = 0.0,
        class_weight: Mapping[Any, float] | str | None = None,
        tol: float = 1e-3,
        decision_function_shape: str = "ovr",
        max_iter: int = 1_000_000,
    ) -> None:
        self.C = C
        self.kernel = kernel
        self.degree = degree
        self.gamma = gamma
        self.coef0 = coef0
        self.class_weight = class_weight
        self.tol = tol
        self.decision_function_shape = decision_function_shape
        self.max_iter = max_iter

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> PolySVC:
        """Solve every pair of classes.

        Parameters
        ----------
        X : array (n, n_features)
        y : array (n,)
        sample_weight : array (n,), optional
            Factors of C per sample; a sample with 0 is left out.
        """
        self._check()
        X, y = validate_data(self, X, y, dtype=np.float64, order="C", ensure_min_samples=2)
        check_classification_targets(y)
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        self.classes_, codes = np.unique(y, return_inverse=True)
        point = self.point(X)
        gram = X @ X.T
        machine = fit_gram(
            gram,
            codes,
            np.arange(len(X)),
            point,
            largest=float(max(gram.max(), -gram.min())),
            class_factor=class_weights(self.class_weight, self.classes_, codes),
            weight=weight,
            tol=self.tol,
            most=self.max_iter,
        )
        if machine.unsolved:
            warnings.warn(self._unsolved(X, machine.unsolved), ConvergenceWarning, stacklevel=2)
        used = np.flatnonzero(machine.coef.any(axis=0))
        self.support_ = used
        self.support_vectors_ = X[used]
        self.intercept_ = machine.bias
        self.n_iter_ = np.array(machine.steps, np.int64)
        self._machine = machine._replace(coef=machine.coef[:, used])
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Decision values, positive for the second class of two.

        Returns
        -------
        ndarray
            ``(n,)`` with two classes (zeros with one); otherwise ``(n, n_pairs)`` under 'ovo', a
            value per pair that is positive for its first class, or ``(n, n_classes)`` under
            'ovr': the votes, plus the summed decision values squeezed into ±1/3.
        """
        values = self._pairs(X)
        if len(self.classes_) == 1:
            return np.zeros(len(values))
        if len(self.classes_) == 2:
            return -values[:, 0]
        if self.decision_function_shape == "ovo":
            return values
        return votes_and_scores(values, self._machine.pairs, len(self.classes_))[1]

    def predict(self, X: Any) -> np.ndarray:
        """The class with most votes; of equals, the one that sorts first."""
        values = self._pairs(X)
        votes, _ = votes_and_scores(values, self._machine.pairs, len(self.classes_))
        votes[:, self._machine.present] += 1  # decides only when there is a single class
        return self.classes_[votes.argmax(axis=1)]

    def _pairs(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, order="C", reset=False)
        machine = self._machine
        return machine.values(X @ self.support_vectors_.T)

    def _unsolved(self, X: np.ndarray, pairs: tuple[tuple[int, int], ...]) -> str:
        """What kept the solver from an answer, and what to do about it."""
        a, b = (self.classes_[code] for code in pairs[0])
        more = f" and {len(pairs) - 1} other pair(s)" if len(pairs) > 1 else ""
        spread = X.std(axis=0)
        wide = int(np.argmax(spread))
        return (
            f"Classes {a!s} and {b!s}{more} are not solved after {self.max_iter} steps, and the "
            f"answer is where the solver stopped. Columns spread from {spread.min():.3g} to "
            f"{spread[wide]:.3g} (column {wide}), and γ·|x|² reaches "
            f"{self.point(X).gamma * (X**2).sum(axis=1).max():.3g}: standardise the columns (put "
            "sklearn.preprocessing.StandardScaler() in front), lower gamma or C, or raise coef0."
        )

    def _check(self) -> None:
        if self.kernel not in ("poly", "linear"):
            raise BadInput(f"PolySVC has kernel 'poly' or 'linear', not {self.kernel!r}.")
        if self.decision_function_shape not in ("ovr", "ovo"):
            raise BadInput(
                f"decision_function_shape is 'ovr' or 'ovo', not {self.decision_function_shape!r}."
            )
        if not self.C > 0 or not self.tol > 0:
            raise BadInput(f"C and tol must be above 0; found C {self.C} and tol {self.tol}.")
        if self.max_iter != int(self.max_iter) or (self.max_iter < 1 and self.max_iter != -1):
            raise BadInput(f"max_iter is a number of steps, or -1 for any; found {self.max_iter}.")
        if self.degree != int(self.degree) or self.degree < 0:
            raise BadInput(f"degree is a whole number from 0, not {self.degree}.")
        if isinstance(self.gamma, str):
            if self.gamma not in ("scale", "auto"):
                raise BadInput(f"gamma is a number, 'scale' or 'auto', not {self.gamma!r}.")
        elif not self.gamma >= 0:
            raise BadInput(f"gamma must not be below 0; found {self.gamma}.")

    def point(self, X: np.ndarray, rows: np.ndarray | slice = slice(None)) -> Point:
        """The grid point that the parameters stand for.

        Parameters
        ----------
        X : ndarray (n, n_features)
            What to fit to; it decides the gammas 'scale' and 'auto'.
        rows : array of int, optional
            The training samples among them. Default: all.

        Examples
        --------
        >>> PolySVC(degree=2, gamma="auto").point(np.zeros((3, 4)))
        Point(degree=2, C=1.0, gamma=0.25, coef0=0.0)
        """
        if self.kernel == "linear":
            return Point(1, float(self.C), 1.0, 0.0)
        gamma = self.gamma
        if gamma == "scale":
            variance = X[rows].var()
            gamma = 1.0 / (X.shape[1] * variance) if variance != 0 else 1.0
        elif gamma == "auto":
            gamma = 1.0 / X.shape[1]
        return Point(int(self.degree), float(self.C), float(gamma), float(self.coef0))


class Machine(NamedTuple):
    """The solved pairs of a training set."""

    pairs: list[tuple[int, int]]  # class codes; the first is the positive side
    coef: np.ndarray  # (n_pairs, n_train) signed coefficients of the scaled kernel
    bias: np.ndarray  # (n_pairs,)
    present: np.ndarray  # codes of the classes with training samples
    kernel: tuple[int, float, float]  # degree, gamma and coef0 of the scaled kernel
    unsolved: tuple[tuple[int, int], ...] = ()  # those that took more steps than they may
    steps: tuple[int, ...] = ()  # of each pair

    def values(self, gram: np.ndarray) -> np.ndarray:
        """Decision values (n, n_pairs) of samples from their dot products with the training."""
        degree, gamma, coef0 = self.kernel
        base = gamma * gram + coef0
        kernel = np.ones_like(base)
        while degree > 0:
            if degree % 2 == 1:
                kernel *= base
            base *= base
            degree //= 2
        return kernel @ self.coef.T + self.bias


def class_weights(
    class_weight: Mapping[Any, float] | str | None, classes: np.ndarray, codes: np.ndarray
) -> np.ndarray:
    """Factor of C per class (n_classes,); classes without a sample get 1."""
    factor = np.ones(len(classes))
    present = np.unique(codes)
    if class_weight is None or len(present) == 0:
        return factor
    if isinstance(class_weight, str) and class_weight != "balanced":
        raise BadInput(f"class_weight is None, 'balanced' or a dict, not {class_weight!r}.")
    if isinstance(class_weight, Mapping):
        # A dict speaks of the whole problem: it may name classes that this fold lacks.
        for code in present:
            factor[code] = class_weight.get(classes[code], 1.0)
    else:
        factor[present] = compute_class_weight("balanced", classes=present, y=codes)
    if not (factor >= 0).all() or not np.isfinite(factor).all():
        raise BadInput(f"class_weight must be finite and not below 0; found {factor.tolist()}.")
    return factor


def scaled_kernel(point: Point, largest: float) -> tuple[float, float, float, float]:
    """gamma, coef0, C and τ of a point whose kernel is divided by a power of two, where it must be.

    That changes no digit of any value, only keeps large ones within single precision. ``largest``
    is the largest dot product. It may be that of one sample far out, so the values of all others
    are made no smaller than it takes.
    """
    size = point.gamma * largest + abs(point.coef0)
    top = math.frexp(size)[1] if size > 0 and math.isfinite(size) else 0
    degree = max(point.degree, 1)
    exponent = top if top * degree < -_RANGE else max(top - _RANGE // degree, 0)
    factor = math.ldexp(1.0, exponent * point.degree)
    return (
        math.ldexp(point.gamma, -exponent),
        math.ldexp(point.coef0, -exponent),
        point.C * factor,
        TAU / factor,
    )


def fit_gram(
    gram: np.ndarray,
    codes: np.ndarray,
    train: np.ndarray,
    point: Point,
    *,
    largest: float,
    class_factor: np.ndarray,
    weight: np.ndarray,
    tol: float,
    most: int = -1,
) -> Machine:
    """Solve all pairs on ``train``, in ``most`` steps each; coefficients numbered as in it."""
    if not (weight[train] > 0).any():
        raise BadInput("No training sample has a weight above 0.")
    gamma, coef0, C, tau = scaled_kernel(point, largest)
    kernel = (point.degree, gamma, coef0)
    weighed = weight[train] > 0
    present = np.unique(codes[train[weighed]])
    members = {c: np.flatnonzero(weighed & (codes[train] == c)) for c in present.tolist()}
    pairs = [(a, b) for i, a in enumerate(members) for b in list(members)[i + 1 :]]
    coef = np.zeros((len(pairs), len(train)))
    bias = np.zeros(len(pairs))
    solved, steps = np.ones(len(pairs), bool), np.zeros(len(pairs), np.int64)
    most = most if most > 0 else 1 << 60
    for p, (a, b) in enumerate(pairs):
        own = np.concatenate([members[a], members[b]])
        first = len(members[a])
        bound = weight[train[own]] * (C * class_factor[codes[train[own]]])
        coef[p, own], bias[p], solved[p], steps[p], _ = fit_pair(
            gram, train[own], first, kernel, bound, tol, tau, most
        )
    unsolved = tuple(pair for pair, done in zip(pairs, solved, strict=True) if not done)
    return Machine(pairs, coef, bias, present, kernel, unsolved, tuple(steps.tolist()))


def votes_and_scores(
    values: np.ndarray, pairs: list[tuple[int, int]], n_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Votes and votes plus squeezed confidence, each (n, n_classes), from values per pair.

    A decision value of exactly 0 votes for the second class of the pair, as in libsvm; the
    scores, as scikit-learn's, count it for the first.
    """
    votes = np.zeros((len(values), n_classes))
    scores = np.zeros((len(values), n_classes))
    confidence = np.zeros((len(values), n_classes))
    for p, (a, b) in enumerate(pairs):
        value = values[:, p]
        votes[:, a] += value > 0
        votes[:, b] += value <= 0
        scores[:, a] += value >= 0
        scores[:, b] += value < 0
        confidence[:, a] += value
        confidence[:, b] -= value
    return votes, scores + confidence / (3 * (np.abs(confidence) + 1))
