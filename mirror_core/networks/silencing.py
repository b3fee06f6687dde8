"""A network with some of its units silenced."""

from __future__ import annotations

import copy

import torch
from jaxtyping import Float
from torch import Tensor, nn


def silenced_states(
    core: nn.Module,
    drive: Float[Tensor, "batch time input"],
    keep: Float[Tensor, "lesion unit"],
    level: Float[Tensor, "lesion unit"],
) -> Float[Tensor, "lesion batch time unit"]:
    """Return a core's hidden states under every lesion.

    After each timestep a state becomes keep × state + level, and the next timestep starts from that. A core that does
    not advance by `step` is silenced where the heads read it: the same thing in a linear state space, whose units only
    meet in the heads; in a transformer, which has no state to carry on, what timesteps see of each other is untouched.
    An LSTM's cell is not touched either, only what the unit shows of it.
    """
    keep, level = keep[:, None], level[:, None]
    if not hasattr(core, "step"):
        return torch.addcmul(level[:, None], core(drive)[0], keep[:, None])
    lesioned, step = copy.copy(core), core.step
    states: list[Tensor] = []
    hidden: list[Tensor] = []  # what a core carries on beside its state, such as an LSTM's cell

    def step_and_silence(now: Tensor, state: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        # the first state has no dimension for lesions; from then on each lesion has a state of its own
        state, *hidden[:] = step(now, states[-1], *hidden) if states else step(now, state, *rest)
        states.append(torch.addcmul(level, state, keep))
        return states[-1][0], *(one[0] for one in hidden)

    lesioned.step, lesioned.unrolled = step_and_silence, True
    lesioned(drive)
    return torch.stack(states, dim=2)
