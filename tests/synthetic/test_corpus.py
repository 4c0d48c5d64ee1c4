from collections import Counter

import pytest

from mebench.errors import BadInput
from mebench.synthetic.corpus import COMBINATIONS, plan_clip, plan_corpus
from mebench.synthetic.motion import ACTION_UNITS

COUNTS = {"happiness": 13, "disgust": 26, "repression": 11, "surprise": 10, "others": 40}


@pytest.fixture(scope="module")
def plans():
    return plan_corpus((0, 1), 13, COUNTS, 200.0)


def test_class_counts_are_kept(plans):
    assert Counter(p.emotion for p in plans) == COUNTS


def test_subjects_are_uneven_and_some_lack_classes(plans):
    sizes = Counter(p.subject for p in plans)
    assert sorted(sizes) == list(range(1, 14))
    assert max(sizes.values()) >= 3 * min(sizes.values())
    pairs = {(p.subject, p.emotion) for p in plans}
    assert len(pairs) < 13 * 5
    for emotion in COUNTS:
        assert len({s for s, e in pairs if e == emotion}) >= 3


def test_takes_count_from_one(plans):
    for subject in range(1, 14):
        takes = [p.take for p in plans if p.subject == subject]
        assert takes == list(range(1, len(takes) + 1))


def test_timing_and_intensity(plans):
    for p in plans:
        assert 0 < p.onset < p.apex < p.offset < p.n_frames - 1
        assert 0.05 <= (p.apex - p.onset) / p.fps <= 0.18
        assert p.offset - p.apex > 0.9 * (p.apex - p.onset)
        assert (p.offset - p.onset) / p.fps <= 0.51
        units = p.units.split("+")
        for unit, movement in zip(units, p.movements, strict=False):
            assert int(unit.strip("LR")) == movement.au
            assert 0.5 <= movement.intensity <= 2.5
            assert (movement.onset, movement.apex, movement.offset) == (p.onset, p.apex, p.offset)
        for movement in p.movements[len(units) :]:
            assert movement.onset > p.onset  # the onset frame shows the face at rest
        nuisance = p.nuisance
        assert (nuisance.drift[0] ** 2 + nuisance.drift[1] ** 2) ** 0.5 <= 3.0 + 1e-9
        assert abs(nuisance.drift[2]) <= 1
        assert 1 <= nuisance.noise <= 2.5 and 90 <= nuisance.quality <= 95


def test_units_belong_to_the_class(plans):
    for p in plans:
        units = tuple(int(u.strip("LR")) for u in p.units.split("+"))
        assert units in COMBINATIONS[p.emotion]


def test_distractors_occur(plans):
    blinks = sum(any(m.au == 45 for m in p.movements) for p in plans)
    twitches = sum(len(p.movements) > len(p.units.split("+")) for p in plans) - blinks
    assert 2 <= blinks <= 25
    assert 20 <= twitches <= 80


def test_every_combination_can_be_drawn():
    for shares in COMBINATIONS.values():
        assert sum(shares.values()) == pytest.approx(1)
        assert all(au in ACTION_UNITS for combination in shares for au in combination)


def test_low_frame_rate_keeps_the_marks_apart():
    for p in plan_corpus((0, 2), 4, {"others": 20}, 25.0):
        assert 0 < p.onset < p.apex < p.offset < p.n_frames - 1


def test_plans_depend_on_the_seed_only():
    a = plan_corpus((5,), 3, {"disgust": 6}, 200.0)
    assert a == plan_corpus((5,), 3, {"disgust": 6}, 200.0)
    assert a != plan_corpus((6,), 3, {"disgust": 6}, 200.0)


def test_every_subject_has_a_clip_even_when_there_are_few():
    plans = plan_corpus((1,), 9, {"others": 5, "disgust": 4}, 200.0)
    assert sorted(p.subject for p in plans) == list(range(1, 10))


def test_more_subjects_than_clips():
    with pytest.raises(BadInput, match="5 subjects for 4 clips"):
        plan_corpus((0,), 5, {"others": 4}, 200.0)


def test_single_clip_has_only_what_was_asked_for():
    plan = plan_clip(4, (1, 2), 1.25, 100.0)
    assert [m.au for m in plan.movements] == [1, 2]
    assert {m.intensity for m in plan.movements} == {1.25}
