"""Draw what each extractor sees on one synthetic clip: ``python docs/make_pictures.py``.

Writes a PNG per extractor beside the pages in docs/extractors.
"""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from mebench import Clip
from mebench.features import (
    GraphSparseMDMO,
    fft3d,
    frame_mdmo,
    frequency_strength,
    strain_strength,
)
from mebench.features._mdmo import main_directions
from mebench.features.directions import direction_histograms
from mebench.features.regions import block_edges, grid_spans, mdmo_rois
from mebench.features.sparse_coding import sparse_codes
from mebench.flow import ALIGNMENT_POINTS, align_flow, fit_affine, flow, strain
from mebench.preprocessing import AlignFace, UniformSampling
from mebench.synthetic import make_clip

HERE = Path(__file__).parent / "extractors"
RED, BLUE = "#d62728", "#1f4fd8"


def a_smile(size: tuple[int, int] = (170, 140), width: float = 2.4, seed: int = 3) -> Clip:
    """AU 6 and 12, up to 2 px, on a registered face; onset to offset."""
    frames, truth = make_clip(seed=seed, aus=(6, 12), intensity=2.0)
    part = slice(truth.onset, truth.offset + 1)
    clip = Clip(
        "smile",
        frames[part],
        fps=200.0,
        apex=truth.apex - truth.onset,
        landmarks=truth.landmarks[truth.onset],
    )
    return AlignFace(size=size, width=width).transform([clip])[0]


def face(ax: plt.Axes, image: np.ndarray, title: str, **style: object) -> None:
    """An image without axes."""
    ax.imshow(image, **{"cmap": "gray", **style})
    ax.set_title(title, fontsize=10)
    ax.axis("off")


def grid(ax: plt.Axes, shape: tuple[int, ...], rows: int, columns: int) -> None:
    """Lines between blocks."""
    for y in block_edges(0, shape[0], rows)[1:-1]:
        ax.axhline(y - 0.5, color="white", lw=0.4, alpha=0.7)
    for x in block_edges(0, shape[1], columns)[1:-1]:
        ax.axvline(x - 0.5, color="white", lw=0.4, alpha=0.7)


def roses(ax: plt.Axes, histograms: np.ndarray, shape: tuple[int, ...], rows: int) -> None:
    """In each block, one ray per direction bin; the longest of all fills half a block."""
    edges = [block_edges(0, n, rows) for n in shape]
    centres = [(e[:-1] + e[1:] - 1) / 2 for e in edges]
    longest = histograms.max()
    for i, block in enumerate(histograms):
        y, x = centres[0][i // rows], centres[1][i % rows]
        for k, share in enumerate(block):
            angle = (k + 0.5) * 2 * np.pi / len(block)
            reach = 0.5 * shape[1] / rows * share / longest
            ax.plot(
                [x, x + reach * np.cos(angle)], [y, y + reach * np.sin(angle)], color=RED, lw=1.1
            )


def save(figure: plt.Figure, name: str) -> None:
    """Write a small PNG."""
    figure.tight_layout(pad=0.4)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=72, bbox_inches="tight", pad_inches=0.05)
    plt.close(figure)
    image = (
        Image.open(data)
        .convert("RGB")
        .quantize(96, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    )
    image.save(HERE / f"{name}.png", optimize=True)
    print(f"{name}.png", (HERE / f"{name}.png").stat().st_size // 1024, "KB")


def lbp_codes(image: np.ndarray) -> np.ndarray:
    """Codes of eight neighbours at radius 1."""
    centre = image[1:-1, 1:-1]
    around = [(1, 2), (0, 2), (0, 1), (0, 0), (1, 0), (2, 0), (2, 1), (2, 2)]
    h, w = centre.shape
    return sum((image[y : y + h, x : x + w] >= centre) << b for b, (y, x) in enumerate(around))


def lbp_top(clip: Clip) -> None:
    video = clip.frames.astype(int)
    row, column = 100, 45  # through the mouth; through its corner
    figure, axes = plt.subplots(1, 4, figsize=(9, 2.7), width_ratios=[1, 1, 1, 0.4])
    face(axes[0], video[clip.apex], "apex, 8×8 blocks")
    grid(axes[0], video.shape[1:], 8, 8)
    axes[0].axhline(row, color=RED, lw=1)
    axes[0].axvline(column, color=BLUE, lw=1)
    face(axes[1], lbp_codes(video[clip.apex]), "codes on the XY plane")
    face(axes[2], lbp_codes(video[:, row]), "XT (red line; t goes down)", aspect="auto")
    face(axes[3], lbp_codes(video[:, :, column].T), "YT (blue)", aspect="auto")
    save(figure, "lbp-top")


def mdmo(clip: Clip) -> None:
    vectors = main_directions(clip.frames[[0, clip.apex]], clip.first_landmarks)[0]
    plain = main_directions(clip.frames[[0, clip.apex]], clip.first_landmarks, align=False)[0]
    rois = mdmo_rois(clip.first_landmarks)
    figure, axes = plt.subplots(1, 3, figsize=(10, 4))
    face(axes[0], clip.frames[0], "36 regions")
    for title, ax, arrows in (
        ("before alignment", axes[1], plain),
        ("main directions", axes[2], vectors),
    ):
        face(ax, clip.frames[0], title + ", onset to apex", alpha=0.6)
        centre = rois.mean(axis=1)
        ax.quiver(
            *centre.T, *arrows.T, angles="xy", scale_units="xy", scale=0.12, color=RED, width=0.007
        )
    for ax in axes[:2]:
        for roi in rois:
            ax.fill(*roi.T, fill=False, edgecolor="#ffd54a", lw=0.7)
    save(figure, "mdmo")


def hoof(clip: Clip) -> None:
    field = flow(clip.frames[0], clip.frames[clip.apex])
    affine = fit_affine(field, clip.first_landmarks[list(ALIGNMENT_POINTS)])
    spans = grid_spans(field.shape[:2], (8, 8))
    figure, axes = plt.subplots(1, 3, figsize=(10, 4))
    face(axes[0], clip.frames[0], "Farnebäck flow, onset to apex", alpha=0.6)
    y, x = np.mgrid[4 : field.shape[0] : 8, 4 : field.shape[1] : 8]
    axes[0].quiver(
        x,
        y,
        *np.moveaxis(field[y, x], -1, 0),
        angles="xy",
        scale_units="xy",
        scale=0.25,
        color=RED,
        width=0.004,
    )
    for ax, A, title in (
        (axes[1], None, "votes per block"),
        (axes[2], affine, "votes with align=True"),
    ):
        votes = direction_histograms(field, spans, 64, affine=A)
        face(ax, clip.frames[0], title, alpha=0.6)
        grid(ax, field.shape, 8, 8)
        roses(ax, votes, field.shape[:2], 8)
    save(figure, "hoof")


def bi_woof(clip: Clip) -> None:
    field = flow(clip.frames[0], clip.frames[clip.apex], "tvl1")
    field = align_flow(field, fit_affine(field, clip.first_landmarks[list(ALIGNMENT_POINTS)]))
    spans = grid_spans(field.shape[:2], (8, 8))
    votes = direction_histograms(field, spans, 64)
    stretch = strain(field)
    weights = np.array([
        sum(stretch[y, a:b].sum() for r, y, a, b in spans if r == block) for block in range(64)
    ])  # fmt: skip
    figure, axes = plt.subplots(1, 4, figsize=(12, 3.7), width_ratios=[1, 1, 1, 1.25])
    face(axes[0], np.hypot(*np.moveaxis(field, -1, 0)), "TV-L1 flow, length", cmap="magma")
    face(axes[1], stretch, "optical strain", cmap="magma")
    grid(axes[1], field.shape, 8, 8)
    face(axes[2], clip.frames[0], "the feature, 64 × 8", alpha=0.6)
    grid(axes[2], field.shape, 8, 8)
    roses(axes[2], votes / votes.sum(1, keepdims=True) * weights[:, None], field.shape[:2], 8)
    time = 1000 * np.arange(len(clip)) / clip.fps
    for curve, label, colour in (
        (strain_strength(clip.frames), "strain", RED),
        (frequency_strength(clip.frames), "fft", BLUE),
    ):
        axes[3].plot(time, (curve - curve.min()) / np.ptp(curve), label=label, color=colour)
        axes[3].plot(time[curve.argmax()], 1, "o", color=colour)
    axes[3].axvline(time[clip.apex], color="black", ls=":", label="true apex")
    axes[3].axvline(time[len(time) // 2], color="grey", ls="--", label="middle")
    axes[3].set_title("FindApex: where?", fontsize=10)
    axes[3].set_xlabel("ms after onset", fontsize=8)
    axes[3].tick_params(labelsize=7)
    axes[3].legend(fontsize=7, loc="lower right")
    save(figure, "bi-woof")


def three_d_fft() -> None:
    clip = UniformSampling(8).transform([a_smile(size=(224, 224), width=2.9)])[0]
    spectra = fft3d(clip.frames, scale="none", white=1).reshape(28, 28, 8, 8, 8)
    moving = spectra[:, :, 1:].mean(axis=(2, 3, 4))
    still = spectra[:, :, 0].mean(axis=(2, 3))
    figure, axes = plt.subplots(1, 4, figsize=(12, 3.2))
    face(axes[0], clip.frames[4], "one of 8 frames, 28×28 blocks")
    grid(axes[0], (224, 224), 28, 28)
    face(axes[1], still, "mean log amplitude, no change in time", cmap="magma")
    face(axes[2], moving, "… at the other frequencies of time", cmap="magma")
    block = spectra[18, 8]
    tiles = np.concatenate(
        [
            np.concatenate(list(np.fft.fftshift(block[a : a + 4], axes=(1, 2))), axis=1)
            for a in (0, 4)
        ]
    )
    face(axes[3], tiles, "one block: 8×8 per frequency of time", cmap="magma")
    for at in (8, 16, 24):
        axes[3].axvline(at - 0.5, color="white", lw=1)
    axes[3].axhline(7.5, color="white", lw=1)
    save(figure, "3d-fft")


def sparse_mdmo() -> None:
    clips = [a_smile(seed=s) for s in range(8)]
    frames = np.stack([frame_mdmo(c.frames, c.first_landmarks) for c in clips])
    coder = GraphSparseMDMO(n_atoms=32).fit(frames.reshape(8, -1))
    codes = sparse_codes(frames[3].T, coder.dictionary_, coder.beta)
    figure, axes = plt.subplots(1, 3, figsize=(11, 3), width_ratios=[1.7, 1, 0.5])
    axes[0].imshow(frames[3], aspect="auto", cmap="coolwarm", vmin=-0.9, vmax=0.9)
    axes[0].set(title="frame-level MDMO: 36 ρ, then 36 θ", ylabel="frame")
    axes[1].imshow(
        codes.T, aspect="auto", cmap="coolwarm", vmin=-abs(codes).max(), vmax=abs(codes).max()
    )
    axes[1].set(title="codes over 32 atoms", ylabel="frame")
    axes[2].barh(np.arange(32), np.abs(codes).mean(axis=1), color=RED)
    axes[2].invert_yaxis()
    axes[2].set(title="mean |s|: the feature")
    for ax in axes:
        ax.tick_params(labelsize=7)
        ax.title.set_fontsize(10)
    save(figure, "sparse-mdmo")


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    smile = a_smile()
    lbp_top(smile)
    mdmo(smile)
    hoof(smile)
    bi_woof(smile)
    three_d_fft()
    sparse_mdmo()
