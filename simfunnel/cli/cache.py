"""``simfunnel cache``."""

from __future__ import annotations

import click

from simfunnel.cli.streams import say


@click.group(epilog="Example:  simfunnel cache warm")
def command() -> None:
    """Compile the kernels ahead of time, show where they are kept, or remove them."""


@command.command()
def info() -> None:
    """Show where the compiled kernels are kept and how large they are."""
    from simfunnel.engine.cache_folder import cache_root
    from simfunnel.engine.jit import current_key

    root = cache_root()
    files = [path for path in root.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    say(f"folder:  {root}\ncurrent: {current_key()}\nfiles:   {len(files)}, {size:.1f} MB")


@command.command()
def warm() -> None:
    """Compile every kernel now, so that the first forecast does not have to."""
    import time

    from simfunnel.engine.run import beside
    from simfunnel.forecast.warm import warm_kernels

    started = time.perf_counter()
    beside.begin()
    warm_kernels()
    say(f"kernels ready after {time.perf_counter() - started:.1f} s")


@command.command()
def clear() -> None:
    """Remove the compiled kernels of all versions, and the models that were kept beside them."""
    from simfunnel.engine.cache_folder import cache_root, clear_cache

    cleared = clear_cache()
    say(f"removed {cleared.files} files, {cleared.size / 1e6:.1f} MB, from {cache_root()}")
    for path, why in cleared.left:
        say(f"left {path}: {why}")
