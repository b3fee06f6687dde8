"""What was varied, read from a sweep's own declaration, and the levels at which it is compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mirror_core.checks import OptionError
from mirror_core.config.settings import DEFAULTS
from mirror_core.studies.sweeps.plan import LABELS

N_BINS = 3
"""A range is compared in this many parts, equally likely."""

NAMES = {
    "n_actions": "actions K",
    "effect_distribution": "effects",
    "effect_scale": "effect scale",
    "noise_std": "noise",
    "initial_std": "start s₀",
    "infer_weight": "loss weight",
    "shared_heads": "heads",
    "weight_decay": "weight decay",
    "hidden_size": "units H",
    "sequence_length": "timesteps T",
    "n_epochs": "epochs",
    "core": "core",
}
"""How a choice is called in figures; others go by the name of their setting."""

_WORDS = {("shared_heads", True): "shared", ("shared_heads", False): "separate"}


@dataclass(frozen=True)
class Choice:
    """A setting that a random sweep draws."""

    name: str
    """The setting, a column of the sweep's table."""
    levels: tuple[str, ...]
    """What is compared: each declared value, or each part of a declared range, in order."""
    values: tuple[Any, ...] = ()
    """The declared values; empty for a range."""
    edges: tuple[float, ...] = ()
    """Borders of the parts of a range, one more than levels; empty for values."""
    log: bool = False
    """Whether the range was drawn by ratio."""

    @property
    def label(self) -> str:
        """How the choice is called in figures."""
        return NAMES.get(self.name, self.name)

    def level_of(self, column: pd.Series) -> np.ndarray:
        """Return the index of each network's level, −1 for a value that was not declared."""
        if self.values:
            return pd.Index(self.values).get_indexer(column)
        inner = np.searchsorted(self.edges[1:-1], column, side="right")
        inside = (column >= self.edges[0]) & (column <= self.edges[-1])
        return np.where(inside, inner, -1)


def random_sweep(table: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[Choice]]:
    """Return the networks of one random sweep of a joined table, and what it drew.

    Raises
    ------
    OptionError
        If the table has no such sweep, or it draws nothing.
    """
    declared = table.attrs.get("sweeps", {})
    if name not in declared or not declared[name].get("sample"):
        random = [key for key, sweep in declared.items() if sweep.get("sample")]
        raise OptionError(f"the table has no random sweep {name!r}; it has: {', '.join(random) or 'none'}.")
    chosen = table[table.sweep == name]
    return chosen, choices_of(declared[name]["sample"]["of"])


def choices_of(drawn: Mapping[str, Any]) -> list[Choice]:
    """Return the choices of a sample's declaration, those that name a network left out: reading, condition, seed."""
    found = []
    for name, axis in drawn.items():
        if name in LABELS:
            continue
        if isinstance(axis, Mapping):
            found.append(_of_range(name, axis["low"], axis["high"], axis.get("log", False)))
        else:
            values = tuple(dict.fromkeys(axis))
            values = values if isinstance(values[0], str) else tuple(sorted(values))
            found.append(Choice(name, tuple(value_text(name, value) for value in values), values=values))
    return found


def _of_range(name: str, low: float, high: float, log: bool) -> Choice:
    if isinstance(DEFAULTS[name], int):
        parts = np.array_split(np.arange(low, high + 1), N_BINS)
        edges = (*(float(part[0]) for part in parts), float(high))
        levels = tuple(f"{part[0]}–{part[-1]}" if len(part) > 1 else f"{part[0]}" for part in parts)
        return Choice(name, levels, edges=edges, log=log)
    edges = np.geomspace(low, high, N_BINS + 1) if log else np.linspace(low, high, N_BINS + 1)
    text = [value_text(name, float(f"{edge:.2g}")) for edge in edges]
    levels = tuple(f"{a}–{b}" for a, b in zip(text, text[1:], strict=False))
    return Choice(name, levels, edges=(float(low), *map(float, edges[1:-1]), float(high)), log=log)


def value_text(name: str, value: object) -> str:
    """Return a setting's value as figures and tables write it."""
    if (name, value) in _WORDS:
        return _WORDS[name, value]
    if isinstance(value, float):
        if value and abs(value) < 1e-3:
            mantissa, exponent = f"{value:.0e}".split("e")
            return f"{mantissa}e−{abs(int(exponent))}"
        return f"{value:.3g}".removeprefix("0") if 0 < value < 1 else f"{value:.3g}"
    return str(value)
