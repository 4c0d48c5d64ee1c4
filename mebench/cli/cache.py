"""mebench cache: what is kept of earlier work, and how to get rid of it."""

from __future__ import annotations

import typer

from .console import print_json

__all__ = ["app", "clear", "info", "prune"]

app = typer.Typer(no_args_is_help=True, help="Features kept from earlier runs.")


@app.command()
def info(json: bool = typer.Option(False, "--json", help="Print JSON.")) -> None:
    """Where the cache lies, how much it holds, and its limit (MEBENCH_CACHE_LIMIT)."""
    from datetime import datetime

    from ..storage.cache import default_cache

    cache = default_cache()
    usage = cache.usage()
    if json:
        print_json({"folder": str(cache.folder), "limit": cache.limit, **usage._asdict()})
        return
    print(cache.folder)
    limit = "no limit" if cache.limit is None else f"limit {_size(cache.limit)}"
    print(f"{usage.entries} entries, {_size(usage.size)} ({limit})")
    if usage.oldest is not None and usage.newest is not None:
        first, last = (datetime.fromtimestamp(t).date() for t in (usage.oldest, usage.newest))
        print(f"last used between {first} and {last}")


@app.command()
def clear() -> None:
    """Remove all of it. That costs nothing but the time to compute it again."""
    from ..storage.cache import default_cache

    _removed(*default_cache().prune(0))


@app.command()
def prune(
    largest: str = typer.Option(
        ..., "--max", help="Size to come down to, such as 10GB; what was not used for longest goes."
    ),
) -> None:
    """Remove what was not used for longest."""
    from ..storage.cache import as_bytes, default_cache

    _removed(*default_cache().prune(as_bytes(largest, "--max")))


def _removed(entries: int, size: int) -> None:
    print(f"{entries} entries removed, {_size(size)}")


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
