// A network of GRU cores in plain JavaScript, as mirror_core/networks/exported.py folds it; and what it does on many episodes.
(() => {
  "use strict";
  const Playground = (globalThis.Playground ??= {});
  const MODES = ["perform", "observe"];

  // Text of mirror_core/pages/playground.py:packed → numbers, row by row.
  function unpacked({ shape, scale, data }) {
    const bytes = atob(data);
    const values = new Float64Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < values.length; i++) {
      const [low, middle, high] = [0, 1, 2].map((k) => bytes.charCodeAt(3 * i + k));
      values[i] = (((high << 24) | (middle << 16) | (low << 8)) >> 8) * scale;
    }
    return values;
  }

  const sigmoid = (x) => 1 / (1 + Math.exp(-x));

  // Σ a[i + k] b[j + k] over n; four sums, since one has to wait for itself.
  function dot(a, i, b, j, n) {
    let s0 = 0, s1 = 0, s2 = 0, s3 = 0, k = 0;
    for (; k + 3 < n; k += 4) {
      s0 += a[i + k] * b[j + k];
      s1 += a[i + k + 1] * b[j + k + 1];
      s2 += a[i + k + 2] * b[j + k + 2];
      s3 += a[i + k + 3] * b[j + k + 3];
    }
    for (; k < n; k++) s0 += a[i + k] * b[j + k];
    return s0 + s1 + s2 + s3;
  }

  class Network {
    constructor(packed) {
      const arrays = Object.fromEntries(Object.entries(packed).map(([name, one]) => [name, unpacked(one)]));
      [this.nFeatures, this.nUnits] = packed["perform/head"].shape;
      this.nActions = packed["observe/head"].shape[0];
      this.modes = Object.fromEntries(MODES.map((mode) => {
        const core = "core_shared/recurrent" in arrays ? "core_shared" : `core_${mode}`;
        const recurrent = arrays[`${core}/recurrent`], candidateBias = arrays[`${core}/candidate_bias`];
        const [drive, driveBias] = [arrays[`${mode}/drive`], arrays[`${mode}/drive_bias`]];
        return [mode, { recurrent, candidateBias, drive, driveBias, head: arrays[`${mode}/head`], headBias: arrays[`${mode}/head_bias`] }];
      }));
      this.gates = new Float64Array(3 * this.nUnits);
      this.driven = new Float64Array(3 * this.nUnits);
    }

    // Take a mode's state one timestep forward, in place. Input: an action (perform), or sensations and where to read (observe).
    step(mode, state, silent, action, sensations, at) {
      const { recurrent, candidateBias, drive, driveBias } = this.modes[mode];
      const { nUnits: n, nFeatures, gates, driven } = this;
      for (let i = 0; i < 3 * n; i++) {
        gates[i] = dot(recurrent, i * n, state, 0, n);
        driven[i] = mode === "perform" ? drive[action * 3 * n + i] : driveBias[i] + dot(drive, i * nFeatures, sensations, at, nFeatures);
      }
      for (let i = 0; i < n; i++) {
        if (silent[i]) { state[i] = 0; continue; }
        const reset = sigmoid(driven[i] + gates[i]);
        const update = sigmoid(driven[n + i] + gates[n + i]);
        const candidate = Math.tanh(driven[2 * n + i] + reset * (gates[2 * n + i] + candidateBias[i]));
        state[i] = candidate + update * (state[i] - candidate);
      }
    }

    // What the mode's own head says: the sensation (perform), or a logit for each action (observe).
    read(mode, state, output, at) {
      const { head, headBias } = this.modes[mode];
      for (let i = 0; i < headBias.length; i++) output[at + i] = headBias[i] + dot(head, i * this.nUnits, state, 0, this.nUnits);
    }

    // One episode in both modes: hidden states (time, unit) and outputs (time, feature or action) of each.
    run(actions, sensations, silent = new Uint8Array(this.nUnits)) {
      const found = {};
      for (const mode of MODES) {
        const n = mode === "perform" ? this.nFeatures : this.nActions;
        const state = new Float64Array(this.nUnits);
        const hidden = new Float64Array(actions.length * this.nUnits), output = new Float64Array(actions.length * n);
        actions.forEach((action, t) => {
          this.step(mode, state, silent, action, sensations, t * this.nFeatures);
          hidden.set(state, t * this.nUnits);
          this.read(mode, state, output, t * n);
        });
        found[mode] = { hidden, output };
      }
      return found;
    }
  }

  const softmax = (logits) => {
    const largest = Math.max(...logits), parts = Array.from(logits, (x) => Math.exp(x - largest));
    const whole = parts.reduce((a, b) => a + b, 0);
    return parts.map((x) => x / whole);
  };

  const argmax = (values) => values.reduce((best, value, i) => (value > values[best] ? i : best), 0);

  // r of each unit and how well each mode does its own task, over episodes; yields now and then, returns at the end.
  function* measured(network, episodes, silent) {
    const { nUnits, nFeatures: D, nActions: K } = network;
    const sums = Array.from({ length: 5 }, () => new Float64Array(nUnits)); // x, y, xx, yy, xy
    const felt = [new Float64Array(D), new Float64Array(D)];
    let squares = 0, surprise = 0, right = 0, rows = 0;
    for (const { actions, sensations } of episodes) {
      const { perform, observe } = network.run(actions, sensations, silent);
      for (let i = 0; i < perform.hidden.length; i++) {
        const u = i % nUnits, x = perform.hidden[i], y = observe.hidden[i];
        sums[0][u] += x; sums[1][u] += y; sums[2][u] += x * x; sums[3][u] += y * y; sums[4][u] += x * y;
      }
      for (let i = 0; i < sensations.length; i++) {
        squares += (perform.output[i] - sensations[i]) ** 2;
        felt[0][i % D] += sensations[i];
        felt[1][i % D] += sensations[i] ** 2;
      }
      actions.forEach((action, t) => {
        const said = softmax(observe.output.subarray(t * K, (t + 1) * K));
        surprise -= Math.log(Math.max(said[action], 1e-300));
        right += argmax(said) === action;
      });
      rows += actions.length;
      yield;
    }
    const r = Array.from({ length: nUnits }, (_, u) => {
      const [x, y, xx, yy, xy] = sums.map((sum) => sum[u] / rows);
      const scale = (xx - x * x) * (yy - y * y);
      return scale > 1e-18 ? (xy - x * y) / Math.sqrt(scale) : null; // a constant unit has no r
    });
    const variance = felt[0].reduce((sum, s, i) => sum + felt[1][i] / rows - (s / rows) ** 2, 0) / D;
    const error = squares / rows / D;
    const by = (values) => ({ perform: values(0), observe: values(1) });
    const mean = by((mode) => Array.from(sums[mode], (sum) => sum / rows));
    const spread = by((mode) => Array.from(sums[2 + mode], (sum, u) => Math.sqrt(Math.max(0, sum / rows - (sums[mode][u] / rows) ** 2))));
    return { r, mean, spread, error, explained: 1 - error / variance, cross_entropy: surprise / rows, named: right / rows };
  }

  // Let a computation go on whenever the page has time; a later one replaces it.
  let turn = 0;
  function inSlices(generator, done) {
    const mine = ++turn;
    const go = () => {
      if (mine !== turn) return;
      const until = performance.now() + 10;
      while (performance.now() < until) {
        const next = generator.next();
        if (next.done) return done(next.value);
      }
      setTimeout(go, 0);
    };
    setTimeout(go, 0);
  }
  const stopSlices = () => { turn += 1; };

  // Networks come as scripts that call `receive`; each is asked for once.
  const arrived = {}, waiting = {};
  function receive(file, packed) {
    arrived[file] = new Network(packed);
    waiting[file]?.resolve(arrived[file]);
  }
  function load(file) {
    if (!waiting[file]) {
      waiting[file] = {};
      waiting[file].promise = new Promise((resolve, reject) => Object.assign(waiting[file], { resolve, reject }));
      const script = document.createElement("script");
      script.src = `glued/playground/${file}.js`;
      script.onerror = () => { waiting[file].reject(new Error(`${script.src} cannot be loaded`)); delete waiting[file]; };
      document.head.append(script);
    }
    return waiting[file].promise;
  }

  Object.assign(Playground, { MODES, Network, softmax, argmax, measured, inSlices, stopSlices, receive, load });
})();
