#!/bin/sh
# Mode by grip, twenty trials in each of the four cells: in a balanced design the types of an analysis of variance
# agree, so one expects typ=3 of statsmodels' anova_lm, the usual type of SPSS and MATLAB, to give what typ=2 does. It
# tests a main effect not over both labels of the other factor, but at the first of them in the alphabet, against which
# formulas code. A unit that tells the modes apart in one grip only has p = 1 for mode, "the same in both modes", and
# 6e-22 once that grip's label is spelt otherwise. A unit that turns its preference round has no main effect, and 6e-22
# for both. C(mode, Sum) * C(grip, Sum) mends it; pingouin's ss_type=3 does that by itself. The docstring says only that
# the tests "may depend on the contrast coding".
# Seen with statsmodels 0.15.0, pingouin 0.7.0, pandas 3.1.1, SciPy 1.17.1 (NumPy 2.4.6).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet statsmodels==0.15.0 pingouin==0.7.0 pandas==3.1.1 scipy==1.17.1 numpy==2.4.6 \
    2> "$folder/pip.log" || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
import pingouin
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

mode, grip = np.repeat(["observe", "perform"], 40), np.tile(np.repeat(["power", "precision"], 20), 2)
performs, precise = mode == "perform", grip == "precision"
within = np.tile(np.linspace(-1.5, 1.5, 20), 4)  # the same spread in each cell, so that the means are exact
UNITS = {
    "one grip": 10 + 4 * (performs & precise) + within,
    "turns round": 10 + 2 * np.where(performs == precise, 1, -1) + within,
}


def p_of_mode(rate, grip, typ=3, mode_term="mode", grip_term="grip"):
    table = pd.DataFrame({"rate": rate, "mode": mode, "grip": grip})
    return float(anova_lm(ols(f"rate ~ {mode_term} * {grip_term}", table).fit(), typ=typ).loc[mode_term, "PR(>F)"])


found = {}
respelt = np.where(precise, "fine", grip)  # now the first in the alphabet
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for unit, rate in UNITS.items():
        found[unit] = {
            "typ=2": p_of_mode(rate, grip, typ=2),
            "typ=3": p_of_mode(rate, grip),
            "respelt": p_of_mode(rate, respelt),
            "Sum": p_of_mode(rate, grip, mode_term="C(mode, Sum)", grip_term="C(grip, Sum)"),
        }
for unit, rate in UNITS.items():
    table = pd.DataFrame({"rate": rate, "mode": mode, "grip": grip})
    found[unit]["pingouin"] = float(pingouin.anova(table, dv="rate", between=["mode", "grip"], ss_type=3)["p_unc"][0])
print(f"statsmodels {version('statsmodels')}, pingouin {version('pingouin')}; {len(said)} warnings; p of mode:")
for unit, p in found.items():
    print(f"{unit}: " + ", ".join(f"{name} {value:.1g}" for name, value in p.items()))
    assert np.allclose(p["typ=2"], [p["Sum"], p["pingouin"]], rtol=1e-6) and not said
one, turns = found.values()
assert one["typ=2"] < 1e-9 and one["typ=3"] > 0.99 and one["respelt"] < 1e-9, "the behaviour has changed"
assert turns["typ=2"] > 0.99 and turns["typ=3"] < 1e-9 and turns["respelt"] < 1e-9, "the behaviour has changed"
PY
