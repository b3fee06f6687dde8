"""Every figure: drawn from made-up data whose picture is known, labelled, legible, and in the colours that mean
something."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.colors import to_hex, to_rgb

from mirror_core.config.conditions import CONDITIONS, CONTROLS, READINGS, configure
from mirror_core.config.passes import passes
from mirror_core.config.settings import Config
from mirror_core.figures import ablation, against_chance, emergence, protocol, temporal
from mirror_core.figures.kept import kept
from mirror_core.figures.marks import dots
from mirror_core.figures.style import MODE_COLOUR, SHARED, use_style
from mirror_core.pages.publishing.dark import contrast
from mirror_core.recordings.of_networks import heldout_episodes

LARGEST = 200_000
"""Bytes of a figure's data."""
READ = ["as-written", "self-observation"]
SEEDS = [42, 43, 44]
rng = np.random.default_rng(0)


def labelled(*dims, **coords):
    shape = [len(coords[d]) for d in dims]
    return xr.DataArray(rng.uniform(-0.9, 0.9, shape), coords, dims)


def r():
    return labelled("reading", "condition", "seed", "unit", reading=READ, condition=list(CONDITIONS), seed=SEEDS,
                    unit=range(20))  # fmt: skip


def traces():
    recording = labelled("mode", "sequence", "time", "unit", mode=["perform", "observe"], sequence=[5, 9],
                         time=range(1, 7), unit=[3, 1])  # fmt: skip
    of_units = xr.DataArray([0.91, -0.42], {"unit": [3, 1]}, ["unit"])
    return dict.fromkeys(READ, recording), dict.fromkeys(READ, of_units)


def history():
    rows = [
        {"reading": k, "seed": s, "epoch": e, "split": split, "mode": mode, "objective": goal, "loss": 1 / (e + 1)}
        for k in READ for s in SEEDS for e in range(3) for split in ("train", "held-out")
        for mode, goal in (("perform", "predict"), ("observe", "infer"))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def by_threshold():
    thresholds = np.linspace(0, 1, 5)
    rows = [pd.DataFrame({"reading": k, "seed": s, "threshold": thresholds, "positive": 1 - thresholds,
                          "either": 1 - thresholds / 2}) for k in READ for s in SEEDS]  # fmt: skip
    return pd.concat(rows)


def shares():
    table = pd.DataFrame(
        [{"reading": k, "condition": c, "seed": s, "strong": 0.3} for k in READ for c in CONDITIONS for s in SEEDS]
    )
    intervals = table.groupby(["reading", "condition"], sort=False).strong.mean().rename("mean").reset_index()
    return table, intervals.assign(low=0.25, high=0.35)


def lag_profile():
    lags = list(range(-2, 3))
    band = labelled("reading", "edge", "lag", reading=READ, edge=["low", "high"], lag=lags)
    return labelled("reading", "seed", "lag", "unit", reading=READ, seed=SEEDS, lag=lags, unit=range(4)), band


FIGURES = {
    "example_episode": lambda: protocol.example_episode(heldout_episodes(Config(), 2)),
    "training_step": lambda: protocol.training_step({k: passes(configure(Config(), k)) for k in READINGS}),
    "loss_curves": lambda: protocol.loss_curves(history(), {"predict": 0.1}, {"predict": 2.0, "infer": 1.8}),
    "unit_heatmap": lambda: emergence.unit_heatmap(r().sel(condition="shared")),
    "correlation_histogram": lambda: emergence.correlation_histogram(r()),
    "unit_traces": lambda: emergence.unit_traces(*traces()),
    "null_distributions": lambda: against_chance.null_distributions(
        {k: {"rows": rng.normal(0, 0.1, 99), "episodes": rng.normal(0, 0.2, 99)} for k in READ},
        {k: {"rows": 0.7, "episodes": np.nan} for k in READ}, dict.fromkeys(READ, 4),
    ),
    "shares_by_threshold": lambda: against_chance.shares_by_threshold(by_threshold()),
    "decoding": lambda: against_chance.decoding(
        abs(labelled("reading", "seed", "train_mode", "test_mode", reading=READ, seed=SEEDS,
                     train_mode=list(MODE_COLOUR), test_mode=list(MODE_COLOUR))), 1 / 6),
    "correlation_distributions": lambda: ablation.correlation_distributions(r()),
    "strong_shares": lambda: ablation.strong_shares(*shares()),
    "transfer": lambda: ablation.transfer(
        abs(labelled("reading", "condition", "seed", "train_mode", "test_mode", reading=READ, seed=SEEDS,
                     condition=list(CONDITIONS), train_mode=list(MODE_COLOUR), test_mode=list(MODE_COLOUR))), 1 / 6),
    "lag_profiles": lambda: temporal.lag_profiles(*lag_profile()),
    "peak_lags": lambda: temporal.peak_lags(abs(lag_profile()[0].mean("unit"))),
}  # fmt: skip


@pytest.fixture(autouse=True)
def style():
    use_style()
    yield
    plt.close("all")


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_labelled_and_legible(name, legible):
    fig = FIGURES[name]()
    legible(fig)
    if name != "training_step":
        last_row = [a for a in fig.axes if a.get_subplotspec() and a.get_subplotspec().is_last_row()]
        assert all(a.get_xlabel() or any(t.get_text() for t in a.get_xticklabels()) for a in last_row)


def test_the_answer_is_legible_on_a_phone(legible):
    legible(ablation.strong_shares(*shares(), in_words=True, narrow=True))
    assert set(ablation.IN_WORDS) == set(CONTROLS)


@pytest.mark.parametrize("name", FIGURES)
def test_letters_can_be_read_and_what_is_drawn_is_kept(name):
    fig = FIGURES[name]()
    for text in fig.findobj(plt.Text):
        if text.get_text().strip() and text.get_bbox_patch() is None:
            rgb = tuple(255 * part for part in to_rgb(text.get_color()))
            assert contrast(rgb, (255, 255, 255)) >= 4.5, text.get_text()
    one = kept(fig)
    assert one.by.endswith(f".{name}") and one.seen.endswith(".")
    assert len(one.data) > 0 and len(one.csv) <= LARGEST


@pytest.mark.parametrize("name", [n for n in FIGURES if n not in ("example_episode", "training_step")])
def test_each_reading_has_its_panel(name):
    titles = [a.get_title(loc="left") for a in FIGURES[name]().axes]
    assert [t for t in titles if any(t.startswith(k) for k in READ)][:2] == [t for t in titles if t][:2]
    assert sum(t.startswith("self-observation") for t in titles) == 1


def test_a_single_reading_is_drawn_too():
    one = r().sel(reading=["as-written"])
    assert len(ablation.correlation_distributions(one).axes) == 1
    assert len(emergence.correlation_histogram(one).axes) == 1


def test_the_heatmap_shows_sorted_r_on_a_scale_centred_at_zero():
    values = r().sel(condition="shared")
    image = emergence.unit_heatmap(values).axes[0].images[0]
    assert image.get_clim() == (-1, 1)
    np.testing.assert_allclose(image.get_array()[1], -np.sort(-values.sel(reading="as-written", seed=43).values))


def test_perform_is_solid_blue_and_observe_dashed_orange():
    lines = emergence.unit_traces(*traces()).axes[0].get_lines()
    assert [(to_hex(x.get_color()).upper(), x.get_linestyle()) for x in lines[:2]] == [
        ("#0072B2", "-"), ("#E69F00", "--")
    ]  # fmt: skip


def test_controls_are_grey_and_the_main_experiment_is_not():
    assert ablation.colour_of("shared") == SHARED
    assert all(len(set(np.array(plt.matplotlib.colors.to_rgb(ablation.colour_of(c))).round(3))) == 1
               for c in CONDITIONS if c != "shared")  # fmt: skip


def test_a_condition_that_was_not_run_leaves_its_row_empty():
    values = r()
    values.loc[{"condition": "mispaired", "reading": "as-written"}] = np.nan
    fig = ablation.correlation_distributions(values)
    assert len(fig.axes[0].collections) == len(fig.axes[1].collections) - 1


def test_figures_are_the_same_file_every_time(tmp_path):
    for name in "ab":
        protocol.training_step({"as-written": passes(Config())}).savefig(
            tmp_path / f"{name}.svg", metadata={"Date": None}
        )
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize("values", [[], [np.nan]])
def test_a_row_without_networks_takes_no_room_from_the_others(values, style):
    axes = plt.figure(layout="none").add_axes([0.4, 0.4, 0.5, 0.5])
    axes.set(xlim=(0, 1), ylim=(0, 1))
    before = axes.get_tightbbox().bounds
    dots(axes, values, 0.5, "black")
    assert axes.get_tightbbox().bounds == before
