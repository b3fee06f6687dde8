"""Verdicts as files: they come back as they were, and what changed is named with both values."""

import io
import json
import re

import numpy as np
import pandas as pd
import pytest

from mirror_core.analysis.estimates import estimate
from mirror_core.checks import OptionError
from mirror_core.config.conditions import CONDITIONS
from mirror_core.figures.claims import LOOK, verdict_matrix
from mirror_core.pages import claims as page
from mirror_core.pages.verdict_table import how_each_follows, ours_of, p_value, verdict_table
from mirror_core.studies.claims import results
from mirror_core.studies.claims.evidence import Evidence, claimable
from mirror_core.studies.claims.results import changes, read_verdicts, tidy, to_csv, to_json
from mirror_core.studies.claims.statements import load_claims
from mirror_core.studies.claims.verdicts import Check, PartResult, evaluate

READINGS = ["as-written", "self-observation"]
CLAIMS = load_claims()


def made_up(shared=0.28):
    """Return evidence in which everything of the shared core is `shared` or about it, and everything else is zero."""
    rng = np.random.default_rng(1)
    keys = [(r, c, s) for r in READINGS for c in CONDITIONS for s in (42, 43, 44)]
    index = pd.MultiIndex.from_tuples(keys, names=["reading", "condition", "seed"])
    values = np.array([(shared if c == "shared" else 0.0) + 0.001 * rng.random(len(claimable())) for _, c, _ in keys])
    table = pd.DataFrame(values, index, claimable()).assign(run=[f"{i:020x}" for i in range(len(keys))])
    return Evidence(table.sort_index(), {name: {} for name in claimable()}, {}, {"seeds": [42, 43, 44]}, {})


@pytest.fixture(scope="module")
def evidence():
    return made_up()


@pytest.fixture(scope="module")
def judgements(evidence):
    return evaluate(CLAIMS, evidence, READINGS)


def test_the_table_has_a_row_for_each_claim_and_reading(judgements):
    table = tidy(judgements)
    assert len(table) == 32 and not table.duplicated(["claim", "reading"]).any()
    row = table[(table.claim == "emergence-strong") & (table.reading == "as-written")].iloc[0]
    assert row.verdict == "reproduced" and row.n_networks == 3 and row.value == pytest.approx(0.28, abs=0.001)
    assert row.quantity == "share of units with r > .75 (shared)" and len(row.runs.split()) == 3
    row = table[table.claim == "forward-only"].iloc[0]
    assert row.quantity == "share of units with r > .75 (shared minus forward-only)" and row.p < 0.001


def test_csv_comes_back(judgements):
    back = pd.read_csv(io.StringIO(to_csv(judgements)))
    table = tidy(judgements)
    assert list(back.columns) == list(table.columns)
    pd.testing.assert_frame_equal(back, table, check_dtype=False, atol=1e-4, rtol=0)


def test_json_comes_back(judgements, evidence):
    text = to_json(judgements, evidence)
    verdicts, settings = read_verdicts(text)
    assert settings == {"seeds": [42, 43, 44]}
    assert [(v.claim, v.reading, v.verdict) for v in verdicts] == [
        (j.claim.id, j.reading, j.verdict) for j in judgements
    ]
    assert dict(verdicts[0].values)["strong (shared)"] == pytest.approx(0.28, abs=0.001)
    assert changes(verdicts, verdicts, tolerance=0.0) == []
    robust = next(one for one in json.loads(text)["verdicts"] if one["claim"] == "robust")
    assert robust["parts"][2]["outcome"] == "not tested" and robust["parts"][2]["checks"][0]["mean"] is None


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1}', '{"format": 1, "verdicts": [{}], "settings": {}}'])
def test_what_is_no_claims_file_is_refused(text):
    with pytest.raises(OptionError, match="not a claims file"):
        read_verdicts(text)


def test_a_file_of_another_version_is_refused(judgements, evidence):
    with pytest.raises(OptionError, match="format 9"):
        read_verdicts(to_json(judgements, evidence).replace('"format": 1', '"format": 9'))


def test_a_changed_verdict_is_named_with_both_values(judgements, evidence):
    old, _ = read_verdicts(to_json(judgements, evidence))
    lower = made_up(0.2)
    new, _ = read_verdicts(to_json(evaluate(CLAIMS, lower, READINGS), lower))
    found = changes(old, new)
    change = next(c for c in found if (c.claim, c.reading) == ("emergence-strong", "as-written"))
    assert re.search(r"^reproduced \[strong \(shared\) 0\.28", change.old)
    assert re.search(r"^not reproduced \[strong \(shared\) 0\.2", change.new)
    assert str(change).startswith("emergence-strong, as-written: verdict was reproduced")
    assert "temporal" not in {c.claim for c in found}  # .28 and .2 both lie below one half


def test_values_are_compared_within_a_tolerance(judgements, evidence):
    old, _ = read_verdicts(to_json(judgements, evidence))
    close = made_up(0.281)
    new, _ = read_verdicts(to_json(evaluate(CLAIMS, close, READINGS), close))
    assert changes(old, new, tolerance=0.01) == []
    found = changes(old, new, tolerance=0.0005)
    assert "strong (shared)" in {c.what for c in found} and "verdict" not in {c.what for c in found}


def test_claims_that_come_or_go_are_named(judgements, evidence):
    old, _ = read_verdicts(to_json(judgements, evidence))
    (gone,) = changes(old, old[1:])
    assert gone.new == "not there" and gone.claim == "emergence-strong"
    (come,) = changes(old[1:], old)
    assert come.old == "not there"


@pytest.mark.parametrize(
    ("reproduced", "said"),
    [
        ((0, 0), "None of the paper's claims is reproduced, whichever way its methods are read."),
        ((7, 0), "Fewer than half of"),
        ((8, 7), "Whether half of the paper's claims are reproduced depends on"),
        ((8, 16), "At least half of"),
        ((16, 16), "All of the paper's claims are reproduced, whichever"),
        ((7,), "Fewer than half of the paper's claims are reproduced."),
    ],
)
def test_the_plain_sentence_counts_in_halves(reproduced, said):
    assert page._part_of(pd.Series(reproduced), 16).startswith(said)


def test_the_page_counts_and_names(judgements, plain):
    found = page.counts(judgements)
    assert list(found.index) == READINGS and (found.sum(axis=1) == 16).all()
    text = page.finding(judgements).data
    assert "Of 16 claims" in text and "nan" not in text
    assert "the paper's claims are reproduced" in plain(text)
    everywhere = [c for c in CLAIMS if {j.verdict for j in judgements if j.claim.id == c.id} == {"reproduced"}]
    assert everywhere
    for claim in everywhere:
        assert f"“{claim.title.replace('>', '&gt;')}”" in text.split("under no reading")[0]
    assert f"{found.loc['as-written', 'reproduced']} are reproduced" in text


def test_the_table_says_each_verdict_in_words_and_links_to_what_exists(judgements, evidence):
    html = verdict_table(judgements).data + how_each_follows(judgements, evidence).data
    for claim in CLAIMS:
        assert f'href="#claim-{claim.id}"' in html and html.count(f'id="claim-{claim.id}"') == 1
        assert f'href="{claim.page}.html#{claim.figure}"' in html
    for one in judgements:
        assert f'data-label="{one.reading}"' in html
    assert "✓ reproduced" in html and "✗ not reproduced" in html and not re.search(r"\bnan\b", html)


def test_an_interval_does_not_leave_what_is_possible():
    share = next(part for claim in CLAIMS for part in claim.parts if "strong" in part.measure and not part.than)
    found = estimate([0.7, 0.8, 1.0])
    assert found.high > 1
    shown = ours_of(PartResult(share, "holds", (Check("strong", "shared", found, "holds"),)))
    assert f"[{found.low:.2f}, 1.00]" in shown


def test_p_values():
    assert p_value(0.0312) == "p = 0.031" and p_value(1e-9) == "p < .0001"


def test_the_figure_draws_every_verdict(judgements):
    table = tidy(judgements)
    figure = verdict_matrix(table, {c.id: c.title for c in CLAIMS}, {c.id: c.paper for c in CLAIMS})
    (axis,) = figure.axes
    drawn = [
        (line.get_xdata()[0], line.get_ydata()[0], line.get_marker())
        for line in axis.lines
        if len(line.get_xdata()) == 1
    ]
    assert len(drawn) == len(table)
    for row, (x, y, marker) in zip(table.itertuples(), drawn, strict=True):
        assert (READINGS[x], CLAIMS[y].id, LOOK[row.verdict]["marker"]) == (row.reading, row.claim, marker)


def test_a_change_since_the_committed_verdicts_is_noted(judgements, evidence, tmp_path, monkeypatch):
    path = tmp_path / "claims.json"
    monkeypatch.setattr(page, "COMMITTED", path)
    assert page.changed_since_committed(judgements, evidence) is None  # nothing to compare with
    path.write_text(to_json(judgements, evidence), encoding="utf-8")
    assert page.changed_since_committed(judgements, evidence) is None
    lower = made_up(0.2)
    path.write_text(to_json(evaluate(CLAIMS, lower, READINGS), lower), encoding="utf-8")
    note = page.changed_since_committed(judgements, evidence).data
    assert "emergence-strong, as-written: verdict was not reproduced" in note and "is reproduced" in note
    other = path.read_text(encoding="utf-8").replace('"seeds": [', '"seeds": [1,')
    path.write_text(other, encoding="utf-8")
    assert page.changed_since_committed(judgements, evidence) is None  # other networks: nothing to say


def test_the_committed_verdicts_can_be_read():
    verdicts, settings = read_verdicts(results.COMMITTED.read_text(encoding="utf-8"))
    assert {v.claim for v in verdicts} == {c.id for c in CLAIMS} and settings["hidden_size"] == 96
