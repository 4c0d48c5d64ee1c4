import numpy as np
import pytest
from skimage.data import astronaut

from mebench import Clip
from mebench.errors import BadInput, DataNotFound, FaceNotFound
from mebench.preprocessing import AlignFace, FindLandmarks, detect_landmarks
from mebench.preprocessing.face import face_transform


@pytest.fixture(scope="module")
def photo():
    import cv2

    large = cv2.resize(astronaut(), None, fx=2.4, fy=2.4, interpolation=cv2.INTER_CUBIC)
    return large[:480, 200:840]


@pytest.fixture(scope="module")
def points(photo):
    return detect_landmarks(photo)


def eyes(points):
    return points[36:42].mean(axis=0), points[42:48].mean(axis=0)


def test_landmarks_sit_on_the_face(points):
    left, right = eyes(points)
    assert points.shape == (68, 2)
    assert 80 < right[0] - left[0] < 120 and abs(right[1] - left[1]) < 25
    assert points[8, 1] > points[57, 1] > points[33, 1] > left[1] > points[19, 1]


def test_grey_and_tight_crops_are_found_too(photo, points):
    from mebench.clip import grey

    found = detect_landmarks(grey(photo[None])[0])
    assert np.abs(found - points).max() < 12
    low, high = points.min(axis=0).astype(int), points.max(axis=0).astype(int)
    crop = photo[low[1] - 15 : high[1] + 5, low[0] - 5 : high[0] + 5]
    found = detect_landmarks(crop) + [low[0] - 5, low[1] - 15]
    assert np.abs(found - points).mean() < 8


def test_no_face_names_the_clip_and_the_policy():
    clip = Clip("db/sub01/x", np.full((3, 120, 120), 90, np.uint8))
    with pytest.raises(FaceNotFound, match=r"db/sub01/x.*first frame.*on_error='skip'"):
        FindLandmarks().transform([clip])


def test_existing_landmarks_are_kept(photo):
    given = np.random.default_rng(0).uniform(0, 100, (68, 2))
    clip = Clip("a", np.full((2, 120, 120), 90, np.uint8), landmarks=given)
    np.testing.assert_array_equal(FindLandmarks().transform([clip])[0].landmarks, given)


def test_other_model_files(tmp_path, photo):
    with pytest.raises(DataNotFound, match="nowhere.dat"):
        detect_landmarks(photo, "nowhere.dat")
    broken = tmp_path / "broken.dat"
    broken.write_bytes(b"no model")
    with pytest.raises(BadInput, match="not a dlib shape predictor"):
        detect_landmarks(photo, str(broken))


@pytest.mark.parametrize("method", ["similarity", "eyes"])
@pytest.mark.parametrize("size", [(170, 140), (280, 230)])
def test_registered_eyes_lie_where_they_should(points, method, size):
    A = face_transform(points, size, method=method)
    left, right = eyes(points @ A[:, :2].T + A[:, 2])
    # By the eyes exactly; by the whole of eyes and nose nearly.
    tolerance = 1e-9 if method == "eyes" else 0.04 * size[1]
    middle = (left + right) / 2
    assert abs(middle[0] - (size[1] - 1) / 2) <= tolerance
    assert abs(middle[1] - 0.29 * (size[0] - 1)) <= tolerance
    assert right[0] - left[0] == pytest.approx(size[1] / 2.4, abs=max(2 * tolerance, 1e-9))


def test_transform_is_a_similarity(points):
    A = face_transform(points, (170, 140))
    assert A[0, 0] == pytest.approx(A[1, 1]) and A[0, 1] == pytest.approx(-A[1, 0])


def test_turned_and_moved_faces_register_alike(points):
    angle = np.deg2rad(20)
    R = 1.3 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = points @ R.T + [55, -20]
    A, B = face_transform(points, (170, 140)), face_transform(moved, (170, 140))
    np.testing.assert_allclose(
        points @ A[:, :2].T + A[:, 2], moved @ B[:, :2].T + B[:, 2], atol=1e-9
    )


def test_pixels_and_landmarks_move_together(photo, points):
    clip = Clip("a", photo[None], landmarks=points)
    (out,) = AlignFace(size=(280, 230)).transform([clip])
    assert out.frames.shape == (1, 280, 230, 3)
    again = detect_landmarks(out.frames[0])
    assert np.abs(again - out.landmarks).mean() < 3


def test_all_frames_get_the_transform_of_the_first(photo, points):
    frames = np.stack([photo, np.roll(photo, 5, axis=1)])
    clip = Clip("a", frames, landmarks=points)
    (out,) = AlignFace(size=(280, 230)).transform([clip])
    A = face_transform(points, (280, 230))
    shift = round(5 * np.hypot(A[0, 0], A[1, 0]))
    moved = np.roll(out.frames[0], shift, axis=1)[100:200, 60:170].astype(int)
    assert np.abs(moved - out.frames[1][100:200, 60:170]).mean() < 4


def test_shrinking_does_not_alias():
    y, x = np.mgrid[:800, :800]
    stripes = (255 * (x % 2)).astype(np.uint8)  # finer than the crop can show
    points = np.random.default_rng(0).uniform(0, 1, (68, 2))
    points[36:42], points[42:48] = (300, 300), (500, 300)
    clip = Clip("a", stripes[None], landmarks=points)
    (out,) = AlignFace(size=(100, 80), method="eyes").transform([clip])
    assert out.frames[0][30:70, 20:60].std() < 5


def test_float_clips_stay_float(photo, points):
    grey_photo = photo.mean(axis=2)
    (out,) = AlignFace().transform([Clip("a", grey_photo[None], landmarks=points)])
    assert out.frames.dtype.kind == "f"


def test_clear_errors(points):
    with pytest.raises(BadInput, match=r"'a' has no landmarks.*FindLandmarks"):
        AlignFace().transform([Clip("a", np.zeros((2, 50, 50), np.uint8))])
    with pytest.raises(BadInput, match="size"):
        AlignFace(size=(2, 2)).transform([])
    with pytest.raises(BadInput, match="width"):
        AlignFace(width=0).transform([])
    with pytest.raises(BadInput, match="method"):
        face_transform(points, (170, 140), method="chin")
    with pytest.raises(BadInput, match="one point"):
        face_transform(np.ones((68, 2)), (170, 140))


def test_another_model_file_of_the_same_name_is_another_step(tmp_path):
    from mebench.methods.extract import signature

    path = tmp_path / "points.dat"
    found = []
    for content in (b"one", b"another"):
        path.write_bytes(content)
        found.append(signature(FindLandmarks(model=str(path))))
    assert found[0] != found[1]
