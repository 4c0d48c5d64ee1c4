"""dlib's detector: what it looks at in small and in large pictures, and what it costs."""

import cv2
import numpy as np
import pytest

from mebench.errors import FaceNotFound
from mebench.preprocessing import detect_landmarks, find_faces, hog_faces
from mebench.preprocessing.landmarks import all_faces
from mebench.spotting import FaceSearch

from ..made_people import head


@pytest.fixture(scope="module")
def face():
    return head(1)  # 240 pixels high, the face itself some 130 wide


def ground(width, height):
    rng = np.random.default_rng(0)
    picture = rng.integers(60, 180, (height, width)).astype(np.uint8)
    return cv2.GaussianBlur(picture, (0, 0), 5)


def put(picture, face, x, y, zoom=1.0):
    small = cv2.resize(face, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    out, (h, w) = picture.copy(), small.shape
    x0, y0 = max(0, -x), max(0, -y)
    part = out[max(0, y) : y + h, max(0, x) : x + w]
    part[:] = small[y0 : y0 + part.shape[0], x0 : x0 + part.shape[1]]
    return out


@pytest.fixture
def looked_at(monkeypatch):
    """Pixels of every picture that the detector is asked about."""
    pixels, real = [], hog_faces.dlib_detector()

    class Spy:
        def __call__(self, image, upsample=0):
            pixels.append(image.shape[0] * image.shape[1] * 4**upsample)
            return real(image, upsample)

        def run(self, image, upsample, least):
            pixels.append(image.shape[0] * image.shape[1] * 4**upsample)
            return real.run(image, upsample, least)

    monkeypatch.setattr(hog_faces, "dlib_detector", Spy)
    monkeypatch.setattr("mebench.preprocessing.landmarks.dlib_detector", Spy)
    return pixels


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (900, 3000)])
def test_a_large_picture_without_a_face_costs_a_bounded_look(looked_at, size):
    picture, most = ground(*size), 1.16e6  # some 100 ms
    for look in (find_faces, all_faces):
        looked_at.clear()
        assert look(picture) == [] and sum(looked_at) < most
    search = FaceSearch()
    for _ in range(5):  # the first one too
        looked_at.clear()
        assert search.whole(picture) == [] and sum(looked_at) < most


def test_a_small_picture_is_looked_at_in_every_way(looked_at, face):
    assert all_faces(ground(320, 240)) == []
    assert np.allclose(np.array(looked_at) / (320 * 240), [1, 4, 2.5, 10], atol=0.01)
    assert len(all_faces(put(ground(320, 240), face, 40, 30, 0.4))) == 1
    assert len(all_faces(face[50:200, 30:-30])) == 1  # a tight crop


def test_a_face_in_a_large_picture_has_the_box_that_full_size_gives(face):
    picture = put(ground(1920, 1080), face, 1200, 500, 1.5)
    (found,) = find_faces(picture)
    (box,) = hog_faces.dlib_detector()(picture, 0)
    assert found.box == (box.left(), box.top(), box.right(), box.bottom())
    assert all_faces(picture)[0].box == found.box
    (points,) = FaceSearch().whole(picture)
    assert np.linalg.norm(points - detect_landmarks(picture), axis=1).mean() < 6


def test_what_is_seen_in_the_smaller_picture_only_is_there(monkeypatch, face):
    picture, real = put(ground(1920, 1080), face, 1200, 500, 1.5), hog_faces.dlib_detector()

    class Blind:
        run = real.run

        def __call__(self, image, upsample=0):
            return []

    (found,) = find_faces(picture)
    monkeypatch.setattr(hog_faces, "dlib_detector", Blind)
    (again,) = find_faces(picture)
    assert np.abs(np.subtract(found.box, again.box)).max() < 0.15 * (found.box[2] - found.box[0])


def test_a_face_at_the_edge_of_a_large_picture(face):
    picture = put(ground(1280, 720), face, 400, -280, 3.0)[:, 300:1240]
    assert find_faces(picture) == [] and len(all_faces(picture)) == 1


def test_small_faces_of_large_pictures_are_found_by_turns_and_said(face):
    picture = put(ground(1920, 1080), face, 1500, 700, 0.5)
    with pytest.raises(FaceNotFound, match="133 pixels and more"):
        detect_landmarks(picture)
    search = FaceSearch()
    looks = [search.whole(picture) for _ in range(8)]
    (points,) = next(found for found in looks if found)
    inside = detect_landmarks(picture[600:, 1400:])
    assert np.linalg.norm(points - inside - [1400, 600], axis=1).mean() < 4
