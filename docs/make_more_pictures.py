"""The pictures of the rest of the family: ``python docs/make_more_pictures.py``.

What is drawn, and of which clip, is as in make_pictures.py beside it.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import skimage.data
from make_pictures import BLUE, RED, a_smile, face, grid, lbp_codes, roses, save

from mebench import Clip
from mebench.features import fdm
from mebench.features._osf import mean_strain, region_strain
from mebench.features.directions import direction_histograms
from mebench.features.projections import Projections
from mebench.features.regions import (
    SQUARE_SIDE,
    block_edges,
    eye_distance,
    grid_spans,
    region_squares,
)
from mebench.features.riesz import phase_shift
from mebench.flow import ALIGNMENT_POINTS, align_flow, fit_affine, flow
from mebench.preprocessing import TICS, TIM

#: Neighbours of a pixel on a circle, from the right on, counterclockwise: (down, right).
CIRCLE = [(0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1)]


def aligned_flow(clip: Clip) -> np.ndarray:
    """Flow from onset to apex without the head's motion."""
    field = flow(clip.frames[0], clip.frames[clip.apex])
    return align_flow(field, fit_affine(field, clip.first_landmarks[list(ALIGNMENT_POINTS)]))


def moved(image: np.ndarray, step: tuple[int, int], radius: int, border: int) -> np.ndarray:
    """The neighbours of all pixels but those of the border, in one direction."""
    dy, dx = (round(radius * s) for s in step)
    h, w = image.shape
    return image[border + dy : h - border + dy, border + dx : w - border + dx]


def packed(bits: list[np.ndarray]) -> np.ndarray:
    """Bits of pixels as one code, the first the lowest."""
    return sum(bit.astype(int) << p for p, bit in enumerate(bits))


def arrows(ax: plt.Axes, field: np.ndarray, scale: float, colour: str = RED) -> None:
    """Every eighth vector of a field."""
    y, x = np.mgrid[4 : field.shape[0] : 8, 4 : field.shape[1] : 8]
    ax.quiver(x, y, *np.moveaxis(field[y, x], -1, 0), angles="xy", scale_units="xy", scale=scale,
              color=colour, width=0.004)  # fmt: skip


def lbp_family(clip: Clip) -> None:
    video = clip.frames.astype(int)
    now, after, before = (video[clip.apex + k, 1:-1, 1:-1] for k in (0, 1, -1))
    apex = video[clip.apex]
    space = packed([moved(apex, CIRCLE[p], 1, 1) >= now for p in (0, 2, 4, 6)])
    time = packed([after >= now, before >= now])
    changes = np.abs(video - video[0])
    figure, axes = plt.subplots(1, 6, figsize=(15, 3.3), width_ratios=[1, 1, 1, 1, 0.9, 0.9])
    face(axes[0], lbp_codes(apex), "framewise LBP: one picture")
    face(axes[1], space, "LBP-SIP: four in space, 16 codes")
    face(axes[2], time, "… and two in time, 4 codes")
    mean = Projections(clip.frames, (8, 8)).over("t")[0]
    face(axes[3], lbp_codes(mean), "LBP-MOP: LBP of the mean over time")
    over_y = Projections(clip.frames, (1, 1)).over("y")[:, 0]
    face(axes[4], over_y, "LBP-MOP: mean over rows\n(t goes down)", aspect="auto")
    curves = changes[1:].mean(axis=2)
    face(axes[5], curves, "STLBP-IP: projected changes\nper row (t goes down)", aspect="auto",
         cmap="magma")  # fmt: skip
    save(figure, "lbp-family")


def cbp_codes(image: np.ndarray) -> np.ndarray:
    """Four comparisons of opposite neighbours, and the centre with the mean of all nine."""
    around = [moved(image, step, 1, 1) for step in CIRCLE]
    centre = image[1:-1, 1:-1]
    bits = [around[p] >= around[p + 4] for p in range(4)]
    return packed([*bits, 9 * centre >= sum(around) + centre])


def cbp_top(clip: Clip) -> None:
    video = clip.frames.astype(int)
    row, column = 100, 45
    figure, axes = plt.subplots(1, 4, figsize=(9, 2.7), width_ratios=[1, 1, 1, 0.4])
    face(axes[0], clip.frames[0], "15 regions (kato)")
    side = SQUARE_SIDE * eye_distance(clip.first_landmarks)
    for centres in region_squares("kato", clip.first_landmarks):
        for corner in centres - side / 2:
            axes[0].add_patch(plt.Rectangle(corner, side, side, fill=False, ec="#ffd54a", lw=0.9))
    face(axes[1], cbp_codes(video[clip.apex]), "32 codes on the XY plane")
    axes[1].axhline(row, color=RED, lw=1)
    axes[1].axvline(column, color=BLUE, lw=1)
    face(axes[2], cbp_codes(video[:, row]), "XT (red line; t goes down)", aspect="auto")
    face(axes[3], cbp_codes(video[:, :, column].T), "YT (blue)", aspect="auto")
    save(figure, "cbp-top")


def elbptop(clip: Clip) -> None:
    image = clip.frames[clip.apex].astype(int)
    far = [moved(image, step, 3, 3) for step in CIRCLE]
    near = [moved(image, step, 2, 3) for step in CIRCLE]
    centre = image[3:-3, 3:-3]
    figure, axes = plt.subplots(1, 4, figsize=(11, 3.4))
    face(axes[0], image, "apex, 8×8 blocks")
    grid(axes[0], image.shape, 8, 8)
    face(axes[1], packed([g >= centre for g in far]), "LBP: against the centre")
    face(axes[2], packed([g >= n for g, n in zip(far, near, strict=True)]),
         "RDLBP: against the neighbour inside")  # fmt: skip
    face(axes[3], packed([far[(p + 1) % 8] >= far[p] for p in range(8)]),
         "ADLBP: against the next around")  # fmt: skip
    save(figure, "elbptop")


def stclqp(clip: Clip) -> None:
    image = clip.frames[clip.apex].astype(int)
    centre = image[3:-3, 3:-3]
    gaps = [moved(image, step, 3, 3) - centre for step in CIRCLE]
    dy, dx = np.gradient(image.astype(float))
    sector = np.floor(np.round(np.arctan2(-dy, dx) * 4 / np.pi, 9) + 0.5).astype(int) % 8
    turned = [moved(sector, step, 3, 3) != sector[3:-3, 3:-3] for step in CIRCLE]
    size = np.mean([np.abs(g) for g in gaps])
    figure, axes = plt.subplots(1, 4, figsize=(11, 3.4))
    face(axes[0], image, "apex, 4×4 blocks")
    grid(axes[0], image.shape, 4, 4)
    face(axes[1], packed([g >= 0 for g in gaps]), "signs")
    face(axes[2], packed([np.abs(g) >= size for g in gaps]), "magnitudes")
    face(axes[3], packed(turned), "orientations")
    save(figure, "stclqp")


def tics(_: Clip) -> None:
    # Synthetic clips are grey; the photograph that they are made from is not.
    colour = skimage.data.astronaut()[10:200, 150:306]
    there = TICS().transform([Clip("photograph", np.stack([colour, colour]))])[0].frames
    figure, axes = plt.subplots(1, 4, figsize=(11, 3.4))
    face(axes[0], colour, "a picture in colour")
    for ax, k, like in zip(axes[1:], range(3), ("red", "green", "blue"), strict=True):
        face(ax, there[0, :, :, k], f"component {k + 1} (most like {like})")
    save(figure, "tics")


def hog_top(clip: Clip) -> None:
    video = TIM(10).transform([clip])[0].frames.astype(float)
    middle = video[5]
    _gt, gy, gx = np.gradient(video)
    spans = grid_spans(middle.shape, (8, 8))
    turn = np.mod(np.arctan2(gy[5], gx[5]), np.pi)
    figure, axes = plt.subplots(1, 4, figsize=(13, 3.9))
    face(axes[0], middle, "one of ten frames")
    face(axes[1], turn, "orientation on the XY plane", cmap="twilight")
    for ax, vote, title in (
        (axes[2], "magnitude", "HOG-TOP: votes by length (XY)"),
        (axes[3], "one", "HIGO-TOP: one vote each (XY)"),
    ):
        found = direction_histograms(
            np.stack([gx[5], gy[5]], axis=-1), spans, 64, fold="opposite", vote=vote,
            membership="linear",
        )  # fmt: skip
        face(ax, middle, title, alpha=0.6)
        grid(ax, middle.shape, 8, 8)
        roses(ax, np.tile(found, 2), middle.shape, 8)  # a direction and its opposite are one
    save(figure, "hog-top")


def facial_dynamics(clip: Clip) -> None:
    found = fdm(clip.frames, clip.first_landmarks, regions=(8, 8), times=4).reshape(4, 8, 8, 2)
    y, x = ((e[:-1] + e[1:] - 1) / 2 for e in (block_edges(0, n, 8) for n in clip.frames.shape[1:]))
    figure, axes = plt.subplots(1, 4, figsize=(12, 3.7))
    for part, ax in enumerate(axes):
        face(ax, clip.frames[0], f"part {part + 1} of the clip", alpha=0.6)
        grid(ax, clip.frames.shape[1:], 8, 8)
        ax.quiver(*np.meshgrid(x, y), *np.moveaxis(found[part], -1, 0), angles="xy",
                  scale_units="xy", scale=0.07, color=RED, width=0.01)  # fmt: skip
    save(figure, "fdm")


def fhofo(clip: Clip) -> None:
    field = aligned_flow(clip)
    spans = grid_spans(field.shape[:2], (8, 8))
    figure, axes = plt.subplots(1, 4, figsize=(14, 3.7), width_ratios=[1.3, 1, 1, 1])
    turns = np.linspace(0, 360, 721)
    vectors = np.stack([np.cos(np.deg2rad(turns)), np.sin(np.deg2rad(turns))], axis=-1)[None]
    for name, style in (("crisp", ":"), ("linear", "-"), ("gaussian", "--")):
        shares = [
            direction_histograms(v[None, None], np.array([[0, 0, 0, 1]], np.int32), 1,
                                 membership=name)[0, 2]
            for v in vectors[0]
        ]  # fmt: skip
        axes[0].plot(turns, shares, style, label=name, color=BLUE if name == "crisp" else RED)
    axes[0].set_title("share of bin 2 of 8", fontsize=10)
    axes[0].set_xlabel("direction, degrees", fontsize=8)
    axes[0].set_xticks(range(0, 361, 45))
    axes[0].tick_params(labelsize=7)
    axes[0].legend(fontsize=7)
    face(axes[1], clip.frames[0], "flow, onset to apex", alpha=0.6)
    arrows(axes[1], field, 0.25)
    for ax, vote, membership, title in (
        (axes[2], "magnitude", "crisp", "HOOF: by length, crisp"),
        (axes[3], "one", "linear", "FHOFO: one vote, shared"),
    ):
        found = direction_histograms(field, spans, 64, vote=vote, membership=membership)
        face(ax, clip.frames[0], title, alpha=0.6)
        grid(ax, field.shape[:2], 8, 8)
        roses(ax, found, field.shape[:2], 8)
    save(figure, "fhofo")


def osf(clip: Clip) -> None:
    import cv2

    strained = mean_strain(clip.frames)
    small = cv2.resize(strained / strained.max(), (50, 50), interpolation=cv2.INTER_AREA)
    weights = region_strain(strained, grid_spans(strained.shape, (8, 8)), 64).reshape(8, 8)
    figure, axes = plt.subplots(1, 4, figsize=(11, 3.4))
    face(axes[0], clip.frames[clip.apex], "apex")
    face(
        axes[1],
        strained,
        "strain, mean over the clip",
        cmap="magma",
        vmax=np.quantile(strained, 0.995),
    )
    face(axes[2], small, "OSF: 50×50 values", cmap="magma", aspect="auto",
         vmax=np.quantile(small, 0.995))  # fmt: skip
    face(axes[3], weights / weights.max(), "OSW: weights of 8×8 blocks", cmap="magma",
         aspect="auto")  # fmt: skip
    save(figure, "osf")


def bi_woof_phase(clip: Clip) -> None:
    onset, apex = clip.frames[0], clip.frames[clip.apex]
    field = flow(onset, apex, "tvl1")
    figure, axes = plt.subplots(1, 4, figsize=(12, 3.7))
    face(axes[0], apex, "apex")
    face(axes[1], onset, "optical flow (Bi-WOOF), pixels", alpha=0.6)
    arrows(axes[1], field, 0.25)
    for ax, level in ((axes[2], 1), (axes[3], 2)):
        shift = phase_shift(onset, apex, level)
        face(ax, onset, f"shift of phase, level {level}, radians", alpha=0.6)
        arrows(ax, shift, np.abs(shift).max() / 9, BLUE)
    save(figure, "bi-woof-phase")


if __name__ == "__main__":
    smile = a_smile()
    for draw in (lbp_family, cbp_top, elbptop, stclqp, tics, hog_top, facial_dynamics, fhofo, osf,
                 bi_woof_phase):  # fmt: skip
        draw(smile)
