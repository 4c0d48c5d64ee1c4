import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags

from mebench import LBPTOP
from mebench.base import ClipStep, Extractor
from mebench.errors import BadInput
from mebench.preprocessing import TIM

CLIPS = np.random.default_rng(0).integers(0, 256, (3, 9, 20, 20), dtype=np.uint8)


class Brightness(Extractor):
    """The smallest extractor there is."""

    def _row(self, clip):
        return np.array([clip.frames.mean()])

    def _names(self):
        return ["brightness"]


def test_steps_learn_nothing():
    for step in (TIM(), LBPTOP()):
        assert not get_tags(step).requires_fit
        assert step.fit(CLIPS) is step


def test_a_new_extractor_is_two_methods():
    found = Brightness().fit_transform(CLIPS)
    np.testing.assert_allclose(found[:, 0], CLIPS.mean(axis=(1, 2, 3)))
    assert Brightness().n_features == 1


def test_pandas_output_through_a_pipeline():
    pipeline = make_pipeline(TIM(7), LBPTOP(regions=(1, 1))).set_output(transform="pandas")
    frame = pipeline.fit_transform(list(CLIPS))
    assert frame.shape == (3, 177) and frame.columns[0] == "t0_block0,0_XY_0"
    np.testing.assert_array_equal(
        frame.to_numpy(), clone(pipeline).set_output(transform="default").fit_transform(CLIPS)
    )


def test_no_clips_give_no_rows():
    assert Brightness().transform([]).shape == (0, 1)


def test_bad_rows_name_the_clip():
    class Odd(Brightness):
        def _row(self, clip):
            return np.array([np.nan])

    with pytest.raises(BadInput, match="Clip '0': Odd gave 1 values, 1 of them not finite"):
        Odd().transform(CLIPS)


def test_unfinished_subclasses_say_what_is_missing():
    with pytest.raises(NotImplementedError, match="_row"):
        Extractor().transform(CLIPS)
    with pytest.raises(NotImplementedError, match="_clip"):
        ClipStep().transform(CLIPS)


def test_the_message_names_the_clip_even_if_its_name_stands_in_it_by_chance():
    class Picky(Extractor):
        def _row(self, clip):
            raise BadInput("found 0 frames")

        def _names(self):
            return ["x"]

    with pytest.raises(BadInput, match=r"^Clip '0': found 0 frames$"):
        Picky().transform(np.zeros((1, 2, 4, 4), np.uint8))
