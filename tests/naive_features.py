"""Slow and obvious twins of the descriptors' kernels."""

from __future__ import annotations

import cmath
import math
from itertools import pairwise

import numpy as np


def members(spans: np.ndarray, n_regions: int) -> list[set[tuple[int, int]]]:
    """The pixels (x, y) of each region; a pixel twice in one region is an error."""
    pixels: list[set[tuple[int, int]]] = [set() for _ in range(n_regions)]
    for region, y, start, stop in spans:
        for x in range(start, stop):
            assert (x, y) not in pixels[region]
            pixels[region].add((x, y))
    return pixels


def direction_histograms(flow, spans, n_regions, bins, fold=False, affine=None):
    """Magnitudes summed by direction, pixel by pixel."""
    out = np.zeros((n_regions, bins))
    for region, pixels in enumerate(members(spans, n_regions)):
        for x, y in sorted(pixels):
            u, v = (float(value) for value in flow[y, x])
            if affine is not None:
                u, v = affine @ [x + u, y + v, 1] - [x, y]
            if math.hypot(u, v) < 1e-6:  # not motion but rounding
                continue
            if fold:
                share = (math.atan2(v, abs(u)) + math.pi / 2) / math.pi
            else:
                share = (math.atan2(v, u) % (2 * math.pi)) / (2 * math.pi)
            out[region, min(int(share * bins), bins - 1)] += math.hypot(u, v)
    return out


def strain_sums(field, spans, n_regions):
    """Sum of √(u_x² + v_y² + ½(u_y + v_x)²) over each region, interior pixels only."""
    out = np.zeros(n_regions)
    for region, pixels in enumerate(members(spans, n_regions)):
        for x, y in pixels:
            ux, vx = (field[y, x + 1] - field[y, x - 1]) / 2
            uy, vy = (field[y + 1, x] - field[y - 1, x]) / 2
            out[region] += math.sqrt(ux**2 + vy**2 + 0.5 * (uy + vx) ** 2)
    return out


def dft(values: np.ndarray) -> np.ndarray:
    """One-dimensional Fourier transform along the first axis, by its sum."""
    n = len(values)
    return np.array(
        [sum(values[j] * cmath.exp(-2j * math.pi * j * k / n) for j in range(n)) for k in range(n)]
    )


def block_spectrum(block: np.ndarray, amplitude: str = "end") -> np.ndarray:
    """Amplitudes of an 8×8×8 block (t, y, x): transforms over time, width, height in turn."""
    out = block
    for axis in (0, 2, 1):
        out = np.moveaxis(dft(np.moveaxis(out, axis, 0)), 0, axis)
        if amplitude == "staged":
            out = np.abs(out)
    return np.abs(out)


def published_spectrum(block: np.ndarray) -> np.ndarray:
    """What the authors' code makes of a block of grey levels: logarithms, then min–max to 0–1."""
    out = [math.log(1 + a) for a in block_spectrum(block / 255).ravel()]
    return np.array([(a - min(out)) / (max(out) - min(out)) for a in out]).reshape(block.shape)


def lbp_maps(video: np.ndarray) -> np.ndarray:
    """Codes of eight neighbours, counter-clockwise from the right."""
    _, height, width = video.shape
    out = np.zeros((len(video), height - 2, width - 2))
    around = [(0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1)]
    for t, frame in enumerate(video):
        for y in range(1, height - 1):
            for x in range(1, width - 1):
                for bit, (dy, dx) in enumerate(around):
                    out[t, y - 1, x - 1] += (frame[y + dy, x + dx] >= frame[y, x]) * 2**bit
    return out


def frequency_strength(video, window, blocks, cutoff):
    """Window by window, block by block: fftn, fftshift, ideal high-pass, sum of amplitudes."""
    codes = lbp_maps(video)
    half = window // 2
    padded = np.concatenate(
        [np.repeat(codes[:1], half, axis=0), codes, np.repeat(codes[-1:], half, axis=0)]
    )
    rows = np.floor(np.linspace(0, codes.shape[1], blocks[0] + 1)).astype(int)
    columns = np.floor(np.linspace(0, codes.shape[2], blocks[1] + 1)).astype(int)
    out = np.zeros(len(video))
    for t in range(len(video)):
        for y0, y1 in pairwise(rows):
            for x0, x1 in pairwise(columns):
                volume = padded[t : t + window, y0:y1, x0:x1]
                amplitude = np.abs(np.fft.fftshift(np.fft.fftn(volume)))
                for index in np.ndindex(amplitude.shape):
                    centre = [n // 2 for n in amplitude.shape]
                    if math.dist(index, centre) >= cutoff:
                        out[t] += amplitude[index]
    return out
