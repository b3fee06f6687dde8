"""How well each mode does its own task, and what it loses without some of its units."""

from mirror_core.arrays import MODES
from mirror_core.studies.measures.base import ANY, COUNT, SHARE, Measure, register

LOSSES = ("perform_predict", "perform_infer", "observe_predict", "observe_infer", "joint_predict", "joint_infer")
"""Passes with their objectives, of which a network has some."""

ABLATIONS = ("zero", "mean")
"""What a silenced unit is held at: zero, or its mean over episodes and timesteps in the mode."""

for _loss in LOSSES:
    _pass, _objective = _loss.split("_")
    _label = f"last held-out loss of the {_objective} head, {_pass} pass"
    register(Measure(f"loss_{_loss}", _label, COUNT, "the untrained network", sign=-1, needs=("losses",)))

_network = {"needs": ("network", "actions")}
for _name, _label, _limits, _null in (
    ("explained", "share of the sensations' variance that performing predicts", (ANY[0], 1.0), "their mean"),
    ("named", "share of timesteps at which observing names the action", SHARE, "always the most frequent action"),
):
    register(Measure(_name, _label, _limits, _null, **_network))

for _mode in MODES:
    for _ablation in ABLATIONS:
        _label = f"extra loss of {_mode} without the top units, {_ablation} ablation"
        register(Measure(f"lesion_{_mode}_{_ablation}", _label, ANY, "sets of as many units, as variable", **_network))
    _label = f"extra loss of {_mode} without the most negative units, mean ablation, against as many random ones"
    register(Measure(f"anti_lesion_{_mode}", _label, ANY, "sets of as many units", **_network))
