"""Figures of the methods page: what a training step does, an episode, and the loss curves."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import MaxNLocator

from mirror_core.config.passes import Pass
from mirror_core.figures.kept import keep, means_seen
from mirror_core.figures.marks import ABOVE, note, threshold
from mirror_core.figures.style import CONTROL, MODE_COLOUR, ink, row_of_panels
from mirror_core.studies.select import where
from mirror_core.studies.wording import listed
from mirror_core.worlds.episodes import Episodes

_IN, _CORE, _OUT = 0.0, 1.0, 2.0
_NAMES = {"predict": "predict sₜ", "infer": "infer aₜ"}
_COLOUR = {**MODE_COLOUR, "joint": "#333333"}
_SPLIT_LINE = {"train": "-", "held-out": ":"}


def _box(axis: Axes, x: float, y: float, text: str, colour: str) -> None:
    axis.add_patch(
        FancyBboxPatch((x - 0.29, y - 0.2), 0.58, 0.4, boxstyle="round,pad=0.04", facecolor="white", edgecolor=colour)
    )
    axis.text(x, y, text, ha="center", va="center", fontsize=8)


def _arrow(axis: Axes, x: float, y: float, to_y: float, colour: str) -> None:
    axis.annotate("", (x + 0.66, to_y), (x + 0.34, y), arrowprops={"arrowstyle": "->", "color": colour, "lw": 1.3})


def training_step(readings: dict[str, tuple[Pass, ...]]) -> Figure:
    """Draw what one training step does under each reading: inputs, core, heads of every pass.

    Parameters
    ----------
    readings
        Reading → its passes, as `mirror_core.config.passes.passes` lists them.
    """
    most = max(len(p) for p in readings.values())
    fig, axes = row_of_panels(list(readings), 0.5 + 1.15 * most)
    for axis, todo in zip(axes[0], readings.values(), strict=True):
        for row, one in enumerate(todo):
            y, colour = -1.45 * row, _COLOUR[one.name]
            inputs = [name for name, seen in (("aₜ", one.sees_actions), ("sₜ", one.sees_sensations)) if seen]
            heads = [_NAMES[o] for o in one.heads]
            _box(axis, _CORE, y, "core", colour)
            for names, x in ((inputs, _IN), (heads, _OUT)):
                for name, dy in zip(names, [0.0] if len(names) == 1 else [0.28, -0.28], strict=True):
                    _box(axis, x, y + dy, name, colour)
                    start, end = (y + dy, y) if x == _IN else (y, y + dy)
                    _arrow(axis, min(x, _CORE), start, end, colour)
            axis.text(_IN - 0.33, y + 0.68, one.name, color=ink(colour), fontsize=8.5, fontweight="bold", va="center")
        axis.set(xlim=(-0.45, 2.45), ylim=(-1.45 * (most - 1) - 0.6, 0.85))
        axis.axis("off")
    rows = [
        {"reading": name, "pass": one.name, "sees actions": one.sees_actions, "sees sensations": one.sees_sensations,
         "heads": " ".join(one.heads)}
        for name, todo in readings.items()
        for one in todo
    ]  # fmt: skip
    said = [f"{name}: {listed([one.name for one in todo])}" for name, todo in readings.items()]
    return keep(fig, training_step, pd.DataFrame(rows), f"Passes, {'; '.join(said)}.")


def example_episode(episodes: Episodes) -> Figure:
    """Draw the first episode: the actions above, the sensations that follow below."""
    n_timesteps = episodes.actions.shape[1]
    fig, axes = row_of_panels([f"one episode: {n_timesteps} actions and what they caused"], 2.6, lone=1)
    axis = axes[0, 0]
    times = np.arange(1, n_timesteps + 1)
    axis.plot(times, episodes.sensations[0], color=MODE_COLOUR["observe"], linewidth=0.9, alpha=0.8)
    for t, action in zip(times, episodes.actions[0], strict=True):
        box = {"boxstyle": "round", "fc": MODE_COLOUR["perform"], "ec": "none"}
        note(axis, str(action), (t, 1), (0, -2), ABOVE, ha="center", va="top", fontsize=9, color="white", bbox=box)
    low, high = axis.get_ylim()
    axis.set(xlabel="timestep", xticks=times, ylim=(low, high + 0.25 * (high - low)))
    axis.set_ylabel(f"sensation ({episodes.sensations.shape[2]} features)")
    sensations = pd.DataFrame(np.asarray(episodes.sensations[0])).add_prefix("sensation ")
    sensations.insert(0, "action", np.asarray(episodes.actions[0]))
    sensations.insert(0, "timestep", times)
    said = ", ".join(str(int(action)) for action in episodes.actions[0])
    return keep(fig, example_episode, sensations, f"The actions: {said}.")


def loss_curves(history: pd.DataFrame, floors: dict[str, float], levels: dict[str, float]) -> Figure:
    """Draw both objectives over training, one line a network.

    Parameters
    ----------
    history
        Columns `reading`, `seed`, `epoch`, `split`, `mode`, `objective`, `loss`.
    floors
        Objective → least loss that is possible, where one is known.
    levels
        Objective → loss of a network that knows nothing.
    """
    readings = list(dict.fromkeys(history.reading))
    fig, axes = row_of_panels(readings, 4.6, rows=2, sharey="row")
    labels = {"predict": "forward: predict s\nmean squared error", "infer": "inverse: infer a\ncross-entropy (nats)"}
    for row, (objective, label) in enumerate(labels.items()):
        for axis, reading in zip(axes[row], readings, strict=True):
            chosen = where(history, reading=reading, objective=objective)
            for (mode, split, _), curve in chosen.groupby(["mode", "split", "seed"], sort=False):
                look = {"color": _COLOUR[mode], "linestyle": _SPLIT_LINE[split], "linewidth": 1.1, "alpha": 0.8}
                axis.plot(curve.epoch, curve.loss, **look)
            for value, name in ((levels.get(objective), "knows nothing"), (floors.get(objective), "noise floor")):
                if value:
                    threshold(axis, value, name, across=True)
            axis.set_yscale("log")
        axes[row, 0].set_ylabel(label)
    for axis in axes[-1]:
        axis.set_xlabel("epoch")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    modes = [Line2D([], [], color=_COLOUR[mode], label=mode) for mode in dict.fromkeys(history["mode"])]
    splits = [Line2D([], [], color=CONTROL, linestyle=line, label=name) for name, line in _SPLIT_LINE.items()]
    fig.legend(handles=modes + splits, loc="outside upper right", ncols=len(modes) + len(splits))
    columns = ["reading", "seed", "epoch", "split", "mode", "objective", "loss"]
    last = where(history, split="held-out", epoch=history.epoch.max())
    panels = last.assign(panel=last.objective + ", " + last.reading)
    what = "Mean loss on held-out episodes after the last epoch"
    return keep(fig, loss_curves, history[columns], means_seen(panels, "loss", "mode", "panel", what=what, digits=3))
