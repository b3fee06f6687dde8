"""Machine code, made once before worker processes start: several that start together would each compile it."""

from __future__ import annotations


def compile_training() -> None:
    """Have Numba compile what trains networks, unless it is kept from an earlier time; workers then load it."""
    # here, so that a process that only names this function loads nothing
    from mirror_core.config.settings import Config
    from mirror_core.networks.training.loop import train

    train(Config().change(n_sequences=64, n_heldout=64, n_epochs=1))
