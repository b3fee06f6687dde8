"""The page on which trained networks run in the reader's browser: their weights as scripts, and what is known of them.

The program that runs them is in `book/extra/playground/`. Networks come as scripts that call one function, since a page
opened from disk may not fetch anything; each is loaded when it is first asked for.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from IPython.display import HTML

from mirror_core.arrays import MODES
from mirror_core.config.conditions import CONDITIONS, READINGS, Variant
from mirror_core.config.paper import STRONG_THRESHOLD
from mirror_core.config.settings import Config
from mirror_core.networks.exported import folded
from mirror_core.pages.anchors import run_anchor
from mirror_core.pages.publishing.files import TextFile
from mirror_core.pages.tables import statement
from mirror_core.recordings.of_networks import heldout_episodes
from mirror_core.studies.grid import Grid
from mirror_core.studies.own_tasks import OwnTasks, own_tasks
from mirror_core.studies.wording import listed
from mirror_core.worlds.linear import make_world

WORDS = {
    "as-written": ("as-written", "Acting and observing never meet in training."),
    "self-observation": ("self-observation", "In training it also senses the effects of its own acts."),
    "dual-readout": ("dual-readout", "In training both tasks are read from both modes."),
    "shared": ("one shared core", "One core acts and observes."),
    "separate-cores": ("two cores", "One core acts, the other observes; each has heads of its own."),
    "separate-cores-shared-heads": ("two cores, shared heads", "One core acts, the other observes; they share heads."),
    "untrained": ("untrained", "Nothing was trained: the core as it was drawn, whatever the reading."),
}
"""Reading or condition → how the switch calls it, and what it is in plain words; any other has those of the library."""

SCRIPTS = ("network.js", "world.js", "state.js", "draw.js", "app.js")
"""The program, in the order in which its parts need each other."""

_LARGEST = 2**23 - 1  # of a signed number of three bytes


def packed(values: np.ndarray) -> dict[str, Any]:
    """Return an array as text: whole numbers of three bytes, the least first, in base 64, times one scale.

    The rounding is at most 6 × 10⁻⁸ of the largest value, as that of single precision is; two bytes would change what
    the networks say by more than 10⁻⁴.

    Examples
    --------
    >>> packed(np.array([[1.0, -1.0]]))["data"]
    '//9/AQCA'
    """
    scale = float(np.abs(values).max()) / _LARGEST or 1.0
    whole = np.rint(values / scale).astype("<i4")
    three = whole.reshape(-1, 1).view(np.uint8)[:, :3]
    return {"shape": list(values.shape), "scale": scale, "data": base64.b64encode(three.tobytes()).decode()}


def glue_networks(glue: Callable[..., None], grid: Grid) -> dict[tuple[str, str], str]:
    """Glue every network of a grid as a script; return their names by (reading, condition).

    Networks with the same weights, such as the untrained ones of all readings, are one script.
    """
    names: dict[str, str] = {}
    found = {}
    for (reading, condition, _), run in grid.items():
        text = json.dumps({name: packed(values) for name, values in folded(run.network).items()})
        if text not in names:
            names[text] = f"{reading}--{condition}"
            script = f"Playground.receive({json.dumps(names[text])}, {text});\n"
            glue(names[text], TextFile(script, "js"), display=False)
        found[reading, condition] = names[text]
    return found


def known(grid: Grid, n_test: int) -> dict[tuple[str, str], OwnTasks]:
    """Return what each network of a grid of one seed does on held-out episodes, by (reading, condition)."""
    return {(reading, condition): own_tasks(run, n_test) for (reading, condition, _), run in grid.items()}


def _strong(one: OwnTasks) -> int:
    return int(np.sum(one.r > STRONG_THRESHOLD))


def finding(found: dict[tuple[str, str], OwnTasks], reading: str, condition: str) -> HTML:
    """Say how many mirror units the network has that is shown first; then of how many units, and what others have."""
    first = found[reading, condition]
    n_units = len(first.r)
    others = [
        f"{_strong(one)} ({WORDS.get(name, (name,))[0]})"
        for (where, what), one in found.items()
        for name in [what if where == reading else where]
        if (where == reading) != (what == condition)
    ]
    n = _strong(first)
    units = "unit does" if n == 1 else "units do"
    more = (
        f"It has {n_units} units and runs in this page: choose what it does, silence units, or switch one thing about "
        "how it was trained."
    )
    if others:
        more += f" Units with r &gt; {STRONG_THRESHOLD:g} then number {listed(others)}."
    return statement(
        f"In the network below, {n or 'no'} {units} the same when it acts and when it observes.",
        more,
    )


def app(grid: Grid, found: dict[tuple[str, str], OwnTasks], files: dict[tuple[str, str], str], n_test: int) -> HTML:
    """Return the playground.

    Parameters
    ----------
    grid
        Runs of one seed, the one to show first in front.
    n_test
        Held-out episodes on which units and tasks are measured.
    """
    networks = [
        {
            "reading": reading,
            "condition": condition,
            "file": files[reading, condition],
            "run": run.fingerprint,
            "anchor": run_anchor(run.fingerprint),
            "shared": run.config.network.shared_core,
            "tasks": _plain(found[reading, condition]),
        }
        for (reading, condition, _), run in grid.items()
    ]
    (reading, condition, seed), first = next(iter(grid.items()))
    data = {
        "seed": seed,
        "first": {"reading": reading, "condition": condition},
        "threshold": STRONG_THRESHOLD,
        "world": _world(first.config),
        "episodes": _episodes(first.config, n_test),
        "readings": _named(READINGS, [one["reading"] for one in networks]),
        "conditions": _named(CONDITIONS, [one["condition"] for one in networks]),
        "networks": networks,
    }
    text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    scripts = "".join(f'<script src="../playground/{name}" defer></script>' for name in SCRIPTS)
    return HTML(
        '<link rel="stylesheet" href="../playground/playground.css"/>'
        '<div class="playground" id="playground">'
        '<p class="pg-waiting">The networks run by script, on the pages of the site.</p>'
        f'<script type="application/json" class="pg-data">{text}</script></div>{scripts}'
    )


def _named(variants: Mapping[str, Variant], names: list[str]) -> dict[str, dict[str, str]]:
    said = {name: WORDS.get(name, (name, variants[name].meaning)) for name in names}
    return {name: {"label": label, "meaning": meaning} for name, (label, meaning) in said.items()}


def _plain(tasks: OwnTasks) -> dict[str, Any]:
    def rounded(values: np.ndarray) -> list[float | None]:
        return [round(float(one), 6) if np.isfinite(one) else None for one in values]

    rest = {name: float(f"{getattr(tasks, name):.6g}") for name in ("error", "explained", "cross_entropy", "named")}
    of_modes = {name: dict(zip(MODES, map(rounded, getattr(tasks, name)), strict=True)) for name in ("mean", "spread")}
    return {"r": rounded(tasks.r), **of_modes, **rest}


def _world(config: Config) -> dict[str, Any]:
    world = config.world
    return {
        "decay": world.decay,
        "noise": world.noise_std,
        "length": config.training.sequence_length,
        "effects": np.round(make_world(world, config.seed).effects, 7).tolist(),
    }


def _episodes(config: Config, n_test: int) -> dict[str, Any]:
    """Return the held-out episodes, small: actions as digits, and the noise behind the sensations in single bytes.

    With the noise rather than the sensations, the page can make it stronger.
    """
    world = config.world
    episodes = heldout_episodes(config, n_test)
    felt = episodes.sensations.astype(float)
    before = np.concatenate([np.zeros_like(felt[:, :1]), felt[:, :-1]], axis=1)
    effects = make_world(world, config.seed).effects[episodes.actions]
    noise = (felt - world.decay * before - effects) / (world.noise_std or 1)
    scale = float(np.abs(noise).max()) / 127 or 1.0
    return {
        "n": n_test,
        "actions": base64.b64encode(episodes.actions.astype(np.uint8).tobytes()).decode(),
        "noise": base64.b64encode(np.rint(noise / scale).astype(np.int8).tobytes()).decode(),
        "scale": scale,
    }
