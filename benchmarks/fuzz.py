"""How damaged files are answered: tried, clear errors, results, defects, per kind of file.

Run with --tiny for a few of each; --examples N for more. A defect is printed with its traceback
and makes the exit status 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fuzzing import TARGETS, attempt
from hypothesis import HealthCheck, Phase, given, settings
from rich.console import Console
from rich.table import Table


def tried(target, examples, folder):
    """Counts of 'error', 'result' and 'defect', and the longest case in seconds."""
    counts, longest = Counter(), 0.0

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None,
              phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(target.damage())
    def case(damage):
        nonlocal longest
        start = time.perf_counter()
        try:
            counts[attempt(target, damage, folder)[0]] += 1
        except Exception:
            counts["defect"] += 1
            traceback.print_exc()
        longest = max(longest, time.perf_counter() - start)

    case()
    return counts, longest


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="a few of each")
    parser.add_argument("--examples", type=int, default=1000, help="cases of each kind")
    parser.add_argument("--only", default="", help="kinds whose name contains this")
    given_ = parser.parse_args()
    table = Table("file", "tried", "clear error", "a result", "defect", "longest, s")
    total = Counter()
    with tempfile.TemporaryDirectory() as home:
        for target in TARGETS:
            if given_.only not in target.name:
                continue
            counts, longest = tried(target, 5 if given_.tiny else given_.examples,
                                    Path(home, "case"))  # fmt: skip
            total += counts
            row = (sum(counts.values()), counts["error"], counts["result"], counts["defect"])
            table.add_row(target.name, *map(str, row), f"{longest:.2f}")
    row = (sum(total.values()), total["error"], total["result"], total["defect"])
    table.add_row("all", *map(str, row), "")
    Console(width=100).print(table)
    sys.exit(bool(total["defect"]))
