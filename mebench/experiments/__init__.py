"""Experiments: the settings of ``mebench run``, what is to be done, and doing it."""

from .plan import DEFAULTS, Run, plan_runs, settings
from .run import Failure, Outcome, forecasts, run_experiment, run_features

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
