// Everything the reader can choose, and its form in the address: #reading=…&condition=…&do=…; nothing else is remembered.
(() => {
  "use strict";
  const Playground = (globalThis.Playground ??= {});

  const initial = (data) => ({
    reading: data.first.reading,
    condition: data.first.condition,
    // three actions, each held for a while: sensations add up, and units move far
    actions: Array.from({ length: data.world.length }, (_, t) => Math.floor((3 * t) / data.world.length) % data.world.effects.length),
    noise: data.world.noise,
    draw: 1,
    silent: [],
    unit: null, // by number; none: the one with the largest r
    step: data.world.length,
  });

  const written = (state) => "#" + [
    `reading=${state.reading}`,
    `condition=${state.condition}`,
    `do=${state.actions.map((a) => a + 1).join(".")}`,
    `noise=${state.noise}`,
    `draw=${state.draw}`,
    ...(state.silent.length ? [`silent=${state.silent.join(".")}`] : []),
    ...(state.unit === null ? [] : [`unit=${state.unit}`]),
    `step=${state.step}`,
  ].join("&");

  const whole = (text, low, high) => (/^\d+$/.test(text) && Number(text) >= low && Number(text) <= high ? Number(text) : null);
  const wholes = (text, low, high) => {
    const found = text.split(".").map((one) => whole(one, low, high));
    return found.includes(null) ? null : found;
  };

  // What an address says; what it does not say, or says wrongly, is as at first. An anchor of the page says nothing: null.
  function read(hash, data) {
    if (!hash.includes("=")) return null;
    const said = Object.fromEntries(new URLSearchParams(hash.slice(1))), state = initial(data);
    const nUnits = data.networks[0].tasks.r.length, known = (key, name) => data.networks.some((one) => one[key] === name);
    const set = (key, value) => { if (value !== null) state[key] = value; };
    if (known("reading", said.reading)) state.reading = said.reading;
    if (known("condition", said.condition)) state.condition = said.condition;
    const done = wholes(said.do ?? "", 1, data.world.effects.length);
    if (done?.length === data.world.length) state.actions = done.map((a) => a - 1);
    const noise = Number.parseFloat(said.noise);
    if (noise >= 0 && noise <= Playground.MOST_NOISE) state.noise = noise;
    set("draw", whole(said.draw ?? "", 1, 1e6));
    set("silent", wholes(said.silent ?? "", 0, nUnits - 1));
    state.silent = [...new Set(state.silent)];
    set("unit", whole(said.unit ?? "", 0, nUnits - 1));
    set("step", whole(said.step ?? "", 1, data.world.length));
    return state;
  }

  Object.assign(Playground, { MOST_NOISE: 2, initial, written, read });
})();
