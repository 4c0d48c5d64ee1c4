"""Codebooks of binary patterns: histograms over few learned words instead of all codes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from ..errors import BadInput
from ..storage.rows import blocks
from .selection import variance_ratio

__all__ = ["PatternCodebook"]


class PatternCodebook(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Group the codes of binary patterns into words, learned from the training clips.

    The patterns are vectors of bits; vector quantisation (k-means, every code weighing as often
    as it occurs) groups those that differ in few bits. Each kind of pattern has a codebook of its
    own. A histogram over words is a sum of bins of the histogram over codes.

    **Experimental**: local quantised patterns as STCLQP uses them, reconstructed from memory.
    With ``init='fisher'`` the words start from the codes whose frequency differs most between
    classes against within, which uses the training labels.

    Parameters
    ----------
    n_words : int, default 16
        Per kind of pattern (our choice).
    n_kinds : int, default 9
        Kinds of patterns in a region: three planes × three components.
    points : int, default 8
        Bits of a pattern.
    init : {'fisher', 'frequent'}, default 'fisher'
        Where words start: at codes of the largest variance ratio between clips; or at the most
        frequent ones.
    n_iter : int, default 20
        At most so many rounds of k-means (our choice).

    Attributes
    ----------
    words_ : ndarray of int ``(n_kinds, 2**points)``
        The word of each code.

    See Also
    --------
    CompletedPatterns : Where its codes come from.

    References
    ----------
    X. Huang et al., Neurocomputing 175, 2016. S. ul Hussain and B. Triggs, "Visual Recognition
    Using Local Quantized Patterns", ECCV 2012.

    Examples
    --------
    >>> X = np.random.default_rng(0).dirichlet(np.ones(256), (6, 9)).reshape(6, -1)
    >>> words = PatternCodebook().fit_transform(X, list("ababab"))
    >>> words.shape, bool(np.allclose(words.sum(axis=1), 9))
    ((6, 144), True)
    """

    row_by_row = True

    def __init__(
        self,
        n_words: int = 16,
        n_kinds: int = 9,
        points: int = 8,
        init: str = "fisher",
        n_iter: int = 20,
    ) -> None:
        self.n_words = n_words
        self.n_kinds = n_kinds
        self.points = points
        self.init = init
        self.n_iter = n_iter

    def fit(self, X: Any, y: Any = None) -> PatternCodebook:
        """Learn the codebooks.

        Parameters
        ----------
        X : ndarray ``(n, n_regions · n_kinds · 2**points)``
            Rows of :class:`~.stclqp.CompletedPatterns`.
        y : ndarray ``(n,)``
            Labels; needed by ``init='fisher'`` only.

        Raises
        ------
        BadInput
            Rows of another width, labels missing, or options that cannot work.
        """
        if self.init not in ("fisher", "frequent"):
            raise BadInput(f"init must be 'fisher' or 'frequent', found {self.init!r}.")
        if not 1 <= self.n_words <= 2**self.points:
            raise BadInput(f"n_words must be 1 to {2**self.points}, found {self.n_words}.")
        if self.init == "fisher" and y is None:
            raise BadInput("init='fisher' needs labels: give y, or use init='frequent'.")
        X = validate_data(self, X, dtype=np.float64)
        found = [self._histograms(rows).mean(axis=1) for _, rows in blocks(X)]
        per_clip = np.concatenate(found)
        self._n_regions = X.shape[1] // (self.n_kinds * 2**self.points)
        bits = (np.arange(2**self.points)[:, None] >> np.arange(self.points) & 1).astype(float)
        self.words_ = np.stack([self._learn(kind, bits, y) for kind in per_clip.swapaxes(0, 1)])
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Histograms over words, float64 ``(n, n_regions · n_kinds · n_words)``."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        out = np.zeros((len(X), self._n_regions, self.n_kinds, self.n_words))
        _sum_by_word(np.ascontiguousarray(self._histograms(X)), self.words_, out)
        return out.reshape(len(X), -1)

    def _learn(self, frequencies: np.ndarray, bits: np.ndarray, y: Any) -> np.ndarray:
        """Word of each code, from the clips' frequencies ``(n, n_codes)`` of one kind."""
        weights = frequencies.sum(axis=0)
        merit = weights
        if self.init == "fisher":
            merit = np.where(weights > 0, variance_ratio(frequencies, np.asarray(y)), -1.0)
        centres = bits[np.argsort(-merit, kind="stable")[: self.n_words]]
        words = np.full(len(bits), -1)
        for _ in range(self.n_iter):
            # Squared distance without the part that is the same for all words.
            found = ((centres**2).sum(axis=1) - 2 * bits @ centres.T).argmin(axis=1)
            if (found == words).all():
                break
            words = found
            members = (words == np.arange(self.n_words)[:, None]) * weights
            totals = members.sum(axis=1, keepdims=True)
            centres = np.where(
                totals > 0, members @ bits / np.where(totals > 0, totals, 1), centres
            )
        return words

    def _histograms(self, X: np.ndarray) -> np.ndarray:
        """``(n, n_regions, n_kinds, n_codes)``."""
        if X.shape[1] % (self.n_kinds * 2**self.points):
            raise BadInput(
                f"Rows of {X.shape[1]} values are no whole number of {self.n_kinds} histograms "
                f"of {2**self.points} codes: do n_kinds and points fit the descriptor?"
            )
        return X.reshape(len(X), -1, self.n_kinds, 2**self.points)

    @property
    def _n_features_out(self) -> int:
        return self._n_regions * self.n_kinds * self.n_words


@njit(cache=True, nogil=True)
def _sum_by_word(histograms, words, out):  # type: ignore[no-untyped-def]
    n, n_regions, n_kinds, n_codes = histograms.shape
    for i in range(n):
        for r in range(n_regions):
            for k in range(n_kinds):
                for code in range(n_codes):
                    out[i, r, k, words[k, code]] += histograms[i, r, k, code]
