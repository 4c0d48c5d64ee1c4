"""Networks from the literature, each with its own softmax head or an SVM behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["METHODS", "network_method"]


def network_method(
    name: str,
    network: str,
    input: str,
    *,
    size: int = 64,
    n_frames: int = 16,
    rois: bool | str = False,
    flow: str = "tvl1",
    title: str = "",
    citation: str = "",
    family: str = "cnn",
    **settings: Any,
) -> Method:
    """A method of a network and an input, with a softmax head or an SVM on its features.

    Parameters
    ----------
    name : str
    network, input : str
        Names of :data:`mebench.deep.NETWORKS` and :data:`mebench.deep.INPUTS`.
    size, n_frames, rois, flow
        Of the input, as in :func:`mebench.deep.input_steps`.
    title, citation, family : str
    **settings
        Further parameters of :class:`mebench.deep.CNNFeatures`.

    Examples
    --------
    One's own, for ``--method mine:METHOD``:

    >>> METHOD = network_method("resnet", "backbone", "stack", size=224,
    ...     options={"name": "ResNet50", "weights": "resnet50_notop.h5", "trainable": False})
    >>> METHOD.name, list(METHOD.heads)
    ('resnet', ['softmax', 'svm'])
    """

    def steps() -> list[Any]:
        from ..deep import input_steps

        return input_steps(input, size, n_frames, rois=rois, flow=flow)

    def softmax() -> Pipeline:
        from sklearn.pipeline import make_pipeline

        from ..deep import CNNClassifier

        return make_pipeline(*steps(), CNNClassifier(network, input, **settings))

    def svm() -> Pipeline:
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        from ..deep import CNNFeatures
        from ..svm import PolySVCSearch

        return make_pipeline(
            *steps(),
            CNNFeatures(network, input, **settings),
            StandardScaler(),
            PolySVCSearch("linear", class_weight="balanced"),
        )

    heads: dict[str, Callable[[], Pipeline]] = {"softmax": softmax, "svm": svm}
    return Method(
        name=name, build=softmax, title=title, citation=citation, family=family, dimension=0,
        heads=heads,
    )  # fmt: skip


_OULU = 'Davidov et al., "Emotion Engine", University of Oulu'

_FOUND = (
    network_method(
        "cnn-ststnet", "ststnet", "apex-flow", size=28, batch_size=32,
        title="Shallow three-stream network on flow and strain from onset to apex",
        citation="S.-T. Liong et al., FG 2019 (in the manner of)",
    ),
    network_method(
        "cnn-off-apexnet", "off-apexnet", "apex-flow", size=28, batch_size=32,
        title="Two-stream network on flow from onset to apex",
        citation="Y. S. Gan et al., Signal Processing: Image Communication 74, 2019 "
        "(in the manner of)",
    ),
    network_method(
        "cnn-residual-3d", "residual-3d", "flow", size=48, n_frames=9, targets="both",
        title="Residual 3D-CNN on flow and strain, with heads for emotions and action units, after "
        "emotion-engine-3dcnn",
        citation=f"{_OULU} (in the manner of)",
    ),
    network_method(
        "cnn-residual-3d-fft", "residual-3d-fft", "spectrum", size=224, targets="both",
        title="Residual 3D-CNN on Fourier amplitudes of 8×8×8 blocks, after "
        "emotion-engine-spectrum",
        citation=f"{_OULU} (in the manner of)",
    ),
    network_method(
        "cnn-conv3d-bilstm", "conv3d-bilstm", "evm", size=64, n_frames=16,
        title="3D convolution, residual CNN of each frame and BiLSTM on magnified frames, after "
        "emotion-engine-cnn-bilstm",
        citation=f"{_OULU} (in the manner of)",
    ),
    network_method(
        "cnn-bilstm", "cnn-bilstm", "grey", size=224, n_frames=60, batch_size=2,
        title="CNN of each frame and BiLSTM, 60 frames of 224×224, after marzban-cnn-bilstm",
        citation='Marzban, "Facial Micro-Expression Analysis Using Deep Learning", German '
        "University in Cairo, 2025 (in the manner of)",
    ),
    network_method(
        "cnn-attention", "attention", "stack", size=96,
        title="ResNet with attention branch on onset, middle and apex, after toyama-resnet-abn",
        citation='Hata, Hirose and Takano, "Performance Evaluation of Micro-Expression '
        'Recognition with Various Network Design Variations" (in the manner of)',
    ),
    network_method(
        "cnn-backbone", "backbone", "apex", size=96,
        title="MobileNetV2 on the apex frame, from random weights",
        citation="M. Sandler et al., CVPR 2018",
    ),
)  # fmt: skip

#: Every network under the name that ``--method`` takes.
METHODS = {method.name: method for method in _FOUND}
