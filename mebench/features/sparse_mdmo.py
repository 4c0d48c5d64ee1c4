"""Sparse MDMO: frame-level MDMO vectors, coded sparsely over a dictionary learned from them."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from ..base import Extractor
from ..clip import Clip, grey
from ..errors import BadInput
from ..preprocessing.temporal import tim
from ._mdmo import main_directions, weigh
from .regions import Regions, region_names
from .sparse_coding import knn_graph, learn_dictionary, neighbour_codes, sparse_codes
from .sparse_coding.dictionary import atoms_by_turns

__all__ = ["FrameMDMO", "GraphSparseMDMO", "frame_mdmo"]


def frame_mdmo(
    video: np.ndarray,
    landmarks: np.ndarray | None,
    *,
    n_frames: int = 10,
    regions: Regions = "mdmo",
    flow: str = "farneback",
    flow_params: dict[str, Any] | None = None,
    align: bool = True,
    weight: float = 0.9,
    weighting: str = "vector",
    bins: str = "centred",
    texture: bool = False,
) -> np.ndarray:
    """MDMO vectors of the single frames of one clip, before any averaging.

    The clip is interpolated to `n_frames` frames; each but the first gives one vector, of
    its flow from the first.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``, T ≥ 2
    landmarks : ndarray ``(68, 2)``
        (x, y) of the first frame.
    n_frames : int, default 10
        The paper interpolates clips to a fixed length; to which one is not known to us, 10 is
        the usual one of temporal interpolation.
    regions, flow, flow_params, align, weight, weighting, bins, texture
        As in :func:`~.mdmo.mdmo`.

    Returns
    -------
    ndarray of float64 ``(n_frames - 1, 2 · n_regions)``
        Per frame, magnitudes then angles of all regions as in :func:`~.mdmo.mdmo`; magnitudes
        are relative to the largest of the clip, so that frames keep their proportions (our
        choice).

    Raises
    ------
    BadInput
        As :func:`~.mdmo.mdmo`, or ``n_frames`` below 2.

    See Also
    --------
    mdmo : Averaged over frames.
    mebench.preprocessing.tim : The interpolation.

    Examples
    --------
    >>> y, x = np.mgrid[:64, :64]
    >>> video = [128 + 60 * np.sin((x - 0.5 * t) / 5) * np.cos(y / 6) for t in range(5)]
    >>> vectors = frame_mdmo(np.stack(video), None, n_frames=5, regions=(1, 1), align=False)
    >>> vectors[:, 0].round(1).tolist()  # λ times the relative magnitude: ever further
    [0.2, 0.4, 0.7, 0.9]
    """
    if n_frames < 2:
        raise BadInput(f"n_frames must be at least 2, found {n_frames}.")
    video = grey(np.asarray(video))
    if len(video) < 2:
        raise BadInput(f"Found a clip of {len(video)} frame(s); flow needs at least two.")
    if len(video) != n_frames:
        video = tim(video, n_frames)
    vectors = main_directions(
        video,
        landmarks,
        regions=regions,
        flow=flow,
        flow_params=flow_params,
        align=align,
        bins=bins,
        texture=texture,
    )
    # All frames as one long list of regions: the largest magnitude is that of the clip.
    n_regions = vectors.shape[1]
    weighed = weigh(vectors.reshape(-1, 2), weight=weight, weighting=weighting)
    return weighed.reshape(2, -1, n_regions).swapaxes(0, 1).reshape(len(vectors), -1)


class FrameMDMO(Extractor):
    """All frame-level MDMO vectors of a clip as one row; see :func:`frame_mdmo`.

    The clips need landmarks.

    See Also
    --------
    frame_mdmo : The function of one clip.
    GraphSparseMDMO : What codes its rows.

    Examples
    --------
    >>> FrameMDMO().n_features, FrameMDMO().get_feature_names_out()[[0, -1]].tolist()
    (648, ['frame1_roi0_rho', 'frame9_roi35_theta'])
    """

    def __init__(
        self,
        n_frames: int = 10,
        regions: Regions = "mdmo",
        flow: str = "farneback",
        flow_params: dict[str, Any] | None = None,
        align: bool = True,
        weight: float = 0.9,
        weighting: str = "vector",
        bins: str = "centred",
        texture: bool = False,
    ) -> None:
        self.n_frames = n_frames
        self.regions = regions
        self.flow = flow
        self.flow_params = flow_params
        self.align = align
        self.weight = weight
        self.weighting = weighting
        self.bins = bins
        self.texture = texture

    def _row(self, clip: Clip) -> np.ndarray:
        return frame_mdmo(clip.frames, clip.first_landmarks, **self.get_params()).ravel()

    def _names(self) -> list[str]:
        return [
            f"frame{t}_{region}_{part}"
            for t in range(1, self.n_frames)
            for part in ("rho", "theta")
            for region in region_names(self.regions)
        ]


class GraphSparseMDMO(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Sparse codes of frame-level MDMO vectors, pooled over each clip's frames.

    Inspired by Sparse MDMO (Liu, Li and Lai), whose full text was not at hand: graph-regularised
    sparse coding [2]_ of MDMO vectors is from its abstract [1]_; its distance between samples,
    "based on the sparsity of sample points", is not known to us, nor are the sizes and weights
    below. They are arguments, and their defaults are ours.

    `fit` learns a dictionary B and codes S from the frames of the training clips,

        ½‖X − BS‖² + ½α·tr(S L Sᵀ) + β·Σ|s|,   ‖b_j‖₂ ≤ 1,

    where L is the Laplacian of a graph that joins each training frame to its nearest ones.
    `transform` codes frames with B fixed, each clip independent of all others, and takes the
    mean of |s| over the clip's frames. GraphSC itself codes test samples together with the
    training samples; this does not.

    Parameters
    ----------
    n_atoms : int, default 64
        Size K of the dictionary.
    alpha : float, default 0.1
        Weight of the graph.
    beta : float, default 0.1
        Weight of sparsity.
    n_neighbours : int, default 5
        Of each frame in the graph.
    weights : {'binary', 'heat'}, default 'binary'
        Of the graph's edges.
    coding : {'lasso', 'neighbours'}, default 'lasso'
        How `transform` codes a frame: by itself; or with the graph term as well, joined to
        its nearest training frames.
    pooling : {'mean', 'max'}, default 'mean'
        Of the absolute codes over a clip's frames.
    frame_size : int, default 72
        Length of one frame's vector: 2 × the number of regions.
    n_iter : int, default 10
        Rounds of learning codes and dictionary by turns.
    random_state : int, optional
        Of the training frames that the dictionary starts from, which are drawn by their content:
        the order of the clips is of no consequence. None is 0, and becomes the seed of the run
        under :func:`mebench.evaluate`.

    Attributes
    ----------
    dictionary_ : ndarray ``(frame_size, n_atoms)``
        One atom per column.
    frames_ : ndarray ``(frame_size, n_frames)``
        The training frames; with 'neighbours' only.
    codes_ : ndarray ``(n_atoms, n_frames)``
        Their codes; with 'neighbours' only.

    See Also
    --------
    FrameMDMO : Where its rows come from.
    mebench.features.sparse_coding.learn_dictionary : The learning underneath.

    References
    ----------
    .. [1] Y.-J. Liu, B.-J. Li and Y.-K. Lai, "Sparse MDMO: Learning a Discriminative Feature for
       Spontaneous Micro-Expression Recognition", IEEE Trans. Affective Computing 12(1), 2021.
    .. [2] M. Zheng et al., "Graph Regularized Sparse Coding for Image Representation", IEEE
       Trans. Image Processing 20(5), 2011.

    Examples
    --------
    >>> X = np.random.default_rng(0).random((6, 9 * 72))  # rows of FrameMDMO
    >>> codes = GraphSparseMDMO(n_atoms=16).fit_transform(X)
    >>> codes.shape, bool((codes >= 0).all())
    ((6, 16), True)
    """

    def __init__(
        self,
        n_atoms: int = 64,
        alpha: float = 0.1,
        beta: float = 0.1,
        n_neighbours: int = 5,
        weights: str = "binary",
        coding: str = "lasso",
        pooling: str = "mean",
        frame_size: int = 72,
        n_iter: int = 10,
        random_state: int | None = None,
    ) -> None:
        self.n_atoms = n_atoms
        self.alpha = alpha
        self.beta = beta
        self.n_neighbours = n_neighbours
        self.weights = weights
        self.coding = coding
        self.pooling = pooling
        self.frame_size = frame_size
        self.n_iter = n_iter
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> GraphSparseMDMO:
        """Learn the dictionary.

        Parameters
        ----------
        X : ndarray ``(n_clips, n_frames · frame_size)``
            Rows of :class:`FrameMDMO`.
        y : ignored

        Raises
        ------
        BadInput
            Rows that are no whole number of frames, too few frames, or unknown options.
        """
        if self.coding not in ("lasso", "neighbours"):
            raise BadInput(f"coding must be 'lasso' or 'neighbours', found {self.coding!r}.")
        if self.pooling not in ("mean", "max"):
            raise BadInput(f"pooling must be 'mean' or 'max', found {self.pooling!r}.")
        frames = self._frames(validate_data(self, X, dtype=np.float64))
        # By content, so that neither what is drawn nor any rounding depends on the clips' order.
        frames = np.ascontiguousarray(frames[:, np.lexsort(frames)])
        n = frames.shape[1]
        if n <= self.n_neighbours:
            raise BadInput(
                f"Found {n} frames in all clips; {self.n_neighbours} neighbours need more."
            )
        graph = knn_graph(frames, self.n_neighbours, self.weights)
        turns: dict[str, Any] = {"n_iter": self.n_iter, "seed": self.random_state or 0}
        settings = (self.n_atoms, self.alpha, self.beta)
        if self.coding == "neighbours":
            self.dictionary_, self.codes_ = learn_dictionary(frames, *settings, W=graph, **turns)
            self.frames_ = frames
        else:
            self.dictionary_, _ = atoms_by_turns(frames, *settings, graph, **turns)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Pooled codes, float64 ``(n_clips, n_atoms)``."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        frames = self._frames(X)
        if self.coding == "lasso":
            codes = sparse_codes(frames, self.dictionary_, self.beta)
        else:
            codes = neighbour_codes(
                frames,
                self.dictionary_,
                self.alpha,
                self.beta,
                self.frames_,
                self.codes_,
                k=self.n_neighbours,
                weights=self.weights,
            )
        per_clip = np.abs(codes.T).reshape(len(X), -1, self.n_atoms)
        return per_clip.mean(axis=1) if self.pooling == "mean" else per_clip.max(axis=1)

    def _frames(self, X: np.ndarray) -> np.ndarray:
        """One column per frame, ``(frame_size, n_clips · n_frames)``."""
        if X.shape[1] % self.frame_size:
            raise BadInput(
                f"Found rows of {X.shape[1]} values, no whole number of frames of "
                f"{self.frame_size}: frame_size is 2 × the number of regions of FrameMDMO."
            )
        return np.ascontiguousarray(X.reshape(-1, self.frame_size).T)

    @property
    def n_features(self) -> int:
        """Width of a row."""
        return self.n_atoms

    @property
    def _n_features_out(self) -> int:
        return self.n_atoms
