// The world of mirror_core/worlds/linear.py, with noise from a seed of the page's own.
(() => {
  "use strict";
  const Playground = (globalThis.Playground ??= {});

  // Uniform numbers below 1 from a whole number (xorshift, Marsaglia 2003), the same on every machine.
  function uniform(seed) {
    let x = Math.imul(seed, 0x9e3779b1) ^ 0x6a09e667; // neighbouring seeds start far apart
    x ||= 1; // zero would stay zero
    const next = () => {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      return (x >>> 0) / 2 ** 32;
    };
    for (let i = 0; i < 8; i++) next();
    return next;
  }

  // Standard normal numbers, by Box and Muller.
  function normal(seed, n) {
    const draw = uniform(seed);
    return Float64Array.from({ length: n }, () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw()));
  }

  // s_t = decay · s_{t−1} + effect(a_t) + std · noise, rounded as the networks were given it: (time, feature).
  function sensations(world, actions, noise, std) {
    const D = world.effects[0].length, felt = new Float32Array(actions.length * D), state = new Float64Array(D);
    actions.forEach((action, t) => {
      for (let d = 0; d < D; d++) {
        state[d] = world.decay * state[d] + world.effects[action][d] + std * noise[t * D + d];
        felt[t * D + d] = state[d];
      }
    });
    return felt;
  }

  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

  // The held-out episodes of mirror_core/pages/playground.py under noise of another strength.
  function heldout(world, kept, std) {
    const T = world.length, D = world.effects[0].length;
    const actions = bytes(kept.actions), noise = Float64Array.from(new Int8Array(bytes(kept.noise).buffer), (x) => x * kept.scale);
    return Array.from({ length: kept.n }, (_, i) => {
      const done = Array.from(actions.subarray(i * T, (i + 1) * T));
      return { actions: done, sensations: sensations(world, done, noise.subarray(i * T * D, (i + 1) * T * D), std) };
    });
  }

  Object.assign(Playground, { uniform, normal, sensations, heldout });
})();
