"""Bundles: a result that travels, without anything licensed, and how far it can be believed."""

from .archive import SUFFIX
from .bundle import Bundle
from .certificates import badge, certificate, read_certificate
from .licensed import is_licensed
from .logs import Log, read_log
from .report import LEVELS, Check, Verification
from .verification import read_bundle, verify, verify_bundle
from .write import bundle_run

__all__ = [
    "LEVELS",
    "SUFFIX",
    "Bundle",
    "Check",
    "Log",
    "Verification",
    "badge",
    "bundle_run",
    "certificate",
    "is_licensed",
    "read_bundle",
    "read_certificate",
    "read_log",
    "verify",
    "verify_bundle",
]
