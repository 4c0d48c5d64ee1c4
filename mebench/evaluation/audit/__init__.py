"""Audits: of claimed scores, of divisions into train and test, and of what leaks are worth."""

from .claims import Claim, claim
from .feasible import Feasibility, feasible
from .leakage import leakage_cost
from .recognise import CANNOT_BE_TOLD, Recognised, readings, recognise
from .splits import Crossing, audit_split, fitted_on_all

__all__ = [
    "CANNOT_BE_TOLD",
    "Claim",
    "Crossing",
    "Feasibility",
    "Recognised",
    "audit_split",
    "claim",
    "feasible",
    "fitted_on_all",
    "leakage_cost",
    "readings",
    "recognise",
]
