"""Late fusion: members are tuned and fitted by themselves, and their answers combined."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import joblib
import numpy as np
from sklearn.base import ClassifierMixin, clone
from sklearn.pipeline import Pipeline
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.validation import check_is_fitted

from ...errors import BadInput
from ...parallel import batched
from ..candidates import Choice, Fitted, Inner, Products, as_matrix, placed_in
from ..fitting import Rows, as_input
from .members import Answers, Member, answered, asked, products, subject_folds
from .rules import DRAWING, FEWEST, RULES, Together

__all__ = ["FoldResult", "LateFusion"]


class FoldResult(NamedTuple):
    """What a combination says of the test clips of one fold."""

    labels: np.ndarray
    scores: np.ndarray  # (n_test, n_classes of `classes`)
    classes: np.ndarray  # those of the training fold, sorted
    choices: dict[str, Choice]


class LateFusion(ClassifierMixin, _BaseComposition):
    """Several classifiers, each on its own block of features, combined by a rule.

    Each member is tuned on the training samples by leaving out their subjects one at a time
    (its steps that learn included), then asked about every training sample once more, fitted
    with the chosen setting but without the sample's subject, and at last fitted to all. The rule
    learns from the answers about left-out subjects only. Where other divisions are given to choose
    on (``inner``: sets of subjects, ``val`` of a split), they take the place of single subjects in
    all of this.

    - ``scores``: the mean of the members' scores per class (the sum rule [1]_), after each
      member's are brought to mean 0 and deviation 1 over left-out subjects [2]_.
    - ``vote``: one vote each, of three members or more; of classes with equal votes the one that
      the earliest member said.
    - ``stack``: logistic regression (C = 1) on all members' standardised scores [3]_ [4]_.
    - ``stack-forest``: a random forest of 100 trees on them, scikit-learn's default.

    Parameters
    ----------
    members : list of (str, Pipeline or classifier)
        The learning part of each.
    rule : {'scores', 'vote', 'stack', 'stack-forest'}, default 'scores'
    grids : dict, optional
        By member, its grid (:func:`mebench.svm.points`), where it ends in a
        :class:`mebench.svm.PolySVC`. Default: 'linear' or 'coarse', by kernel.
    tune : dict, optional
        By member, other parameters to tune (``step__parameter``: values).
    tuning : {'nested', 'fixed'}, default 'nested'
        'fixed' leaves every member its own parameters.
    scoring : str, default 'uf1'
        Of the pooled predictions of left-out subjects, by which members are tuned.
    n_classes : int, optional
        Classes of the task, where some have no sample. Default: those that are trained on.
    random_state : int, optional
        Seed of the forest.

    Attributes
    ----------
    classes_ : ndarray (n_classes,)
    choices_ : dict
        By member, the setting chosen.
    left_out_ : ndarray (n, n_members, n_classes) or None
        The scores that the rule learned from, NaN for samples that no inner fold tested; None
        for a vote, which learns from nothing.

    Raises
    ------
    BadInput
        An unknown rule or tuning, too few members, or no subjects given to `fit`.

    Notes
    -----
    The setting of a member is chosen once per training fold, so it has seen the subject whose
    scores the rule is given; the machine that gave them has not. Nothing of this touches the
    test fold. Choosing anew for each left-out subject would cost as many searches again as
    there are subjects.

    References
    ----------
    .. [1] J. Kittler, M. Hatef, R. Duin and J. Matas, "On combining classifiers", IEEE TPAMI
       20(3), 1998.
    .. [2] A. Jain, K. Nandakumar and A. Ross, "Score normalization in multimodal biometric
       systems", Pattern Recognition 38(12), 2005.
    .. [3] D. Wolpert, "Stacked generalization", Neural Networks 5(2), 1992.
    .. [4] K. M. Ting and I. H. Witten, "Issues in stacked generalization", JAIR 10, 1999.

    Examples
    --------
    >>> from mebench.methods.combination import LateFusion, blocks
    >>> from mebench.svm import PolySVC
    >>> rng = np.random.default_rng(0)
    >>> subject, y = np.repeat(list("abcdef"), 4), np.tile(["glad", "sad"], 12)
    >>> X = blocks(*(rng.normal(size=(24, 5)) + (y == "sad")[:, None] for _ in range(3)))
    >>> members = [(name, PolySVC(kernel="linear")) for name in ("eyes", "nose", "mouth")]
    >>> fused = LateFusion(members, "stack").fit(X, y, groups=subject)
    >>> fused.left_out_.shape, round(fused.score(X, y), 2)
    ((24, 3, 2), 1.0)
    """

    def __init__(
        self,
        members: Sequence[tuple[str, Any]],
        rule: str = "scores",
        *,
        grids: Mapping[str, Any] | None = None,
        tune: Mapping[str, Mapping[str, Sequence[Any]]] | None = None,
        tuning: str = "nested",
        scoring: str = "uf1",
        n_classes: int | None = None,
        random_state: int | None = None,
    ) -> None:
        self.members = members
        self.rule = rule
        self.grids = grids
        self.tune = tune
        self.tuning = tuning
        self.scoring = scoring
        self.n_classes = n_classes
        self.random_state = random_state

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters, with those of the members under their names."""
        found: dict[str, Any] = self._get_params("members", deep=deep)
        return found

    def set_params(self, **params: Any) -> LateFusion:
        """Set parameters, those of a member as ``name__step__parameter``."""
        self._set_params("members", **params)
        return self

    def fit(self, X: Any, y: Any, groups: Any = None, inner: Inner = ()) -> LateFusion:
        """Tune and fit the members, then the rule.

        Parameters
        ----------
        X : ndarray of object ``(n, n_members)``
            One block of features per member (:func:`~mebench.methods.combination.blocks`).
        y : array ``(n,)``
        groups : array ``(n,)``
            The subject of each sample.
        inner : sequence of (train, test), optional
            Divisions of these samples to tune members and rule on. Default: each subject is left
            out once.
        """
        members, columns = self._checked(X)
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        if groups is None:
            raise BadInput(
                "A combination leaves subjects out while it is fitted, and was given none: fit it "
                "with groups=the subject of each sample."
            )
        groups = np.asarray(groups)
        if groups.shape != codes.shape:
            raise BadInput(f"groups has shape {groups.shape}; expected {codes.shape}.")
        order = np.arange(len(codes))
        if self.rule in DRAWING:
            order = _by_content(columns, codes)
            X, codes, groups = np.asarray(X, object)[order], codes[order], groups[order]
            columns, inner = self._checked(X)[1], _placed(inner, np.argsort(order))
        folds = inner if len(inner) else subject_folds(groups)
        fitted: list[Fitted] = []
        left_out: list[Answers | None] = []
        self._choices: dict[str, Choice] = {}
        for member, column in zip(members, columns, strict=True):
            if self._by_products(member):
                column = Products(products(column, column), np.arange(len(codes)))
            train = Rows(column, codes, groups)
            choice, grams = self._choice(member, train, folds)
            model, answers = self._learned(member, choice, grams, train, folds)
            self._choices[member.name] = choice
            if isinstance(model.rows, Products):  # new clips come as rows
                model = model._replace(rows=as_matrix(X[:, len(fitted)]))
            fitted.append(model)
            left_out.append(answers)
        self.choices_ = {name: choice.params for name, choice in self._choices.items()}
        self._fitted = fitted
        tested = answered(folds)
        self._rule, scores = self._ruled(left_out, codes, tested)
        self.left_out_ = None
        if scores is not None:
            self.left_out_ = np.full((len(codes), *scores.shape[1:]), np.nan)
            self.left_out_[order[tested]] = scores
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The class by the rule."""
        return self.classes_[self._combined(X)[0]]

    def decision_function(self, X: Any) -> np.ndarray:
        """A score per class ``(n, n_classes)``, of two classes also.

        Mean normalised scores, shares of votes, or probabilities, by the rule. Where votes are
        equal, the highest may be another than the predicted class.
        """
        return self._combined(X)[1]

    def _combined(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        check_is_fitted(self)
        _, columns = self._checked(X)
        k = len(self.classes_)
        answers = [asked(f, c, k) for f, c in zip(self._fitted, columns, strict=True)]
        return self._rule.combine(_together(answers))

    def predict_folds(
        self,
        X: Any,
        y: np.ndarray,
        groups: np.ndarray,
        folds: Sequence[tuple[np.ndarray, np.ndarray]],
        *,
        inner: Sequence[Inner] | None = None,
        n_jobs: int | None = None,
        progress: Callable[[int, int], None] | None = None,
        kept: Callable[[str], Any] | None = None,
    ) -> list[FoldResult]:
        """Fit on each training fold and predict its test samples, sharing work between folds.

        The same as a `fit` and `predict` per fold, but the products of rows are computed once,
        and members that need nothing else are tuned for all folds in one search.

        Parameters
        ----------
        X, y, groups
            As in :meth:`fit`; of all samples.
        folds : sequence of (train, test)
        inner : sequence of sequences of (train, test), optional
            For each fold the divisions of its training samples to tune members and rule on; where
            it is empty, each subject is left out once.
        n_jobs : int, optional
        progress : callable, optional
            Called with (done, total) in members × folds.
        kept : callable, optional
            From a member's name to where its search keeps what is finished, see
            :func:`mebench.svm.nested_search`.
        """
        members, columns = self._checked(X)
        y, groups = np.asarray(y), np.asarray(groups)
        if self.rule in DRAWING:
            order = _by_content(columns, np.unique(y, return_inverse=True)[1])
            at = np.argsort(order)
            columns = self._checked(np.asarray(X, object)[order])[1]
            y, groups = y[order], groups[order]
            folds = [(np.sort(at[train]), at[test]) for train, test in folds]
            inner = None if inner is None else [_placed(parts, at) for parts in inner]
        whole = np.unique(y, return_inverse=True)[1]
        total, done = len(members) * len(folds), 0
        found: list[list[tuple[Choice, Answers | None, Answers]]] = [[] for _ in folds]
        for member, column in zip(members, columns, strict=True):
            choices: list[Choice | None] = [None] * len(folds)
            first, rows = member.tail.steps[0][1], as_input(column)
            if hasattr(first, "condense") and isinstance(rows, np.ndarray) and not member.tune:
                column = first.condense(rows)  # long rows are read once; the same otherwise
            if self._by_products(member):
                column = Products(products(column, column), np.arange(len(y)))
                if self.tuning == "nested":
                    threads = joblib.effective_n_jobs(n_jobs)
                    choices = list(member.chosen_in_folds(
                        column.gram, whole, folds, groups, self.scoring, self.n_classes, threads,
                        None if kept is None else kept(member.name), inner,
                    ))  # fmt: skip
            jobs = (
                (train, test, choice, () if inner is None else inner[f])
                for f, ((train, test), choice) in enumerate(zip(folds, choices, strict=True))
            )
            shared = (self, member, Rows(column, y, groups))
            for place, answers in batched(_in_fold, shared, jobs, n_jobs):
                found[place].append(answers)
                done += 1
                if progress is not None:
                    progress(done, total)
        out = []
        for f, ((train, _), parts) in enumerate(zip(folds, found, strict=True)):
            classes, codes = np.unique(y[train], return_inverse=True)
            tested = answered(_inside(train, groups, () if inner is None else inner[f]))
            rule, _ = self._ruled([left_out for _, left_out, _ in parts], codes, tested)
            labels, scores = rule.combine(_together([tested for _, _, tested in parts]))
            settings = {m.name: c for m, (c, _, _) in zip(members, parts, strict=True)}
            out.append(FoldResult(classes[labels], scores, classes, settings))
        return out

    def predict_fold(
        self, X: Any, y: np.ndarray, groups: np.ndarray, train: np.ndarray, test: np.ndarray,
        inner: Inner = (),
    ) -> FoldResult:  # fmt: skip
        """The same for one fold alone, by `fit` and `predict`."""
        y, groups = np.asarray(y), np.asarray(groups)
        inner = _inside(train, groups, inner)
        fitted = clone(self).fit(X[train], y[train], groups[train], inner)
        labels, scores = fitted._combined(X[test])
        choices = fitted._choices
        return FoldResult(fitted.classes_[labels], scores, fitted.classes_, choices)

    def _by_products(self, member: Member) -> bool:
        """Whether a member's rows are needed for their products alone, its own gamma included."""
        return member.only_products and (self.tuning == "nested" or member.own().point is not None)

    def _in_fold(
        self, member: Member, data: Rows, train: np.ndarray, test: np.ndarray,
        choice: Choice | None, inner: Inner,
    ) -> tuple[Choice, Answers | None, Answers]:  # fmt: skip
        classes, codes = np.unique(data.y[train], return_inverse=True)
        rows, grams = data.at(train)._replace(y=codes), None
        inner = _inside(train, data.groups, inner)
        if choice is None:
            choice, grams = self._choice(member, rows, inner)
        fitted, left_out = self._learned(member, choice, grams, rows, inner)
        return choice, left_out, asked(fitted, data.at(test).X, len(classes))

    def _choice(
        self, member: Member, train: Rows, inner: Inner
    ) -> tuple[Choice, list[np.ndarray] | None]:
        if self.tuning == "fixed":
            return member.own(), None
        if member.n_candidates == 1:
            return member.only(), None
        return member.chosen(train, inner, self.scoring, self.n_classes)

    def _learned(
        self, member: Member, choice: Choice, grams: list[np.ndarray] | None, train: Rows,
        inner: Inner,
    ) -> tuple[Fitted, Answers | None]:  # fmt: skip
        left_out = None
        if self.rule != "vote":
            left_out = member.left_out(choice, train, inner, int(train.y.max()) + 1, grams)
        return member.fitted(choice, train), left_out

    def _ruled(
        self, left_out: Sequence[Answers | None], codes: np.ndarray, tested: np.ndarray
    ) -> tuple[Any, np.ndarray | None]:
        """The rule, learned from the answers about the samples tested in inner folds."""
        rule, n_classes = RULES[self.rule](self.random_state), int(codes.max()) + 1
        answers = [a for a in left_out if a is not None]
        together = _together(answers) if answers else None
        return rule.fit(
            together, codes[tested], n_classes
        ), None if together is None else together.scores

    @property
    def n_candidates(self) -> int:
        """Settings that are tried in each training fold, over all members."""
        if self.tuning == "fixed":
            return 1
        return sum(member.n_candidates for member in self._members())

    @property
    def learns_inside(self) -> bool:
        """Whether steps of members are fitted anew in each inner fold."""
        asks = self.tuning == "nested" or self.rule != "vote"
        return asks and any(not member.only_products for member in self._members())

    def _members(self) -> list[Member]:
        grids, tune = self.grids or {}, self.tune or {}
        return [
            Member(name, _pipeline(estimator), grids.get(name), tune.get(name, {}))
            for name, estimator in self.members
        ]

    def _checked(self, X: Any) -> tuple[list[Member], list[Any]]:
        if self.rule not in RULES:
            raise BadInput(f"rule must be one of {', '.join(RULES)}, found {self.rule!r}.")
        if self.tuning not in ("nested", "fixed"):
            raise BadInput(f"tuning must be 'nested' or 'fixed', found {self.tuning!r}.")
        if len(self.members) < FEWEST[self.rule]:
            raise BadInput(
                f"Found {len(self.members)} member(s); {self.rule!r} needs {FEWEST[self.rule]} or "
                "more (of two voters, one would always decide alone)."
            )
        self._validate_names([name for name, _ in self.members])
        X = np.asarray(X, object) if isinstance(X, list) else X
        if np.ndim(X) != 2 or X.shape[1] != len(self.members):
            raise BadInput(
                f"Found X of shape {np.shape(X)}; expected one block of features per member, "
                f"(n, {len(self.members)}): see mebench.methods.combination.blocks."
            )
        return self._members(), [X[:, j] for j in range(X.shape[1])]


def _by_content(columns: Sequence[Any], codes: np.ndarray) -> np.ndarray:
    """An order of the samples that is theirs whatever order they came in.

    By products with one random direction per block, which last bits do not change; what has no
    numbers, as clips, by its id.
    """
    keys = [codes]
    for column in reversed(columns):
        rows = as_input(column)
        if isinstance(rows, np.ndarray) and rows.ndim == 2 and rows.dtype.kind in "fiu":
            keys.append(rows @ np.random.default_rng(0).standard_normal(rows.shape[1]))
        else:
            named = [str(getattr(row, "id", row)) for row in rows]
            keys.append(np.unique(named, return_inverse=True)[1])
    return np.lexsort(keys)


def _placed(inner: Inner, at: np.ndarray) -> Inner:
    """Divisions of samples that stand elsewhere now, each part in its new order."""
    return [(np.sort(at[train]), np.sort(at[test])) for train, test in inner]


def _inside(train: np.ndarray, groups: np.ndarray, inner: Inner) -> Inner:
    """The divisions of a fold's training samples by their places among these."""
    return placed_in(train, inner) if len(inner) else subject_folds(groups[train])


def _in_fold(
    fusion: LateFusion, member: Member, data: Rows, *fold: Any
) -> tuple[Choice, Answers | None, Answers]:
    return fusion._in_fold(member, data, *fold)


def _pipeline(estimator: Any) -> Pipeline:
    made = estimator if isinstance(estimator, Pipeline) else Pipeline([("classifier", estimator)])
    return clone(made)


def _together(answers: Sequence[Answers]) -> Together:
    return Together(
        np.stack([a.labels for a in answers], axis=1), np.stack([a.scores for a in answers], axis=1)
    )
