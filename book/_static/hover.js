// Figures whose marks have names: the one under the pointer is named, and what has the same name is ringed everywhere.
// The names are in the figure's CSV too, so nothing here is told to who cannot see the figure.
(() => {
  const NEAR = 9; // pixels from a mark at which it is meant
  const WHOLE = 1e4; // in what parts of the figure places are given

  const element = (name, ...children) => {
    const one = document.createElement("span");
    one.className = name;
    one.append(...children);
    return one;
  };

  function figure(image) {
    const marks = Object.entries(JSON.parse(image.dataset.marks));
    const places = marks.flatMap(([, at], of) =>
      Array.from({ length: at.length / 2 }, (_, i) => ({ x: at[2 * i], y: at[2 * i + 1], of })));
    const holder = image.parentElement, over = element("marks-over");
    over.setAttribute("aria-hidden", "true");
    over.hidden = true;
    holder.classList.add("has-marks");
    holder.append(over);
    let shown = -1;

    // Each theme has its picture, of which one is seen.
    const seen = () => [...holder.querySelectorAll("img[data-drawn]")].find((one) => one.offsetWidth) ?? image;

    function nearest(event, { left, top, width, height }) {
      let best = null, least = NEAR ** 2;
      for (const one of places) {
        const away = (left + (one.x / WHOLE) * width - event.clientX) ** 2
          + (top + (one.y / WHOLE) * height - event.clientY) ** 2;
        if (away < least) [best, least] = [one, away];
      }
      return best;
    }

    function say(mark, picture) {
      const [name, at] = marks[mark.of];
      const place = (one, x, y) => {
        one.style.left = `${(100 * x) / WHOLE}%`;
        one.style.top = `${(100 * y) / WHOLE}%`;
        return one;
      };
      const rings = Array.from({ length: at.length / 2 }, (_, i) =>
        place(element("mark-ring"), at[2 * i], at[2 * i + 1]));
      const words = place(element("mark-name", name), mark.x, mark.y);
      words.classList.toggle("left", mark.x > 0.6 * WHOLE);
      words.classList.toggle("above", mark.y > 0.8 * WHOLE);
      const [inside, around] = [picture.getBoundingClientRect(), holder.getBoundingClientRect()];
      Object.assign(over.style, {
        left: `${inside.left - around.left - holder.clientLeft + holder.scrollLeft}px`,
        top: `${inside.top - around.top - holder.clientTop + holder.scrollTop}px`,
        width: `${inside.width}px`,
        height: `${inside.height}px`,
      });
      over.replaceChildren(...rings, words);
      over.hidden = false;
      shown = mark.of;
    }

    const hide = () => {
      over.hidden = true;
      shown = -1;
    };
    const look = (event) => {
      const picture = seen(), mark = nearest(event, picture.getBoundingClientRect());
      if (!mark) hide();
      else if (mark.of !== shown) say(mark, picture);
    };
    holder.addEventListener("pointermove", look);
    holder.addEventListener("pointerdown", look); // a tap names as well
    holder.addEventListener("pointerleave", (event) => event.pointerType === "touch" || hide());
    addEventListener("keydown", (event) => event.key === "Escape" && hide());
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const image of document.querySelectorAll("img[data-marks]")) figure(image);
  });
})();
