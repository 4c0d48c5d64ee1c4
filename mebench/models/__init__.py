"""Models that last: trained, saved without anything that could run, and asked about clips."""

from ..renamed import keep_paths
from ._train import train
from .card import card_markdown, make_card
from .clips import open_clips
from .file import Model, check_savable, load_model, read_card, save_model
from .predict import Prediction, predict_clips

__all__ = [
    "Model",
    "Prediction",
    "card_markdown",
    "check_savable",
    "load_model",
    "make_card",
    "open_clips",
    "predict_clips",
    "read_card",
    "save_model",
    "train",
]

keep_paths(__name__)
