"""Networks as their authors built them: exact sizes, inputs, losses, schedules."""

from itertools import pairwise

import numpy as np
import pytest

from mebench.clip import Clip
from mebench.deep import (
    CNNClassifier,
    CNNFeatures,
    EngineInput,
    PaddedInput,
    block_spectrum,
    build_network,
    describe,
    input_shape,
    running,
)
from mebench.deep._augment import augment
from mebench.deep.losses import class_weights, unit_alpha
from mebench.deep.schedules import learning_rate
from mebench.errors import BadInput
from mebench.flow import strain
from mebench.flow.dense import farneback
from mebench.methods import expand, get_method
from mebench.testing import make_clips

from .conftest import needs_keras

ENGINES = [name for name in expand(["authors"]) if name.startswith("emotion-engine")]


@needs_keras
@pytest.mark.parametrize(
    ("network", "shape", "units", "parameters"),
    [
        ("emotion-engine-3dcnn", (7, 224, 224, 3), 24, 1_221_184),
        ("emotion-engine-cnn-bilstm", (7, 224, 224, 3), 24, 1_709_920),
        ("emotion-engine-spectrum", (8, 224, 224, 1), 24, 1_351_120),
        ("marzban-cnn-bilstm", (60, 224, 224, 1), 0, 95_612_360),
    ],
)
def test_totals_of_the_authors(network, shape, units, parameters):
    model = build_network(network, shape, 8, units)
    assert model.count_params() == parameters
    if network.startswith("marzban"):
        assert sum(np.prod(v.shape) for v in model.trainable_variables) == parameters
    if network.endswith("3dcnn"):
        heads = 1024 * 128 + 128 + 128 * 8 + 8 + 128 * 24 + 24
        assert parameters - heads == 1_085_856
    assert np.asarray(model.output["features"].shape[-1]) == (64 if units == 0 else 128)


@needs_keras
def test_what_is_too_large_for_a_cpu_says_so_and_its_sibling_is_not():
    assert describe("marzban-cnn-bilstm", (60, 224, 224, 1), 8, batch_size=1)["too_large"]
    found = describe("marzban-resnet50", (224, 224, 1), 7, batch_size=32)
    # 53,120 of them are batch statistics, which are not trained.
    assert found["too_large"] and found["parameters"] == 23_534_592 + 53_120 + 2048 * 7 + 7
    for name in ("emotion-engine-3dcnn", "emotion-engine-cnn-bilstm"):
        assert not describe(name, (7, 224, 224, 3), 8, 24, batch_size=4)["too_large"]
    small = [name for name in expand(["authors"]) if name.endswith("-small")]
    assert len(small) == 4
    for name in small:
        assert "small sibling" in get_method(name).title
    for name in ("marzban-cnn-bilstm-small", "toyama-resnet-small"):
        *steps, net = [step for _, step in get_method(name).build().steps]
        shape = input_shape(net.input, steps[-1].size, getattr(steps[-1], "n_frames", 16))
        assert not describe(net.network, shape, 8, 0, net.batch_size, **net._options())["too_large"]


@needs_keras
def test_operations_by_hand():
    # One convolution of 3·3·3 weights at 28·28 places for 16 kernels, and 400 features to 3.
    found = describe("ststnet", (28, 28, 3), 3)
    assert found["operations"] == 2 * (28 * 28 * 27 * 16 + 400 * 3)


@needs_keras
def test_a_large_one_warns_before_it_trains(monkeypatch):
    from mebench.deep import networks

    monkeypatch.setattr(networks, "LARGEST_OPERATIONS", 10)
    X, y = np.zeros((4, 28, 28, 3), np.float32), np.array(list("abab"))
    X[1::2, :9] = 1
    with running(keep=False), pytest.warns(UserWarning, match="too large for a CPU.*small"):
        CNNFeatures("ststnet", "apex-flow", epochs=1).fit(X, y, groups=y)


@pytest.mark.parametrize("name", ENGINES)
def test_settings_of_the_notebooks(name):
    net = get_method(name).build()[-1]
    assert (net.learning_rate, net.unit_weight, net.targets) == (1e-4, 2.0, "both")
    assert net.class_weight == "inverse" and net.augmentations == {} and not net.standardise
    assert net.patience is None and net.schedule == "plateau"
    assert 25 <= net.epochs <= 60 and net.batch_size in (1, 4)
    assert unit_alpha(np.eye(3), net.class_weight).tolist() == [0.25] * 3  # the focal loss's


def test_five_inputs_and_three_networks():
    assert len(ENGINES) == 15
    assert {get_method(n).build()[-1].input for n in ENGINES} == {
        "engine-magnified", "engine-flow", "engine-magnified-flow", "engine-flow-lbp",
        "engine-spectrum",
    }  # fmt: skip
    shapes = {"engine-magnified": (8, 224, 224, 1), "engine-flow": (7, 224, 224, 3),
              "engine-magnified-flow": (7, 224, 224, 3), "engine-flow-lbp": (7, 224, 224, 4),
              "engine-spectrum": (8, 224, 224, 1)}  # fmt: skip
    assert {k: input_shape(k, 224) for k in shapes} == shapes


def test_old_names_say_what_they_are():
    for old, new in (
        ("cnn-residual-3d", "emotion-engine-3dcnn"), ("cnn-bilstm", "marzban-cnn-bilstm"),
        ("cnn-residual-3d-fft", "emotion-engine-spectrum"), ("cnn-attention", "toyama-resnet-abn"),
        ("cnn-conv3d-bilstm", "emotion-engine-cnn-bilstm"),
    ):  # fmt: skip
        assert f"after {new}" in get_method(old).title and get_method(new)
        assert "in the manner of" in get_method(old).citation


def test_texts_that_leave_layers_open_say_so():
    for name in expand(["authors"]):
        open_layers = name.startswith(("toyama", "marzban-resnet50"))
        assert ("in the manner of" in get_method(name).citation) == open_layers


def test_weights_of_the_notebook():
    counts = {"others": 132, "negative": 127, "disgust": 64, "sadness": 7}
    codes = np.repeat(range(4), list(counts.values()))
    inverse = 1 / np.array(list(counts.values()))
    expected = 5 * inverse / inverse.max()
    assert np.allclose(class_weights(codes, 4, "inverse"), expected)
    assert class_weights(codes, 4, "inverse-20").tolist() == np.ceil(expected * 4).tolist()


def plateau(rate, losses, factor=0.5, patience=3, least=1e-6, delta=1e-4):
    """Keras's own callback, on a stand-in for a model."""
    import keras

    class Model:
        optimizer = type("O", (), {"learning_rate": keras.Variable(rate)})()

    callback = keras.callbacks.ReduceLROnPlateau("loss", factor, patience, min_lr=least,
                                                 min_delta=delta)  # fmt: skip
    callback.set_model(Model())
    callback.on_train_begin()
    rates = [rate]
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"loss": loss})
        rates.append(float(np.asarray(Model.optimizer.learning_rate)))
    return rates


@needs_keras
@pytest.mark.parametrize("seed", range(5))
def test_plateaus_are_those_of_keras(seed):
    losses = np.random.default_rng(seed).normal(size=40).cumsum().round(1).tolist()
    expected = plateau(1e-4, losses)
    found = [learning_rate(1e-4, "plateau", losses[:i]) for i in range(41)]
    assert np.allclose(found, expected, rtol=1e-5)
    assert min(found) < 1e-5


def test_other_schedules_and_their_messages():
    # The notebook halves in even epochs after 35, from 36 on.
    rates = [learning_rate(1.0, "halve-after:35", [0] * e) for e in range(42)]
    assert rates[35] == 1 and rates[36] == rates[37] == 0.5 and rates[38] == 0.25
    assert learning_rate(1.0, "drop-at:27", [0] * 26) == 1
    assert learning_rate(1.0, "drop-at:27:0.2", [0] * 27) == 0.2
    for bad in ("cosine", "drop-at", "drop-at:x", "plateau:1:2:3:4", "halve-after:1:2"):
        with pytest.raises(BadInput, match="halve-after"):
            learning_rate(1.0, bad, [])


def test_flow_between_neighbours_strain_of_rows_and_the_range_of_each_picture():
    (clip,) = make_clips(1, size=(48, 48))
    frames = clip.frames[np.linspace(0, len(clip) - 1, 8).astype(int)]
    out = EngineInput("flow", size=48).transform([clip])[0]
    assert out.shape == (7, 48, 48, 3) and out.dtype == np.float32
    fields = np.stack([farneback(a, b, levels=4, iterations=4, poly_sigma=1.2)
                       for a, b in pairwise(frames)])  # fmt: skip
    both = np.concatenate([fields, strain(fields, "meb")[..., None]], -1)
    for t in range(7):
        for c in range(3):
            x = both[t, ..., c]
            assert np.allclose(out[t, ..., c], (x - x.min()) / (x.max() - x.min()), atol=1e-6)


def test_patterns_run_a_frame_behind_the_flow():
    from skimage.feature import local_binary_pattern

    (clip,) = make_clips(1, size=(48, 48))
    flow = EngineInput("flow", size=48).transform([clip])[0]
    four = EngineInput("flow-lbp", size=48).transform([clip])[0]
    grey = EngineInput("magnified", size=48).transform([clip])[0]
    assert np.array_equal(four[..., :3], flow) and grey.shape == (8, 48, 48, 1)
    assert grey.min() >= 0 and grey.max() <= 1
    code = local_binary_pattern((grey[2, ..., 0] * 255).astype(np.uint8), 8, 1, "nri_uniform")
    assert np.allclose(four[2, ..., 3], code / code.max())


def test_spectrum_in_place_and_as_coded():
    video = np.random.default_rng(0).random((8, 24, 16))
    found = block_spectrum(video)
    for row in range(3):
        for column in range(2):
            at = np.s_[:, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
            block = np.log1p(np.abs(np.fft.fftn(video[at])))
            expected = (block - block.min()) / (block.max() - block.min())
            assert np.allclose(found[at], expected)
    coded = block_spectrum(video, "as-coded")
    assert np.allclose(np.sort(coded.ravel()), np.sort(found.ravel()))
    assert np.allclose(coded[0].ravel()[64:128], found[0, :8, 8:].ravel())  # the second block
    with pytest.raises(BadInput, match="multiples of 8"):
        block_spectrum(video[:, :20])


def test_still_clips_have_no_range():
    out = EngineInput("flow-lbp", 32).transform([Clip("a", np.full((9, 32, 32), 7, np.uint8))])
    assert np.isfinite(out).all() and not out[..., :2].any()
    with pytest.raises(BadInput, match="what"):
        EngineInput("colour").transform([Clip("a", np.zeros((9, 32, 32), np.uint8))])


def test_frames_are_padded_with_black_or_cut():
    short, long = (Clip(str(n), np.full((n, 8, 8), 50, np.uint8)) for n in (3, 9))
    out = PaddedInput(8, 5).transform([short, long])
    assert out[0, :, 0, 0, 0].tolist() == [50, 50, 50, 0, 0] and (out[1] == 50).all()


def test_mirrored_fields_in_0_to_1():
    flow = np.random.default_rng(0).normal(size=(2, 6, 6, 3)).astype(np.float32)

    def unit(x):
        low, high = x.min((1, 2), keepdims=True), x.max((1, 2), keepdims=True)
        return (x - low) / (high - low)

    rng = np.random.default_rng
    there = augment(unit(flow)[None], "unit-flow", rng(0), {"flip": 1.0})[0]
    back = unit(augment(flow[None], "flow", rng(0), {"flip": 1.0})[0])
    assert np.allclose(there, back, atol=1e-6)
    spectrum = rng(1).random((1, 8, 16, 16, 1)).astype(np.float32)
    assert np.array_equal(augment(spectrum, "unit-spectrum", rng(0), {"flip": 1.0}), spectrum)
    grey = augment(spectrum, "unit-grey", rng(0), {"brightness": 255.0, "contrast": 1.0})
    assert grey.min() >= 0 and grey.max() <= 1 and not np.array_equal(grey, spectrum)


def test_shifts():
    batch = np.zeros((1, 9, 9, 1), np.float32)
    batch[0, 4, 4] = 100
    out = augment(batch, "grey", np.random.default_rng(3), {"shift": 0.3})
    assert out.max() > 20 and np.argmax(out) != np.argmax(batch)
    same = augment(batch, "grey", np.random.default_rng(3), {"flip": 1.0})
    assert np.array_equal(same, batch[:, :, ::-1])
    with pytest.raises(BadInput, match="shift"):
        augment(batch, "grey", np.random.default_rng(0), {"shear": 1})


@needs_keras
def test_without_persons_held_out_all_epochs_are_trained(toy):
    """Issue 18, point 8: a loss that is not there never stops a training."""
    X, y, people = toy
    net = CNNFeatures("ststnet", "apex-flow", epochs=6, patience=1, validation=0, random_state=0)
    with running(keep=False):
        net.fit(X, y, groups=people)
        assert len(net.history_) == 6 and np.isnan(net.history_[:, 1]).all()
        nobody = CNNFeatures("ststnet", "apex-flow", epochs=5, patience=1, random_state=0)
        nobody.fit(X, y, groups=np.repeat("one", len(y)))  # who cannot be spared
    assert len(nobody.history_) == 5


@needs_keras
def test_no_patience_keeps_the_last_epoch(toy):
    X, y, people = toy
    settings = {"epochs": 8, "learning_rate": 0.05, "augmentations": {}, "random_state": 0}
    with running(keep=False):
        last = CNNFeatures("ststnet", "apex-flow", patience=None, **settings)
        best = CNNFeatures("ststnet", "apex-flow", patience=1, **settings)
        last.fit(X, y, groups=people), best.fit(X, y, groups=people)
    assert len(last.history_) == 8 > len(best.history_) - 1
    assert not np.isnan(last.history_).any()


@needs_keras
def test_accuracy_is_watched_and_rare_classes_are_filled_up(toy):
    X, y, people = toy
    rare = np.flatnonzero((y != "c") | (np.arange(len(y)) < 3))
    net = CNNClassifier("ststnet", "apex-flow", epochs=2, monitor="accuracy", copies="rare",
                        optimizer="sgd", schedule="plateau", random_state=0)  # fmt: skip
    with running(keep=False):
        net.fit(X[rare], y[rare], groups=people[rare])
    assert set(np.unique(net.history_[:, 1] * 3).round(6)) <= set(range(4)) | set(
        (np.arange(25) / 8).round(6)
    )
    from mebench.deep.training import _repeated

    class Part:
        copies, fit = "rare", np.arange(10)
        truth = np.eye(2)[[0] * 8 + [1] * 2]

    assert np.bincount(Part.truth[_repeated(Part)].argmax(1)).tolist() == [8, 8]
    Part.copies = 3
    assert len(_repeated(Part)) == 30


@needs_keras
def test_a_frame_classifier_learns_frames_and_says_clips():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 30, (12, 5, 32, 32, 1), dtype=np.uint8)
    y = np.array(["a", "b"] * 6)
    X[y == "a", :, :16] += 120
    net = CNNClassifier("toyama-resnet", "grey", options={"widths": (8, 8), "depth": 1},
                        frames=True, epochs=8, batch_size=8, learning_rate=0.01,
                        augmentations={}, random_state=0)  # fmt: skip
    with running(keep=False):
        net.fit(X[:8], y[:8], groups=np.repeat(list("pqrs"), 2))
        assert net.input_shape_ == (32, 32, 1)
        odds = net.predict_proba(X[8:])
        single = net.predict_proba(X[8:].reshape(20, 1, 32, 32, 1)).reshape(4, 5, 2)
        maps = net.explain(X[8:10])
    assert odds.shape == (4, 2) and np.allclose(odds, single.mean(1), atol=1e-6)
    assert (net.predict(X[8:]) == y[8:]).all() and maps.shape[0] == 2


def test_messages_of_new_settings():
    X, y, people = np.zeros((4, 8, 8, 3), np.float32), list("abab"), [1, 2, 1, 2]
    wrong = {"optimizer": "lion", "monitor": "f1", "schedule": "cosine", "copies": "often",
             "augmentations": {"shear": 1}, "epochs": 0}  # fmt: skip
    for key, value in wrong.items():
        with pytest.raises(BadInput):
            CNNFeatures("ststnet", "apex-flow", **{key: value}).fit(X, y, groups=people)
    with pytest.raises(BadInput, match="n, T, H, W, C"):
        CNNFeatures("attention", "grey", frames=True).fit(X, y, groups=people)
