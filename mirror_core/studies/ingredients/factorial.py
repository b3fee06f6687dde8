"""What makes mirror units: every combination of five ingredients, as configurations.

An ingredient is present or absent; `Cell` is one combination of the five. Some cells are one and the same experiment by
construction, and are trained once; in some, a pass is asked for something it cannot know (`Cell.answerable`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from mirror_core.checks import one_of
from mirror_core.config.passes import passes
from mirror_core.config.settings import Config
from mirror_core.runs.making import obtain
from mirror_core.runs.store import Run, RunStore

INGREDIENTS: dict[str, tuple[str, str]] = {
    "shared core": ("both modes run through one core", "each mode runs through a core of its own"),
    "shared heads": (
        "one pair of heads reads both modes: each mode is asked for the sensation and for the action",
        "each mode is asked for its own target alone; a core has heads of its own",
    ),
    "self-observation": (
        "in a further pass, action and sensation drive a core together, and every head that this core has reads it",
        "action and sensation never drive a core together",
    ),
    "pairing": (
        "the actions and the sensations of a training step come from the same episodes",
        "the forward objective is asked about some episodes, the inverse one about other, unrelated ones",
    ),
    "both objectives": ("the forward and the inverse objective", "the forward objective alone"),
}
"""Ingredient → what it means to have it, and what it means to lack it."""

INVERSE_ONLY = "inverse objective alone"
OWN_HEADS_READ_BOTH = "each mode asked for both, heads of its own"


@dataclass(frozen=True)
class Cell:
    """One combination of ingredients.

    Raises
    ------
    OptionError
        For an unknown ingredient or variation.
    """

    present: frozenset[str]
    """The ingredients that it has, names in `INGREDIENTS`."""
    variation: str = ""
    """`INVERSE_ONLY`: where "both objectives" is absent, it is the forward one that is dropped.
    `OWN_HEADS_READ_BOTH`: with "shared heads" absent, each mode is still asked for both targets. Else nothing."""

    def __post_init__(self) -> None:
        for name in self.present:
            one_of("ingredient", name, INGREDIENTS)
        one_of("variation", self.variation, ("", INVERSE_ONLY, OWN_HEADS_READ_BOTH))

    def has(self, ingredient: str) -> bool:
        """Return whether an ingredient is present."""
        one_of("ingredient", ingredient, INGREDIENTS)
        return ingredient in self.present

    @property
    def name(self) -> str:
        """The ingredients in the order of `INGREDIENTS`, as one text."""
        parts = [name for name in INGREDIENTS if name in self.present] + [self.variation] * bool(self.variation)
        return " + ".join(parts) or "none"

    def config(self, base: Config) -> Config:
        """Return `base` with these ingredients, written so that equal experiments have equal configurations."""
        core, heads, joint, pairing, both = (name in self.present for name in INGREDIENTS)
        weights = (1.0, 1.0) if both else (0.0, 1.0) if self.variation == INVERSE_ONLY else (1.0, 0.0)
        config = base.change(
            shared_core=core,
            # a core has one pair of heads, read where the passes say: without shared heads, two cores have two pairs
            shared_heads=heads or (core and self.variation != OWN_HEADS_READ_BOTH),
            dual_readout=heads or self.variation == OWN_HEADS_READ_BOTH,
            joint_pass=joint,
            paired=pairing,
            predict_weight=weights[0],
            infer_weight=weights[1],
        )
        # where nothing of the observed episodes is used, it does not matter which they are
        uses_observed = any(p.sees_sensations or "infer" in p.heads for p in passes(config))
        return config if uses_observed else config.change(paired=True)

    @property
    def answerable(self) -> bool:
        """Whether every pass is shown what its targets depend on.

        The *objectives* of a mispaired network have their episodes: sensations to predict belong to the actions that
        are performed, actions to infer to the sensations that are observed. A head that reads the other mode then
        asks for a target that has nothing to do with what the pass was shown.
        """
        config = self.config(Config())
        if config.objective.paired:
            return True
        shown = {"predict": lambda p: p.sees_actions, "infer": lambda p: p.sees_sensations}
        return all(shown[objective](p) for p in passes(config) for objective in p.heads)


AS_WRITTEN = frozenset(INGREDIENTS) - {"shared heads", "self-observation"}
"""The ingredients of the paper's Methods, taken literally."""


def combinations_of(varied: Iterable[str]) -> list[Cell]:
    """Return every combination of the varied ingredients, from all present to none; the others as in `AS_WRITTEN`.

    Raises
    ------
    OptionError
        For an unknown ingredient.
    """
    varied = set(varied)
    for name in varied:
        one_of("ingredient", name, INGREDIENTS)
    varied = [name for name in INGREDIENTS if name in varied]
    choices = product((True, False), repeat=len(varied))
    chosen = [{name for name, has in zip(varied, choice, strict=True) if has} for choice in choices]
    return [Cell(frozenset((AS_WRITTEN - set(varied)) | names)) for names in chosen]


def checks_of(cells: Sequence[Cell]) -> list[Cell]:
    """Return what a factorial is checked by: the inverse objective alone, and heads that ask without being shared.

    Each varies one of the cells, with pairing only: with one objective alone, or targets that cannot be known,
    mispairing says little.
    """
    paired = [cell for cell in cells if cell.has("pairing")]
    inverse = [Cell(cell.present, INVERSE_ONLY) for cell in paired if not cell.has("both objectives")]
    lacking = ("shared heads", "self-observation")
    asked = [cell for cell in paired if cell.has("both objectives") and not any(map(cell.has, lacking))]
    return inverse + [Cell(cell.present, OWN_HEADS_READ_BOTH) for cell in asked]


def coincidences(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Return the groups of cells that are one experiment: equal configurations, trained once."""
    groups: dict[Config, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(cell.config(Config()), []).append(cell)
    return [group for group in groups.values() if len(group) > 1]


Factorial = Mapping[tuple[Cell, int], Run]
"""Runs by (cell, seed); cells that coincide share theirs."""


def obtain_factorial(
    base: Config,
    cells: Sequence[Cell],
    seeds: Sequence[int],
    *,
    store: RunStore | None = None,
    progress: bool = True,
) -> dict[tuple[Cell, int], Run]:
    """Return the runs of every cell and seed, training what the store lacks (see `mirror_core.runs.making.obtain`)."""
    configs = {(cell, seed): cell.config(base.change(seed=seed)) for cell in cells for seed in seeds}
    return dict(zip(configs, obtain(list(configs.values()), store, progress=progress), strict=True))
