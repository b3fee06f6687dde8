// The playground: what the reader sees and does. It starts by itself, and keeps its whole state in the address.
(() => {
  "use strict";
  const Playground = globalThis.Playground;
  const { MODES, Network, draw } = Playground;
  const root = document.getElementById("playground");
  if (!root || !Network) return;
  const data = JSON.parse(root.querySelector(".pg-data").textContent);
  const T = data.world.length, K = data.world.effects.length, D = data.world.effects[0].length;
  const nUnits = data.networks[0].tasks.r.length;
  root.style.setProperty("--pg-steps", T);
  const SOME = Math.min(16, Math.floor(nUnits / 3)); // units that a button silences at once
  const PER_SECOND = 3;

  // ---- words ----
  const decimal = (value, digits = 2) => value.toFixed(digits).replace("-", "−");
  const percent = (value) => `${(100 * value).toFixed(value > 0.99 || value < 0.01 ? 1 : 0).replace("-", "−").replace(/\.0$/, "")} %`;

  // ---- elements ----
  function element(tag, attributes = {}, ...children) {
    const one = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) one.addEventListener(name.slice(2), value);
      else if (value !== null) one.setAttribute(name, value);
    }
    one.append(...children);
    return one;
  }
  const button = (label, act, attributes = {}) => element("button", { type: "button", onclick: act, ...attributes }, label);

  function choice(name, legend, options) {
    const inputs = Object.entries(options).map(([value, { label }]) => {
      const input = element("input", { type: "radio", name: `pg-${name}`, value, onchange: () => change({ [name]: value }) });
      return element("label", {}, input, element("span", {}, label));
    });
    const title = element("span", { class: "pg-title", id: `pg-${name}` }, legend);
    return element("div", { class: "pg-choice", role: "radiogroup", "aria-labelledby": title.id }, title, element("div", {}, ...inputs));
  }

  const meter = (mode, label) => {
    const bar = element("div", { class: "pg-bar" }, element("div", { class: `pg-filled pg-${mode}` }), element("div", { class: "pg-intact" }));
    return { mode, bar, value: element("output", {}), row: element("div", { class: "pg-meter" }, element("span", {}, label)) };
  };

  const ui = {
    reading: choice("reading", "reading", data.readings),
    condition: choice("condition", "network", data.conditions),
    meaning: element("p", { class: "pg-meaning" }),
    said: element("p", { class: "pg-said", "aria-live": "polite" }),
    units: element("canvas", { "aria-hidden": "true" }),
    unit: element("output", { class: "pg-unit" }),
    silence: button("silence it", () => toggle(selected())),
    meters: [meter("perform", "predicts its sensations"), meter("observe", "names the actions it observes")],
    play: button("▶", () => (timer ? stop() : start()), { "aria-label": "play" }),
    step: element("input", { type: "range", min: 1, max: T, "aria-label": "timestep", oninput: () => { stop(); change({ step: Number(ui.step.value) }); } }),
    felt: element("canvas", { role: "img" }),
    predicted: element("canvas", { role: "img" }),
    traces: element("canvas", { role: "img" }),
    inEpisode: element("p", { class: "pg-small", "aria-live": "polite" }),
    noise: element("input", { type: "range", min: 0, max: Playground.MOST_NOISE, step: data.world.noise, "aria-label": "standard deviation of the sensory noise", oninput: () => change({ noise: Number(ui.noise.value) }) }),
    noiseSaid: element("output", {}),
    copied: element("span", { class: "pg-small", "aria-live": "polite" }),
    foot: element("p", { class: "pg-small" }),
  };
  ui.stage = element("div", {
    class: "pg-units", tabindex: 0, role: "slider", "aria-orientation": "horizontal", "aria-valuemin": 1, "aria-valuemax": nUnits,
    "aria-label": "units by r; arrow keys choose one, Enter silences it", onkeydown: unitKeys,
    onpointerdown: (event) => point(event), onpointermove: (event) => { if (event.pointerType === "mouse" || event.buttons) hover(event); },
  }, ui.units);

  // The grid of actions: a row an action, a column a timestep.
  const cells = Array.from({ length: K }, (_, a) => Array.from({ length: T }, (_, t) => element("div", {
    role: "gridcell", class: "pg-cell", tabindex: -1, "data-action": a, "data-time": t, onkeydown: (event) => cellKeys(event, a, t),
    onfocus: () => { for (const row of cells) for (const one of row) one.tabIndex = -1; cells[a][t].tabIndex = 0; },
  }, element("span", { class: "pg-disc" }), element("span", { class: "pg-ring" }))));
  const heads = Array.from({ length: T }, (_, t) => element("div", { class: "pg-head", "aria-hidden": "true" }, String(t + 1)));
  const composer = element("div", {
    role: "grid", class: "pg-composer", "aria-label": "actions: a row for each action, a column for each timestep; arrow keys move, Enter or a digit chooses",
    onpointerdown: paint, onpointermove: (event) => { if (event.buttons) paint(event); },
  }, ...cells.map((row, a) => element("div", { role: "row" }, element("div", { role: "rowheader", class: "pg-label" }, `action ${a + 1}`), ...row)));
  const lane = (label, canvas) => [element("div", { class: "pg-label" }, label), element("div", { class: "pg-lane" }, canvas)];

  const [forward, backward] = ui.meters;
  for (const one of ui.meters) one.row.append(one.bar, one.value);
  root.querySelector(".pg-waiting").replaceWith(element("div", { class: "pg-app" },
    ui.reading, ui.condition, ui.meaning, ui.said, ui.stage,
    element("div", { class: "pg-row" }, button("‹", () => move(-1), { "aria-label": "unit before" }), button("›", () => move(1), { "aria-label": "next unit" }), ui.unit, ui.silence),
    element("div", { class: "pg-trace" }, ui.traces),
    element("div", { class: "pg-row" },
      button(`silence the ${SOME} with the largest r`, () => change({ silent: order().filter((u) => !state.silent.includes(u)).slice(0, SOME).concat(state.silent) })),
      button(`silence ${SOME} others`, () => change({ silent: others() })),
      button("restore all", () => change({ silent: [] }))),
    element("div", { class: "pg-meters", role: "group", "aria-label": `both tasks on ${data.episodes.n} held-out episodes` }, forward.row, backward.row),
    element("p", { class: "pg-heading", id: "pg-episode" }, "One episode: choose what is done"),
    element("div", { class: "pg-row" },
      button("‹", () => { stop(); change({ step: Math.max(1, state.step - 1) }); }, { "aria-label": "step back" }), ui.play,
      button("›", () => { stop(); change({ step: Math.min(T, state.step + 1) }); }, { "aria-label": "step on" }), ui.step,
      button("random actions", () => change({ actions: Array.from({ length: T }, () => Math.floor(Math.random() * K)) }))),
    element("div", { class: "pg-time" }, element("div", { class: "pg-label" }, "timestep"), ...heads),
    composer,
    element("p", { class: "pg-key pg-small" }, element("span", { class: "pg-disc" }), " done ", element("span", { class: "pg-ring pg-right" }), " named while observing, ringed in full where right"),
    element("div", { class: "pg-lanes" }, ...lane("sensed", ui.felt), ...lane("predicted", ui.predicted)),
    ui.inEpisode,
    element("div", { class: "pg-row" }, element("span", {}, "sensory noise"), ui.noise, ui.noiseSaid, button("draw it again", () => change({ draw: state.draw + 1 }))),
    element("div", { class: "pg-row" }, button("copy a link to this", copy), button("start over", () => { state = Playground.initial(data); change({}); history.replaceState(null, "", location.pathname + location.search); }), ui.copied),
    ui.foot,
  ));

  // ---- what is shown ----
  let state = Playground.read(location.hash, data) ?? Playground.initial(data);
  let network = null, shown = null, tasks = null, episode = null, timer = null, palette = null;

  const about = () => data.networks.find((one) => one.reading === state.reading && one.condition === state.condition);
  // by the intact r, so that silencing units moves none of them
  const order = () => about().tasks.r.map((r, unit) => [r ?? -2, unit]).sort((a, b) => b[0] - a[0] || a[1] - b[1]).map(([, unit]) => unit);
  const selected = () => state.unit ?? order()[0];
  const intact = () => !state.silent.length && state.noise === data.world.noise;

  function others() {
    const draws = Playground.uniform(state.draw + state.silent.length), left = order().filter((u) => !state.silent.includes(u)).slice(SOME);
    const found = [...state.silent];
    while (found.length < state.silent.length + SOME && left.length) found.push(left.splice(Math.floor(draws() * left.length), 1)[0]);
    return found;
  }

  function change(changes, remember = true) {
    state = { ...state, ...changes };
    if (remember) history.replaceState(null, "", Playground.written(state));
    refresh();
  }
  const toggle = (unit) => change({ silent: state.silent.includes(unit) ? state.silent.filter((u) => u !== unit) : [...state.silent, unit], unit });
  const move = (by) => { const all = order(); change({ unit: all[Math.max(0, Math.min(nUnits - 1, all.indexOf(selected()) + by))] }); };

  function refresh() {
    const one = about();
    for (const name of ["reading", "condition"]) root.querySelector(`input[name=pg-${name}][value="${state[name]}"]`).checked = true;
    ui.meaning.textContent = `${data.readings[state.reading].meaning} ${data.conditions[state.condition].meaning}`;
    if (shown !== one.file) {
      root.setAttribute("aria-busy", "true");
      Playground.load(one.file).then((arrived) => {
        if (about().file !== one.file) return; // the reader has moved on
        [network, shown] = [arrived, one.file];
        root.removeAttribute("aria-busy");
        compute();
      }, (error) => { ui.said.textContent = `${error.message}.`; });
    } else compute();
  }

  const silenced = () => Uint8Array.from({ length: nUnits }, (_, u) => state.silent.includes(u));

  let measuredFor = "";
  function compute() {
    const lived = `${shown} ${state.actions} ${state.noise} ${state.draw} ${state.silent}`;
    if (episode?.lived !== lived) {
      const sensations = Playground.sensations(data.world, state.actions, Playground.normal(state.draw, T * D), state.noise);
      const before = performance.now(), found = network.run(state.actions, sensations, silenced());
      episode = { lived, sensations, ...found, milliseconds: (performance.now() - before) / (2 * T) };
    }
    const wanted = `${shown} ${[...state.silent].sort((a, b) => a - b)} ${state.noise}`;
    if (intact()) {
      Playground.stopSlices();
      [tasks, measuredFor] = [about().tasks, wanted];
    } else if (measuredFor !== wanted) {
      [tasks, measuredFor] = [null, wanted];
      const episodes = Playground.heldout(data.world, data.episodes, state.noise);
      Playground.inSlices(Playground.measured(network, episodes, silenced()), (values) => { tasks = values; show(); });
    }
    show();
  }

  let last = null; // what was measured last stays until the new numbers are there
  function show() {
    const now = (last = tasks ?? last ?? about().tasks);
    root.toggleAttribute("data-measuring", tasks === null);
    palette ??= draw.colours(root);
    showUnits(now);
    showTasks(now);
    showEpisode();
    const one = about();
    ui.foot.replaceChildren(
      `Run `, element("a", { href: `runs.html#${one.anchor}` }, one.run), ` of seed ${data.seed}. r and both tasks: ${data.episodes.n} held-out episodes. `,
      `The last run took ${decimal(Math.max(episode.milliseconds, 0.01))} ms a step in this browser.`,
    );
    Playground.now = { state, tasks: now, episode, network, measuring: tasks === null, about: one };
  }

  function sentence(now) {
    const going = nUnits - state.silent.length, strong = now.r.filter((r, u) => r > data.threshold && !state.silent.includes(u)).length;
    const units = about().shared ? "units" : "pairs of units with the same number";
    const first = `${strong === 0 ? "None" : strong} of ${going} ${units} ${strong === 1 ? "does" : "do"} the same when the network acts and when it observes (r > ${data.threshold}).`;
    if (intact()) return first;
    const was = about().tasks, said = [];
    if (state.silent.length) said.push(`${state.silent.length} ${state.silent.length === 1 ? "is" : "are"} silent`);
    if (state.noise !== data.world.noise) said.push(`noise is ${decimal(state.noise / (data.world.noise || 1), 0)} times that of training`);
    return `${first} While ${said.join(" and ")}, it predicts ${percent(now.explained)} of the sensations (intact: ${percent(was.explained)}) and names ${percent(now.named)} of the actions (${percent(was.named)}).`;
  }

  const kind = (r) => (r === null ? "silent or constant: no r" : `r = ${decimal(r)}${r > data.threshold ? ", mirror unit" : ""}`);

  function showUnits(now) {
    const all = order(), unit = selected(), off = state.silent.includes(unit), r = off ? null : now.r[unit];
    const words = `unit ${unit}: ${off ? "silent" : kind(r)}`;
    if (ui.said.textContent !== sentence(now)) ui.said.textContent = sentence(now);
    ui.unit.textContent = words;
    ui.silence.textContent = off ? "restore it" : "silence it";
    ui.stage.setAttribute("aria-valuenow", all.indexOf(unit) + 1);
    ui.stage.setAttribute("aria-valuetext", words);
    const activity = { perform: standardised("perform", now), observe: standardised("observe", now) };
    draw.units(ui.units, ui.stage.clientWidth, {
      order: all, r: now.r, silent: new Set(state.silent), selected: unit, nUnits, T, step: state.step, threshold: data.threshold,
      perform: activity.perform, observe: activity.observe,
    }, palette);
    const course = (mode) => Float64Array.from({ length: T }, (_, t) => activity[mode][t * nUnits + unit]);
    draw.traces(ui.traces, ui.stage.clientWidth, course("perform"), course("observe"), T, state.step, palette);
    ui.traces.setAttribute("aria-label", `unit ${unit} over the episode: solid performing, dashed observing, each as deviation from its mean`);
  }

  // Activity as r sees it: each unit's deviation from its mean in a mode, by one and a half times its spread there.
  const standardised = (mode, now) => Float64Array.from(episode[mode].hidden, (value, i) => {
    const unit = i % nUnits, spread = now.spread[mode][unit];
    return spread > 1e-6 && !state.silent.includes(unit) ? (value - now.mean[mode][unit]) / (1.5 * spread) : 0;
  });

  function showTasks(now) {
    const was = about().tasks;
    for (const [one, key, other, words] of [[forward, "explained", "error", "of variance, error"], [backward, "named", "cross_entropy", "of actions, cross-entropy"]]) {
      const share = Math.max(0, now[key]);
      one.bar.firstChild.style.width = `${100 * share}%`;
      one.bar.lastChild.style.left = `${100 * Math.max(0, was[key])}%`;
      one.value.textContent = `${percent(now[key])} ${words} ${decimal(now[other], now[other] < 0.1 ? 3 : 2)}`;
    }
  }

  function showEpisode() {
    const { actions, step } = state;
    let right = 0;
    for (let t = 0; t < T; t++) {
      const said = Playground.softmax(episode.observe.output.subarray(t * K, (t + 1) * K)), named = Playground.argmax(said), past = t < step;
      right += past && named === actions[t];
      heads[t].classList.toggle("pg-now", t === step - 1);
      for (let a = 0; a < K; a++) {
        const one = cells[a][t];
        one.setAttribute("aria-selected", String(actions[t] === a));
        one.classList.toggle("pg-past", past);
        one.classList.toggle("pg-named", past && named === a);
        one.classList.toggle("pg-right", past && named === a && actions[t] === a);
        one.style.setProperty("--pg-said", past ? said[a].toFixed(3) : "0");
        one.setAttribute("aria-label", `action ${a + 1} at timestep ${t + 1}${actions[t] === a ? ", done" : ""}${past && named === a ? `, named with ${percent(said[a])}` : ""}`);
      }
    }
    if (!cells.flat().some((one) => one.tabIndex === 0)) cells[actions[0]][0].tabIndex = 0;
    let limit = 0, error = 0;
    for (let i = 0; i < step * D; i++) {
      limit = Math.max(limit, Math.abs(episode.sensations[i]));
      error += (episode.sensations[i] - episode.perform.output[i]) ** 2 / (step * D);
    }
    limit = Math.max(limit, 1);
    const width = ui.felt.parentElement.clientWidth;
    draw.features(ui.felt, width, episode.sensations, D, T, step, limit, palette.observe, palette);
    draw.features(ui.predicted, width, episode.perform.output, D, T, step, limit, palette.perform, palette);
    ui.felt.setAttribute("aria-label", `sensed: ${D} features over ${step} timesteps, up to ${decimal(limit, 1)} in size`);
    ui.predicted.setAttribute("aria-label", `predicted sensations, mean squared error ${decimal(error, 3)}`);
    ui.inEpisode.textContent = `Up to timestep ${step}: ${right} of ${step} actions named, sensations predicted with an error of ${decimal(error, 3)}.`;
    ui.step.value = step;
    ui.step.setAttribute("aria-valuetext", `timestep ${step} of ${T}`);
    ui.noise.value = state.noise;
    ui.noiseSaid.textContent = `${decimal(state.noise)}${state.noise === data.world.noise ? ", as in training" : ""}`;
    ui.noise.setAttribute("aria-valuetext", ui.noiseSaid.textContent);
  }

  // ---- what the reader does ----
  function unitKeys(event) {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 10, PageDown: -10, Home: -nUnits, End: nUnits }[event.key];
    if (by) move(by);
    else if (event.key === "Enter" || event.key === " ") toggle(selected());
    else return;
    event.preventDefault();
  }

  const unitAt = (event) => order()[draw.placeAt(event.clientX - ui.stage.getBoundingClientRect().left, ui.stage.clientWidth, nUnits)];
  let pressed = null; // a finger that slides looks through the units; one that taps silences
  function point(event) {
    pressed = unitAt(event);
    if (event.pointerType === "mouse") toggle(pressed);
    else if (pressed === selected()) toggle(pressed);
    else change({ unit: pressed });
  }
  function hover(event) {
    const unit = unitAt(event);
    if (unit !== selected()) change({ unit }, event.buttons > 0);
  }

  function choose(a, t) {
    if (state.actions[t] !== a) change({ actions: state.actions.map((one, i) => (i === t ? a : one)) });
  }
  function paint(event) {
    const cell = document.elementFromPoint(event.clientX, event.clientY)?.closest(".pg-cell");
    if (!cell) return;
    choose(Number(cell.dataset.action), Number(cell.dataset.time));
    event.target.releasePointerCapture?.(event.pointerId); // a finger holds on to its first cell otherwise
  }
  function cellKeys(event, a, t) {
    const to = { ArrowLeft: [a, t - 1], ArrowRight: [a, t + 1], ArrowUp: [a - 1, t], ArrowDown: [a + 1, t], Home: [a, 0], End: [a, T - 1] }[event.key];
    const digit = Number(event.key);
    if (to) cells[to[0]]?.[to[1]]?.focus();
    else if (event.key === "Enter" || event.key === " ") choose(a, t);
    else if (digit >= 1 && digit <= K) { choose(digit - 1, t); cells[digit - 1][Math.min(T - 1, t + 1)].focus(); } else return;
    event.preventDefault();
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    ui.play.textContent = "▶";
    ui.play.setAttribute("aria-label", "play");
    ui.inEpisode.setAttribute("aria-live", "polite");
  }
  function start() {
    if (state.step === T) change({ step: 1 }, false);
    ui.inEpisode.setAttribute("aria-live", "off"); // a running episode is not read aloud step by step
    ui.play.textContent = "❚❚";
    ui.play.setAttribute("aria-label", "pause");
    timer = setInterval(() => (state.step < T ? change({ step: state.step + 1 }, false) : stop()), 1000 / PER_SECOND);
  }

  async function copy() {
    history.replaceState(null, "", Playground.written(state));
    try {
      await navigator.clipboard.writeText(location.href);
      ui.copied.textContent = "copied";
    } catch { ui.copied.textContent = "it is in the address line"; }
    setTimeout(() => { ui.copied.textContent = ""; }, 3000);
  }

  // ---- start ----
  new MutationObserver(() => { palette = null; if (episode) show(); }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  new ResizeObserver(() => { if (episode) show(); }).observe(root);
  window.addEventListener("hashchange", () => {
    const said = Playground.read(location.hash, data);
    if (said) { state = said; refresh(); }
  });
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const motion = () => { ui.play.hidden = still.matches; if (still.matches) stop(); };
  still.addEventListener("change", motion);
  motion();
  refresh();
})();
