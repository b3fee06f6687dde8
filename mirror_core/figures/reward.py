"""The figure of one network that learns by reward: how well it infers each action, step by step."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Bool
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mirror_core.figures.kept import keep, sentence
from mirror_core.figures.marks import threshold
from mirror_core.figures.style import CONTROL, SHARED, row_of_panels
from mirror_core.studies.wording import with_interval


def learning(accuracies: pd.DataFrame, salient: Bool[np.ndarray, " action"]) -> Figure:
    """Draw the accuracy of each action over the steps, a line an action.

    Parameters
    ----------
    accuracies
        Index: steps done; a column for each action.
    salient
        Which actions pay more where pay is salient.
    """
    fig, axes = row_of_panels(["each action as it is learned"], 2.8, lone=0.8)
    axis = axes[0, 0]
    look = {True: dict(color=SHARED, linewidth=2), False: dict(color=CONTROL, linewidth=1, linestyle="--")}
    for action, chosen in zip(accuracies.columns, salient, strict=True):
        axis.plot(accuracies.index, accuracies[action], **look[bool(chosen)])
    threshold(axis, 1 / len(salient), "chance", across=True)
    axis.set(ylim=(-0.02, 1.02), xlabel="steps of learning", ylabel="accuracy", yticks=[0, 0.5, 1])
    names = {True: "salient", False: "other"}
    fig.legend(handles=[Line2D([], [], label=names[one], **look[one]) for one in look], loc="outside right center")
    means = {names[one]: accuracies.iloc[-1][salient == one].mean() for one in look}
    said = [f"{name} actions {with_interval([mean])}" for name, mean in means.items()]
    table = accuracies.reset_index().melt("step", var_name="action", value_name="accuracy").astype({"action": int})
    table["salient"] = salient[table.action.to_numpy()]
    seen = f"Mean accuracy in the end, {sentence(said)}"
    return keep(fig, learning, table, seen)
