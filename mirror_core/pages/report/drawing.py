"""The figures of a report, each with its caption and alternative text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from mirror_core.analysis import OptionError, shares_over_thresholds
from mirror_core.checks import one_of
from mirror_core.figures import report as draw
from mirror_core.studies.report.results import Report, Section

STYLE = str(files("mirror_core.figures") / "mirror.mplstyle")

N_SHOWN = 3
"""Units whose traces are drawn, beside the most negative one."""


@dataclass(frozen=True)
class Picture:
    """How one figure is drawn, and what is said about it."""

    name: str
    section: str
    """The section that it belongs to."""
    draw: Callable[[Report, Section], Figure]
    alt: str
    caption: str


def figure(picture: Picture, report: Report) -> Figure:
    """Draw a figure in the project's style; its section must not have been skipped. The caller closes it."""
    with plt.style.context(["default", STYLE]):  # whatever the caller has set, the figure is the same
        return picture.draw(report, report.sections[picture.section])


def picture_of(report: Report, name: str) -> Figure:
    """Draw a figure by its name; see `Report.figure`."""
    pictures = {picture.name: picture for picture in PICTURES}
    one_of("figure", name, pictures)
    section = report.sections.get(pictures[name].section)
    if section is None:
        raise OptionError(f"there is no figure {name!r}: the condition is not continuous.")
    if section.table is None:
        raise OptionError(f"there is no figure {name!r}: {section.skipped}")
    return figure(pictures[name], report)


def _histograms(report: Report, section: Section) -> Figure:
    return draw.r_histograms(section.found["r"], section.found["mismatched"])


def _thresholds(report: Report, section: Section) -> Figure:
    at = np.linspace(0, 1, 51)
    shares = {name: shares_over_thresholds(r, at) for name, r in section.found["r"].items()}
    bands = {
        name: np.quantile(
            [(null[:, np.isfinite(null).all(axis=0)] > t).mean(axis=1) for t in at], [0.025, 0.975], axis=1
        )
        for name, null in section.found["mismatched"].items()
    }
    return draw.shares_over_thresholds(shares, bands)


def _traces(report: Report, section: Section) -> Figure:
    top, bottom = section.found["top"][:N_SHOWN].tolist(), section.found["bottom"].tolist()
    shown = list(dict.fromkeys([*top, *bottom]))
    split = section.found["split"]
    perform, observe = (mode[:, :, shown] for mode in split.testing)
    r = section.found["r"][shown].tolist()
    return draw.unit_traces(perform, observe, split.units[shown].tolist(), r, what=report.recordings.of_row)


def _decoding(report: Report, section: Section) -> Figure:
    bands = {name: np.quantile(null, [0.025, 0.975], axis=0) for name, null in section.found["null"].items()}
    return draw.decoding(section.found["accuracy"], bands, section.found["chance"])


def _lags(report: Report, section: Section) -> Figure:
    return draw.lag_profiles(section.found["test"].r, section.found["band"])


def _reliability(report: Report, section: Section) -> Figure:
    found = section.found
    both = np.stack([one.reliability for one in found["tunings"]])
    return draw.reliability(both, np.where(found["both"], found["corrected"], np.nan))


def _read_across(report: Report, section: Section) -> Figure:
    of = report.recordings.trials.continuous
    return draw.read_across(section.found["read"], of.name, of.period)


def _tuning_curves(report: Report, section: Section) -> Figure:
    return draw.tuning_curves(section.found["curves"], report.recordings.trials.continuous.name)


PICTURES = (
    Picture(
        "reliability",
        "reliability",
        _reliability,
        "Scatter of the reliability of each unit's responses in both modes, coloured by how alike its tunings are.",
        "One dot a unit: how reliable its mean responses are in each mode. Colour: correlation of its tunings across "
        "modes, corrected for noise; grey: not tuned to the actions in both modes, so it cannot be tested.",
    ),
    Picture(
        "r",
        "headline",
        _histograms,
        "Histograms of r over units, raw and timestep-centred, over those of units paired with other units.",
        "Distribution of r. Green outline: each unit performing against the same unit observing. Grey: each against "
        "other "
        "units. Dotted lines: r = −.6, .6 and .75.",
    ),
    Picture(
        "thresholds",
        "headline",
        _thresholds,
        "Lines of the share of units beyond each threshold on r, raw and timestep-centred, over a band for "
        "units paired with other units.",
        "Share of units beyond every threshold. Solid: r above it; dotted: |r| above it; grey: where 95 % of the "
        "shares with r above "
        "it lie when units are paired with other units.",
    ),
    Picture(
        "traces",
        "examples",
        _traces,
        "Activation over time of the most mirror-like units and of the most negative one, performing and observing.",
        "The three units with the largest r and the one with the smallest. Solid blue: performing; dashed orange: "
        "observing. "
        "Chosen on one half of the sequences, or of each condition's trials, of which the means are drawn; traces "
        "and r are from the other.",
    ),
    Picture(
        "read across",
        "continuous",
        _read_across,
        "Scatter of the condition as regressions read it against what it was, one panel for each pair of modes.",
        "One dot a trial that was left out: the condition as read against what it was. Blue: read by a regression on "
        "performing; orange: on observing. Hollow: in the same mode; filled: in the other. Dotted: the two are equal; "
        "of an angle the lower and the upper edge are the same.",
    ),
    Picture(
        "tuning curves",
        "continuous",
        _tuning_curves,
        "Mean responses of single units in the bins of the condition, performing and observing.",
        "Mean responses in the bins, with standard errors, of the units that differ most between bins in both modes, "
        "chosen whether or not the two agree. Solid blue: performing; dashed orange: observing.",
    ),
    Picture(
        "decoding",
        "decoding",
        _decoding,
        "Accuracy of decoders of the action within and across modes, one panel for each decoder.",
        "Accuracy of linear decoders. Blue: trained on performing; orange: on observing. Hollow: tested in the same "
        "mode (the "
        "ceiling); filled: in the other. Grey: central 95 % against labels of other sequences or trials. Dotted: "
        "chance.",
    ),
    Picture(
        "lags",
        "lags",
        _lags,
        "Lines of r against lag for the top units, over the band of re-paired sequences or conditions.",
        "Correlation of performing with observing some timesteps later (right) or earlier (left). Green: one of the "
        "top units; black: "
        "their mean; grey: where 95 % lie when sequences are re-paired, or conditions renamed.",
    ),
)
"""All figures, in the order in which they are shown."""
