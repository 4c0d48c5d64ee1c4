import cv2
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mebench.errors import BadInput
from mebench.flow import FLOWS, clip_flow, flow

MARGIN = (slice(12, -12), slice(12, -12))


def blobs(height=72, width=90, seed=0):
    """A smooth random texture with structure of several sizes, grey levels 0 to 255."""
    rng = np.random.default_rng(seed)
    image = sum(
        sigma * cv2.GaussianBlur(rng.standard_normal((height, width)), (0, 0), sigma)
        for sigma in (1.5, 4, 9)
    )
    return np.rint(np.interp(image, (image.min(), image.max()), (0, 255))).astype(np.uint8)


@pytest.mark.parametrize("method", FLOWS)
@pytest.mark.parametrize("shift", [(2, 0), (0, 1), (-1, 2)])
def test_translation_is_recovered_as_u_right_and_v_down(method, shift):
    a = blobs()
    b = np.roll(a, shift[::-1], axis=(0, 1))
    found = flow(a, b, method)
    assert found.dtype == np.float32 and found.shape == (*a.shape, 2)
    error = np.linalg.norm(found[MARGIN] - shift, axis=-1)
    assert error.mean() < 0.1


@pytest.mark.parametrize("method", FLOWS)
def test_no_motion_gives_almost_none(method):
    # Farneback's averaging over a window that is cut at the border leaves a little.
    assert np.abs(flow(blobs(), blobs(), method)).max() < (0.2 if method == "farneback" else 1e-6)
    flat = np.full((40, 50), 99, np.uint8)
    assert_allclose(flow(flat, flat, method), 0, atol=1e-6)


@pytest.mark.parametrize("method", FLOWS)
def test_mirrored_frames_give_the_mirrored_flow(method):
    a = blobs(72, 89)
    b = np.roll(a, (1, 1), axis=(0, 1))
    mirrored = flow(a[:, ::-1], b[:, ::-1], method)[:, ::-1] * (-1, 1)
    assert np.linalg.norm((mirrored - flow(a, b, method))[MARGIN], axis=-1).mean() < 0.05


@pytest.mark.parametrize("method", FLOWS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.uint16])
def test_type_of_the_frames_does_not_matter(method, dtype):
    a, b = blobs(), np.roll(blobs(), 1, axis=1)
    assert_array_equal(flow(a.astype(dtype), b.astype(dtype), method), flow(a, b, method))


@pytest.mark.parametrize("method", FLOWS)
@pytest.mark.parametrize("shape", [(16, 16), (16, 40), (23, 17), (33, 64)])
def test_small_and_odd_sizes(method, shape):
    a = blobs(*shape)
    assert np.isfinite(flow(a, np.roll(a, 1, axis=1), method)).all()


@pytest.mark.parametrize("method", FLOWS)
def test_views_and_read_only_frames(method):
    video = np.stack([blobs(), np.roll(blobs(), 1, axis=1)])
    strided = np.repeat(np.repeat(video, 2, axis=1), 2, axis=2)[:, ::2, ::2]
    strided.flags.writeable = False
    assert_array_equal(flow(*strided, method), flow(*video, method))


@pytest.mark.parametrize("method", FLOWS)
def test_threads_of_opencv_do_not_matter(method):
    a, b = blobs(), np.roll(blobs(), 2, axis=0)
    results = []
    for threads in (1, 4):
        cv2.setNumThreads(threads)
        results.append(flow(a, b, method))
    assert_array_equal(*results)
    assert cv2.getNumThreads() == (4 if method == "tvl1" else 1)


def test_parameters_reach_opencv():
    a, b = blobs(), np.roll(blobs(), 1, axis=1)
    ours = flow(a, b, "farneback", levels=2, winsize=9, poly_n=7, poly_sigma=1.5)
    theirs = cv2.calcOpticalFlowFarneback(a, b, None, 0.5, 2, 9, 3, 7, 1.5, 0)
    np.testing.assert_allclose(ours, theirs, atol=1e-3)
    for i, preset in enumerate(("ultrafast", "fast", "medium")):
        theirs = cv2.DISOpticalFlow.create(i).calc(a, b, None)
        assert_array_equal(flow(a, b, "dis", preset=preset), theirs)


@pytest.mark.parametrize("method", FLOWS)
def test_clip_is_the_pairs(method):
    video = np.stack([np.roll(blobs(), t, axis=1) for t in (0, 1, 3, 2)])
    first = clip_flow(video, method)
    assert first.shape == (3, *video.shape[1:], 2) and first.dtype == np.float32
    for t in range(3):
        assert_array_equal(first[t], flow(video[0], video[t + 1], method))
    assert_array_equal(clip_flow(video, method, reference=2), clip_flow(video[2:], method))
    neighbours = clip_flow(video, method, reference="previous")
    for t in range(3):
        assert_array_equal(neighbours[t], flow(video[t], video[t + 1], method))


def test_a_function_as_the_method():
    def difference(a, b, gain=1):
        return gain * np.stack([b - a, a - b], axis=-1)

    a, b = np.zeros((16, 16)), np.ones((16, 16))
    assert_array_equal(flow(a, b, difference, gain=3)[0, 0], [3, -3])
    assert_array_equal(clip_flow(np.stack([a, b, b]), difference)[1, 0, 0], [1, -1])
    with pytest.raises(BadInput, match=r"expected finite.*\(16, 16, 2\)"):
        flow(a, b, lambda a, b: a)


def test_what_cannot_be_used_is_refused():
    a = blobs()
    with pytest.raises(BadInput, match="90×72 and 89×72"):
        flow(a, a[:, :-1])
    with pytest.raises(BadInput, match=r"\(H, W\)"):
        flow(a[None], a[None])
    with pytest.raises(BadInput, match="at least 16×16"):
        flow(a[:15], a[:15])
    with pytest.raises(BadInput, match="NaN"):
        flow(a, np.full(a.shape, np.nan))
    with pytest.raises(BadInput, match="farneback, dis, tvl1"):
        flow(a, a, "lucas")
    with pytest.raises(BadInput, match="preset"):
        flow(a, a, "dis", preset="slow")
    with pytest.raises(BadInput, match="pyr_scale"):
        flow(a, a[::-1], "farneback", pyr_scale=2)
    with pytest.raises(BadInput, match="at least two"):
        clip_flow(a[None])
    for reference in (2, -1, "next"):
        with pytest.raises(BadInput, match="0 to 1"):
            clip_flow(np.stack([a] * 3), reference=reference)


@pytest.mark.parametrize("method", FLOWS)
def test_identical_frames_do_not_move(method):
    frame = np.random.default_rng(0).integers(0, 256, (60, 50), dtype=np.uint8)
    assert not flow(frame, frame.copy(), method).any()
