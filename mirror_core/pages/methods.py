"""How well the networks learned their two tasks: loss curves of many runs, the limits of a loss, and a verdict."""

import math

import pandas as pd
from IPython.display import HTML

from mirror_core.pages.tables import cell, show, statement
from mirror_core.studies.grid import Grid
from mirror_core.studies.learning import final_heldout, floors, histories, levels
from mirror_core.studies.wording import decimal, listed, under_readings

OBJECTIVES = {"predict": "forward (mean squared error)", "infer": "inverse (cross-entropy, nats)"}
TASKS = {"predict": "predicting sensations", "infer": "inferring actions"}
"""Objective → the task in plain words."""


def final_losses(history: pd.DataFrame) -> HTML:
    """Show the held-out loss of every pass after training, as mean with 95 % interval over networks."""
    last = final_heldout(history)
    rows = [
        {
            "reading": reading,
            "pass": mode,
            "objective": OBJECTIVES[objective],
            "held-out loss": cell(group.loss, (0, math.inf), 3),
            "networks": len(group),
        }
        for (reading, mode, objective), group in last.groupby(["reading", "mode", "objective"], sort=False)
    ]
    return show(pd.DataFrame(rows))


def finding(grid: Grid) -> HTML:
    """Say in plain words whether both tasks were learned, then by how much.

    The rule: an objective is learned under a reading if the mean held-out loss of its own mode's pass (forward:
    perform; inverse: observe) is less than half of a constant guess's.
    """
    last, guess = final_heldout(histories(grid)), levels(grid)
    floor = floors(next(iter(grid.values())).config)["predict"]
    own = {"perform": "predict", "observe": "infer"}
    last = last[last.objective == last["mode"].map(own)]
    means = last.groupby(["reading", "objective"], sort=False).loss.mean()
    missed = [(r, o) for (r, o), v in means.items() if v >= guess[o] / 2]
    readings = list(dict.fromkeys(last.reading))
    first = (
        "Networks learn both tasks: predicting what an action will feel like, and inferring actions from what is felt."
    )
    second = f"Both are learned under {listed(readings)}."
    if missed:
        which = listed([said for o, said in TASKS.items() if o in [task for _, task in missed]])
        where = under_readings(list(dict.fromkeys(r for r, _ in missed)), readings)
        first = f"Not every task is learned: {which} {'falls' if ' and ' not in which else 'fall'} short {where}."
        objectives = ", ".join(f"the {OBJECTIVES[o]} objective under {r}" for r, o in missed)
        second = f"The loss of {objectives} is above half of a constant guess's."
    worst = means.groupby("objective").max()
    second += (
        f" On held-out episodes, in each task's own pass, the error of predicted sensations is at most "
        f"{decimal(worst['predict'], 3)} in the mean "
        f"over networks (a constant guess: {decimal(guess['predict'])}; the noise floor: {decimal(floor, 4)}), and the "
        f"cross-entropy of inferred actions at most {decimal(worst['infer'], 3)} nats "
        f"(a guess: {decimal(guess['infer'])})."
    )
    return statement(first, second)
