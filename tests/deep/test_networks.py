"""Every network trains for an epoch on synthetic clips, and is as large as its page says."""

import os
import warnings

import numpy as np
import pytest

from mebench.deep import NETWORKS, CNNFeatures, build_network, describe, input_steps, running
from mebench.deep.backend import repeatable
from mebench.errors import BadInput, DataNotFound
from mebench.methods import get_method
from mebench.methods.extract import extract

from .conftest import needs_keras

pytestmark = needs_keras

#: Network, input, size, frames, options, features.
CASES = [
    ("residual-3d", "flow", 16, 4, {}, 1024),
    ("residual-3d-fft", "spectrum", 32, 8, {}, 1024),
    ("conv3d-bilstm", "evm", 16, 3, {}, 288),
    ("cnn-bilstm", "grey", 16, 3, {}, 128),
    ("attention", "apex", 16, 1, {}, 128),
    ("attention", "stack", 16, 3, {"head": "arcface"}, 128),
    ("ststnet", "apex-flow", 28, 2, {}, 400),
    ("off-apexnet", "apex-flow", 28, 2, {}, 1024),
    ("backbone", "apex", 32, 1, {"trainable": False}, 1280),
    ("emotion-engine-3dcnn", "engine-flow", 32, 8, {}, 128),
    ("emotion-engine-cnn-bilstm", "engine-magnified-flow", 32, 8, {}, 128),
    ("emotion-engine-spectrum", "engine-spectrum", 128, 8, {}, 128),
    ("marzban-cnn-bilstm", "padded", 16, 3, {}, 64),
    ("marzban-resnet50", "apex", 32, 1, {"name": "MobileNetV2"}, 1280),
    ("toyama-resnet", "apex", 32, 1, {"widths": (4, 8), "depth": 1}, 8),
    (
        "toyama-resnet",
        "three",
        32,
        3,
        {"widths": (4, 8), "depth": 1, "attention": True, "head": "arcface"},
        8,
    ),
]


def test_every_network_is_tried():
    assert {case[0] for case in CASES} == set(NETWORKS)


@pytest.mark.parametrize(
    ("network", "name", "size", "n_frames", "options", "width"),
    CASES,
    ids=[f"{c[0]}-{c[1]}-{c[4].get('head', '')}".strip("-") for c in CASES],
)
def test_each_trains_and_gives_finite_features(
    clips, network, name, size, n_frames, options, width
):
    X = extract(input_steps(name, size, n_frames, flow="farneback"), clips).matrix()
    y, people = np.array(["glad", "wow"] * 3), np.repeat(list("abc"), 2)
    units = np.tile([[1, 0], [0, 1]], (3, 1))
    net = CNNFeatures(network, name, options=options, epochs=1, batch_size=4, targets="both",
                      random_state=0)  # fmt: skip
    with running(keep=False):
        found = net.fit(X, y, groups=people, units=units).transform(X)
        maps = net.explain(X[:2])
    assert found.shape == (6, width) and found.dtype == np.float32
    assert np.isfinite(found).all() and found.std() > 0
    assert net.history_.shape == (1, 2) and np.isfinite(net.history_).all()
    assert maps.shape[0] == 2 and maps.min() >= 0 and maps.max() <= 1
    assert len(net.get_feature_names_out()) == width


@pytest.mark.parametrize(
    ("network", "shape", "units", "parameters"),
    [
        ("residual-3d", (8, 48, 48, 3), 12, 1_211_937),  # about 1.2 million
        ("residual-3d-fft", (5, 28, 28, 64), 12, 1_238_289),
        ("conv3d-bilstm", (16, 64, 64, 1), 0, 1_694_213),  # about 1.7 million
        ("cnn-bilstm", (60, 224, 224, 1), 0, 192_805),
        ("attention", (96, 96, 3), 0, 901_917),
        ("ststnet", (28, 28, 3), 0, 2_517),
        ("off-apexnet", (28, 28, 3), 0, 2_666_525),
        ("backbone", (96, 96, 1), 0, 2_264_389),
    ],
)
def test_parameters(network, shape, units, parameters):
    assert describe(network, shape, 5, units)["parameters"] == parameters


def test_sizes_by_hand():
    # Three streams of 3·3·3 weights and a bias per kernel, batch normalisation of 16 channels,
    # and 5 · 5 · 16 features to three classes.
    found = describe("ststnet", (28, 28, 3), 3, batch_size=1)
    assert found["parameters"] == 16 * (27 + 1) + 16 * 4 + 400 * 3 + 3
    assert found["features"] == 400
    # Outputs: input, convolution, normalisation, rectification, two poolings, put side by side,
    # flattened, dropped, logits.
    area, pooled = 28 * 28, 10 * 10
    outputs = area * 3 + 3 * area * 16 + 2 * pooled * 16 + 3 * 400 + 3
    assert found["bytes"] == 4 * (4 * found["parameters"] + 2 * outputs)


def test_the_large_one_says_what_it_needs():
    assert 4e9 < describe("cnn-bilstm", (60, 224, 224, 1), batch_size=1)["bytes"] < 5e9


def test_arcface_gives_cosines():
    model = build_network("attention", (16, 16, 3), 4, head="arcface")
    x = np.random.default_rng(0).normal(size=(3, 16, 16, 3)).astype(np.float32)
    cosines = np.asarray(model(x, training=False)["emotion"])
    features = np.asarray(model(x, training=False)["features"])
    kernel = np.asarray(model.get_layer("cosines").kernel)
    expected = features @ kernel / np.linalg.norm(features, axis=1, keepdims=True)
    assert np.allclose(np.linalg.norm(kernel, axis=0), 1, atol=1e-5)
    assert np.allclose(cosines, expected, atol=1e-5) and np.abs(cosines).max() <= 1


def test_backbone_reads_the_file_it_is_given(tmp_path):
    import keras

    base = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(32, 32, 3))
    path = str(tmp_path / "mobile.weights.h5")
    base.save_weights(path)
    model = build_network("backbone", (32, 32, 1), 2, weights=path, trainable=False)
    inner = next(layer for layer in model.layers if getattr(layer, "layers", None))
    for ours, theirs in zip(inner.get_weights(), base.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)
    assert len(model.trainable_variables) == 2  # the head alone


def test_messages(tmp_path):
    with pytest.raises(BadInput, match="ststnet"):
        build_network("resnet", (28, 28, 3), 3)
    with pytest.raises(BadInput, match="H, W, 3"):
        build_network("ststnet", (4, 28, 28, 3), 3)
    with pytest.raises(BadInput, match="u, v and strain"):
        build_network("ststnet", (28, 28, 1), 3)
    with pytest.raises(BadInput, match="depth"):
        build_network("ststnet", (28, 28, 3), 3, depth=2)
    with pytest.raises(BadInput, match="MobileNetV2"):
        build_network("backbone", (32, 32, 1), 3, name="NoSuchNet")
    with pytest.raises(DataNotFound, match=r"none\.h5"):
        build_network("backbone", (32, 32, 1), 3, weights="none.h5")
    with pytest.raises(BadInput, match="arcface"):
        build_network("attention", (32, 32, 1), 3, head="cosface")


#: At the size of their authors; True are those that run only where MEBENCH_LARGE asks for them.
WHOLE = {
    "emotion-engine-3dcnn": False,
    "emotion-engine-spectrum": False,
    "emotion-engine-cnn-bilstm": True,
    "toyama-resnet-abn-arcface-3frames-rois": True,
    "marzban-cnn-bilstm": True,
    "marzban-resnet50": True,
}


@pytest.mark.parametrize("name", WHOLE)
def test_one_step_at_the_size_of_its_authors(clips, name):
    """One batch of clips of a twin, with the inputs, losses and weights that the method has."""
    if WHOLE[name] and not os.environ.get("MEBENCH_LARGE"):
        pytest.skip("takes long or much memory: MEBENCH_LARGE=1 runs it")
    pipeline = get_method(name).build()
    few = clips[:2]
    X = extract(list(pipeline[:-1]), few, cache=None).matrix()
    net = pipeline[-1].set_params(
        epochs=1, copies=1, batch_size=64, validation=0.0, augmentations={}, random_state=0
    )
    units = np.array([[1, 0], [0, 1]]) if net.targets == "both" else None
    with running(keep=False), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*too large for a CPU")
        net.fit(X, np.array(["glad", "wow"]), groups=np.array(["a", "b"]), units=units)
    with repeatable(0):
        fresh = build_network(
            net.network, net.input_shape_, 2, 2 if units is not None else 0, **net._options()
        )
    moved = [
        not np.array_equal(before, after)
        for before, after in zip(fresh.get_weights(), net.weights_, strict=True)
    ]
    assert np.mean(moved) > 0.9 and all(np.isfinite(w).all() for w in net.weights_)
    assert net.history_.shape == (1, 2) and np.isfinite(net.history_[0, 0])
