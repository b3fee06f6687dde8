"""Units of a trained network silenced: what each mode loses, for mirror units and for sets of other units as large.

A silenced unit is held at zero, or at its mean activity in that mode, after every timestep: heads read that value and
the next timestep continues from it. Which units are mirror units is decided on one half of the held-out episodes; what
silencing them costs is measured on the other.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from threadpoolctl import threadpool_limits
from torch import nn
from torch.nn import functional

from mirror_core.analysis import split_half, top_units, unit_correlation
from mirror_core.arrays import MODES
from mirror_core.checks import whole
from mirror_core.networks.cores import GRU
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.own_heads import own_head
from mirror_core.networks.silencing import silenced_states
from mirror_core.recordings.of_networks import N_TEST, heldout_episodes, record
from mirror_core.runs.store import Run
from mirror_core.runs.workers import one_thread
from mirror_core.seeding import stream
from mirror_core.studies.measures.tasks import ABLATIONS
from mirror_core.worlds.episodes import Episodes

DOSES = (4, 8, 16, 32, 64)
"""Numbers of units to silence; those beyond the number of units of a core are left out."""

GROUPS = ("top", "anti", "random", "variance-matched")
"""Which units: the largest r; the smallest, if negative; and two kinds of sets drawn from all units of the core, of any
size, or with as many units of each level of variance as the top units have."""

NULL_GROUPS = GROUPS[2:]

_UNITS_PER_CELL = 10  # units of similar variance in both modes, among which a matched set is drawn
_AT_ONCE = 8  # lesions in one forward pass: as many as the processor's cache holds


class Lesion(NamedTuple):
    """Units to silence, and why these."""

    group: str
    ablation: str
    draw: int
    """Counts the sets of a group of the same size, from 0."""
    units: np.ndarray


def lesion_effects(run: Run, n_test: int = N_TEST, n_draws: int = 20, doses: Sequence[int] = DOSES) -> pd.DataFrame:
    """Silence units of a run's network and measure each mode's own loss.

    With separate cores, a set of units is silenced in each mode's own core.

    Parameters
    ----------
    n_test
        Held-out episodes; units are chosen on one half of them, losses measured on the other.
    n_draws
        Sets of each null group, for each dose and ablation.

    Returns
    -------
    pandas.DataFrame
        One row for each lesion and mode: `group` (of `GROUPS`, or "none" for the intact network), `ablation` (of
        `ABLATIONS`, or "none"), `n_units`, `draw`, `mode`, `loss` (perform: mean squared error of the predicted
        sensations; observe: cross-entropy of the action, in nats), `loss_change` (minus the intact network's),
        `explained` (perform: share of the sensations' variance that is predicted; can be negative), `accuracy`
        (observe: share of timesteps whose action is named), `variance` (mean over the silenced units of their variance
        in the mode). No row of "anti" where fewer units have a negative r than the dose, and none at all where fewer
        have a defined r.

    Raises
    ------
    OptionError
        For fewer than four episodes, no draw, or a dose that is no whole number above 0.
    """
    whole("n_test", n_test, 4)
    whole("n_draws", n_draws, 1)
    for dose in doses:
        whole("dose", dose, 1)
    seed = run.config.seed
    episodes = heldout_episodes(run.config, n_test)
    choosing, testing = split_half(n_test, stream(seed, "halves"))
    perform, observe = record(run.network, _part(episodes, choosing)).values
    activity = dict(zip(MODES, (perform, observe), strict=True))
    variance = {mode: states.var(axis=(0, 1), dtype=float) for mode, states in activity.items()}
    r = unit_correlation(perform, observe)

    intact = Lesion("none", "none", 0, np.array([], dtype=int))
    lesions = [intact, *_lesions(r, np.stack(list(variance.values())), doses, n_draws, stream(seed, "lesions"))]
    parts = []
    for mode in MODES:
        means = activity[mode].mean(axis=(0, 1), dtype=float)
        with one_thread():
            table = _losses(run.network, mode, _part(episodes, testing), lesions, means)
        table["loss_change"] = table.loss - table.loss[0]
        table["variance"] = [variance[mode][lesion.units].mean() if len(lesion.units) else np.nan for lesion in lesions]
        parts.append(table.assign(mode=mode))
    labels = pd.DataFrame([(x.group, x.ablation, len(x.units), x.draw) for x in lesions])
    labels.columns = ["group", "ablation", "n_units", "draw"]
    columns = [*labels.columns, "mode", "loss", "loss_change", "explained", "accuracy", "variance"]
    return pd.concat([labels.join(part) for part in parts], ignore_index=True)[columns]


def against_draws(effects: pd.DataFrame) -> pd.DataFrame:
    """Compare what the chosen units cost with what sets of other units as large cost, in one network.

    Returns
    -------
    pandas.DataFrame
        One row for each `group` ("top", "anti"), `null` (of `NULL_GROUPS`), `ablation`, `n_units` and `mode`:
        `loss_change`; `null_mean` and `null_sd` of the null's sets; `excess` (loss_change minus null_mean); `p`,
        one-sided: the share of sets, the chosen one among them, that cost at least as much, so that no p is below
        1/(1 + draws). The chosen set and the draws are exchangeable if what a unit does for a mode has nothing to do
        with its r (top units and variance-matched sets: among units of similar variance; matched sets have the variance
        of the top units, and say nothing of the anti-mirror ones).
    """
    rows = []
    for (ablation, n_units, mode), one in effects.groupby(["ablation", "n_units", "mode"], sort=False):
        changes = {group: part.to_numpy() for group, part in one.loss_change.groupby(one.group)}
        for group in GROUPS[:2]:
            for found in changes.get(group, ()):
                for null in NULL_GROUPS:
                    draws = changes[null]
                    p = (1 + np.sum(draws >= found - 1e-9)) / (1 + len(draws))
                    rows.append((group, null, ablation, n_units, mode, found, draws.mean(), draws.std(), p))
    names = ["group", "null", "ablation", "n_units", "mode", "loss_change", "null_mean", "null_sd", "p"]
    table = pd.DataFrame(rows, columns=names)
    table.insert(8, "excess", table.loss_change - table.null_mean)
    return table


def _part(episodes: Episodes, chosen: Int[np.ndarray, " chosen"]) -> Episodes:
    return Episodes(episodes.actions[chosen], episodes.sensations[chosen])


def _lesions(
    r: Float[np.ndarray, " unit"],
    variance: Float[np.ndarray, "mode unit"],
    doses: Sequence[int],
    n_draws: int,
    rng: np.random.Generator,
) -> Iterator[Lesion]:
    """Yield every set of units to silence, under every ablation."""
    cells = variance_cells(variance)
    top, anti = (top_units(r, len(r), sign) for sign in (1, -1))
    anti = anti[r[anti] < 0]
    for dose in (dose for dose in doses if dose <= len(top)):
        sets = {"top": [top[:dose]]}
        if dose <= len(anti):
            sets["anti"] = [anti[:dose]]
        sets["random"] = [rng.choice(len(r), dose, replace=False) for _ in range(n_draws)]
        sets["variance-matched"] = [matched_units(cells, top[:dose], rng) for _ in range(n_draws)]
        for group, of_group in sets.items():
            for ablation in ABLATIONS:
                for draw, units in enumerate(of_group):
                    yield Lesion(group, ablation, draw, units)


def variance_cells(variance: Float[np.ndarray, "mode unit"]) -> Int[np.ndarray, " unit"]:
    """Return for each unit its cell: units of similar variance in both modes, about ten a cell.

    Units are cut into equal parts by their variance in the first mode, each of these by that in the second: with 96
    units, three by three.
    """
    n_units = variance.shape[1]
    n_parts = max(1, int(np.sqrt(n_units / _UNITS_PER_CELL)))
    cells = np.empty(n_units, dtype=int)
    for i, part in enumerate(np.array_split(np.argsort(variance[0], kind="stable"), n_parts)):
        ordered = part[np.argsort(variance[1][part], kind="stable")]
        for j, cell in enumerate(np.array_split(ordered, n_parts)):
            cells[cell] = i * n_parts + j
    return cells


def matched_units(
    cells: Int[np.ndarray, " unit"], units: Int[np.ndarray, " chosen"], rng: np.random.Generator
) -> Int[np.ndarray, " chosen"]:
    """Draw as many units of each cell as `units` has, from all units there, so also from `units`."""
    return np.concatenate(
        [
            rng.choice(np.flatnonzero(cells == cell), count, replace=False)
            for cell, count in zip(*np.unique(cells[units], return_counts=True), strict=True)
        ]
    )


def _losses(
    network: MirrorNetwork, mode: str, episodes: Episodes, lesions: Sequence[Lesion], means: Float[np.ndarray, " unit"]
) -> pd.DataFrame:
    """Return a mode's own loss, and what it comes to, under every lesion."""
    silent = np.zeros((len(lesions), len(means)), dtype=np.float32)
    held_at_mean = np.zeros_like(silent)
    for i, lesion in enumerate(lesions):
        silent[i, lesion.units] = 1
        held_at_mean[i] = silent[i] * (lesion.ablation == "mean")
    level = held_at_mean * means.astype(np.float32)
    performing = mode == "perform"
    head = own_head(network, mode)
    core = network.cores[network.core_of(mode)]
    with torch.no_grad():
        actions, sensations = torch.from_numpy(episodes.actions), torch.from_numpy(episodes.sensations)
        drive = network.drive(actions, None) if performing else network.drive(None, sensations)
        compilable = isinstance(core, GRU) and importlib.util.find_spec("numba")
        losses = _compiled_losses if compilable else _plain_losses
        loss, right = losses(core, head, drive, episodes, silent, level, performing)
        if performing:
            right = 1 - loss / float(((sensations - sensations.mean((0, 1))) ** 2).mean())
    table = pd.DataFrame({"loss": loss, "explained" if performing else "accuracy": right})
    return table.reindex(columns=["loss", "explained", "accuracy"])


ByLesion = Float[np.ndarray, " lesion"]


def _plain_losses(
    core: nn.Module,
    head: nn.Linear,
    drive: Float[torch.Tensor, "batch time input"],
    episodes: Episodes,
    silent: Float[np.ndarray, "lesion unit"],
    level: Float[np.ndarray, "lesion unit"],
    performing: bool,
) -> tuple[ByLesion, ByLesion]:
    """Return the loss under every lesion and the share of actions that are named, which is NaN when performing."""
    actions, sensations = torch.from_numpy(episodes.actions), torch.from_numpy(episodes.sensations)
    rows = []
    for some in torch.arange(len(silent)).split(_AT_ONCE):
        keep = torch.from_numpy(1 - silent)[some]
        output = head(silenced_states(core, drive, keep, torch.from_numpy(level)[some]))
        if performing:
            loss = ((output - sensations) ** 2).mean((1, 2, 3))
            rows += [(one, np.nan) for one in loss.tolist()]
        else:
            said = output.log_softmax(-1)
            loss = -said.gather(-1, actions.expand(len(some), -1, -1)[..., None]).mean((1, 2, 3))
            right = (said.argmax(-1) == actions).float().mean((1, 2))
            rows += zip(loss.tolist(), right.tolist(), strict=True)
    return tuple(np.array(rows).T)


def _compiled_losses(
    core: GRU,
    head: nn.Linear,
    drive: Float[torch.Tensor, "batch time input"],
    episodes: Episodes,
    silent: Float[np.ndarray, "lesion unit"],
    level: Float[np.ndarray, "lesion unit"],
    performing: bool,
) -> tuple[ByLesion, ByLesion]:
    """Return the same from machine code, each lesioned network being a smaller one."""
    from mirror_core.networks.silencing_compiled import summed_losses  # here, since Numba may be missing

    n_units = core.hidden_size
    recurrent_bias = core.bias_hh_l0.detach().numpy()
    in_gates = np.where(np.arange(3 * n_units) < 2 * n_units, recurrent_bias, 0)
    driven = functional.linear(drive, core.weight_ih_l0, core.bias_ih_l0 + torch.from_numpy(in_gates)).numpy()
    driven, target, labels = (
        np.ascontiguousarray(np.moveaxis(x, 0, -1)) for x in (driven, episodes.sensations, episodes.actions)
    )
    readers = np.concatenate([core.weight_hh_l0.detach().numpy(), head.weight.detach().numpy()])
    silenced = level @ readers.T
    silenced[:, 3 * n_units :] += head.bias.detach().numpy()
    found = []
    with threadpool_limits(1, user_api="blas"):
        for off, constant in zip(silent, silenced, strict=True):
            going = np.flatnonzero(off == 0)
            rows = np.concatenate([going, going + n_units, going + 2 * n_units, np.arange(3 * n_units, len(readers))])
            found.append(
                summed_losses(
                    driven,
                    going,
                    readers[np.ix_(rows, going)],
                    constant[rows],
                    recurrent_bias[2 * n_units :],
                    target,
                    labels,
                    performing,
                )  # fmt: skip
            )
    total, right = np.array(found).T
    return total / (target if performing else labels).size, right / labels.size if not performing else right * np.nan
