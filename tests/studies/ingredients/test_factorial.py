"""The ingredients: cells and coincidences by hand, effects on a table whose effects are known, the page's words."""

import numpy as np
import pandas as pd
import pytest

from mirror_core.checks import OptionError
from mirror_core.config.conditions import configure
from mirror_core.config.passes import passes
from mirror_core.config.settings import Config
from mirror_core.figures import ingredients as figures
from mirror_core.pages import ingredients as page
from mirror_core.pages.tables import statement
from mirror_core.studies.ingredients import overview as tables
from mirror_core.studies.ingredients.effects import (
    backgrounds,
    differences,
    interaction,
    interval,
    main_effect,
    smallest_sets,
    values_of,
)
from mirror_core.studies.ingredients.factorial import (
    INGREDIENTS,
    INVERSE_ONLY,
    OWN_HEADS_READ_BOTH,
    Cell,
    checks_of,
    coincidences,
    combinations_of,
    obtain_factorial,
)
from mirror_core.studies.ingredients.measures import check_network, measure_factorial
from mirror_core.studies.measures.basic import measure_run

ALL = combinations_of(INGREDIENTS)
CORE, HEADS, JOINT, PAIRING, BOTH = INGREDIENTS
SMALL = Config().change(hidden_size=8, input_size=6, n_sequences=64, n_heldout=10, n_epochs=1, sequence_length=6)


def cell(*present, variation=""):
    return Cell(frozenset(present), variation)


def test_there_are_32_combinations_and_each_is_named_once():
    assert len(set(ALL)) == 32 == len({c.name for c in ALL})
    assert ALL[0].name == "shared core + shared heads + self-observation + pairing + both objectives"
    assert ALL[-1].name == "none"


def test_ingredients_that_are_not_varied_stay_as_written():
    found = combinations_of([JOINT, HEADS])
    assert found == [cell(CORE, PAIRING, BOTH, *more) for more in ((HEADS, JOINT), (HEADS,), (JOINT,), ())]
    assert combinations_of([]) == [cell(CORE, PAIRING, BOTH)]


@pytest.mark.parametrize(
    ("reading", "condition", "present"),
    [
        ("as-written", "shared", {CORE, PAIRING, BOTH}),
        ("self-observation", "shared", {CORE, JOINT, PAIRING, BOTH}),
        ("dual-readout", "shared", {CORE, HEADS, PAIRING, BOTH}),
        ("as-written", "separate-cores", {PAIRING, BOTH}),
        ("self-observation", "separate-cores", {JOINT, PAIRING, BOTH}),
        ("dual-readout", "separate-cores-shared-heads", {HEADS, PAIRING, BOTH}),
        ("self-observation", "mispaired", {CORE, JOINT, BOTH}),
        ("dual-readout", "forward-only", {CORE, HEADS, PAIRING}),
        ("as-written", "forward-only", {CORE, PAIRING}),
    ],
)
def test_the_studys_conditions_are_cells(reading, condition, present):
    assert Cell(frozenset(present)).config(Config()) == configure(Config(), reading, condition)


def test_cells_that_coincide_by_hand():
    """The forward objective alone, in performing only, uses nothing of the observed episodes."""
    groups = [{c.name for c in group} for group in coincidences(ALL)]
    assert groups == [{"shared core + pairing", "shared core"}, {"pairing", "none"}]
    for core in ({CORE}, set()):
        (only,) = passes(Cell(frozenset(core)).config(Config()))
        assert only.name == "perform" and list(only.heads) == ["predict"]


def test_cells_that_cannot_be_answered_by_hand():
    assert {c for c in ALL if not c.answerable} == {c for c in ALL if c.has(HEADS) and not c.has(PAIRING)}


def test_heads_are_shared_where_they_read_both_modes():
    for one in ALL:
        modes_of = {}
        for p in passes(one.config(Config())):
            for objective, key in p.heads.items():
                modes_of.setdefault((objective, key), set()).add((p.core, p.name))
        drives = {name for modes in modes_of.values() for _, name in modes if name != "joint"}
        reads_both = any({"perform", "observe"} <= {name for _, name in modes} for modes in modes_of.values())
        assert reads_both == one.has(HEADS)
        if not one.has(CORE) and not one.has(HEADS):  # nothing but the inputs is common to the modes
            assert all(len({core for core, _ in modes}) == 1 for modes in modes_of.values())
        assert drives


def test_checks_vary_one_cell_each():
    found = checks_of(ALL)
    assert sum(c.variation == INVERSE_ONLY for c in found) == 8
    assert [c.name for c in found if c.variation == OWN_HEADS_READ_BOTH] == [
        f"shared core + pairing + both objectives + {OWN_HEADS_READ_BOTH}",
        f"pairing + both objectives + {OWN_HEADS_READ_BOTH}",
    ]
    own = cell(CORE, PAIRING, BOTH, variation=OWN_HEADS_READ_BOTH).config(Config())
    assert own.objective.dual_readout and not own.network.shared_heads
    inverse = cell(CORE, PAIRING, variation=INVERSE_ONLY).config(Config())
    assert inverse == configure(Config(), "as-written", "inverse-only")


def test_unknown_ingredients_are_named():
    with pytest.raises(OptionError, match="unknown ingredient 'shared hats'.*'shared heads'"):
        cell("shared hats")
    with pytest.raises(OptionError, match="unknown ingredient"):
        combinations_of(["core"])
    with pytest.raises(OptionError, match="unknown variation"):
        cell(CORE, variation="other")


def made_up(function, seeds=(42, 43, 44)):
    """Return a table in which every measure of a cell and a seed is function(has, seed)."""
    rows = []
    for one in ALL:
        for seed in seeds:
            value = function(lambda name, one=one: float(one.has(name)), seed)
            rows.append(
                {"cell": one, "seed": seed, **dict.fromkeys(("strong", "centred", "significant", "explained"), value),
                 "logistic_perform_observe": value, "logistic_observe_perform": value, "named": value, "chance": 1 / 6}
            )  # fmt: skip
    return pd.DataFrame(rows)


def known(has, seed):
    """Effects by hand: core .1 where there is self-observation, else 0; heads .4; pairing .02 × (seed − 43)."""
    return 0.1 + 0.1 * has(CORE) * has(JOINT) + 0.4 * has(HEADS) + 0.02 * (seed - 43) * has(PAIRING)


def test_effects_are_those_that_were_put_in():
    values = values_of(made_up(known), "strong")
    core = main_effect(values, CORE)
    assert core.mean == pytest.approx(0.05) and core.low == pytest.approx(0.05) and core.n == 3
    assert main_effect(values, HEADS).mean == pytest.approx(0.4)
    assert main_effect(values, BOTH)[:4] == (0, 0, 0, 1)
    pairing = main_effect(values, PAIRING)  # −.02, 0, .02 over seeds: t interval with 2 degrees of freedom
    assert pairing.mean == pytest.approx(0)
    assert pairing.high == pytest.approx(4.302653 * 0.02 / np.sqrt(3), rel=1e-6)
    assert interaction(values, CORE, JOINT).mean == pytest.approx(0.1)
    assert interaction(values, JOINT, CORE).mean == pytest.approx(0.1)
    assert interaction(values, CORE, HEADS).mean == pytest.approx(0)
    assert sorted(round(float(d.mean()), 9) for d in differences(values, CORE).values()) == [0.0] * 8 + [0.1] * 8


def test_effects_are_averaged_over_complete_backgrounds_only():
    table = made_up(known)
    values = values_of(tables.sound(table), "strong")
    assert len(values) == 24
    expected = {CORE: 12, HEADS: 8, JOINT: 12, PAIRING: 8, BOTH: 12}
    assert {name: len(backgrounds(values, name)) for name in INGREDIENTS} == expected
    assert interaction(values, HEADS, PAIRING) is None
    assert main_effect(values, HEADS).mean == pytest.approx(0.4)
    with pytest.raises(OptionError, match="no background has cells with and without 'pairing'"):
        main_effect({c: v for c, v in values.items() if c.has(PAIRING)}, PAIRING)


def test_the_smallest_sets_have_no_smaller_one_among_them():
    one = pd.Series([0.3, 0.3])
    enough = {cell(HEADS): one, cell(HEADS, CORE): one, cell(CORE, JOINT): one}
    values = enough | {cell(CORE): one * 0, cell(JOINT): one * 0}
    assert smallest_sets(values, 0.25) == [cell(HEADS), cell(CORE, JOINT)]
    assert smallest_sets(values, 0.5) == []


def test_one_network_has_no_interval():
    values = values_of(made_up(known, seeds=[42]), "strong")
    assert main_effect(values, HEADS).mean == pytest.approx(0.4) and np.isnan(main_effect(values, HEADS).low)
    assert np.isnan(interval(pd.Series([0.3])).low)
    assert "nan" not in page.finding(made_up(known, seeds=[42])).data
    assert "nan" not in page.effects_table(made_up(known, seeds=[42])).data


def test_the_plain_sentence_names_the_fewest_ingredients_that_suffice(plain):
    def said(function):
        return plain(page.finding(made_up(function)).data)

    rest = "enough for as many strong mirror units as the paper reports"
    # one alone reaches the paper's lower end, and a little less does not
    assert said(lambda has, seed: 0.25 * has(JOINT)) == f"Self-observation is {rest}; one core is not needed."
    assert said(lambda has, seed: 0.249 * has(JOINT)).startswith("No combination of the ingredients")
    assert said(lambda has, seed: 0.3 * has(CORE)) == f"One core is {rest}."
    # of two that are as small, the one that gives more; a larger one that gives more still is not named
    two = said(lambda has, seed: max(0.3 * has(CORE) * has(PAIRING), 0.4 * has(HEADS) * has(PAIRING)))
    assert two == f"Shared heads and paired episodes are {rest}; one core is not needed."
    three = said(lambda has, seed: max(0.9 * has(JOINT) * has(HEADS) * has(BOTH), 0.3 * has(CORE) * has(PAIRING)))
    assert three == f"One core and paired episodes are {rest}."
    assert said(lambda has, seed: 0.3).startswith("None of the ingredients varied here is needed")
    for one in ALL:
        plain(statement(page._enough(one), "").data)


def test_the_finding_follows_its_rule():
    text = page.finding(made_up(lambda has, seed: 0.9 * has(HEADS) * has(PAIRING) + 0.001 * (seed - 43))).data
    assert "The smallest set of ingredients" in text and "shared heads, pairing (0.90 [0.90, 0.90]); 3 networks" in text
    assert "shared heads changes the share most, by 0.90 [0.90, 0.90]" in text
    assert "No set of the varied ingredients" in page.finding(made_up(lambda has, seed: 0.2 * has(HEADS))).data
    two = page.finding(made_up(lambda has, seed: 0.9 * has(PAIRING) * max(has(HEADS), has(CORE)))).data
    assert "shared core, pairing" in two and "shared heads, pairing" in two and "All of them have pairing;" in two
    # all scores follow the share: at .3, neither task is learnt; at .9, with both objectives, both are
    unlearnt = page.finding(made_up(lambda has, seed: 0.3 * has(HEADS))).data
    assert "With none that reaches it are both tasks learnt" in unlearnt
    learnt = page.finding(made_up(lambda has, seed: 0.3 * has(HEADS) + 0.6 * has(HEADS) * has(BOTH))).data
    assert "Both tasks are learnt as well only with both objectives;" in learnt


def test_effects_are_said_by_their_intervals():
    text = page.effects_said(made_up(lambda has, seed: 0.9 - 0.2 * has(JOINT) + 0.1 * has(CORE))).data
    assert "self-observation lowers the share by 0.20 [0.20, 0.20]" in text
    assert "shared core raises the share by 0.10" in text
    assert "the effect of both objectives cannot be told from none (0.00 [0.00, 0.00])" in text


def test_the_overview_sorts_and_names_twins():
    found = tables.overview(made_up(known))
    assert (found["mean"].diff().dropna() <= 1e-12).all() and len(found) == 32
    pair = found[found.cell.isin([cell(CORE), cell(CORE, PAIRING)])]
    assert pair.twin.nunique() == 1 and pair.twin.iloc[0] in pair.index
    assert (found.twin == found.index).sum() == 30


def test_tables_mark_what_cannot_be_answered():
    assert page.cells_table(made_up(known)).data.count(" *<") == 8
    assert "8 of 32 combinations" in page.same_by_construction(ALL).data
    assert page.ingredients_table().data.count("<tr>") == 5


@pytest.fixture(scope="module")
def measured():
    cells = combinations_of([HEADS, BOTH])
    runs = obtain_factorial(SMALL, cells + checks_of(cells), [3, 4], progress=False)
    return cells, runs, measure_factorial(runs, 20, progress=False)


def test_measures_are_those_of_the_named_network(measured):
    cells, runs, table = measured
    run = runs[cell(CORE, HEADS, PAIRING, BOTH), 4]
    assert run.config == configure(SMALL.change(seed=4), "dual-readout", "shared")
    row = table[(table.cell == cell(CORE, HEADS, PAIRING, BOTH)) & (table.seed == 4)].iloc[0]
    one, check = measure_run(run, 20), check_network(run, 20)
    assert row.strong == float((one.r.sel(centring="raw") > 0.75).mean())
    across = one.accuracy.sel(decoder="logistic", train_mode="observe", test_mode="perform")
    assert row["logistic_observe_perform"] == float(across)
    assert row.named == check["named"] and row.explained == check["explained"]


def test_the_page_shows_what_was_measured(measured):
    cells, _, table = measured
    main = table[table.cell.isin(cells)]
    assert page.checks_table(main, table[~table.cell.isin(cells)]).data.count("<tr>") == len(checks_of(cells))
    effects, pairs = tables.effects(main)
    assert list(effects.ingredient) == [HEADS, BOTH] and len(pairs) == 1
    assert "nan" not in page.finding(main).data
    said = page.checks_said(main, table[~table.cell.isin(cells)]).data
    assert said.startswith("<p>With a shared core") and "nan" not in said
    assert "were not run" in page.checks_said(main, table[:0]).data


def test_task_scores_by_hand(measured):
    """With other heads: predicting the mean explains nothing, and one constant answer names its share."""
    from mirror_core.recordings.of_networks import heldout_episodes, record
    from mirror_core.studies.own_tasks import own_tasks_of

    run = measured[1][cell(CORE, PAIRING, BOTH), 3]
    episodes = heldout_episodes(run.config, 30)
    for objective in ("predict", "infer"):
        head = run.network.heads[objective]["shared"]
        head.weight.zero_()
        head.bias.zero_()
        if objective == "predict":
            head.bias += head.bias.new_tensor(episodes.sensations.mean(axis=(0, 1)))
        else:
            head.bias[2] = 1.0
    scores = own_tasks_of(run.network, record(run.network, episodes), episodes)
    assert scores.explained == pytest.approx(0, abs=1e-6)
    assert scores.named == pytest.approx(np.mean(episodes.actions == 2))


@pytest.mark.parametrize("seeds", [[42], [42, 43, 44]])
def test_figures_are_labelled_and_legible(seeds, legible):
    table = made_up(known, seeds)
    for fig in (
        figures.combinations(tables.overview(table)),
        figures.effects(tables.background_effects(table), *tables.effects(table)),
    ):
        legible(fig)
        assert all(axis.get_xlabel() or any(t.get_text() for t in axis.get_xticklabels()) for axis in fig.axes[1:])


def test_the_matrix_shows_each_cells_ingredients(style):
    table = made_up(known)
    overview = tables.overview(table)
    below = figures.combinations(overview).axes[1]
    lines = [line for line in below.get_lines() if line.get_color() == "black" and line.get_marker() == "o"]
    filled = {(float(x), int(y)) for line in lines for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)}
    expected = {(float(x), y) for x, one in enumerate(overview.cell) for y, n in enumerate(INGREDIENTS) if one.has(n)}
    assert filled == expected
