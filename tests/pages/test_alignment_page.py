"""The page of contrastive alignment: words that follow the table, and figures with every condition."""

import numpy as np
import pandas as pd
import pytest

from mirror_core.config.settings import Config
from mirror_core.experiments import alignment as study
from mirror_core.figures import alignment as figures
from mirror_core.figures.kept import kept
from mirror_core.pages import alignment as page

VALUES = dict.fromkeys(page.EXPERIMENT.measures, 0.0) | {"code_p": 0.5, "named": 0.9, "acting_error": 4.0}
VALUES |= {"recall_seen": 0.5, "named_steps": 90.0, "named_error": 6.0}


def table(**of_condition):
    """Return a table in which contrast aligns, and conditions, a word for a name, have what is asked for."""
    rows = []
    for condition in study.CONDITIONS:
        for seed in range(5):
            row = VALUES | {"condition": condition, "seed": seed, "seconds": 2.0}
            row |= {"recall_seen": 0.9} if condition.endswith("pairs") else {}
            row |= {"recall_seen": 0.01} if condition.endswith("shuffled") else {}
            row |= of_condition.get(condition.replace(" ", "_"), {})
            rows.append(row | {"recall_seen": row["recall_seen"] + 0.001 * seed})
    return pd.DataFrame(rows)


UNITS = {"mirror_units": 9.0, "mean_r": 0.4, "named_r": 0.3}


@pytest.mark.parametrize(
    ("of_condition", "said"),
    [
        ({}, "aligns the two, but makes no mirror units and helps neither task."),
        ({"pairs": {"recall_seen": 0.01}}, "does not align the two, and makes no mirror units"),
        ({"pairs": UNITS}, "aligns the two, but makes mirror units and helps neither task."),
        ({"hard_pairs": {"named": 0.95}}, "but makes no mirror units and helps one of the tasks."),
        ({"hard_pairs": {"named": 0.95, "acting_error": 3.0}, "pairs": UNITS}, "and makes mirror units and helps both"),
        ({"hard_pairs": {"named": 0.95}, "hard_shuffled": {"named": 0.95}}, "helps neither task."),
    ],
)
def test_the_finding_follows_the_claims(of_condition, said, plain):
    assert said in plain(page.finding(table(**of_condition)).data)


def test_numbers_are_said_with_their_condition():
    made = table(hard_shuffled={"acting_error": 7.5}, untrained={"recall_seen": 0.2}, pairs={"named_r": 0.4})
    assert "7.50 [7.50, 7.50] with shuffled pairs" in page.tasks_said(made).data
    assert "recall as such is no evidence" in page.probes_said(made).data
    chance = table(untrained={"recall_seen": -0.002 + 1 / 300})
    assert "recall as such" not in page.probes_said(chance).data
    assert "is 0.40 [0.40, 0.40] with alignment, 0.00" in page.level_said(made).data


def test_equal_accuracy_is_compared_by_seed_and_counts_who_gets_there():
    made = table(pairs={"named_r": 0.4, "named_error": 5.0}, separate={"acting_error": 4.5})
    made.loc[(made.condition == "separate") & (made.seed == 4), ["named_steps", "named_r", "named_error"]] = np.nan
    easy, hard = page.level_said(made).data.split("<li>")[1:]
    assert "5 of 5 networks get there with alignment, 4 of 5 without" in easy
    assert "Mean r: no change is seen (0.00 [0.00, 0.00]) after all steps, more (0.40 [0.40, 0.40]) at equal" in easy
    assert "less (−0.50 [−0.50, −0.50]) after all steps, less (−1.00 [−1.00, −1.00]) at equal accuracy" in easy
    assert hard.count("no change is seen") == 5
    made.loc[made.condition.str.startswith("hard"), ["named_steps", "named_r", "named_error"]] = np.nan
    assert "0 of 5 networks get there with alignment" in page.level_said(made).data.split("<li>")[2]
    assert "nan" not in page.level_said(made).data


def test_what_lesions_cost_is_said_beside_matched_units():
    made = table(pairs={"top_recall": 0.4, "matched_recall": 0.1, "excess_recall": 0.3}, units={"excess_error": -0.2})
    said = {one.split("</em>")[0]: one for one in page.lesions_said(made).data.split("<em>")}
    assert "0.40 [0.40, 0.40] of recall, more than matched ones, 0.10 [0.10, 0.10]" in said["pairs"]
    assert "of squared error when acting, less than matched ones" in said["units"]
    assert "of accuracy, not clearly more or less than matched ones" in said["separate"]


def test_figures_show_every_condition_and_are_legible(legible):
    made = table()
    fig = figures.conditions(page.conditions(made), page.panels(made), "pairs", page.LEVELS, page.ENDS)
    legible(fig)
    assert len(fig.axes) == len(page.SHOWN) and fig.axes[0].get_xlim() == fig.axes[1].get_xlim()
    assert [text.get_text() for text in fig.axes[0].get_yticklabels()] == page.conditions(made)
    assert set(kept(fig).data.world) == set(page.WORLDS)
    level = figures.conditions(page.trained(made), page.level_panels(made), "pairs", {}, page.LEVEL_ENDS)
    legible(level)
    assert len(level.axes) == len(page.AT_LEVEL) and set(kept(level).data.world) == set(page.WORLDS)
    tasks = figures.conditions(page.trained(made), page.task_panels(made), "pairs", {}, {})
    legible(tasks)
    lesions = figures.conditions(page.conditions(made), page.lesion_panels(made), "pairs", page.ZERO, {})
    legible(lesions)
    assert set(kept(lesions).data.world) == set(page.WORLDS) and len(lesions.axes) == len(page.OF_LESIONS)
    assert "untrained" not in set(kept(tasks).data.condition) and set(kept(tasks).data.world) == {"the hard world"}


def test_the_matrix_has_what_is_done_in_rows_and_says_what_is_seen(legible):
    matrix = np.array([[0.9, 0.1, 0.2, 0.3], [0.2, 0.8, 0.1, 0.1], [0.0, 0.1, 0.5, 0.6], [0.1, 0.0, 0.4, 0.3]])
    fig = figures.similarities({"before": 0 * matrix, "after": matrix}, 2)
    legible(fig)
    np.testing.assert_array_equal(fig.axes[1].images[0].get_array(), matrix)
    assert "paired actions, 0.85 with its own and 0.15 with others" in kept(fig).seen
    said = page.pairs_said(0 * matrix, matrix, 2).data
    assert "Of 2 episodes of the paired actions, 2 are nearest" in said and "(before learning 1)" in said
    assert "of 2 of the actions never paired, 0 (0)" in said


def test_before_and_after_are_two_cores_of_one_seed():
    base = Config().change(hidden_size=8, input_size=8, n_sequences=64, sequence_length=4)
    before, after = (study.train("pairs", base, n_steps) for n_steps in (0, 3))
    assert list(before.curve.step) == [0] and list(after.curve.step) == [0, 3]
    assert before.curve.named[0] == after.curve.named[0]
    shown = page.networks_table({"before": study.measure("pairs", before, 3, 20, 9)}).data
    assert "before" in shown and "nan" not in shown
    assert "alignment 0.02 of them are recalled, through the probe 0.60" in page.possible_said(0.02, 0.6).data
