"""The page of the learner that babbles, imitates and is taught: what it says, and one learner to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from IPython.display import HTML
from jaxtyping import Float, Int

from mirror_core.analysis.estimates import Estimate, difference, estimate
from mirror_core.checks import one_of, whole
from mirror_core.config.settings import Config
from mirror_core.experiments import development as study
from mirror_core.experiments import experiment_named
from mirror_core.experiments.development import AGES, BODIES, EVERY, LEVEL, LOOKED_AT, TAUGHT, TIMES
from mirror_core.experiments.judging import judge_study
from mirror_core.experiments.mirroring import mean_r
from mirror_core.figures.style import MODE_THEMED
from mirror_core.networks.network import MirrorNetwork
from mirror_core.pages import experiment
from mirror_core.pages.experiment import THAN, conditions_table, lesion_costs, panels_of, told, values
from mirror_core.pages.player import drawn, player
from mirror_core.pages.tables import statement
from mirror_core.recordings.of_networks import named_actions, record
from mirror_core.runs.workers import one_thread
from mirror_core.studies.wording import decimal, listed, side
from mirror_core.worlds.episodes import Episodes
from mirror_core.worlds.linear import make_world

EXPERIMENT = experiment_named("development")

GROWN = [one for one in EXPERIMENT.conditions if one not in TAUGHT]
"""Conditions that babble and imitate."""

IMITATES, CARRIED, TEACHES = "match", "units of largest r:\nextra loss of match", "accuracy of\nnew actions"
"""Panels of the figure."""

IN_TABLE = (
    "match_20",
    "match_80",
    "match_640",
    "steps_to_90",
    "mirror_units",
    "mean_r_80",
    "mean_r",
    "code_gain",
    "code_p",
)
IN_BODIES = (*BODIES, "turned_60_equal")
IN_TEACHING = (*(f"new_{n}" for n in LOOKED_AT), "rounds_to_half", "old_20", "old_at_half", "new_shown", "one_sided")
"""Measures of the page's tables."""


def _apart(table: pd.DataFrame, measure: str, condition: str, than: str) -> Estimate:
    return difference(values(table, condition, measure), values(table, than, measure))


def panels(table: pd.DataFrame) -> dict[str, dict[str, list[Estimate]]]:
    """Return what the figure draws: panel → condition → an estimate for each time."""

    def of(conditions: Sequence[str], measures: Sequence[str]) -> dict[str, list[Estimate]]:
        there = [one for one in conditions if (table.condition == one).any()]
        return {one: [estimate(values(table, one, measure)) for measure in measures] for one in there}

    # in the order of the experiment, with the condition in question last
    taught = sorted(TAUGHT, key=lambda one: one == "taught one by one")
    return {
        IMITATES: of(GROWN, [f"match_{n}" for n in TIMES]),
        CARRIED: of(GROWN[2:], [f"excess_{age}" for age in AGES]),
        TEACHES: of(taught, [f"new_{n}" for n in LOOKED_AT]),
    }


TIMES_OF = {
    IMITATES: [str(n) for n in TIMES],
    CARRIED: [f"match {LEVEL:g}" if age == "equal" else age for age in AGES],
    TEACHES: [str(n) for n in LOOKED_AT],
}
COUNTED = {IMITATES: "steps of babbling", CARRIED: "steps of babbling", TEACHES: "rounds of teaching"}


def tables(table: pd.DataFrame, measures: Sequence[str], conditions: Sequence[str]) -> HTML:
    """Show some measures of some conditions."""
    return conditions_table(EXPERIMENT, table[table.condition.isin(conditions)], measures)


def finding(table: pd.DataFrame) -> HTML:
    """Say in one sentence what seeing itself act is good for, and in another by how much.

    The rule: mirror units, if the claim that they emerge is reproduced; imitation helped or slowed, by the interval of
    the difference in match after 80 steps; resting on them, by how many of the three lesions hold; lessons help if more
    of the new actions are right after ten rounds than with any demonstrations.
    """
    claims = {one.claim.id.removeprefix("development-"): one for one in judge_study(EXPERIMENT, table)}
    mirror = claims["emerge"].verdict == "reproduced"
    early = side(_apart(table, "match_80", "both", "watches").values)
    rests = sum(part.outcome == "holds" for part in claims["carried"].parts[:3])
    helped = claims["taught"].parts[0].outcome == "holds"
    does = {"above": "helps imitation", "below": "slows imitation", "around": "does nothing for imitation"}[early]
    joint = "and" if mirror == (early == "above") else "but"
    resting = ("which does not rest on them", *["which at times rests on them"] * 2, "which rests on them")[rests]
    taught = "chosen lessons help" if helped else "chosen lessons do not help"
    return statement(
        f"Seeing itself act gives a learner {'' if mirror else 'no '}mirror units {joint} {does}"
        f"{f', {resting}' if mirror else ''}; {taught}.",
        f"After 80 steps of babbling it performs {told(table, 'both', 'match_80')} of another's actions, one that only "
        f"has a recording of its acts {told(table, 'watches', 'match_80')}; {LEVEL:g} is reached after "
        f"{told(table, 'both', 'steps_to_90')} and {told(table, 'watches', 'steps_to_90')} steps. Of its units, "
        f"{told(table, 'both', 'mirror_units', 0)} pass the test. Silencing a third of all, those of largest r, costs "
        f"{told(table, 'both', 'excess_80')} of match more than silencing matched ones after 80 steps, and "
        f"{told(table, 'both', 'excess_640')} after 640. Taught two new actions for ten rounds, a learner gets "
        f"{told(table, 'taught one by one', 'new_10')} of them right where its demonstrations are chosen one by one, "
        f"{told(table, 'taught at random', 'new_10')} where they are drawn at random.",
    )


def bodies_said(table: pd.DataFrame) -> HTML:
    """Say how imitation carries to other bodies, at equal steps and at equal accuracy."""
    steps = THAN[side(_apart(table, "turned_60", "both", "watches").values)]
    level = THAN[side(_apart(table, "turned_60_equal", "both", "watches").values)]
    return HTML(
        f"<p>After 640 steps a learner that sees itself act performs {told(table, 'both', 'turned_30')} of the actions "
        f"of a body whose effects are turned by 30°, and {told(table, 'both', 'turned_60')} where they are turned by "
        f"60°: {steps} one with a recording ({told(table, 'watches', 'turned_60')}). When each matches its own body at "
        f"{LEVEL:g}, {told(table, 'both', 'turned_60_equal')}: {level} the other "
        f"({told(table, 'watches', 'turned_60_equal')}). Who never sees without acting, but feels both together, "
        f"matches {told(table, 'senses', 'match_640')} in its own body after 640 steps, whatever its units "
        f"({told(table, 'senses', 'mirror_units', 0)} pass).</p>"
    )


SETS = {"top": "units of largest r", "matched": "matched units"}
"""Which units are silenced → how the figure of lesions calls them."""
NO_COST = dict.fromkeys(AGES.values(), (0.0, ""))
"""No match lost, in each panel of that figure."""


def lesion_panels(table: pd.DataFrame) -> tuple[list[str], dict[str, dict[str, list[Estimate]]]]:
    """Return what the figure of lesions draws: names of its rows, and panel → units → the match lost in each."""
    names = [one for one in GROWN[2:] if (table.condition == one).any()]
    of = {words: panels_of(table, names, {f"{units}_{age}": age for age in AGES}) for units, words in SETS.items()}
    return names, {when: {words: of[words][age] for words in of} for age, when in AGES.items()}


def lesions_said(table: pd.DataFrame) -> HTML:
    """Say which units cost most while imitation is learnt and at the end."""
    costs = {f"match {when}": (f"top_{age}", f"matched_{age}", f"excess_{age}") for age, when in AGES.items()}
    return lesion_costs(table, "Silencing the units of largest <em>r</em> costs:", GROWN[2:], costs)


def least_said(table: pd.DataFrame) -> HTML:
    """Say what the units that are least alike are worth, beside those that are most alike."""
    said = [f"{told(table, 'both', f'least_{age}')} {when}" for age, when in AGES.items()]
    return HTML(f"<p>In learners that see themselves act, silencing those of smallest |r| costs {listed(said)}.</p>")


def teaching_said(table: pd.DataFrame) -> HTML:
    """Say what is shown by each teacher, and what it comes to at equal accuracy."""
    sided = THAN[side(_apart(table, "one_sided", "taught at once", "taught one by one").values)]
    shown, uneven, rounds = (
        {one: told(table, one, measure) for one in TAUGHT} for measure in ("new_shown", "one_sided", "rounds_to_half")
    )
    return HTML(
        f"<p>A third of all actions is new. Of what is shown, the hardest demonstrations have {shown['taught hardest']}"
        f", those chosen at once {shown['taught at once']}, those chosen one by one {shown['taught one by one']}. A "
        f"round is one-sided, towards one of the two new actions, by {uneven['taught at once']} where all are chosen "
        f"at once, {sided} where they are chosen one by one ({uneven['taught one by one']}; at random "
        f"{uneven['taught at random']}). Half of the new actions are right after {rounds['taught at random']} rounds "
        f"at random, {rounds['taught hardest']} with the hardest, {rounds['taught at once']} at once and "
        f"{rounds['taught one by one']} one by one; in a learner with a recording of its acts, at random, after "
        f"{rounds['watched, taught at random']}.</p>"
    )


def seconds_said(table: pd.DataFrame) -> HTML:
    """Say what a learner takes."""
    return experiment.seconds_said(table[table.condition != "untrained"], "A learner grows, is taught and is measured")


# -- live --


@dataclass(frozen=True)
class Childhood:
    """A learner at some ages: what it is shown, and what it does."""

    ages: list[int]
    """Steps of babbling done."""
    seen: Episodes
    """What another does, and what is seen of it."""
    done: list[Int[np.ndarray, "sequence time"]]
    """The actions that it performs, at each age."""
    felt: list[Float[np.ndarray, "sequence time feature"]]
    """What follows from these in its own body, without noise."""
    r: list[float]
    """Mean r of its units at each age, tested in its own body."""

    @property
    def match(self) -> list[float]:
        """Share of the other's actions that it performs at each age."""
        return [float(np.mean(done == self.seen.actions)) for done in self.done]


def childhood(base: Config, n_steps: int, n_test: int, body: str = "same") -> Childhood:
    """Let a learner babble that sees itself act, and have it imitate at some ages, before it has babbled too.

    Parameters
    ----------
    n_steps
        Steps of babbling, at least one look's.
    body
        The other's: "same", or one of the experiment's.

    Raises
    ------
    OptionError
        For an unknown body, too few steps, or fewer than two episodes.
    """
    one_of("body", body, ("same", *BODIES))
    whole("n_steps", n_steps, EVERY)
    whole("n_test", n_test, 2)
    with one_thread():
        everybody = study.others(base, n_test)
        seen, world = everybody[body], make_world(base.world, base.seed)
        found = Childhood([], seen, [], [], [])
        ages = {EVERY * 2**k for k in range(12)} | {n_steps // EVERY * EVERY}

        def look(done: int, network: MirrorNetwork) -> None:
            if done == 0 or done in ages:
                actions = named_actions(network, seen.sensations)
                found.ages.append(done)
                found.done.append(actions)
                found.felt.append(outcome(actions, world.effects, base.world.decay))
                found.r.append(mean_r(*record(network, everybody["same"]).values))

        look(0, MirrorNetwork(study.config_of("both", base)))
        study.grow("both", base, n_steps, look)
    return found


def outcome(
    actions: Int[np.ndarray, "sequence time"], effects: Float[np.ndarray, "action feature"], decay: float
) -> Float[np.ndarray, "sequence time feature"]:
    """Return what follows from actions in a body, without noise."""
    state, felt = np.zeros((len(actions), effects.shape[1])), []
    for t in range(actions.shape[1]):
        state = decay * state + effects[actions[:, t]]
        felt.append(state)
    return np.stack(felt, axis=1)


SIZE = (470, 300)
"""Width and height of a picture: narrow enough to be read on a phone."""


def film(found: Childhood, episode: int = 0) -> HTML:
    """Show one episode of another at each age: its path and actions, and those of the learner that imitates it."""
    shown = found.seen.sensations[episode]
    paths = [shown, *(felt[episode] for felt in found.felt)]
    # the plane in which what is seen of the other varies most
    _, _, axes = np.linalg.svd(shown - shown.mean(axis=0), full_matrices=False)
    flat = [(path - shown.mean(axis=0)) @ axes[:2].T for path in paths]
    low, high = np.min([path.min(0) for path in flat], 0), np.max([path.max(0) for path in flat], 0)
    placed = [
        np.array([20, 40]) + (path - low) / np.maximum(high - low, 1e-9) * np.array([SIZE[0] - 40, 150])
        for path in flat
    ]
    captions = [_caption(found, k, episode) for k in range(len(found.ages))]
    pictures = [
        _picture(placed[0], own, found.seen.actions[episode], done[episode])
        for own, done in zip(placed[1:], found.done, strict=True)
    ]
    return player(pictures, captions, "What a learner is shown and does, as it grows", film, per_second=1.0)


def _caption(found: Childhood, k: int, episode: int) -> str:
    actions, done = found.seen.actions[episode], found.done[k][episode]
    age = f"After {found.ages[k]} steps of babbling" if found.ages[k] else "Before it has babbled"
    return (
        f"{age}: {np.sum(actions == done)} of the other's {len(actions)} actions are done. Over all episodes it "
        f"performs {decimal(found.match[k])}; the mean r of its units is {decimal(found.r[k])}."
    )


def _picture(shown: np.ndarray, own: np.ndarray, actions: np.ndarray, done: np.ndarray) -> str:
    """Draw both paths in the plane, and both rows of actions below."""
    orange, blue = MODE_THEMED["observe"], MODE_THEMED["perform"]
    parts = [
        '<text x="20" y="16">dashed: what it sees of the other; line: where its own acts take it</text>',
        _line(shown, orange, 'stroke-dasharray="6 4"'),
        _line(own, blue, ""),
    ]
    step = (SIZE[0] - 90) / len(actions)
    for row, (name, of) in enumerate((("shown", actions), ("done", done))):
        y = 228 + 38 * row
        parts.append(f'<text x="12" y="{y + 4}">{name}</text>')
        for t, action in enumerate(of):
            x, right = 80 + step * t, done[t] == actions[t]
            ring = f'stroke="{orange if row == 0 else blue}" stroke-width="{2.5 if right else 1}"'
            broken = "" if right or row == 0 else ' stroke-dasharray="2 2"'
            parts.append(f'<circle cx="{x:.1f}" cy="{y}" r="12" fill="none" {ring}{broken}/>')
            parts.append(f'<text x="{x:.1f}" y="{y + 4}" text-anchor="middle">{action + 1}</text>')
    return drawn(*SIZE, parts)


def _line(path: np.ndarray, colour: str, dashes: str) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in path)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in path)
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" {dashes}/>{dots}'
