import importlib.util
from pathlib import Path

import numpy as np
import pytest

from mebench.synthetic.face import FACE_WIDTH, LANDMARKS, MIRROR, make_identity


@pytest.fixture(scope="module")
def people():
    return [make_identity((0, 7, n)) for n in range(6)]


def test_mirror_swaps_pairs():
    assert sorted(MIRROR) == list(range(68))
    assert (MIRROR[MIRROR] == np.arange(68)).all()
    # Mirrored points of a roughly symmetric face lie near the originals.
    flipped = LANDMARKS[MIRROR] * (-1, 1)
    flipped[:, 0] += 2 * LANDMARKS[27:31, 0].mean()
    assert np.abs(flipped - LANDMARKS).mean() < 8


def test_people_have_other_proportions_but_the_same_size(people):
    shapes = np.array([p.landmarks for p in people])
    width = np.ptp(shapes[:, :17, 0], axis=1)
    assert (np.abs(width / FACE_WIDTH - 1) < 0.1).all()
    shapes -= shapes.mean(1, keepdims=True)
    for i in range(len(people)):
        for j in range(i):
            assert np.abs(shapes[i] - shapes[j]).mean() > 1.0


def test_people_look_different(people):
    faces = [p.image[200:430, 370:590] for p in people]
    for i in range(len(people)):
        assert faces[i].min() >= 0 and faces[i].max() <= 255
        for j in range(i):
            assert np.abs(faces[i] - faces[j]).mean() > 8


def test_same_seed_same_person():
    a, b = make_identity((3, 1)), make_identity((3, 1))
    assert (a.image == b.image).all() and (a.landmarks == b.landmarks).all()


def test_skin_has_texture_that_flow_can_hold_on_to(people):
    for person in people:
        cheek = person.image[310:340, 395:425].mean(-1)
        fine = cheek - (np.roll(cheek, 1, 0) + np.roll(cheek, -1, 0)) / 2
        assert fine[1:-1].std() > 1.0


def test_dlib_finds_face_and_points(people):
    import dlib

    spec = importlib.util.find_spec("face_recognition_models")
    assert spec is not None and spec.origin is not None
    model = Path(spec.origin).parent / "models" / "shape_predictor_68_face_landmarks.dat"
    detector, predictor = dlib.get_frontal_face_detector(), dlib.shape_predictor(str(model))
    for person in people[:3]:
        image = np.ascontiguousarray(person.image[80:560, 160:800].astype(np.uint8))
        found = detector(image, 0)
        assert len(found) == 1
        shape = predictor(image, found[0])
        points = np.array([(160 + q.x, 80 + q.y) for q in shape.parts()])
        assert np.hypot(*(points - person.landmarks).T).mean() < 0.02 * FACE_WIDTH
