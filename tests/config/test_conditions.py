"""Readings and conditions: what a training step does in each, written out by hand."""

from typing import get_args

import pytest

from mirror_core.checks import OptionError
from mirror_core.config.conditions import CONDITIONS, CONTROLS, READINGS, configure
from mirror_core.config.curricula import CURRICULA, stages
from mirror_core.config.passes import passes
from mirror_core.config.settings import Config, Curriculum

STEPS = {
    ("as-written", "shared"): {("perform", "shared", "predict"), ("observe", "shared", "infer")},
    ("as-written", "separate-cores"): {("perform", "perform", "predict"), ("observe", "observe", "infer")},
    ("as-written", "forward-only"): {("perform", "shared", "predict")},
    ("as-written", "inverse-only"): {("observe", "shared", "infer")},
    ("self-observation", "shared"): {
        ("perform", "shared", "predict"), ("observe", "shared", "infer"),
        ("joint", "shared", "predict"), ("joint", "shared", "infer"),
    },
    ("self-observation", "separate-cores"): {
        ("perform", "perform", "predict"), ("observe", "observe", "infer"),
        ("joint", "perform", "predict"), ("joint", "observe", "infer"),
    },
    ("self-observation", "separate-cores-shared-heads"): {
        ("perform", "perform", "predict"), ("observe", "observe", "infer"),
        ("joint", "perform", "predict"), ("joint", "perform", "infer"),
        ("joint", "observe", "predict"), ("joint", "observe", "infer"),
    },
    ("self-observation", "forward-only"): {("perform", "shared", "predict"), ("joint", "shared", "predict")},
    ("dual-readout", "shared"): {
        (mode, "shared", goal) for mode in ("perform", "observe") for goal in ("predict", "infer")
    },
    ("dual-readout", "separate-cores"): {
        (mode, mode, goal) for mode in ("perform", "observe") for goal in ("predict", "infer")
    },
}  # fmt: skip


@pytest.mark.parametrize(("reading", "condition"), STEPS)
def test_what_a_training_step_does(reading, condition):
    todo = passes(configure(Config(), reading, condition))
    assert {(p.name, p.core, goal) for p in todo for goal in p.heads} == STEPS[reading, condition]


def test_separate_cores_share_no_head_unless_asked():
    todo = passes(configure(Config(), "dual-readout", "separate-cores"))
    assert all(set(p.heads.values()) == {p.core} for p in todo)
    todo = passes(configure(Config(), "dual-readout", "separate-cores-shared-heads"))
    assert all(set(p.heads.values()) == {"shared"} for p in todo)


def test_separate_cores_may_be_kept_from_the_other_drive():
    base = Config().change(separate_core_drive="own")
    apart = passes(configure(base, "self-observation", "separate-cores"))
    assert {p.name for p in apart} == {"perform", "observe"}


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_condition_exists_under_every_reading(reading, condition):
    config = configure(Config(), reading, condition)
    todo = passes(config)
    cores = {"shared"} if config.network.shared_core else {"perform", "observe"}
    assert {p.core for p in todo} <= cores
    assert todo and all(p.heads for p in todo)


@pytest.mark.parametrize("reading", READINGS)
def test_conditions_are_distinct_experiments(reading):
    made = {configure(Config(), reading, condition).fingerprint() for condition in CONDITIONS}
    assert len(made) == len(CONDITIONS)


def test_the_sceptics_condition_is_no_control():
    assert set(CONDITIONS) - set(CONTROLS) == {"vision"}


def test_curricula_are_the_allowed_values_and_end_somewhere():
    assert tuple(CURRICULA) == get_args(Curriculum)
    for name in CURRICULA:
        assert all(stages(one) == (one,) for one in stages(Config().change(curriculum=name)))
    assert stages(Config()) == (Config(),)


@pytest.mark.parametrize("reading", READINGS)
def test_vision_watches_first_and_then_learns_the_reading_without_core_and_eyes(reading):
    first, second = stages(configure(Config(), reading, "vision"))
    assert [(p.name, p.core, dict(p.heads)) for p in passes(first)] == [("watch", "shared", {"predict": "shared"})]
    assert first.training.trained == "all"
    assert passes(second) == passes(configure(Config(), reading))
    assert second.training.trained == "motor-and-heads" and not second.objective.watching


def test_of_separate_cores_the_one_that_observes_watches():
    (only,) = passes(configure(Config().change(watching=True), "as-written", "separate-cores"))
    assert (only.core, dict(only.heads)) == ("observe", {"predict": "observe"})
    assert only.sees_sensations and not only.sees_actions


def test_unknown_names_get_the_nearest_ones():
    with pytest.raises(OptionError, match="unknown reading 'as-writen'.*'as-written'"):
        configure(Config(), "as-writen")
    with pytest.raises(OptionError, match="unknown condition 'separate'.*'separate-cores'"):
        configure(Config(), "as-written", "separate")
