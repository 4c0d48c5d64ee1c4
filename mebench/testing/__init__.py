"""Checks for an external extractor or method: does it keep the promises that benchmarks rely on?"""

from .extractors import check_extractor, make_clips
from .leaks import LeakFound, check_no_leak, make_samples

__all__ = ["LeakFound", "check_extractor", "check_no_leak", "make_clips", "make_samples"]
