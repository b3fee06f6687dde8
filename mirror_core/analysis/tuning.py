"""What each unit does on average for each action, in each mode."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from mirror_core.analysis.correlation import centred, unit_length


def action_means(
    activity: Float[np.ndarray, "sequence time unit"],
    actions: Int[np.ndarray, "sequence time"],
    *,
    centre_timesteps: bool = False,
) -> Float[np.ndarray, "action unit"]:
    """Return each unit's mean response to each action that occurs, actions in ascending order.

    Parameters
    ----------
    centre_timesteps
        Remove each timestep's mean over sequences first (see `unit_correlation`).

    Examples
    --------
    >>> import numpy as np
    >>> action_means(np.array([[[1.0], [3.0], [5.0]]]), np.array([[0, 1, 0]])).tolist()
    [[3.0], [3.0]]
    """
    if centre_timesteps:
        activity = centred(activity, True)
    return np.stack([activity[actions == action].mean(axis=0, dtype=float) for action in np.unique(actions)])


def tuning_length(tuning: Float[np.ndarray, "action unit"]) -> Float[np.ndarray, "action unit"]:
    """Return tunings minus their mean over actions, scaled so that each unit's squares sum to one; NaN if flat."""
    return unit_length(tuning[:, None, :])[:, 0]
