"""What is measured on each network of the factorial, as one table."""

import numpy as np
import pandas as pd

from mirror_core.analysis import null_test
from mirror_core.config.paper import STRONG_THRESHOLD
from mirror_core.recordings.chosen import both_modes
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.runs.kept import analyse_runs
from mirror_core.runs.store import Run, RunStore
from mirror_core.seeding import stream
from mirror_core.studies.ingredients.factorial import Factorial
from mirror_core.studies.measures.basic import measure_run
from mirror_core.studies.measures.decoding import ACROSS, MAIN_DECODER, accuracy_name
from mirror_core.studies.measures.significance import ALPHA, TRUSTED
from mirror_core.studies.own_tasks import own_tasks_of

N_EXCHANGES = 999
"""Exchanges of labels that decide which units are tuned."""


def check_network(run: Run, n_test: int) -> dict[str, float]:
    """Test units against other units, and score each mode at its own task, on held-out episodes.

    Returns
    -------
    dict
        `significant`: share of units whose tunings are more alike than those of different tuned units (tuning
        mismatch, one-sided, q ≤ .05 by Benjamini–Hochberg); `explained`: share of the sensations' variance that
        performing predicts, negative where it is worse than their mean; `named`: share of timesteps at which observing
        names the action.
    """
    episodes = heldout_episodes(run.config, n_test)
    recording = record(run.network, episodes)
    rng, actions = stream(run.config.seed, "mismatch"), recording.action.values
    test = null_test(*both_modes(recording), TRUSTED, N_EXCHANGES, rng, actions=actions, alternative="greater")
    own = own_tasks_of(run.network, recording, episodes)
    significant = float(np.mean(test.significant(ALPHA, "bh")))
    return {"significant": significant, "explained": own.explained, "named": own.named}


def measure_factorial(
    factorial: Factorial, n_test: int, *, store: RunStore | None = None, progress: bool = True
) -> pd.DataFrame:
    """Return one row for each cell and seed; what the store has kept is taken from there.

    Returns
    -------
    pandas.DataFrame
        Columns `cell`, `seed`; `strong` and `centred` (share of units with r > .75, raw and timestep-centred);
        `significant`, `explained`, `named` (see `check_network`); `logistic_perform_observe` and
        `logistic_observe_perform` (accuracy of a decoder of the action, trained in one mode and tested in the other)
        and `chance`.
    """
    runs = list(factorial.values())
    measured = analyse_runs(measure_run, runs, store=store, progress=progress, n_test=n_test)
    checked = analyse_runs(check_network, runs, store=store, progress=progress, n_test=n_test)
    rows = []
    for (cell, seed), one, check in zip(factorial, measured, checked, strict=True):
        strong = (one.r > STRONG_THRESHOLD).mean("unit")
        accuracy = one.accuracy.sel(decoder=MAIN_DECODER)
        across = {accuracy_name(MAIN_DECODER, a, b): float(accuracy.sel(train_mode=a, test_mode=b)) for a, b in ACROSS}
        centrings = {"strong": "raw", "centred": "timestep-centred"}
        shares = {name: float(strong.sel(centring=centring)) for name, centring in centrings.items()}
        rows.append({"cell": cell, "seed": seed, **shares, **check, **across, "chance": float(one.chance)})
    return pd.DataFrame(rows)
