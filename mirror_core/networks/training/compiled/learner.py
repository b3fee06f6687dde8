"""Learning in compiled code: GRU networks on the processor, one after another.

How a network, its passes and its lessons lie in memory for `mirror_core.networks.training.compiled.gru` comes first.
Units, inputs and outputs are filled up to multiples of eight, so that products have no remainders. What is filled up
is zero and stays zero. D is the size of a sensation, K the number of actions; objectives are predict and infer.
"""

from collections import namedtuple
from collections.abc import Iterator, Sequence

import numpy as np
from torch import Tensor

from mirror_core.config.passes import Pass, passes
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.compiled.gru import LANES, ROWS, go_through
from mirror_core.networks.training.lessons import Lessons
from mirror_core.networks.training.losses import OBJECTIVES, Losses, learning_names, objectives

Weights = namedtuple("Weights", "inputs drive drive_bias recurrent recurrent_bias readers reader_bias")
Plan = namedtuple("Plan", "core sees_actions sees_sensations reads sizes widths importance n_seen core_learns")
Data = namedtuple("Data", "actions sensations seen labels")
Memory = namedtuple("Memory", "state parent action count seen hidden gates update outputs errors slope")


def _filled(size: int, step: int = LANES) -> int:
    return -(-size // step) * step


def _heads(network: MirrorNetwork) -> dict[tuple[str, str], int]:
    """Return where the outputs of each head (objective, key) begin."""
    heads = [(objective, key) for objective in OBJECTIVES for key in network.heads[objective]]
    widths = [_filled(network.heads[objective][key].out_features) for objective, key in heads]
    return dict(zip(heads, np.cumsum([0, *widths]).tolist(), strict=False))


def plan_of(network: MirrorNetwork, config: Config, todo: tuple[Pass, ...]) -> Plan:
    """Write the passes of a training step as tables."""
    heads, cores, sizes = _heads(network), list(network.cores), [config.world.sensory_dim, config.world.n_actions]
    return Plan(
        core=np.array([cores.index(p.core) for p in todo]),  # (pass,): which core runs
        sees_actions=np.array([p.sees_actions for p in todo]),
        sees_sensations=np.array([p.sees_sensations for p in todo]),
        # (pass, objective): where the outputs of the head begin that is asked for it, or -1
        reads=np.array([[heads.get((o, p.heads.get(o)), -1) for o in OBJECTIVES] for p in todo]),
        sizes=np.array(sizes),  # (objective,): outputs of such a head: D, K
        widths=np.array(list(map(_filled, sizes))),  # (objective,): the same, filled up
        importance=np.array([config.objective.predict_weight, config.objective.infer_weight], float),  # of losses
        n_seen=_filled(config.world.sensory_dim + 1, ROWS),  # the sensation's part of u, D + 1, filled up
        core_learns=config.training.trained == "all",
    )


def data_of(lessons: Lessons, plan: Plan) -> Data:
    """Return lessons as arrays (episode, time, …); what is seen is an observed sensation and a one."""
    actions, sensations, observed, labels = map(np.ascontiguousarray, vars(lessons).values())
    seen = np.zeros((*actions.shape, plan.n_seen), np.float32)
    seen[..., : plan.sizes[0]], seen[..., plan.sizes[0]] = observed, 1
    return Data(actions, sensations, seen, labels)


def empty_weights(network: MirrorNetwork, plan: Plan) -> tuple[np.ndarray, Weights]:
    """Return a flat array of zeros, and its parts as weights (or gradients); matrices are (from, to)."""
    core = next(iter(network.cores.values()))
    n_cores, n_units, n_inputs = len(network.cores), _filled(core.hidden_size), _filled(core.input_size)
    n_outputs = len(network.heads["infer"]) * plan.widths.sum()
    shapes = Weights(
        inputs=(n_inputs, _filled(plan.n_seen + plan.sizes[1] + 1)),  # E: projection, its bias, action embedding
        drive=(n_cores, n_inputs, 3 * n_units),  # W, blocks n, r, z
        drive_bias=(n_cores, 3 * n_units),
        recurrent=(n_cores, n_units, 3 * n_units),  # U, blocks r, z, m
        recurrent_bias=(n_cores, 3 * n_units),
        readers=(n_units, n_outputs),  # every head, one after another
        reader_bias=(n_outputs,),
    )
    ends = np.cumsum([np.prod(shape) for shape in shapes])
    flat = np.zeros(ends[-1], np.float32)
    return flat, Weights(*(part.reshape(s) for part, s in zip(np.split(flat, ends[:-1]), shapes, strict=True)))


def empty_memory(weights: Weights, plan: Plan, n_times: int, n_episodes: int) -> Memory:
    """Return what a pass over a batch of at most so many episodes works in, used again by the next."""
    (n_units, n_outputs), n_rows = weights.readers.shape, _filled(n_episodes, ROWS)

    def zeros(*shape: int, dtype: type = np.float32) -> np.ndarray:
        return np.zeros(shape, dtype)

    return Memory(
        state=zeros(n_times, n_rows, dtype=int),  # (time, episode): its row
        parent=zeros(n_times, n_rows, dtype=int),  # row of the timestep before, at most this row's number
        action=zeros(n_times, n_rows, dtype=int),  # which it is shown; K is none
        count=zeros(n_times, dtype=int),  # how many rows there are, filled up
        seen=zeros(n_times, n_rows, plan.n_seen),  # (time, episode, D + 1)
        hidden=zeros(n_times + 1, n_rows, n_units),  # hidden states, from the zero start
        gates=zeros(n_times, n_rows, 4 * n_units),  # what n, r, z, m receive; then their gradients' factors; then these
        update=zeros(n_times, n_rows, n_units),  # z
        outputs=zeros(n_rows, n_outputs),  # of the heads, at one timestep
        errors=zeros(n_times, n_rows, n_outputs),  # gradients of the outputs
        slope=zeros(n_rows, n_units),  # dh
    )


def places(network: MirrorNetwork, plan: Plan, views: Weights) -> Iterator[tuple[str, Tensor, np.ndarray]]:
    """Yield each parameter's name and part with its place in the compiled code's arrays."""
    found = {name: p.detach() for name, p in network.named_parameters()}
    (n_features, n_actions), inputs = plan.sizes, views.inputs[: network.projection.out_features]
    yield "projection.weight", found["projection.weight"], inputs[:, :n_features]
    yield "projection.bias", found["projection.bias"], inputs[:, n_features]
    yield "embedding.weight", found["embedding.weight"], inputs[:, plan.n_seen : plan.n_seen + n_actions].T
    for (objective, key), first in _heads(network).items():
        name = f"heads.{objective}.{key}"
        n_outputs, n_units = found[f"{name}.weight"].shape
        yield f"{name}.weight", found[f"{name}.weight"], views.readers[:n_units, first : first + n_outputs].T
        yield f"{name}.bias", found[f"{name}.bias"], views.reader_bias[first : first + n_outputs]
    # PyTorch's blocks are r, z, n; ours n, r, z for the input, r, z, n (our m) for the last hidden state
    for i, (key, core) in enumerate(network.cores.items()):
        for kind, weight, bias, blocks in (
            ("ih_l0", views.drive[i, : core.input_size], views.drive_bias[i], (1, 2, 0)),
            ("hh_l0", views.recurrent[i, : core.hidden_size], views.recurrent_bias[i], (0, 1, 2)),
        ):
            for theirs, ours in enumerate(blocks):
                rows = slice(theirs * core.hidden_size, (theirs + 1) * core.hidden_size)
                columns = slice(ours * len(bias) // 3, ours * len(bias) // 3 + core.hidden_size)
                yield f"cores.{key}.weight_{kind}", found[f"cores.{key}.weight_{kind}"][rows], weight[:, columns].T
                yield f"cores.{key}.bias_{kind}", found[f"cores.{key}.bias_{kind}"][rows], bias[columns]


class CompiledLearner:
    """Networks that learn by `mirror_core.networks.training.compiled.gru`, with the interface and the numbers of
    `AutogradLearner`.

    Each network is computed on its own, so its numbers do not depend, to the last bit, on its company.
    """

    def __init__(
        self, networks: Sequence[MirrorNetwork], configs: Sequence[Config],
        lessons: Sequence[Lessons], heldout: Sequence[Lessons],
    ) -> None:  # fmt: skip
        self.learners = [_One(*each) for each in zip(networks, configs, lessons, heldout, strict=True)]

    def epoch(self, orders: Sequence[np.ndarray]) -> list[Losses]:
        """Let each network learn from its lessons in its order; return the mean losses on the way."""
        return [one.go_through(one.lessons, order) for one, order in zip(self.learners, orders, strict=True)]

    def heldout_losses(self) -> list[Losses]:
        """Return each network's mean losses on its held-out lessons."""
        return [one.go_through(one.heldout, np.arange(len(one.heldout[0])), learn=False) for one in self.learners]

    def write_back(self) -> None:
        """Put the learnt weights into the networks."""
        for one in self.learners:
            for _, tensor, array in places(one.network, one.plan, one.weights):
                tensor.numpy()[...] = array


class _One:
    """One network, its flat weights and the state of its optimiser."""

    def __init__(self, network: MirrorNetwork, config: Config, lessons: Lessons, heldout: Lessons) -> None:
        todo = passes(config)
        self.network, self.training, self.plan = network, config.training, plan_of(network, config, todo)
        self.n_steps, self.keys, self.names = 0, objectives(todo), np.array([p.name for p in todo])
        self.lessons, self.heldout = data_of(lessons, self.plan), data_of(heldout, self.plan)
        arrays = zip(*(empty_weights(network, self.plan) for _ in range(5)), strict=True)
        self.adam, (self.weights, self.gradients, _, _, rates) = arrays
        for _, tensor, array in places(network, self.plan, self.weights):
            array[...] = tensor.numpy()
        self.memory = empty_memory(self.weights, self.plan, 0, 0)
        for name, _, array in places(network, self.plan, rates):
            array[...] = self.training.learning_rate * (name in learning_names(network, config))

    def go_through(self, data: Data, order: np.ndarray, *, learn: bool = True) -> Losses:
        batch_size, n_times = min(self.training.batch_size, len(order)), data.actions.shape[1]
        if batch_size > len(self.memory.slope):
            self.memory = empty_memory(self.weights, self.plan, n_times, batch_size)
        sums = go_through(
            order, batch_size, self.n_steps, np.float32(self.training.weight_decay), self.weights, self.gradients,
            self.adam, data, self.plan, self.memory, learn,
        )  # fmt: skip
        self.n_steps += learn * -(-len(order) // batch_size)
        means = sums / (len(order) * n_times)
        # two separate cores may both run a joint pass for one objective: their losses add up
        return {(name, o): float(means[self.names == name, OBJECTIVES.index(o)].sum()) for name, o in self.keys}
