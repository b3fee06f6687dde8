// Pictures of the playground on canvases, in the colours of the theme. Drawing only: nothing is computed here.
(() => {
  "use strict";
  const Playground = (globalThis.Playground ??= {});

  // The colours that the theme has now.
  function colours(root) {
    const style = getComputedStyle(root), value = (name) => style.getPropertyValue(name).trim();
    const found = {
      font: style.fontFamily,
      text: value("--pst-color-text-base"),
      muted: value("--pst-color-text-muted"),
      rule: value("--pst-color-border"),
    };
    for (const name of ["perform", "observe", "negative", "above", "below", "weak", "ground"]) found[name] = value(`--pg-${name}`);
    return found;
  }

  // A canvas made sharp for its size on the screen; returns its context in CSS pixels.
  function sharp(canvas, width, height) {
    const ratio = window.devicePixelRatio || 1;
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    return context;
  }

  // A value between −1 and 1: the mode's colour where positive, grey where negative, stronger when further from zero.
  function fillCell(context, value, positive, negative, x, y, width, height) {
    context.globalAlpha = Math.min(1, Math.abs(value));
    context.fillStyle = value > 0 ? positive : negative;
    context.fillRect(x, y, width, height);
    context.globalAlpha = 1;
  }

  const GUTTER = 34, R_HEIGHT = 116, ROW = 9, MIRROR = 12, PAD = 6;

  // Where things are in the picture of all units.
  function unitsLayout(width, nUnits, T) {
    const column = (width - GUTTER) / nUnits, heat = ROW * T, top = PAD + R_HEIGHT + PAD;
    return { column, heat, top, line: top + heat + MIRROR / 2, height: top + 2 * heat + MIRROR + 2, left: GUTTER };
  }

  // All units, sorted: r above; below it what each does at every timestep, performing and observing, as mirror images.
  function units(canvas, width, view, c) {
    const { order, r, silent, selected, perform, observe, nUnits, T, step, threshold } = view;
    const at = unitsLayout(width, nUnits, T), context = sharp(canvas, width, at.height);
    const y = (value) => PAD + (R_HEIGHT * (1 - value)) / 2;
    context.font = `11px ${c.font}`;
    context.textBaseline = "middle";
    context.textAlign = "right";
    context.fillStyle = c.muted;
    for (const value of [1, 0, -1]) context.fillText(String(value).replace("-", "−"), GUTTER - 6, y(value));
    context.fillText(String(threshold).replace("0.", "."), GUTTER - 6, y(threshold));
    context.strokeStyle = c.rule;
    context.beginPath();
    context.moveTo(GUTTER, y(0));
    context.lineTo(width, y(0));
    context.stroke();
    context.setLineDash([2, 3]);
    context.strokeStyle = c.muted;
    context.beginPath();
    context.moveTo(GUTTER, y(threshold));
    context.lineTo(width, y(threshold));
    context.stroke();
    context.setLineDash([]);

    const gap = at.column > 5 ? 1 : 0.5;
    order.forEach((unit, place) => {
      const x = at.left + place * at.column, w = at.column - gap, off = silent.has(unit);
      if (off || r[unit] === null) {
        context.strokeStyle = c.muted;
        context.beginPath();
        context.moveTo(x, y(0) - 4);
        context.lineTo(x + w, y(0) + 4);
        context.moveTo(x + w, y(0) - 4);
        context.lineTo(x, y(0) + 4);
        context.stroke();
      } else {
        context.fillStyle = r[unit] > threshold ? c.above : r[unit] < 0 ? c.below : c.weak;
        context.fillRect(x, Math.min(y(r[unit]), y(0)), w, Math.max(1, Math.abs(y(r[unit]) - y(0))));
      }
      for (let t = 0; t < step; t++) {
        const up = at.line - MIRROR / 2 - (t + 1) * ROW, down = at.line + MIRROR / 2 + t * ROW;
        fillCell(context, perform[t * nUnits + unit], c.perform, c.negative, x, up, w, ROW - 1);
        fillCell(context, observe[t * nUnits + unit], c.observe, c.negative, x, down, w, ROW - 1);
      }
    });

    context.strokeStyle = c.text;
    context.beginPath();
    context.moveTo(at.left, at.line);
    context.lineTo(width, at.line);
    context.stroke();
    for (const [words, colour, middle] of [["performing", c.perform, at.line - at.heat / 2], ["observing", c.observe, at.line + at.heat / 2]]) {
      context.save();
      context.translate(GUTTER - 18, middle);
      context.rotate(-Math.PI / 2);
      context.textAlign = "center";
      context.font = `600 12px ${c.font}`;
      context.fillStyle = c.text;
      context.fillText(words, 0, 0);
      context.fillStyle = colour;
      context.fillRect(-at.heat / 2, 11, at.heat, 3);
      context.restore();
    }
    const place = order.indexOf(selected);
    context.strokeStyle = c.text;
    context.lineWidth = 1.5;
    context.strokeRect(at.left + place * at.column - 1, PAD - 2, at.column - gap + 2, at.height - PAD);
    context.lineWidth = 1;
  }

  // Which place of the order a point of that picture belongs to.
  function placeAt(x, width, nUnits) {
    return Math.max(0, Math.min(nUnits - 1, Math.floor((x - GUTTER) / unitsLayout(width, nUnits, 1).column)));
  }

  // A feature × timestep picture; values are divided by `limit`.
  function features(canvas, width, values, n, T, step, limit, colour, c) {
    const row = 6, context = sharp(canvas, width, row * n), w = width / T;
    context.fillStyle = c.ground;
    context.fillRect(0, 0, width, row * n);
    for (let t = 0; t < step; t++)
      for (let i = 0; i < n; i++) fillCell(context, values[t * n + i] / limit, colour, c.negative, t * w, i * row, w - 2, row - 0.5);
  }

  // One unit over the episode, as deviation: performing solid, observing dashed.
  function traces(canvas, width, perform, observe, T, step, c) {
    const height = 72, context = sharp(canvas, width, height), w = (width - GUTTER) / T, left = GUTTER;
    const y = (value) => height / 2 - Math.max(-1, Math.min(1, value / 1.4)) * (height / 2 - 4);
    context.strokeStyle = c.rule;
    context.beginPath();
    context.moveTo(left, y(0));
    context.lineTo(width, y(0));
    context.stroke();
    context.lineWidth = 2.5;
    context.lineJoin = "round";
    for (const [values, colour, dash] of [[perform, c.perform, []], [observe, c.observe, [6, 4]]]) {
      context.strokeStyle = context.fillStyle = colour;
      context.setLineDash(dash);
      context.beginPath();
      for (let t = 0; t < step; t++) context.lineTo(left + (t + 0.5) * w, y(values[t]));
      context.stroke();
      context.setLineDash([]);
      context.beginPath();
      context.arc(left + (step - 0.5) * w, y(values[step - 1]), 4, 0, 2 * Math.PI);
      context.fill();
    }
    context.lineWidth = 1;
  }

  Playground.draw = { colours, units, placeAt, features, traces };
})();
