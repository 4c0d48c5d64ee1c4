"""What the brightness of cells says, beside a slow twin."""

import naive_spotting as naive
import numpy as np
import pytest

from mebench.spotting.brightness import cell_changes, look_at


def faces(seed, size):
    """Two pictures of noise, and a flow that leads out of them in places."""
    rng = np.random.default_rng(seed)
    field = rng.normal(0, 4, (*size, 2)).astype(np.float32)
    return *(look_at(rng.integers(0, 256, size, np.uint8)) for _ in range(2)), field


def inner(light, size):
    """Without its border, for the twin."""
    return light[1 : 1 + size[0], 1 : 1 + size[1]].astype(np.float64)


@pytest.mark.parametrize(
    "size, shape", [((156, 132), (26, 22)), ((48, 40), (8, 6)), ((53, 61), (8, 10))]
)
def test_cells_as_by_their_twin(size, shape):
    then, now, field = faces(0, size)
    n = shape[0] * shape[1]
    lights = inner(then.light, size), inner(now.light, size)
    for cells in (np.arange(n), np.flatnonzero(np.random.default_rng(1).random(n) < 0.3)):
        found = cell_changes(then, now, field, cells, shape)
        for mine, theirs in zip(
            found, naive.cell_changes(*lights, field, cells, shape), strict=True
        ):
            np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=2e-2)


def test_of_no_cell_nothing():
    then, now, field = faces(0, (48, 40))
    texture, change = cell_changes(then, now, field, np.arange(0), (8, 6))
    assert texture.shape == (0, 3) and change.shape == (0, 2)


def test_light_is_what_neither_noise_nor_slow_changes_show():
    slope = np.tile(np.linspace(40, 200, 132).round().astype(np.uint8), (156, 1))
    assert np.abs(look_at(slope).light[40:-40, 40:-40]).max() < 1
    noise = np.random.default_rng(0).integers(0, 256, (156, 132), np.uint8)
    assert look_at(noise).light.std() < 0.4 * noise.std()


def test_texture_is_where_and_along_what_there_is_something():
    image = np.full((156, 132), 90, np.uint8)
    image[100:, 60:] = 200  # an edge from top to bottom, and one from side to side
    cells = np.arange(26 * 22)
    row, column = np.divmod(cells, 22)
    still = np.zeros((156, 132, 2), np.float32)
    texture, change = cell_changes(look_at(image), look_at(image), still, cells, (26, 22))
    xx, _, yy = texture.T
    upright = (np.abs(column - 10) < 1) & (row > 19)
    flat = (np.abs(row - 16) < 1) & (column > 13)
    assert upright.any() and (xx[upright] > 20 * yy[upright]).all()
    assert flat.any() and (yy[flat] > 20 * xx[flat]).all()
    assert np.abs(texture[(row < 10) & (column < 5)]).max() < 1e-3
    assert not change.any()
