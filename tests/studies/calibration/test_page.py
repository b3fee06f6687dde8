"""The page says what its rules say of made-up p-values, and its figures show them, labelled and legible."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.colors import to_hex

from mirror_core.analysis import CORRECTIONS, NULLS
from mirror_core.checks import OptionError
from mirror_core.figures import calibration as figures
from mirror_core.figures import calibration_power
from mirror_core.figures.style import CONTROL, SHARED
from mirror_core.pages import calibration as page
from mirror_core.pages.tables import statement
from mirror_core.studies.calibration import levels, tables
from mirror_core.studies.calibration.design import (
    ACTIONS,
    CODE_NULLS,
    CURVES,
    SIMILARITIES,
    STATED,
    TRUSTED,
    Calibration,
)
from mirror_core.studies.calibration.mixed import TESTS, situations
from mirror_core.studies.calibration.recorded import CENTRINGS, SIDES
from mirror_core.studies.calibration.summary import share_interval

N, UNITS, N_PLANTED = 5, 40, 10


def said(nulls, rng, *, centred=False):
    """Return made-up uniform p and r, a third of the units planted."""
    dims, coords = ["network"], {"network": range(N)}
    if centred:
        dims, coords = [*dims, "centring"], coords | {"centring": list(CENTRINGS)}
    own = {"null": list(nulls), "alternative": list(SIDES), "correction": list(CORRECTIONS)}
    shape = [len(v) for v in (coords | own).values()]
    return xr.Dataset(
        {"p": ([*dims, *own, "unit"], rng.uniform(size=[*shape, UNITS])),
         "observed": (["network", "null", "unit"], rng.uniform(-1, 1, (N, len(nulls), UNITS))),
         "planted": ("unit", np.arange(UNITS) < N_PLANTED)},
        coords | own,
    )  # fmt: skip


@pytest.fixture
def found():
    rng = np.random.default_rng(0)
    without = {name: said(NULLS, rng, centred=True) for name in ("untrained", "separate cores, as-written")}
    without["independent tunings"] = said(NULLS, rng)
    kinds = [(k, s) for k in ACTIONS for s in SIMILARITIES if k in CURVES or s in (0, STATED)]
    return Calibration(without, said(NULLS, rng), {kind: said(CODE_NULLS, rng) for kind in kinds})


def test_a_share_is_judged_by_its_interval():
    assert page.judged([0.04, 0.06, 0.05]) == "within"
    assert page.judged([0.1, 0.11, 0.12]) == "above"
    assert page.judged([0, 0, 0.001]) == "below"
    assert page.judged([0.3]) == "–"


def test_what_leaves_out_the_nominal_share_is_listed(found):
    for one in found.without_code.values():
        one.p[:] = 0.04 + np.arange(UNITS) / 40  # one unit in forty
    for one in found.sweep.values():
        one.p[:] = 0.5
    for p, n in ((found.without_code["untrained"].p, 4), (found.sweep[6, 0.0].p, 6)):
        p.loc[{"null": "unit-mismatch", "alternative": "greater", "correction": "none"}] = 0.5
        for network in range(N):  # 10 and 15 % of units, one more or less
            p.loc[{"network": network, "null": "unit-mismatch", "alternative": "greater", "correction": "none",
                   "unit": slice(0, n - 1 + network % 3)}] = 0.01  # fmt: skip
    text = page.misbehaviour(found).data
    assert "untrained, raw, one-sided" in text and "separate cores, as-written, raw, one-sided: 0.025" in text
    assert "independent tunings, K = 6, one-sided: 0.14" in text and "above" in text
    rows = list(page.uncalibrated(found))
    # two sides; two situations in both centrings, but for the null that centres anyhow, and ten K
    assert len(rows) == 2 * (2 * (2 * 2 + len(ACTIONS)) + 2 + len(ACTIONS))
    assert {row[0] for row in rows if row[3] == "independent tunings, K = 5"} == {"below"}


def test_the_plain_sentence_counts_situations_in_which_a_test_holds(mixed, plain):
    made = levels.levels(mixed)
    every = made[(made.planted_share == 0) & (made.test == TRUSTED)]
    said = "Of two tests, tuning mismatch keeps its promised rate of false finds in {} simulated situations, "
    said += "unit mismatch in {}."
    n = len(every)
    for n_held, words in ((n, "all"), (n - 1, "most"), (-(-n // 2), "most"), (n // 2 - 1, "a minority of"),
                          (1, "a minority of"), (0, "none of the")):  # fmt: skip
        one = made.assign(holds=made.holds & ~made.index.isin(every.index[n_held:]))
        assert plain(statement(page.keeping(one), "").data) == said.format(words, "none")


def test_the_finding_follows_its_rules(found, mixed, plain):
    for (_, _similarity), one in found.sweep.items():
        one.p.loc[{"correction": "bh"}] = 0.5
    for k, n_found in ((4, 1), (6, 8), (9, 9), (12, 10)):
        p = found.sweep[k, STATED].p
        p.loc[{"null": TRUSTED, "correction": "bh", "alternative": "greater"}] = 0.5
        for unit in range(n_found):
            p[{"unit": unit}] = 0.01
    found.sweep[12, STATED].p.loc[{"alternative": "two-sided"}] = 0.5
    text = page.finding(found, levels.levels(mixed)).data
    assert plain(text) == page.keeping(levels.levels(mixed))
    assert "finds 0.10 at K = 4, 0.80 at K = 6, 0.90 at K = 9 and 1.00 at K = 12" in text
    assert "one-sided, reached at K = 6 and 12; not reached at K = 9, 10 and 11" in text
    assert "two-sided, reached at K = 6; not reached at K = 9, 10, 11 and 12" in text
    table = page.power_shown(tables.powers(found)[1], tables.earlier_powers(found)).data
    assert table.count("not reached") == 3 and table.count(": reached") == 2
    # one population without any: the mean falls below, the interval does not
    found.sweep[12, STATED].p.loc[{"network": 0}] = 0.5
    table = page.power_shown(tables.powers(found)[1], tables.earlier_powers(found)).data
    assert table.count("not distinguishable") == 1 and table.count(": reached") == 1


def test_the_limit_is_compared_by_the_interval():
    rows = [(k, "greater", "power", page.limit(k) + away) for k, away in ((4, 0.02), (6, -0.03), (9, 0.001))]
    rows += [(4, "two-sided", "power", 0.0), (4, "greater", "false", 0.0)]
    stated = pd.DataFrame(rows, columns=["n_actions", "alternative", "quantity", "mean"])
    wide, narrow = (stated.assign(low=stated["mean"] - half, high=stated["mean"] + half) for half in (0.05, 0.01))
    assert "inside the 95 % interval of the one-sided power at every K." in page.limit_said(wide).data
    said = [f"{k} ({page.limit(k) + away:.3f} against {page.limit(k):.3f})" for k, away in ((4, 0.02), (6, -0.03))]
    assert f"power at 1 of 3 K, outside it at K = {said[0]} and {said[1]}." in page.limit_said(narrow).data


def test_one_network_gives_numbers_without_verdicts(found, mixed):
    one = Calibration({k: v.isel(network=[0]) for k, v in found.without_code.items()}, found.planted, found.sweep)
    assert "nan" not in page.finding(one, levels.levels(mixed)).data
    assert "[" not in page.shares_shown(tables.all_calls(one), "greater", "timestep-centred").data


def test_corrected_calls_are_counted_by_network(found):
    for one in (*found.without_code.values(), *found.sweep.values()):
        one.p[:] = 0.5
    found.without_code["untrained"].p[{"network": 2, "unit": 5}] = 0.01
    text = page.discoveries_shown(found, "greater").data
    # one network of five; the other networks, each K, and all K together
    assert text.count("0.200<br>") == 3 and text.count("0.000<br>") == 3 * (2 + len(ACTIONS))
    assert f"<td>{N * len(ACTIONS)}</td>" in text


def test_a_network_without_tested_units_counts_for_nothing(found, mixed):
    p = found.without_code["untrained"].p
    p.loc[{"null": TRUSTED, "network": [0, 1]}] = np.nan
    calls = tables.all_calls(found)
    one = calls[(calls.null == TRUSTED) & (calls.situation == "untrained") & (calls.correction == "none")]
    one = one[one.alternative == "greater"]
    assert one.called.isna().sum() == 2
    shown = tables.means(one, ["situation"], "called")
    assert shown["mean"].item() == pytest.approx(one.called.mean()) and np.isfinite(shown.low.item())
    assert page.judged(np.array([0.1, np.nan])) == "–"
    p.loc[{"null": TRUSTED}] = np.nan
    assert "nan" not in page.finding(found, levels.levels(mixed)).data
    assert "nan" not in page.shares_shown(tables.all_calls(found), "greater", "raw").data


@pytest.fixture
def mixed():
    """Return made-up outcomes: unit mismatch calls a false unit in every data set, tuning mismatch in none."""
    rows = []
    for situation in situations():
        for population in range(6):
            for test in TESTS:
                old, planted = test == TESTS[0], situation.planted_share > 0
                rows.append(
                    {
                        **asdict(situation), "population": population, "test": test,
                        "tested": 1.0 if old else situation.tuned_share,
                        "called": 0.5 if old else 0.04 * situation.tuned_share, "any_false": old,
                        "found": (0.9 if old else 0.8) if planted else np.nan, "false_share": 1.0 * old,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def test_levels_by_hand(mixed):
    found = levels.levels(mixed)
    assert len(found) == 2 * len(situations()) and (found.n == 6).all()
    old, new = (found[found.test == test] for test in TESTS)
    assert (old.false == 1).all() and not old.holds.any() and new.holds.all() and (new.false == 0).all()
    assert np.allclose(new.false_high, share_interval(0, 6).high)
    assert np.allclose(new.level[new.planted_share == 0], 0.04) and new.level[new.planted_share > 0].isna().all()
    assert set(levels.above_level(found).test) == {TESTS[0]}
    by_kind = levels.by_kind(found)
    assert len(by_kind) == 2 * 2 * 2 * 4 * 3 and set(by_kind.n_actions) == {6, 12}
    assert len(levels.by_share(found)) == 2 * 3 * 5 and (levels.of_planted(found).planted_share > 0).all()
    # nothing planted: one data set of six may be wrong, not distinguishable from .05; four may not
    for n, holds in ((1, True), (4, False)):
        some = mixed[mixed.test == TESTS[1]].assign(any_false=lambda t, n=n: t.population < n)
        assert (levels.levels(some).query("planted_share == 0").holds == holds).all()


def test_a_situation_in_which_nobody_is_tested_has_no_level(mixed):
    mixed.loc[(mixed.test == TESTS[1]) & (mixed.tuned_share == 0.05), ["tested", "called"]] = 0.0
    found = levels.levels(mixed)
    none = found[(found.test == TESTS[1]) & (found.tuned_share == 0.05)]
    assert none.level.isna().all() and none.holds.all() and len(none)
    assert "nan" not in page.mixed_shown(found, planted=False).data


def test_where_a_test_does_not_hold_is_listed(mixed):
    mixed.loc[(mixed.test == TESTS[1]) & (mixed.tuning == "line") & (mixed.n_actions == 6), "any_false"] = True
    summary = levels.levels(mixed)
    text = page.holding(summary).data
    n = len(summary[(summary.test == TESTS[0]) & (summary.planted_share == 0)])
    n_line = 2 * 3  # shares of tuned units, kinds of noise
    assert f"any false unit: holds in {n - n_line} of {n} situations; above .05 in:" in text
    assert f"any false unit: holds in 0 of {n} situations" in text
    assert "<li>K = 6, 10 % tuned, line tunings, Poisson noise: 1.000 [0.541, 1.000]</li>" in text
    assert f"keeps its level in 0 of {n} situations; tuning mismatch" in page.differing(summary)
    assert f"keeps its level in {n - n_line} of {n} situations" in page.differing(summary)
    lost = page.losses(summary).data
    assert lost.count("0.800 [0.800, 0.800] against 0.900 [0.900, 0.900], where that does not hold") == 24
    assert page.mixed_shown(summary, planted=True).data.count("<tr>") == 24


def test_a_table_that_is_not_there_is_named_with_what_makes_one(tmp_path):
    with pytest.raises(OptionError, match=r"mixed = 'nowhere.parquet' is not allowed.*mirror populations --out"):
        levels.find_mixed("nowhere.parquet")
    pd.DataFrame({"test": []}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(OptionError, match="lacks the column"):
        levels.find_mixed(str(tmp_path / "other.parquet"))


def draw(found):
    """Return every figure of the page by name."""
    calls = tables.all_calls(found)
    raw = calls[(calls.correction == "none") & (calls.centring == "raw")]
    by, unrelated = ["n_actions", "null", "alternative"], tables.unrelated_calls(found)
    return {
        "which_test": lambda: figures.which_test(
            raw, tables.means(raw, ["situation", "null", "alternative"], "called"), page.QUESTIONS, 0.05
        ),
        "distributions_of_p": lambda: figures.distributions_of_p(*tables.p_curves(found), page.QUESTIONS),
        "shares_by_actions": lambda: figures.shares_by_actions(
            tables.means(unrelated[unrelated.correction == "none"], by, "called"),
            tables.families(unrelated[unrelated.correction == "bh"], by), 0.05,
        ),
        "power_curves": lambda: calibration_power.power_curves(*tables.powers(found), page.TARGETS, 0.05),
        "overlaps": lambda: calibration_power.overlaps(*tables.overlap(found)),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["which_test", "distributions_of_p", "shares_by_actions", "power_curves", "overlaps"])
def test_a_figure_is_labelled_and_legible(found, name, legible):
    fig = draw(found)[name]()
    legible(fig)
    for axis in fig.axes:
        assert axis.get_xlabel() or fig.get_supxlabel()


def test_where_units_differ_is_drawn_legibly(mixed, legible):
    summary = levels.levels(mixed)
    fig = figures.populations_that_differ(
        levels.by_share(summary), levels.by_kind(summary), levels.of_planted(summary), 0.05
    )
    legible(fig)
    assert len(fig.axes) == 3 + 4 + 3
    old, new = fig.axes[0].get_lines()[1:3]
    assert (old.get_ydata() == 1).all() and (new.get_ydata() == 0).all()


def test_planted_units_alone_are_in_full_colour(found, style):
    fig = draw(found)["which_test"]()
    colours = [to_hex(line.get_color()) for line in fig.axes[0].get_lines() if line.get_marker() == "o"]
    assert colours == [CONTROL] * 6 + [SHARED.lower()] * 2
    assert [axis.get_title(loc="left").replace("\n", "-") for axis in fig.axes] == [
        "row", "sequence", "pseudo--session", "unit-mismatch", "tuning-mismatch", "action-relabelling"
    ]  # fmt: skip
    assert {text.get_text() for text in fig.texts} >= set(page.QUESTIONS.values())
