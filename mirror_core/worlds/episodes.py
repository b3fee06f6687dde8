"""What every world gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True)
class Episodes:
    """Actions and the sensations they caused, kept together so that they cannot be mispaired by accident."""

    actions: Int[np.ndarray, "sequence time"]
    """Index of the action at each timestep, from 0 to K − 1."""
    sensations: Float[np.ndarray, "sequence time feature"]
    """Sensation s_t that followed action a_t, in sensory units."""

    def __len__(self) -> int:
        return len(self.actions)
