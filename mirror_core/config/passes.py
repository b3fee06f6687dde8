"""What a training step does under a configuration: which core runs, what drives it, which heads read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mirror_core.config.settings import Config


@dataclass(frozen=True)
class Pass:
    """One run of a core over a batch within a training step."""

    name: str
    """`perform` (driven by actions), `observe` (by sensations), `joint` (by both) or `watch` (by sensations, and asked
    for the next one)."""
    core: str
    """Key of the core that runs."""
    heads: Mapping[str, str]
    """Objective (`predict`, `infer`) → key of the head that reads the hidden states for it."""

    @property
    def sees_actions(self) -> bool:
        return self.name in ("perform", "joint")

    @property
    def sees_sensations(self) -> bool:
        return self.name in ("observe", "joint", "watch")


_OWN_OBJECTIVE = {"perform": "predict", "observe": "infer"}


def passes(config: Config) -> tuple[Pass, ...]:
    """Return the passes of one training step, without objectives of weight zero; of a curriculum, those of a stage are
    what its configuration has (see `mirror_core.config.curricula.stages`).

    The rule for the joint pass: a core is read by each head it has. A shared core has both; so has a separate
    core that shares its heads or is read twice (`dual_readout`); any other separate core has only its own.

    Examples
    --------
    >>> from mirror_core.config.conditions import configure
    >>> [one.name for one in passes(configure(Config(), "self-observation"))]
    ['perform', 'observe', 'joint']
    """
    net, goal = config.network, config.objective
    weights = {"predict": goal.predict_weight, "infer": goal.infer_weight}

    def read_by(mode: str, objectives: tuple[str, ...]) -> dict[str, str]:
        return {o: "shared" if net.shared_heads else mode for o in objectives if weights[o] > 0}

    if goal.watching:  # the core that observes learns, through the head that predicts
        core = "shared" if net.shared_core else "observe"
        return (Pass("watch", core, read_by("observe", ("predict",))),)
    found = []
    for mode, own in _OWN_OBJECTIVE.items():
        core = "shared" if net.shared_core else mode
        found.append(Pass(mode, core, read_by(mode, tuple(weights) if goal.dual_readout else (own,))))
    if goal.joint_pass and net.shared_core:
        own_heads = {**read_by("perform", ("predict",)), **read_by("observe", ("infer",))}
        found.append(Pass("joint", "shared", own_heads))
    elif goal.joint_pass and goal.separate_core_drive == "both":
        for mode, own in _OWN_OBJECTIVE.items():
            has_both = net.shared_heads or goal.dual_readout
            found.append(Pass("joint", mode, read_by(mode, tuple(weights) if has_both else (own,))))
    return tuple(p for p in found if p.heads)
