"""Why the ingredients act: where the two modes live in the core, and what a linear core predicts."""

import numpy as np
import pandas as pd
import xarray as xr
from IPython.display import HTML

from mirror_core.config.conditions import READINGS, configure
from mirror_core.config.paper import STRONG_THRESHOLD
from mirror_core.config.passes import passes
from mirror_core.config.settings import Config
from mirror_core.pages.tables import cell, show
from mirror_core.studies.measures.base import ANY, CORRELATION, SHARE
from mirror_core.studies.theory.study import ladder
from mirror_core.studies.theory.units import SymmetricWorld, share_above
from mirror_core.studies.wording import decimal, side, with_interval

CLOSE = 0.1
"""Theory and networks agree on an alignment if their mean difference, matched by seed, is smaller than this."""

PENALTIES = (1e-2, 3e-3, 1e-3)


def spaces_table(spaces: xr.Dataset) -> HTML:
    """Show how the two modes' subspaces lie to each other, for the whole activity and for the action's part of it."""
    rows = []
    for at in _groups(spaces):
        one, row = spaces.sel(at), _labels(at)
        for part in ("whole", "action"):
            row |= {
                f"alignment index, {part}": cell(one["index"].sel(part=part).mean("mode"), SHARE),
                f"of directions in use, {part}": decimal(float(one.index_null.sel(part=part).mean())),
            }
        row["smallest angle, action"] = cell(one.angle.sel(part="action").isel(dim=0), (0, 90), 0) + "°"
        row["gain of the joint state"] = cell(one.joint_gain, ANY)
        rows.append(row)
    return show(pd.DataFrame(rows))


def _groups(spaces: xr.Dataset) -> list[dict[str, str]]:
    """Return every reading under every condition."""
    return [{"reading": r, "condition": c} for r in spaces.reading.values for c in spaces.condition.values]


def _labels(at: dict[str, str]) -> dict[str, str]:
    return {"reading": at["reading"], "episodes": "paired" if at["condition"] == "shared" else "mispaired"}


def _name(at: dict[str, str]) -> str:
    return at["reading"] + (", mispaired" if at["condition"] == "mispaired" else "")


def spaces_said(spaces: xr.Dataset) -> HTML:
    """Say how the modes' action subspaces lie under each reading and pairing, against a random orientation.

    The rule: more (less) aligned if the 95 % interval over networks of the alignment index lies above (below) the mean
    index of randomly oriented subspaces of K − 1 among all units' dimensions, (K − 1) / H.
    """
    chance = spaces.sizes["dim"] / spaces.sizes["unit"]
    said = {"above": "more aligned than", "below": "less aligned than", "around": "as aligned as"}
    words = []
    for at in _groups(spaces):
        index = spaces["index"].sel(at | {"part": "action"}).mean("mode").values
        how = f"{said[side(index, chance)]} any directions" if len(index) > 1 else "compared on one network"
        words.append(f"under {_name(at)}, {how} ({with_interval(index, SHARE)})")
    return HTML(
        "<p>The directions in which performing and observing tell the action of this timestep are: "
        f"{'; '.join(words)}. The numbers are alignment indices; {decimal(chance)} is that of directions drawn in the "
        "space of all units. Those that a network uses at all are far fewer: for them, see the next table.</p>"
    )


def theory_table(spaces: xr.Dataset, predicted: xr.Dataset) -> HTML:
    """Show theory, trained linear networks and the networks side by side."""
    rows = []
    for at in _groups(spaces):
        network, theory = spaces.sel(at), predicted.sel(at)
        rows.append(
            _labels(at)
            | {
                "alignment, theory": cell(theory.alignment, CORRELATION),
                "trained linear": cell(theory.trained, CORRELATION),
                "trained GRU": cell(network.tuning_alignment, CORRELATION),
                "tuning r > .75, theory": cell(_strong(theory.tuning_r), SHARE),
                "trained linear ": cell(_strong(theory.trained_r), SHARE),
                "trained GRU ": cell(_strong(network.tuning_r), SHARE),
                "theory holds": _verdict(network.tuning_alignment, theory.alignment),
            }
        )
    return show(pd.DataFrame(rows), f"Agreement: mean difference below {CLOSE}")


def _strong(r: xr.DataArray) -> np.ndarray:
    """Return each network's share of units with a tuning correlation above the paper's threshold."""
    return (r > STRONG_THRESHOLD).mean([d for d in r.dims if d != "seed"]).values


def _verdict(network: xr.DataArray, theory: xr.DataArray) -> str:
    return "yes" if abs(float((network - theory).mean())) < CLOSE else "no"


def theory_said(spaces: xr.Dataset, predicted: xr.Dataset) -> HTML:
    """Say under which readings and pairings the linear theory holds, and where trained networks depart from it."""
    holds, fails = [], []
    for at in _groups(spaces):
        network, theory = spaces.tuning_alignment.sel(at), predicted.alignment.sel(at)
        found = with_interval(network.values, CORRELATION)
        text = f"{_name(at)} ({decimal(float(theory.mean()))} predicted, {found} found)"
        (holds if _verdict(network, theory) == "yes" else fails).append(text)
    one_value = [reading for reading in predicted.reading.values if reading != "as-written"]  # which has only a mean
    gap = ""
    if one_value:
        one = predicted.sel(reading=one_value)
        worst = float(abs(one.alignment - one.trained).max())
        gap = f" Trained linear networks end within {worst:.3f} of it where it names one value."
    return HTML(
        f"<p>The theory's alignment is within {CLOSE} of the networks' under {'; '.join(holds) or 'none'}. "
        f"It is not under {'; '.join(fails) or 'none'}.{gap}</p>"
    )


def symmetric_table(base: Config) -> HTML:
    """Show the theory's numbers for a world of equal and evenly spread effects, where it is a 2 × 2 problem."""
    n_actions, n_features = base.world.n_actions, base.world.sensory_dim
    world = SymmetricWorld(n_actions, n_features, base.world.effect_scale * n_features**0.5)
    rows = []
    for reading in READINGS:
        todo = passes(configure(base, reading))
        for penalty in PENALTIES:
            m, alignment = world.optimum(todo, penalty)
            rows.append(
                {
                    "reading": reading,
                    "penalty": f"{penalty:g}",
                    "WU": decimal(m[0, 0]), "WV": decimal(m[0, 1]), "RU": decimal(m[1, 0]), "RV": decimal(m[1, 1]),
                    "alignment": decimal(alignment),
                    "units with tuning r > .75": decimal(share_above(STRONG_THRESHOLD, alignment, n_actions), 3),
                }
            )  # fmt: skip
    return show(pd.DataFrame(rows))


def ladder_said(spaces: xr.Dataset, predicted: xr.Dataset) -> HTML:
    """Say how the alignment changes from theory to network, under each reading where the theory does not hold."""
    steps = ladder(spaces, predicted)
    parts = []
    for reading, one in steps.groupby("reading", sort=False):
        where = {"reading": reading, "condition": "shared"}
        if _verdict(spaces.tuning_alignment.sel(where), predicted.alignment.sel(where)) == "no":
            means = one.groupby("step", sort=False).alignment.mean()
            parts.append(f"Under {reading}: {'; '.join(f'{step}, {decimal(mean)}' for step, mean in means.items())}.")
    return HTML(f"<p>{' '.join(parts) or 'With paired episodes, the theory holds under every reading shown.'}</p>")
