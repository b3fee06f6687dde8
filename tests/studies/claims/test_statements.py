"""claims.yml: every claim is there, its rules can be applied, and what it points to exists."""

import re
from pathlib import Path

import pytest
import yaml

from mirror_core.checks import OptionError
from mirror_core.config.paper import MODERATE, STRONG
from mirror_core.studies.claims.evidence import BEYOND_R, PROBED, TIMED
from mirror_core.studies.claims.statements import conditions_of, load_claims

ROOT = Path(__file__).resolve().parents[3]
CLAIMS = load_claims()

IDS = [
    "emergence-strong", "emergence-moderate", "peak-correlation", "anti-mirror", "significance", "cross-decoding",
    "separate-cores", "forward-only", "shuffled-labels", "random-dynamics", "pairing", "necessity", "temporal",
    "self-other", "causal", "robust",
]  # fmt: skip


def test_every_claim_is_there():
    assert [claim.id for claim in CLAIMS] == IDS
    for claim in CLAIMS:
        assert claim.says.endswith(".") and claim.paper and claim.place and claim.title


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_page_and_figure_exist(claim):
    page = ROOT / "notebooks" / f"{claim.page}.md"
    assert page.is_file(), f"{claim.id} is shown on {claim.page}, which is no notebook"
    assert re.search(rf"^\s+name: {re.escape(claim.figure)}$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_limits_are_the_papers():
    by_id = {claim.id: claim.parts[0].limits for claim in CLAIMS}
    assert by_id["emergence-strong"] == {"low": STRONG.low, "high": STRONG.high}
    assert by_id["emergence-moderate"] == {"low": MODERATE.low, "high": MODERATE.high}


def test_what_only_probed_networks_have_is_asked_of_probed_conditions():
    everywhere = {
        "strong",
        "n_strong",
        "moderate",
        "mean_abs",
        "largest",
        "smallest",
        "largest_abs",
        "strong_of_choices",
    }
    everywhere |= {name for name in BEYOND_R if "_to_" in name}
    for claim in CLAIMS:
        for part in claim.parts:
            if not set(part.measure) <= everywhere:
                lags = set(part.measure) <= {"near_zero_lag", "near_zero_lag_excess"}
                assert set(part.conditions) <= {*PROBED, *(TIMED if lags else ())}, claim.id


def test_conditions_come_in_the_order_of_their_table():
    assert conditions_of(CLAIMS)[:2] == ["shared", "separate-cores"]
    assert "frozen-core" not in conditions_of(CLAIMS)  # no claim is about it


GOOD = {
    "id": "one", "title": "one", "says": "One.", "paper": "1", "place": "Results", "page": "claims", "figure": "fig",
    "parts": [{"says": "one", "measure": "strong", "rule": "above", "limit": 0}],
}  # fmt: skip


def write(tmp_path, change):
    claims = yaml.safe_load(yaml.safe_dump([GOOD]))
    change(claims)
    path = tmp_path / "claims.yml"
    path.write_text(yaml.safe_dump(claims), encoding="utf-8")
    return path


def test_one_claim_is_read(tmp_path):
    (claim,) = load_claims(write(tmp_path, lambda claims: None))
    assert claim.parts[0].checks == [("strong", "shared")] and claim.parts[0].limits == {"limit": 0.0}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c[0].pop("place"), "claim one: it must have the fields"),
        (lambda c: c.append(c[0]), "claim one is there twice"),
        (lambda c: c[0].update(parts=[]), "at least one part"),
        (lambda c: c[0]["parts"][0].update(rule="abvoe"), "unknown rule 'abvoe'.*'above'"),
        (lambda c: c[0]["parts"][0].update(measure="stong"), "unknown measure 'stong'.*'strong'"),
        (lambda c: c[0]["parts"][0].update(condition="shard"), "unknown condition 'shard'"),
        (lambda c: c[0]["parts"][0].update(than="untrained"), "takes no `than`"),
        (lambda c: c[0]["parts"][0].update(limits=3), "rule above"),
        (lambda c: c[0]["parts"][0].pop("limit"), "missing a required argument: 'limit'"),
        (lambda c: c[0]["parts"][0].update(essential="yes"), "essential"),
        (lambda c: c[0]["parts"][0].pop("says"), "says"),
    ],
)
def test_mistakes_are_named(tmp_path, change, message):
    with pytest.raises(OptionError, match=message):
        load_claims(write(tmp_path, change))


def test_a_file_that_is_no_list_is_refused(tmp_path):
    (tmp_path / "claims.yml").write_text("id: one", encoding="utf-8")
    with pytest.raises(OptionError, match="must be a list of claims"):
        load_claims(tmp_path / "claims.yml")
