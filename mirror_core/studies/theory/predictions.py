"""The linear theory for a run's own world and training step, and models between the theory and the trained network."""

import numpy as np
import xarray as xr

from mirror_core.analysis.correlation import centred
from mirror_core.analysis.tuning import action_means
from mirror_core.config.passes import passes
from mirror_core.recordings.chosen import both_modes
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.runs.store import Run
from mirror_core.seeding import stream
from mirror_core.studies.ingredients.subspaces import joint_gain, joint_states, tuning_alignment
from mirror_core.studies.theory.descent import train_one_step
from mirror_core.studies.theory.theory import LinearModel
from mirror_core.studies.theory.units import alignment_of, draw_units
from mirror_core.worlds.linear import make_world

N_UNITS_DRAWN = 2000
"""Units drawn from the theory's distribution."""
STARTS = {"small": 0.1, "large": 1.0}
"""Sizes of the first weights where nothing but the losses is minimised; the end then depends on them."""
STEPS = (
    "joint gain as measured",
    "tanh",
    *(f"no penalty, {start} start{unit}" for start in STARTS for unit in ("", ", tanh")),
)
"""What is given up, see `steps_towards`."""


def predict_run(run: Run, penalty: float, n_steps: int, n_test: int) -> xr.Dataset:
    """Hold the one-step model against a run with a shared core: the same effects, passes and pairing, one timestep.

    Parameters
    ----------
    run
        Both modes through one core and one pair of heads.
    penalty, n_steps
        Of the squared weights; steps of gradient descent of each one-step network.
    n_test
        Held-out episodes on which the gain of the joint state is measured.

    Returns
    -------
    xarray.Dataset
        `alignment` and `tuning_r` (drawn): the theory's (see `mirror_core.studies.theory.units`); `trained` and
        `trained_r` (unit): the same of a linear network trained by gradient descent with the penalty; `steps` (step):
        alignments of models that each give up one simplification of the theory (see `steps_towards`); NaN where
        episodes are mispaired.
    """
    config = run.config
    effects = make_world(config.world, config.seed).effects
    todo, paired, n_units = passes(config), config.objective.paired, config.network.hidden_size
    model = LinearModel(effects, todo, penalty, paired=paired)
    optimum = model.optimum(tolerance=1e-8)
    rng = stream(config.seed, "linear theory")
    trained = train_one_step(model, n_units, rng, n_steps=n_steps)
    steps = steps_towards(run, penalty, n_steps, n_test, rng) if paired else dict.fromkeys(STEPS, np.nan)
    return xr.Dataset(
        {
            "alignment": alignment_of(model, optimum),
            "tuning_r": ("drawn", draw_units(model, optimum, N_UNITS_DRAWN, rng)),
            "trained": tuning_alignment(trained.perform, trained.observe),
            "trained_r": ("unit", trained.tuning_r),
            "steps": ("step", [steps[name] for name in STEPS]),
        },
        coords={"step": list(STEPS)},
    )


def steps_towards(run: Run, penalty: float, n_steps: int, n_test: int, rng: np.random.Generator) -> dict[str, float]:
    """Return the alignment of one-step models that each give up something that the theory assumes.

    In turn: joint states that add up (the gain is then the network's own, and 1 where it has no joint pass); linear
    units; the penalty, without which the end of gradient descent depends on its start; and linear units as well.
    """
    config = run.config
    effects, todo = make_world(config.world, config.seed).effects, passes(config)
    model = LinearModel(effects, todo, penalty)
    gain = _gain(run, n_test) if any(p.name == "joint" for p in todo) else 1.0
    scaled = LinearModel(effects, todo, penalty, joint_gain=gain)

    def descend(**options: object) -> float:
        network = train_one_step(model, config.network.hidden_size, rng, n_steps=n_steps, **options)
        return tuning_alignment(network.perform, network.observe)

    found = {"joint gain as measured": alignment_of(scaled, scaled.optimum(tolerance=1e-8))}
    found["tanh"] = descend(activation="tanh")
    free = {"penalty": 0.0, "momentum": 0.0, "rate": 0.1}
    for name, start in STARTS.items():
        found[f"no penalty, {name} start"] = descend(start=start, **free)
        found[f"no penalty, {name} start, tanh"] = descend(start=start, activation="tanh", **free)
    return found


def _gain(run: Run, n_test: int) -> float:
    """Return the gain of the joint pass in a network's own tunings (see
    `mirror_core.studies.ingredients.subspaces.joint_gain`)."""
    episodes = heldout_episodes(run.config, n_test)
    recording = record(run.network, episodes)
    states = [*both_modes(recording), joint_states(run.network, episodes)]
    return joint_gain(*(action_means(centred(x, True), episodes.actions) for x in states))
