"""Everything that defines one trained network: the paper's numbers as defaults, each open choice a field.

The paper's *Methods* give the values marked "paper"; the fields marked "open" are not stated there, and
any defensible value is one field away (`Config.change`). A configuration is frozen, validated when it is
made, and has a fingerprint that is the same on every machine.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, get_args

from mirror_core.checks import OptionError, flag, number, one_of, plain, unknown, whole

EffectDistribution = Literal["normal", "uniform", "orthogonal"]
Core = Literal["gru", "lstm", "rnn-tanh", "rnn-relu", "minimal-gated", "state-space", "transformer"]
Trained = Literal["all", "all-but-core", "motor-and-heads", "nothing"]
SeparateCoreDrive = Literal["both", "own"]
Curriculum = Literal["at-once", "vision-first"]


def _later(default: Any) -> Any:
    """Return a field that came when networks had been kept: it is not written while it has its default, so that what
    was defined before it, and is named by its fingerprint, keeps its name."""
    return field(default=default, metadata={"later": True})


class _Settings:
    """What the sections have in common: numbers of other libraries become plain ones, so that they can be kept."""

    def __post_init__(self) -> None:
        for one in fields(self):
            object.__setattr__(self, one.name, plain(getattr(self, one.name)))
        self._check()

    def _check(self) -> None:
        """Raise `OptionError` for an impossible value."""


@dataclass(frozen=True)
class WorldConfig(_Settings):
    """The linear sensory world: s_t = decay · s_{t-1} + effect(a_t) + noise."""

    n_actions: int = 6
    """Number of discrete actions K (open: the paper says "a small set")."""
    sensory_dim: int = 16
    """Dimension D of a sensation (paper)."""
    decay: float = 0.9
    """The stable matrix A is decay × identity (paper: 0.9)."""
    effect_distribution: EffectDistribution = "normal"
    """Distribution of the entries of each action's effect vector (open)."""
    effect_scale: float = 1.0
    """Standard deviation of those entries, in sensory units (open)."""
    noise_std: float = 0.05
    """Standard deviation of the sensory noise, in sensory units (open: the paper says "small")."""
    initial_std: float = 0.0
    """Standard deviation of the sensation before the first action, s_0 (open; 0 starts every episode at rest)."""
    informative: bool = True
    """Whether sensations follow from the agent's actions; False gives them the effects of unrelated actions."""
    habit: float = _later(0.0)
    """Probability that an action is followed by the next one of a cycle through all K, not a random one (paper: 0)."""

    def _check(self) -> None:
        whole("n_actions", self.n_actions, 2)
        whole("sensory_dim", self.sensory_dim, 1)
        number("decay", self.decay, 0, 1, open_high=True)
        one_of("effect_distribution", self.effect_distribution, get_args(EffectDistribution))
        number("effect_scale", self.effect_scale, 0)
        number("noise_std", self.noise_std, 0)
        number("initial_std", self.initial_std, 0)
        flag("informative", self.informative)
        number("habit", self.habit, 0, 1)
        if self.effect_distribution == "orthogonal" and self.n_actions > self.sensory_dim:
            raise OptionError(
                f"n_actions = {self.n_actions} is not allowed with orthogonal effects: "
                f"it must be at most sensory_dim = {self.sensory_dim}."
            )


@dataclass(frozen=True)
class NetworkConfig(_Settings):
    """The core and what surrounds it."""

    core: Core = "gru"
    """Architecture of a core, a name in mirror_core.networks.cores.CORES (paper: a GRU)."""
    hidden_size: int = 96
    """Number of units H of a core (paper)."""
    input_size: int = 96
    """Dimension of the action embedding and of the sensory projection, the core's input (paper)."""
    shared_core: bool = True
    """Whether both modes run through one core (paper), or each through its own."""
    shared_heads: bool = True
    """Whether the modes share one pair of heads; matters only where a head reads more than one mode (open)."""

    def _check(self) -> None:
        one_of("core", self.core, get_args(Core))
        whole("hidden_size", self.hidden_size, 1)
        whole("input_size", self.input_size, 1)
        flag("shared_core", self.shared_core)
        flag("shared_heads", self.shared_heads)


@dataclass(frozen=True)
class ObjectiveConfig(_Settings):
    """What the network is asked to do, and on which pairs of actions and sensations."""

    predict_weight: float = 1.0
    """Weight of the forward objective, actions → sensations, mean squared error (open)."""
    infer_weight: float = 1.0
    """Weight of the inverse objective, sensations → actions, cross-entropy (open)."""
    joint_pass: bool = False
    """Whether action and sensation also drive the core together: the agent sees the effects of its acts (open)."""
    dual_readout: bool = False
    """Whether both heads read both modes, or each head its own mode only (open)."""
    separate_core_drive: SeparateCoreDrive = "both"
    """With separate cores and a joint pass: each core gets "both" drives in that pass, or only its "own" (open)."""
    shuffled_labels: bool = False
    """Whether the action labels of the inverse objective are permuted over all training timesteps, once."""
    paired: bool = True
    """Whether both modes learn from the same episodes; False is the error of the paper's reproducibility note."""
    watching: bool = _later(False)
    """Whether all that is asked for is the next sensation from those so far: no action is shown or named."""

    def _check(self) -> None:
        number("predict_weight", self.predict_weight, 0)
        number("infer_weight", self.infer_weight, 0)
        for name in ("joint_pass", "dual_readout", "shuffled_labels", "paired", "watching"):
            flag(name, getattr(self, name))
        one_of("separate_core_drive", self.separate_core_drive, get_args(SeparateCoreDrive))
        if self.predict_weight == self.infer_weight == 0:
            raise OptionError("predict_weight = 0 and infer_weight = 0 leave nothing to learn: one must be positive.")
        if self.watching and self.predict_weight == 0:
            raise OptionError("predict_weight = 0 leaves nothing to learn by watching: it must be positive.")


@dataclass(frozen=True)
class TrainingConfig(_Settings):
    """How long and on how much the network learns."""

    n_sequences: int = 2000
    """Number of training episodes (paper)."""
    sequence_length: int = 12
    """Timesteps T of an episode (paper)."""
    n_epochs: int = 20
    """Passes over the training episodes (paper)."""
    batch_size: int = 64
    """Episodes per gradient step (paper)."""
    learning_rate: float = 1e-3
    """Adam's learning rate (paper)."""
    weight_decay: float = 0.0
    """Adam's L2 penalty (open)."""
    trained: Trained = "all"
    """Which weights learn: all (paper), all but the core's, the embedding of actions and the heads, or nothing."""
    n_heldout: int = 300
    """Episodes never trained on, whose loss is followed during training."""
    curriculum: Curriculum = _later("at-once")
    """In which stages it learns, a name in mirror_core.config.curricula.CURRICULA (paper: everything at once)."""

    def _check(self) -> None:
        whole("n_sequences", self.n_sequences, 1)
        whole("sequence_length", self.sequence_length, 2)
        whole("n_epochs", self.n_epochs, 1)
        whole("batch_size", self.batch_size, 1)
        number("learning_rate", self.learning_rate, 0, open_low=True)
        number("weight_decay", self.weight_decay, 0)
        one_of("trained", self.trained, get_args(Trained))
        one_of("curriculum", self.curriculum, get_args(Curriculum))
        whole("n_heldout", self.n_heldout, 1)


@dataclass(frozen=True)
class Config(_Settings):
    """One trained network, completely: world, network, objectives, training and the seed behind every draw."""

    world: WorldConfig = field(default_factory=WorldConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    seed: int = 42
    """Seed of the world, the initial weights and the order of the episodes (paper: 42)."""

    def _check(self) -> None:
        whole("seed", self.seed, 0, 2**32 - 1)
        if self.training.curriculum != "at-once":
            # its stages decide these
            for name, value, allowed in (
                ("trained", self.training.trained, "all"),
                ("watching", self.objective.watching, False),
            ):
                if value != allowed:
                    raise OptionError(
                        f"{name} = {value!r} is not allowed with curriculum = {self.training.curriculum!r}: "
                        f"it must be {allowed!r}."
                    )
            if self.objective.predict_weight == 0:
                raise OptionError(
                    f"predict_weight = 0 is not allowed with curriculum = {self.training.curriculum!r}: it must be "
                    "positive."
                )

    def change(self, **changes: Any) -> Config:
        """Return a copy with some fields changed, each named without its section: `change(n_actions=8)`.

        Raises
        ------
        OptionError
            For an unknown field (with the nearest names) or an impossible value.

        Examples
        --------
        >>> Config().change(n_actions=8).world.n_actions
        8
        """
        by_section: dict[str, dict[str, Any]] = {}
        for name, value in changes.items():
            if name not in _SECTION_OF:
                raise unknown("setting", name, sorted(_SECTION_OF))
            by_section.setdefault(_SECTION_OF[name], {})[name] = value
        top = by_section.pop("", {})
        sections = {section: replace(getattr(self, section), **new) for section, new in by_section.items()}
        return replace(self, **sections, **top)

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration as nested plain values, ready for JSON.

        Settings that came later (see the fields) are left out while they have their defaults.
        """
        values = asdict(self)
        for section in _SECTIONS:
            for name in _unsaid(getattr(self, section)):
                del values[section][name]
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Config:
        """Return the configuration that `to_dict` wrote."""
        sections = {name: make(**values[name]) for name, make in _SECTIONS.items()}
        return cls(**sections, seed=values["seed"])

    def fingerprint(self) -> str:
        """Return 64 hexadecimal digits that are equal exactly where every field is equal."""
        # numbers are compared by value, so that 1 and 1.0 make the same network and the same fingerprint
        text = json.dumps(self.to_dict(), sort_keys=True, default=float, separators=(",", ":"))
        values = json.loads(text, parse_int=float)
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _unsaid(part: _Settings) -> list[str]:
    """Return the names of a section's later settings that have their defaults."""
    return [f.name for f in fields(part) if f.metadata.get("later") and getattr(part, f.name) == f.default]


_SECTIONS = {"world": WorldConfig, "network": NetworkConfig, "objective": ObjectiveConfig, "training": TrainingConfig}
_SECTION_OF = {f.name: section for section, cls in _SECTIONS.items() for f in fields(cls)} | {"seed": ""}


DEFAULTS: dict[str, Any] = {f.name: f.default for cls in _SECTIONS.values() for f in fields(cls)} | {
    "seed": Config.seed
}
"""Every setting by its own name, with its default."""


def flat(config: Config) -> dict[str, Any]:
    """Return the settings that `Config.to_dict` writes by their own names, in the order of their declaration, the seed
    last."""
    values = config.to_dict()
    seed = values.pop("seed")
    return {name: value for section in values.values() for name, value in section.items()} | {"seed": seed}
