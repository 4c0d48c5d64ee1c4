import naive_flow
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import ndimage

from mebench.errors import BadInput
from mebench.flow import strain

Y, X = np.mgrid[:12, :15].astype(float)


@pytest.mark.parametrize(
    ("u", "v", "expected"),
    [
        (0 * X + 3, 0 * X - 2, 0),  # translation
        (-0.01 * Y, 0.01 * X, 0),  # rotation
        (-0.07 * X, 0 * X, 0.07),  # compression
        (0 * X, 0.07 * Y, 0.07),
        (0.1 * X, 0.1 * Y, 0.1 * np.sqrt(2)),
        (0.1 * Y, 0 * X, 0.1 / np.sqrt(2)),  # shear
        (0.1 * Y, 0.1 * X, 0.1 * np.sqrt(2)),
    ],
)
def test_linear_fields(u, v, expected):
    found = strain(np.stack([u, v], axis=-1))
    assert found.dtype == np.float32
    assert_allclose(found, expected, atol=1e-6)


def test_slow_twin():
    flow = np.random.default_rng(0).standard_normal((12, 15, 2))
    inner = slice(1, -1), slice(1, -1)
    assert_allclose(strain(flow)[inner], naive_flow.strain(flow)[inner], rtol=1e-5)


def test_time_goes_through():
    flows = np.random.default_rng(0).standard_normal((4, 12, 15, 2)).astype(np.float32)
    for variant in ("tensor", "meb"):
        whole = strain(flows, variant)
        for t in range(4):
            assert_allclose(whole[t], strain(flows[t], variant), rtol=1e-6)


def test_meb_variant_is_theirs():
    flow = np.random.default_rng(0).standard_normal((12, 15, 2))
    # As the library has it: Sobel sums over a zero border, and x for the rows.
    ux, vx = (ndimage.sobel(flow[..., c], axis=0, mode="constant") for c in (0, 1))
    uy, vy = (ndimage.sobel(flow[..., c], axis=1, mode="constant") for c in (0, 1))
    expected = np.sqrt(ux**2 + vy**2 + 0.5 * (uy**2 + vx**2))
    assert_allclose(strain(flow, "meb"), expected, rtol=1e-5)


def test_meb_variant_does_not_vanish_under_rotation():
    rotation = np.stack([-0.01 * Y, 0.01 * X], axis=-1)
    assert strain(rotation, "meb")[6, 7] > 0.05


def test_what_cannot_be_used_is_refused():
    with pytest.raises(BadInput, match=r"\(\.\.\., H, W, 2\)"):
        strain(np.zeros((5, 5)))
    with pytest.raises(BadInput, match="two rows"):
        strain(np.zeros((1, 5, 2)))
    with pytest.raises(BadInput, match="NaN"):
        strain(np.full((5, 5, 2), np.nan))
    with pytest.raises(BadInput, match="'tensor' or 'meb'"):
        strain(np.zeros((5, 5, 2)), "shear")
