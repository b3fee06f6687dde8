"""What every world gives: what was done and what was felt, together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mirror_core.checks import OptionError


@dataclass(frozen=True)
class Episodes:
    """Actions and the sensations they caused, kept together so that they cannot be mispaired by accident.

    Raises
    ------
    OptionError
        When made of arrays that do not belong together, with the field, what it is and what it must be.
    """

    actions: np.ndarray
    """Discrete: index of the action, integers (sequence, time). Continuous: floats (sequence, time, dim)."""
    sensations: np.ndarray
    """Sensation s_t that followed action a_t, in sensory units: floats (sequence, time, …) of any further shape."""
    who: np.ndarray | None = None
    """Index of the agent that acted, integers (sequence,) or (sequence, time); None where there is only one."""
    context: Mapping[str, np.ndarray] | None = None
    """What else is known of them, by name (a posture, a regime): arrays that begin with (sequence,)."""

    def __post_init__(self) -> None:
        actions, sensations, who = self.actions, self.sensations, self.who
        discrete = _is(actions, "iu") and actions.ndim == 2 and (actions >= 0).all()
        if not discrete and not (_is(actions, "f") and actions.ndim == 3):
            allowed = "whole numbers from 0 (sequence, time), or finite floating-point numbers (sequence, time, dim)"
            raise _refused("actions", actions, allowed)
        shape = actions.shape[:2]
        if not (_is(sensations, "f") and sensations.shape[:2] == shape):
            allowed = f"finite floating-point numbers (sequence, time, …) that begin with {shape}, as the actions do"
            raise _refused("sensations", sensations, allowed)
        if who is not None and not (_is(who, "iu") and who.shape in (shape, shape[:1]) and (who >= 0).all()):
            raise _refused("who", who, f"None, or whole numbers from 0 of shape {shape[:1]} or {shape}")
        for name, values in (self.context or {}).items():
            if not (_is(values, "iufb") and values.shape[:1] == shape[:1]):
                raise _refused(f"context {name!r}", values, f"finite numbers of a shape that begins with {shape[:1]}")

    def __len__(self) -> int:
        return len(self.actions)


def _is(values: object, kinds: str) -> bool:
    return isinstance(values, np.ndarray) and values.dtype.kind in kinds and bool(np.isfinite(values).all())


def _refused(name: str, values: object, allowed: str) -> OptionError:
    if isinstance(values, np.ndarray) and values.size and values.dtype.kind in "iuf":
        is_now = f"{values.dtype} {values.shape} from {values.min():g} to {values.max():g}"
    else:
        is_now = f"{values.dtype} {values.shape}" if isinstance(values, np.ndarray) else repr(values)
    return OptionError(f"{name} = {is_now} is not allowed: it must be {allowed}.")
