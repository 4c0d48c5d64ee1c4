"""The right person: followed through losses, beside others, behind others."""

import numpy as np
import pytest

from mebench import Clip
from mebench.errors import BadInput, FaceNotFound
from mebench.spotting import FaceSearch, FollowLog, find_people, follow_face, spot_everybody
from mebench.spotting.person import Appearance, Person

from ..made_people import head, middle, scene

N = 110


@pytest.fixture(scope="module")
def heads():
    return [head(1), head(2)]


def stay(x, y=60):
    return lambda i: (x, y)


def away(x, begin, end):
    return lambda i: None if begin < i < end else (x + 3 * np.sin(i / 9), 60)


def walk(start, end, frames):
    return lambda i: (start + (end - start) * min(i / frames, 1), 60)


def follow(paths, heads, **how):
    log = FollowLog()
    return list(follow_face(scene(paths, heads, N), 30, log=log, **how)), log


def persons(faces, paths, heads):
    """Whose face it is, frame by frame, by which head is nearer; -1 where it is lost."""
    who = []
    for face in faces:
        if face.landmarks is None:
            who.append(-1)
            continue
        at = (face.landmarks.min(0) + face.landmarks.max(0)) / 2
        places = (middle(p, h, face.frame) for p, h in zip(paths, heads, strict=True))
        who.append(int(np.argmin([np.linalg.norm(at - place) for place in places])))
    return np.array(who)


@pytest.mark.parametrize("me", [0, 1])
def test_who_goes_and_comes_back_is_not_replaced_by_who_stays(heads, me):
    paths = [away(40, 30, 70), stay(380)] if me == 0 else [stay(40), away(380, 30, 70)]
    faces, log = follow(paths, heads, face=me + 1)
    who = persons(faces, paths, heads)
    assert set(who) == {-1, me}
    assert (who[:30] == me).all() and (who[36:70] == -1).all() and (who[85:] == me).all()
    assert log.times_lost == 1 and max(log.looks) == 2
    first, second = log.notes(N)
    assert f"face {me + 1} of frame 0" in first and "--face" in first
    assert "lost 1 time(s)" in second


def test_people_who_change_places_are_told_apart(heads):
    paths = [
        lambda i: (40, 60) if i < 40 else None if i < 55 else (380, 60),
        lambda i: (380, 60) if i < 40 else None if i < 55 else (40, 60),
    ]
    faces, _ = follow(paths, heads, face="leftmost")
    who = persons(faces, paths, heads)
    assert set(who) == {-1, 0} and (who[70:] == 0).all()


def test_when_another_passes_in_front_the_loss_is_said(heads):
    paths = [walk(40, 340, 80), walk(380, 60, 80)]
    faces, log = follow(paths, heads, face="leftmost")
    who = persons(faces, paths, heads)
    assert set(who) == {-1, 0}
    assert (who == -1).sum() > 10 and (who[:20] == 0).all() and (who[-5:] == 0).all()
    assert any("somebody else was at their place" in note for note in log.notes(N))
    faces, log = follow(paths, heads, face=2)  # who passes in front is not lost
    assert (persons(faces, paths, heads) != -1).all() and not log.times_lost


def test_half_a_face_and_one_that_leaves(heads):
    faces, log = follow([walk(300, 640, 90)], heads[:1])
    assert faces[5].image is not None and faces[-1].image is None
    assert any("partly outside the picture" in note for note in log.notes(N))
    assert log.times_lost >= 1 and list(log.lost)


def test_a_face_that_is_not_there(heads):
    with pytest.raises(FaceNotFound, match="face 3.*show 2 at most"):
        follow([stay(40), stay(380)], heads, face=3)
    for wrong in ("biggest", 0, "-1"):
        with pytest.raises(BadInput, match="largest"):
            follow([stay(40)], heads[:1], face=wrong)


def test_everybody_is_found_and_spotted_in(heads):
    paths = [away(40, 20, 90), stay(380)]
    frames = list(scene(paths, heads, N))
    people = find_people(frames, 15, FaceSearch())
    assert len(people) == 2 and people[0][0].place[0] < people[1][0].place[0]
    assert people[0][1] < people[1][1] == 8
    found = spot_everybody(Clip("v", np.stack(frames), fps=30.0), "strain")
    assert [one.name for one in found] == ["v#1", "v#2"]
    seen = [one.curves["face"].to_numpy(bool) for one in found]
    assert seen[1].all() and seen[0][:20].all() and not seen[0][30:90].any()
    assert "person 1 of 2" in found[0].notes[0]
    one = spot_everybody(Clip("v", np.stack(frames)[:, :, 320:], fps=30.0), "strain")
    assert [each.name for each in one] == ["v"]


def test_the_mouth_is_found_anew_where_that_is_asked_for(heads):
    frames = list(scene([stay(40)], heads[:1], 8))
    carried = [f.landmarks for f in follow_face(frames, 30)]
    anew = [f.landmarks for f in follow_face(frames, 30, mouth=True)]
    for a, b in zip(carried, anew, strict=True):
        assert np.array_equal(a[:48], b[:48])
        assert np.abs(a[48:] - b[48:]).max() < 6


def test_faces_of_one_person_are_nearer_than_those_of_others(heads):
    search, looks = FaceSearch(), []
    for shift in (0, 20):
        for picture in heads:
            frame = next(scene([stay(100 + shift)], [picture], 1))
            looks.append(Appearance(frame, search.whole(frame)[0]))
    a, b, a2, b2 = looks
    assert max(a.distance(a2), b.distance(b2)) < min(a.distance(b), a2.distance(b2))
    person = Person([a], [b])
    assert person.strangeness(a2) < 1 < person.strangeness(b2)


def test_without_the_descriptors_file_faces_are_compared_by_sight(heads, monkeypatch):
    monkeypatch.setattr("mebench.spotting.person._network", lambda: None)
    paths = [away(40, 30, 70), stay(380)]
    faces, _ = follow(paths, heads, face="leftmost")
    assert set(persons(faces, paths, heads)) == {-1, 0}
