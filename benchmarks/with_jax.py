"""The same training in JAX: inputs folded into the core's, time unrolled, a step compiled. For comparison only."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from mirror_core.config.passes import passes
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.loop import Lessons, make_lessons
from mirror_core.seeding import stream

Weights = dict[str, jax.Array]


def _states(w: Weights, core: str, driven: jax.Array) -> jax.Array:
    """Return hidden states (time, episode, unit) from the input's part of the gates (time, episode, 3 unit)."""
    hh, b = w[f"cores.{core}.weight_hh_l0"].T, w[f"cores.{core}.bias_hh_l0"]

    def advance(state: jax.Array, now: jax.Array) -> tuple[jax.Array, jax.Array]:
        in_r, in_z, in_n = jnp.split(now, 3, axis=-1)
        by_r, by_z, by_n = jnp.split(state @ hh + b, 3, axis=-1)
        update = jax.nn.sigmoid(in_z + by_z)
        candidate = jnp.tanh(in_n + jax.nn.sigmoid(in_r + by_r) * by_n)
        state = candidate + update * (state - candidate)
        return state, state

    start = jnp.zeros((driven.shape[1], hh.shape[0]))
    return jax.lax.scan(advance, start, driven, unroll=True)[1]


def _losses(w: Weights, config: Config, data: tuple[jax.Array, ...]) -> dict[tuple[str, str], jax.Array]:
    actions, sensations, observed, labels = (x.swapaxes(0, 1) for x in data)
    found: dict[tuple[str, str], jax.Array] = {}
    todo = passes(config)
    for core in dict.fromkeys(p.core for p in todo):
        mine = [p for p in todo if p.core == core]
        ih, b = w[f"cores.{core}.weight_ih_l0"].T, w[f"cores.{core}.bias_ih_l0"]
        driven = []
        for p in mine:
            parts = [b]
            if p.sees_actions:
                parts.append((w["embedding.weight"] @ ih)[actions])
            if p.sees_sensations:
                parts.append(observed @ (w["projection.weight"].T @ ih) + w["projection.bias"] @ ih)
            driven.append(sum(parts))
        states = jnp.split(_states(w, core, jnp.concatenate(driven, axis=1)), len(mine), axis=1)
        for p, hidden in zip(mine, states, strict=True):
            for objective, key in p.heads.items():
                output = hidden @ w[f"heads.{objective}.{key}.weight"].T + w[f"heads.{objective}.{key}.bias"]
                if objective == "predict":
                    loss = jnp.mean((output - sensations) ** 2)
                else:
                    right = jnp.take_along_axis(jax.nn.log_softmax(output), labels[..., None], axis=-1)
                    loss = -jnp.mean(right)
                found[p.name, objective] = found.get((p.name, objective), 0.0) + loss
    return found


@partial(jax.jit, static_argnames="config")
def _step(w: Weights, first: Weights, second: Weights, count: int, config: Config, data: tuple[jax.Array, ...]):
    """Take one step of Adam; return weights, running means and losses."""
    goal, plan = config.objective, config.training
    weight = {"predict": goal.predict_weight, "infer": goal.infer_weight}

    def total(w: Weights):
        found = _losses(w, config, data)
        return sum(weight[objective] * loss for (_, objective), loss in found.items()), list(found.values())

    slopes, found = jax.grad(total, has_aux=True)(w)
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slopes)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, slopes)
    scale1, scale2 = 1 / (1 - 0.9**count), 1 / (1 - 0.999**count)
    rate = plan.learning_rate
    w = jax.tree.map(lambda w, m, v: w - rate * scale1 * m / (jnp.sqrt(v * scale2) + 1e-8), w, first, second)
    return w, first, second, found


@partial(jax.jit, static_argnames="config")
def _evaluate(w: Weights, config: Config, data: tuple[jax.Array, ...]) -> list[jax.Array]:
    return list(_losses(w, config, data).values())


def _arrays(lessons: Lessons) -> tuple[np.ndarray, ...]:
    return tuple(x.numpy() for x in (lessons.actions, lessons.sensations, lessons.observed, lessons.labels))


def jax_train(config: Config, on_epoch: Callable[[int], None] = lambda epoch: None) -> list[list[float]]:
    """Train one network of which all weights learn, without weight decay; return its held-out losses by epoch."""
    plan = config.training
    train = _arrays(make_lessons(config, "train", plan.n_sequences))
    heldout = _arrays(make_lessons(config, "held-out", plan.n_heldout))
    w = {name: jnp.asarray(p.detach().numpy()) for name, p in MirrorNetwork(config).named_parameters()}
    first = second = jax.tree.map(jnp.zeros_like, w)
    order, count = stream(config.seed, "order"), 0
    cold = config.change(seed=0, n_epochs=1)  # what is compiled depends on neither
    curve = [[float(x) for x in _evaluate(w, cold, heldout)]]
    for epoch in range(1, plan.n_epochs + 1):
        shuffled = order.permutation(plan.n_sequences)
        for start in range(0, plan.n_sequences, plan.batch_size):
            index = shuffled[start : start + plan.batch_size]
            count += 1
            w, first, second, _ = _step(w, first, second, count, cold, tuple(x[index] for x in train))
        curve.append([float(x) for x in _evaluate(w, cold, heldout)])
        on_epoch(epoch)
    return curve
