"""Slow, obvious twins of mebench.flow, in double precision and whole-array NumPy."""

import numpy as np


def smooth(image, sigma):
    """Separable Gaussian, reflected at the top and left, repeated at the bottom and right."""
    n = int(5 * sigma) + 1
    taps = np.exp(-(np.arange(-n + 1, n) ** 2) / (2 * sigma**2))
    taps /= taps.sum()
    for axis in (1, 0):
        image = np.apply_along_axis(
            lambda line: np.convolve(
                np.concatenate([line[1:n][::-1], line, line[::-1][: n - 1]]), taps, "valid"
            ),
            axis,
            image,
        )
    return image


def cubic(v, x):
    return v[1] + 0.5 * x * (
        v[2]
        - v[0]
        + x * (2 * v[0] - 5 * v[1] + 4 * v[2] - v[3] + x * (3 * (v[1] - v[2]) + v[3] - v[0]))
    )


def bicubic(image, x, y, zero_outside=False):
    """Bicubic values at float positions; outside the image clamped, or zero."""
    h, w = image.shape
    x1, y1 = np.floor(x).astype(int), np.floor(y).astype(int)
    outside = (x1 < 1) | (y1 < 1) | (x1 + 2 > w - 1) | (y1 + 2 > h - 1)
    rows = [
        cubic(
            [image[np.clip(y1 + k, 0, h - 1), np.clip(x1 + m, 0, w - 1)] for m in (-1, 0, 1, 2)],
            x - x1,
        )
        for k in (-1, 0, 1, 2)
    ]
    out = cubic(rows, y - y1)
    return np.where(outside, 0, out) if zero_outside else out


def zoom(image, h, w, step_y, step_x):
    y, x = np.mgrid[:h, :w].astype(float)
    return bicubic(image, x * step_x, y * step_y)


def divergence(px, py):
    out = np.zeros_like(px)
    out += np.diff(px, axis=1, prepend=0)
    out += np.diff(py, axis=0, prepend=0)
    return out


def tvl1(a, b, tau=0.25, lambda_=0.15, theta=0.3, nscales=None, zfactor=0.5, warps=5, epsilon=0.01):
    low, high = min(a.min(), b.min()), max(a.max(), b.max())
    pyramids = []
    for image in (a, b):
        image = (image.astype(float) - low) * (255 / (high - low) if high > low else 1)
        levels = [smooth(image, 0.8)]
        count = int(1 + np.log(np.hypot(*a.shape) / 16) / np.log(1 / zfactor))
        for _ in range(1, min(count, nscales or count)):
            h, w = (int(n * zfactor + 0.5) for n in levels[-1].shape)
            smoothed = smooth(levels[-1], 0.6 * np.sqrt(1 / zfactor**2 - 1))
            levels.append(zoom(smoothed, h, w, 1 / zfactor, 1 / zfactor))
        pyramids.append(levels)
    u = v = np.zeros(pyramids[0][-1].shape)
    for first, second in zip(*(p[::-1] for p in pyramids), strict=True):
        h, w = first.shape
        if u.shape != first.shape:
            u, v = (zoom(f, h, w, f.shape[0] / h, f.shape[1] / w) / zfactor for f in (u, v))
        edge = np.pad(second, 1, mode="edge")
        gradient_x = (edge[1:-1, 2:] - edge[1:-1, :-2]) / 2
        gradient_y = (edge[2:, 1:-1] - edge[:-2, 1:-1]) / 2
        dual = np.zeros((2, 2, h, w))
        y, x = np.mgrid[:h, :w].astype(float)
        for _ in range(warps):
            warped, gx, gy = (
                bicubic(f, x + u, y + v, zero_outside=True)
                for f in (second, gradient_x, gradient_y)
            )
            square = gx**2 + gy**2
            constant = warped - gx * u - gy * v - first
            for _ in range(300):
                rho = constant + gx * u + gy * v
                ratio = -rho / np.where(square < 1e-10, np.inf, square)
                step = np.clip(ratio, -lambda_ * theta, lambda_ * theta)
                new_u = u + step * gx + theta * divergence(*dual[0])
                new_v = v + step * gy + theta * divergence(*dual[1])
                change = np.mean((new_u - u) ** 2 + (new_v - v) ** 2)
                u, v = new_u, new_v
                for p, f in zip(dual, (u, v), strict=True):
                    fx = np.diff(f, axis=1, append=f[:, -1:])
                    fy = np.diff(f, axis=0, append=f[-1:])
                    shrink = 1 + tau / theta * np.hypot(fx, fy)
                    p[0] = (p[0] + tau / theta * fx) / shrink
                    p[1] = (p[1] + tau / theta * fy) / shrink
                if change <= epsilon**2:
                    break
    return np.stack([u, v], axis=-1)


def strain(flow):
    h, w = flow.shape[:2]
    out = np.zeros((h, w))
    for i in range(1, h - 1):
        for j in range(1, w - 1):
            (ux, vx) = (flow[i, j + 1] - flow[i, j - 1]) / 2
            (uy, vy) = (flow[i + 1, j] - flow[i - 1, j]) / 2
            tensor = np.array([[ux, (uy + vx) / 2], [(uy + vx) / 2, vy]])
            out[i, j] = np.linalg.norm(tensor)
    return out


def align(flow, affine):
    h, w = flow.shape[:2]
    out = np.zeros((h, w, 2))
    for i in range(h):
        for j in range(w):
            moved = np.array([j + flow[i, j, 0], i + flow[i, j, 1], 1.0])
            out[i, j] = affine @ moved - (j, i)
    return out
