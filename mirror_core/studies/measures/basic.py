"""What is measured on one network: r of each unit, and decoding of the action within and across modes."""

import xarray as xr

from mirror_core.analysis import DECODERS, cross_decoding, unit_correlation
from mirror_core.arrays import CENTRINGS, MODES
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.runs.store import Run
from mirror_core.seeding import stream


def measure_run(run: Run, n_test: int) -> xr.Dataset:
    """Measure a run's network on `n_test` held-out episodes, see `measure_one`."""
    return measure_one(record(run.network, heldout_episodes(run.config, n_test)), run.config.seed)


def measure_one(recording: xr.DataArray, seed: int) -> xr.Dataset:
    """Measure one network.

    Parameters
    ----------
    recording
        What `mirror_core.recordings.of_networks.record` returns.
    seed
        Decides which sequences train decoders and which test them.

    Returns
    -------
    xarray.Dataset
        `r` (centring, unit), `accuracy` and `same_code_p` (decoder, train_mode, test_mode) and `chance`, see
        `mirror_core.studies.grid.measure`.
    """
    perform, observe = (recording.sel(mode=mode).values for mode in MODES)
    r = [unit_correlation(perform, observe, centre_timesteps=centre) for centre in CENTRINGS.values()]
    actions = recording.action.values
    decoded = [cross_decoding(perform, observe, actions, stream(seed, "decoding"), name) for name in DECODERS]
    return xr.Dataset(
        {
            "r": (("centring", "unit"), r),
            "accuracy": (("decoder", "train_mode", "test_mode"), [d.accuracy for d in decoded]),
            "same_code_p": (("decoder", "train_mode", "test_mode"), [d.relabelled_p for d in decoded]),
            "chance": decoded[0].chance,
        },
        coords={
            "centring": list(CENTRINGS),
            "decoder": list(DECODERS),
            "unit": recording.unit.values,
            "train_mode": list(MODES),
            "test_mode": list(MODES),
        },
    )
