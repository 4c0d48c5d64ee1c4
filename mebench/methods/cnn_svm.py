"""The hybrid: features of a network and handcrafted ones, told apart by an SVM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build", "softmax"]

_SIZE = 28


def build() -> Pipeline:
    """A shallow network on flow, Bi-WOOF, and what the regions of AU9 and AU10 do, for disgust.

    The network, STSTNet's kind, is trained in each fold; its 400 features stand beside Bi-WOOF
    of 5 × 5 blocks and beside Bi-WOOF and LBP-TOP of the two regions where the nose wrinkles and
    the upper lip is raised. Rare classes weigh more in the network and in the SVM.
    """
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from ..deep import Beside, CNNFeatures, input_steps
    from ..features import LBPTOP, BiWOOF
    from ..preprocessing import TIM
    from ..svm import PolySVCSearch

    *before, flow = input_steps("apex-flow", _SIZE)
    handcrafted: list[Any] = [
        BiWOOF(regions=(5, 5), flow="tvl1"),
        BiWOOF(regions="au9+au10", flow="tvl1"),
        make_pipeline(TIM(n_frames=10), LBPTOP(regions="au9+au10", radii=(2, 2, 2))),
    ]
    return make_pipeline(
        *before,
        Beside(flow, handcrafted),
        CNNFeatures("ststnet", "apex-flow", shape=(_SIZE, _SIZE, 3), batch_size=32),
        StandardScaler(),
        PolySVCSearch("linear", class_weight="balanced"),
    )


def softmax() -> Pipeline:
    """The network alone, with its own head."""
    from sklearn.pipeline import make_pipeline

    from ..deep import CNNClassifier, input_steps

    return make_pipeline(
        *input_steps("apex-flow", _SIZE), CNNClassifier("ststnet", "apex-flow", batch_size=32)
    )


METHOD = Method(
    name="cnn-svm",
    build=build,
    title="Hybrid: shallow network on flow, Bi-WOOF, regions of AU9 and AU10, SVM",
    citation='"Micro-Expression Recognition System", technical documentation 2.0, 2026 '
    "(in the manner of)",
    family="cnn",
    dimension=0,
    heads={"svm": build, "softmax": softmax},
)
