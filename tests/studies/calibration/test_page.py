"""The page says what its rules say of made-up p-values, and its figures show them, labelled and legible."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.colors import to_hex

from mirror_core.analysis import CORRECTIONS, NULLS
from mirror_core.figures import calibration as figures
from mirror_core.figures import power
from mirror_core.figures.style import CONTROL, SHARED
from mirror_core.pages import calibration as page
from mirror_core.studies.calibration import tables
from mirror_core.studies.calibration.design import ACTIONS, CODE_NULLS, CURVES, SIMILARITIES, STATED, Calibration
from mirror_core.studies.calibration.recorded import CENTRINGS, SIDES

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
    # two nulls, two sides; two situations in both centrings, and ten K
    assert len(rows) == 2 * 2 * (2 * 2 + len(ACTIONS))
    assert {row[0] for row in rows if row[3] == "independent tunings, K = 5"} == {"below"}


def test_the_finding_follows_its_rules(found):
    for (_, _similarity), one in found.sweep.items():
        one.p.loc[{"correction": "bh"}] = 0.5
    for k, n_found in ((4, 1), (6, 8), (9, 9), (12, 10)):
        p = found.sweep[k, STATED].p
        p.loc[{"null": "unit-mismatch", "correction": "bh", "alternative": "greater"}] = 0.5
        for unit in range(n_found):
            p[{"unit": unit}] = 0.01
    found.sweep[12, STATED].p.loc[{"alternative": "two-sided"}] = 0.5
    text = page.finding(found).data
    assert "finds 0.10 at K = 4, 0.80 at K = 6, 0.90 at K = 9 and 1.00 at K = 12" in text
    assert "one-sided, reached at K = 6 and 12; not reached at K = 9, 10 and 11" in text
    assert "two-sided, reached at K = 6; not reached at K = 9, 10, 11 and 12" in text
    table = page.power_shown(tables.powers(found)[1]).data
    assert table.count("not reached") == 3 and table.count(": reached") == 2
    # one population without any: the mean falls below, the interval does not
    found.sweep[12, STATED].p.loc[{"network": 0}] = 0.5
    table = page.power_shown(tables.powers(found)[1]).data
    assert table.count("not distinguishable") == 1 and table.count(": reached") == 1


def test_the_limit_is_compared_by_the_interval():
    rows = [(k, "greater", "power", page.limit(k) + away) for k, away in ((4, 0.02), (6, -0.03), (9, 0.001))]
    rows += [(4, "two-sided", "power", 0.0), (4, "greater", "false", 0.0)]
    stated = pd.DataFrame(rows, columns=["n_actions", "alternative", "quantity", "mean"])
    wide, narrow = (stated.assign(low=stated["mean"] - half, high=stated["mean"] + half) for half in (0.05, 0.01))
    assert "inside the 95 % interval of the one-sided power at every K." in page.limit_said(wide).data
    said = [f"{k} ({page.limit(k) + away:.3f} against {page.limit(k):.3f})" for k, away in ((4, 0.02), (6, -0.03))]
    assert f"power at 1 of 3 K, outside it at K = {said[0]} and {said[1]}." in page.limit_said(narrow).data


def test_one_network_gives_numbers_without_verdicts(found):
    one = Calibration({k: v.isel(network=[0]) for k, v in found.without_code.items()}, found.planted, found.sweep)
    assert "nan" not in page.finding(one).data
    assert "[" not in page.shares_shown(tables.all_calls(one), "greater", "timestep-centred").data


def test_corrected_calls_are_counted_by_network(found):
    for one in (*found.without_code.values(), *found.sweep.values()):
        one.p[:] = 0.5
    found.without_code["untrained"].p[{"network": 2, "unit": 5}] = 0.01
    text = page.discoveries_shown(found, "greater").data
    # one network of five; the other networks, each K, and all K together
    assert text.count("0.200<br>") == 3 and text.count("0.000<br>") == 3 * (2 + len(ACTIONS))
    assert f"<td>{N * len(ACTIONS)}</td>" in text


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
        "power_curves": lambda: power.power_curves(*tables.powers(found), page.TARGETS, 0.05),
        "overlaps": lambda: power.overlaps(*tables.overlap(found)),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["which_test", "distributions_of_p", "shares_by_actions", "power_curves", "overlaps"])
def test_a_figure_is_labelled_and_legible(found, name, legible):
    fig = draw(found)[name]()
    legible(fig)
    for axis in fig.axes:
        assert axis.get_xlabel() or fig.get_supxlabel()


def test_planted_units_alone_are_in_full_colour(found, style):
    fig = draw(found)["which_test"]()
    colours = [to_hex(line.get_color()) for line in fig.axes[0].get_lines() if line.get_marker() == "o"]
    assert colours == [CONTROL] * 6 + [SHARED.lower()] * 2
    assert [axis.get_title(loc="left").replace("\n", "-") for axis in fig.axes] == [
        "row", "sequence", "pseudo--session", "unit-mismatch", "action-relabelling"
    ]  # fmt: skip
    assert {text.get_text() for text in fig.texts} >= set(page.QUESTIONS.values())
