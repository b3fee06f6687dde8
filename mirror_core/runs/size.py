"""What is too large to be made: told from the configuration before the work, or in one sentence once it turns up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from mirror_core.checks import OptionError
from mirror_core.config.settings import DEFAULTS, Config, flat

LIMIT = 64 * 2**30
"""Bytes that one network with its episodes may take, on whatever machine: 2,000 times what the paper's takes."""

_SIZES = ("n_actions", "sensory_dim", "hidden_size", "input_size", "n_sequences", "sequence_length", "batch_size",
          "n_heldout")  # fmt: skip

_SAYS = ("allocate memory", "unpacking long", "overflow", "allowed dimension", "too big", "too large to convert")
"""How PyTorch, NumPy and Python say that an array is larger than there can be."""


class TooLarge(RuntimeError):
    """There is too little memory for what was asked for, or a number in it is larger than there can be."""


def refuse_too_large(config: Config) -> None:
    """Refuse a network that would take more than `LIMIT` bytes with its episodes.

    Raises
    ------
    OptionError
        One sentence that names the sizes that are larger than the paper's.
    """
    world, net, plan = config.world, config.network, config.training
    n_weights = (1 if net.shared_core else 2) * _weights_of(net.core, net.input_size, net.hidden_size)
    n_weights += (net.input_size + net.hidden_size) * (world.n_actions + world.sensory_dim)
    n_episodes, n_rows = plan.n_sequences + plan.n_heldout, min(plan.batch_size, max(plan.n_sequences, plan.n_heldout))
    # weights, gradients and two running means, of 4 bytes; an action and a sensation, of 8; units in either mode, of 4
    n_bytes = 16 * n_weights + plan.sequence_length * (
        8 * n_episodes * (1 + world.sensory_dim) + 8 * n_rows * net.hidden_size
    )
    if n_bytes > LIMIT:
        large = [
            f"{name} = {value}" for name, value in flat(config).items() if name in _SIZES and value > DEFAULTS[name]
        ]
        raise OptionError(
            f"{' with '.join(large)} is not allowed: the network would take {n_bytes / 2**30:.3g} GiB of memory, and "
            f"may take {LIMIT / 2**30:g}."
        )


@cache
def _weights_of(core: str, input_size: int, hidden_size: int) -> int:
    """Return how many weights a core has, without making them."""
    if max(input_size, hidden_size) > LIMIT:
        return input_size * hidden_size
    import torch  # here, since what makes no network needs none

    from mirror_core.networks.cores import CORES

    with torch.device("meta"):
        return sum(one.numel() for one in CORES[core](input_size, hidden_size).parameters())


@contextmanager
def too_large_is_said() -> Iterator[None]:
    """Say in one sentence what libraries raise where memory does not do.

    Raises
    ------
    TooLarge
        For a MemoryError, and for the others by which libraries say that an array is too large.
    """
    try:
        yield
    except (MemoryError, OverflowError, RuntimeError, TypeError, ValueError) as error:
        said = str(error).strip().partition("\n")[0]
        if not isinstance(error, MemoryError | OverflowError) and not any(one in said.lower() for one in _SAYS):
            raise
        raise TooLarge(f"there is too little memory for this, or a number in it is too large ({said}).") from error
