"""Experiments: the settings of ``mebench run``, what is to be done, and doing it."""

from .feature_runs import run_features
from .outcome import Failure, Outcome
from .plan import DEFAULTS, Run, plan_runs, settings
from .run import forecasts, run_experiment

__all__ = [
    "DEFAULTS",
    "Failure",
    "Outcome",
    "Run",
    "forecasts",
    "plan_runs",
    "run_experiment",
    "run_features",
    "settings",
]
