"""What pages open with whose words follow a report, or the runs: plain, by their rules, with the numbers behind."""

from types import SimpleNamespace

import pandas as pd
import pytest

from mirror_core.config.conditions import READINGS
from mirror_core.config.settings import Config
from mirror_core.pages import runs, sceptic, your_network, your_recordings
from mirror_core.studies.claims.statements import load_claims
from mirror_core.studies.wording import READ


def report(mirror, carried, kinds=()):
    """Return a report of units made to be of some kind, all found to be mirror units."""
    units = pd.DataFrame({"kind": list(kinds), "found to be": ["mirror"] * len(kinds)})
    return SimpleNamespace(reading=SimpleNamespace(mirror=mirror, carried=carried, verdict="It is so."), units=units)


@pytest.mark.parametrize("carried", ["yes", "in part", "none"])
@pytest.mark.parametrize("mirror", [None, 0, 1, 30])
def test_two_networks_are_said_to_show_what_their_reports_found(mirror, carried, plain):
    units, code = bool(mirror), carried == "yes"
    for other in ((0, "no"), (3, "no"), (0, "yes"), (3, "yes")):
        apart = {"verdict": "Not so.", "mirror_units": other[0], "code_carries_over": other[1]}
        first, second = plain(your_network.finding(report(mirror, carried), apart).data).split("; ")
        assert first.startswith("A network that felt its own acts shows ")
        assert ("no mirror units" in first or "neither" in first) == (not units)
        assert ("no shared code" in first or "neither" in first) == (not code)
        alone = (
            "both"
            if all((other[0], other[1] == "yes"))
            else "mirror units alone"
            if other[0]
            else "a shared code alone"
        )
        assert second == f"one that did not shows {alone if other != (0, 'no') else 'neither'}."


@pytest.mark.parametrize(
    ("mirror", "kinds", "alone", "said"),
    [
        (
            2,
            ["mirror"] * 2,
            None,
            "the test finds mirror neurons, all of them true; from means over trials alone it cannot",
        ),
        (2, ["mirror", "burst alone"], 0, "not all of them true; from means over trials alone it finds none."),
        (0, [], 3, "the test finds no mirror neurons; from means over trials alone it finds some."),
        (None, [], None, "the test cannot tell mirror neurons; from means"),
    ],
)
def test_what_is_found_in_a_session_is_compared_with_its_truth(mirror, kinds, alone, said, plain):
    of_trials = report(mirror, "yes", kinds)
    found = your_recordings.finding(of_trials, report(alone, "no actions"), of_trials)
    assert said in plain(found.data) and "A made-up session of single trials: it is so." in found.data


def run(seconds, processor="A 1", trained="all"):
    config = Config().change(trained=trained)
    made = {"seconds": seconds, "started": "2026-01-02T03:04:05", "processor": processor}
    return SimpleNamespace(config=config, provenance=made, fingerprint=f"{seconds}", history=None)


def test_the_runs_are_counted_and_their_processors_named(plain):
    found = {("as-written", "shared", 1): run(60.0), ("as-written", "shared", 2): run(180.0, "B <2>"),
             ("as-written", "untrained", 1): run(0.1, trained="nothing")}  # fmt: skip
    said = runs.finding(found).data
    assert plain(said) == "The verdicts rest on 3 networks, each of which is listed here with how it was made."
    assert "1 of them are untrained; there are 2 conditions under 1 reading." in said
    assert "4 minutes of one core in all (median of a network 120.0 s, on A 1 and B &lt;2&gt;)" in said


def test_a_claim_is_called_by_what_it_says(plain):
    claims = load_claims()
    shown = runs.runs_tables({("as-written", "separate-cores", 1): run(1.0)}, claims).data
    named = [claim for claim in claims if "separate-cores" in claim.conditions]
    assert named and all(f'#claim-{c.id}">{c.title}</a>' in shown for c in named)


def test_every_reading_has_plain_words():
    assert set(READ) == set(READINGS)


def test_a_small_p_is_not_shown_as_zero():
    values = dict.fromkeys(("read_action", "mirror_units", "mean_r", "code_gain", "explained"), 0.5) | {
        "code_p": 0.0014
    }
    shown = sceptic.networks_table({"vision": values}, {"vision": 3}).data
    assert "0.001" in shown and "0.50" in shown
