"""Where the two modes live: the directions that each occupies, and what of that is the action of this timestep."""

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Int

from mirror_core.analysis import alignment_index, unit_correlation
from mirror_core.analysis.correlation import centred
from mirror_core.analysis.tuning import action_means
from mirror_core.analysis.validation import Recording
from mirror_core.arrays import MODES
from mirror_core.networks.network import MirrorNetwork
from mirror_core.recordings.chosen import both_modes
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.runs.store import Run
from mirror_core.seeding import stream
from mirror_core.worlds.episodes import Episodes

Tuning = Float[np.ndarray, "action unit"]

PARTS = ("whole", "action", "rest")
"""A recording, timesteps centred; its mean for the action of this timestep; and what that leaves: history and noise."""
N_DIRECTIONS = 20
"""Up to how many principal directions are followed."""
N_DRAWS = 100
"""Random subspaces behind an alignment index."""


def split_by_action(activity: Recording, actions: Int[np.ndarray, "sequence time"]) -> dict[str, Recording]:
    """Return the `PARTS` of a recording; `action` and `rest` add up to `whole`."""
    whole = centred(activity, True)
    means = action_means(whole, actions)
    action = means[np.searchsorted(np.unique(actions), actions)]
    return {"whole": whole, "action": action, "rest": whole - action}


def captured(source: Recording, target: Recording, n_directions: int) -> Float[np.ndarray, " direction"]:
    """Return the share of the target's variance in the source's first 1, 2, … principal directions."""
    directions = np.linalg.eigh(_covariance(source))[1][:, ::-1][:, :n_directions]
    covariance = _covariance(target)
    along = np.einsum("ud,uv,vd->d", directions, covariance, directions)
    return np.cumsum(along) / np.trace(covariance)


def _covariance(activity: Recording) -> Float[np.ndarray, "unit unit"]:
    rows = activity.reshape(-1, activity.shape[-1]).astype(float)
    rows = rows - rows.mean(axis=0)
    return rows.T @ rows / len(rows)


def tuning_alignment(perform: Tuning, observe: Tuning) -> float:
    """Return the correlation of the two modes' tunings, all units together: 1 the same, 0 unrelated."""
    perform, observe = (tuning - tuning.mean(axis=0) for tuning in (perform, observe))
    return float(np.sum(perform * observe) / (np.linalg.norm(perform) * np.linalg.norm(observe)))


def tuning_correlation(perform: Tuning, observe: Tuning) -> Float[np.ndarray, " unit"]:
    """Return each unit's correlation of its tunings over actions; NaN for a unit without any."""
    return unit_correlation(perform[:, None, :], observe[:, None, :])


def joint_gain(perform: Tuning, observe: Tuning, joint: Tuning) -> float:
    """Return the c with which c · (perform + observe) comes nearest to the joint state: 1 where states add up."""
    parts = sum(tuning - tuning.mean(axis=0) for tuning in (perform, observe))
    return float(np.sum(joint * parts) / np.sum(parts**2))


def joint_states(network: MirrorNetwork, episodes: Episodes) -> Recording:
    """Return the states of a shared core that is driven by actions and their sensations together."""
    with torch.no_grad():
        drive = network.drive(torch.from_numpy(episodes.actions), torch.from_numpy(episodes.sensations))
        return network.hidden(network.core_of("perform"), drive).numpy()


def look_into(run: Run, n_test: int) -> xr.Dataset:
    """Measure where the two modes of a run's network live, and whether its tasks are learnt.

    Returns
    -------
    xarray.Dataset
        `captured` (part, basis, mode, direction): share of a mode's variance in the first directions of its own
        (`basis` own) or the other mode's (`other`) principal axes; `index` and `index_null` (part, mode): alignment
        index of K − 1 directions and the mean of its null; `angle` (part, direction_of): principal angles in degrees;
        `tuning_r` (unit); `tuning_alignment`; `joint_gain` (NaN with separate cores).
    """
    config, rng = run.config, stream(run.config.seed, "subspaces")
    episodes = heldout_episodes(config, n_test)
    recording = record(run.network, episodes)
    modes = dict(zip(MODES, both_modes(recording), strict=True))
    parts = {mode: split_by_action(activity, episodes.actions) for mode, activity in modes.items()}
    n_units = recording.sizes["unit"]
    n_directions, n_dims = min(N_DIRECTIONS, n_units), min(config.world.n_actions - 1, n_units)
    bases = {"own": dict(zip(MODES, MODES, strict=True)), "other": dict(zip(MODES, MODES[::-1], strict=True))}
    shares = [
        [[captured(parts[source[m]][part], parts[m][part], n_directions) for m in MODES] for source in bases.values()]
        for part in PARTS
    ]
    lying = [alignment_index(*(parts[mode][part] for mode in MODES), n_dims, N_DRAWS, rng) for part in PARTS]
    tunings = [action_means(parts[mode]["whole"], episodes.actions) for mode in MODES]
    gain = np.nan
    if config.network.shared_core:
        both = centred(joint_states(run.network, episodes), True)
        gain = joint_gain(*tunings, action_means(both, episodes.actions))
    directed = [(x.perform_in_observe, x.observe_in_perform) for x in lying]
    return xr.Dataset(
        {
            "captured": (("part", "basis", "mode", "direction"), shares),
            "index": (("part", "mode"), [[x.value for x in pair] for pair in directed]),
            "index_null": (("part", "mode"), [[x.null.mean() for x in pair] for pair in directed]),
            "angle": (("part", "dim"), np.degrees([x.angles for x in lying])),
            "tuning_r": ("unit", tuning_correlation(*tunings)),
            "tuning_alignment": tuning_alignment(*tunings),
            "joint_gain": gain,
        },
        {"part": list(PARTS), "basis": list(bases), "mode": list(MODES), "direction": range(1, n_directions + 1)},
    )
