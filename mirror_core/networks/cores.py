"""Cores to choose from: each turns what drives it into hidden states, timestep by timestep and forwards in time.

A core is a module made with (input size, number of units) and called with drives (batch, time, input); it returns
hidden states (batch, time, unit) from a start at rest, and its last state, as PyTorch's recurrent modules do. A new
core is one class here and its line in `CORES`. PyTorch's own modules are fast on a processor but cannot run as a
stack of networks; with `unrolled` set, the same core runs in plain operations that can.

`draw` may give the initial values of a core's own parameters; otherwise they are uniform within 1/√(number of units).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

States = Float[Tensor, "batch time unit"]
Drive = Float[Tensor, "batch time input"]


def _unroll(step: Callable[..., tuple[Tensor, ...]], driven: Tensor, *carry: Tensor) -> tuple[Tensor, tuple]:
    """Apply `step` to each timestep and what it carries on, of which the first is the hidden state."""
    states = []
    for now in driven.unbind(1):
        carry = step(now, *carry)
        states.append(carry[0])
    return torch.stack(states, dim=1), carry


class _Plain:
    """A module of PyTorch's with the same computation in plain operations; `step` advances by one timestep."""

    unrolled = False
    n_carried = 1

    def __init__(self, input_size: int, hidden_size: int, **options: str) -> None:
        super().__init__(input_size, hidden_size, batch_first=True, **options)

    def forward(self, drive: Drive, start: Float[Tensor, "batch unit"] | None = None) -> tuple[States, Tensor | tuple]:
        if not self.unrolled:
            return super().forward(drive) if start is None else super().forward(drive, start[None])
        driven = functional.linear(drive, self.weight_ih_l0, self.bias_ih_l0)
        at_rest = [drive.new_zeros(len(drive), self.hidden_size)] * self.n_carried
        return _unroll(self.step, driven, *(at_rest if start is None else [start]))

    def recurrent(self, state: Tensor) -> Tensor:
        return functional.linear(state, self.weight_hh_l0, self.bias_hh_l0)


class GRU(_Plain, nn.GRU):
    """Gated recurrent unit (Cho et al. 2014; the paper's core)."""

    def step(self, driven: Tensor, state: Tensor) -> tuple[Tensor, ...]:
        in_r, in_z, in_n = driven.chunk(3, dim=-1)
        by_r, by_z, by_n = self.recurrent(state).chunk(3, dim=-1)
        update = torch.sigmoid(in_z + by_z)
        candidate = torch.tanh(in_n + torch.sigmoid(in_r + by_r) * by_n)
        return (candidate + update * (state - candidate),)


class LSTM(_Plain, nn.LSTM):
    """Long short-term memory (Hochreiter & Schmidhuber 1997); a unit's activation is its output, not its cell."""

    n_carried = 2

    def step(self, driven: Tensor, state: Tensor, cell: Tensor) -> tuple[Tensor, ...]:
        admit, forget, candidate, show = (driven + self.recurrent(state)).chunk(4, dim=-1)
        cell = torch.sigmoid(forget) * cell + torch.sigmoid(admit) * torch.tanh(candidate)
        return torch.sigmoid(show) * torch.tanh(cell), cell


class TanhRNN(_Plain, nn.RNN):
    """Simple recurrent network (Elman 1990) of tanh units."""

    activation = staticmethod(torch.tanh)

    def step(self, driven: Tensor, state: Tensor) -> tuple[Tensor, ...]:
        return (self.activation(driven + self.recurrent(state)),)


class ReluRNN(TanhRNN):
    """The same of rectified linear units, whose activations are never negative."""

    activation = staticmethod(torch.relu)

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size, nonlinearity="relu")


class MinimalGated(nn.Module):
    """Minimal gated unit (Zhou et al. 2016): one gate both forgets and updates."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.weight_ih = nn.Parameter(torch.empty(2 * hidden_size, input_size))
        self.bias = nn.Parameter(torch.empty(2 * hidden_size))
        self.weight_gate = nn.Parameter(torch.empty(hidden_size, hidden_size))
        self.weight_candidate = nn.Parameter(torch.empty(hidden_size, hidden_size))

    def forward(self, drive: Drive) -> tuple[States, tuple]:
        driven = functional.linear(drive, self.weight_ih, self.bias)
        return _unroll(self.step, driven, drive.new_zeros(len(drive), self.hidden_size))

    def step(self, driven: Tensor, state: Tensor) -> tuple[Tensor, ...]:
        in_gate, in_candidate = driven.chunk(2, dim=-1)
        gate = torch.sigmoid(in_gate + functional.linear(state, self.weight_gate))
        candidate = torch.tanh(in_candidate + functional.linear(gate * state, self.weight_candidate))
        return (state + gate * (candidate - state),)


class StateSpace(nn.Module):
    """Linear state space with a real diagonal (after Orvieto et al. 2023): each unit leaks at its own learnt rate.

    h_t = λ h_{t−1} + √(1 − λ²) (W x_t + b), with λ between 0 and 1; units interact in the heads only.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.weight = nn.Parameter(torch.empty(hidden_size, input_size))
        self.bias = nn.Parameter(torch.empty(hidden_size))
        self.retention = nn.Parameter(torch.empty(hidden_size))

    def draw(self, name: str, rng: np.random.Generator) -> np.ndarray | None:
        # λ = σ(retention) between about .12 and .95: time constants of half a timestep to twenty
        return rng.uniform(-2, 3, self.hidden_size) if name == "retention" else None

    def forward(self, drive: Drive) -> tuple[States, tuple]:
        keep = torch.sigmoid(self.retention)
        driven = torch.sqrt(1 - keep**2) * functional.linear(drive, self.weight, self.bias)
        start = drive.new_zeros(len(drive), self.hidden_size)
        return _unroll(lambda now, state: (keep * state + now,), driven, start)


class CausalTransformer(nn.Module):
    """One pre-norm transformer block (Vaswani et al. 2017) in which a timestep sees itself and the past.

    Its hidden state at a timestep is the normalised residual stream there.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.n_heads = next(n for n in (4, 2, 1) if hidden_size % n == 0)
        self.enter = nn.Linear(input_size, hidden_size)
        self.attend = nn.Linear(hidden_size, 3 * hidden_size)
        self.merge = nn.Linear(hidden_size, hidden_size)
        self.widen = nn.Linear(hidden_size, 2 * hidden_size)
        self.narrow = nn.Linear(2 * hidden_size, hidden_size)
        self.norms = nn.ModuleList(nn.LayerNorm(hidden_size) for _ in range(3))

    def forward(self, drive: Drive) -> tuple[States, None]:
        before_attention, before_widening, at_the_end = self.norms
        x = self.enter(drive) + self._positions(drive)
        x = x + self.merge(self._attention(before_attention(x)))
        x = x + self.narrow(functional.gelu(self.widen(before_widening(x))))
        return at_the_end(x), None

    def _attention(self, x: Tensor) -> Tensor:
        n_rows, n_times, n_units = x.shape
        split = (n_rows, n_times, self.n_heads, n_units // self.n_heads)
        query, key, value = (part.reshape(split).transpose(1, 2) for part in self.attend(x).chunk(3, dim=-1))
        match = query @ key.transpose(-2, -1) / math.sqrt(split[-1])
        future = torch.ones(n_times, n_times, dtype=torch.bool, device=x.device).triu(1)
        seen = match.masked_fill(future, -torch.inf).softmax(dim=-1) @ value
        return seen.transpose(1, 2).reshape(x.shape)

    def _positions(self, drive: Tensor) -> Tensor:
        """Return sines and cosines of the timestep, of periods from 2π upwards (time, unit)."""
        unit = torch.arange(self.hidden_size, device=drive.device)
        rate = 10000.0 ** (-(unit - unit % 2) / self.hidden_size)
        phase = torch.arange(drive.shape[1], device=drive.device)[:, None] * rate
        return torch.where(unit % 2 == 0, phase.sin(), phase.cos()).to(drive.dtype)


CORES: dict[str, type[nn.Module]] = {
    "gru": GRU,
    "lstm": LSTM,
    "rnn-tanh": TanhRNN,
    "rnn-relu": ReluRNN,
    "minimal-gated": MinimalGated,
    "state-space": StateSpace,
    "transformer": CausalTransformer,
}
"""The values of `NetworkConfig.core`."""
