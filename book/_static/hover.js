// Figures whose marks have names: the one under the pointer is named, and what has the same name is ringed everywhere.
// A finger names by a tap; from the keyboard each figure is one stop, in which arrows go from name to name, and each is
// spoken. The names are in the figure's CSV too.
(() => {
  const NEAR = { mouse: 9, pen: 9, touch: 22 }; // pixels from a mark at which it is meant
  const WHOLE = 1e4; // in what parts of the figure places are given
  const PAGE = 10; // names that a longer step passes

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
    const pictures = [...image.parentElement.querySelectorAll("img[data-drawn]")];
    const holder = image.parentElement, over = element("marks-over");
    let shown = -1, walked = 0, byKey = false;
    over.tabIndex = 0;
    over.role = "slider";
    over.ariaLabel = "marks of this figure: arrow keys name one and ring it in every panel";
    over.ariaValueMin = 1;
    over.ariaValueMax = marks.length;
    holder.classList.add("has-marks");
    pictures.at(-1).after(over);

    // Each theme has its picture, of which one is seen.
    const seen = () => pictures.find((one) => one.offsetWidth) ?? image;

    function lie() {
      const [inside, around] = [seen().getBoundingClientRect(), holder.getBoundingClientRect()];
      Object.assign(over.style, {
        left: `${inside.left - around.left - holder.clientLeft + holder.scrollLeft}px`,
        top: `${inside.top - around.top - holder.clientTop + holder.scrollTop}px`,
        width: `${inside.width}px`,
        height: `${inside.height}px`,
      });
    }

    function nearest(event) {
      const { left, top, width, height } = seen().getBoundingClientRect();
      let best = null, least = (NEAR[event.pointerType] ?? NEAR.mouse) ** 2;
      for (const one of places) {
        const away = (left + (one.x / WHOLE) * width - event.clientX) ** 2
          + (top + (one.y / WHOLE) * height - event.clientY) ** 2;
        if (away < least) [best, least] = [one, away];
      }
      return best;
    }

    function say({ x, y, of }) {
      const [name, at] = marks[of];
      const place = (one, x, y) => {
        one.style.left = `${(100 * x) / WHOLE}%`;
        one.style.top = `${(100 * y) / WHOLE}%`;
        return one;
      };
      const rings = Array.from({ length: at.length / 2 }, (_, i) =>
        place(element("mark-ring"), at[2 * i], at[2 * i + 1]));
      const words = place(element("mark-name", name), x, y);
      words.classList.toggle("left", x > 0.6 * WHOLE);
      words.classList.toggle("above", y > 0.8 * WHOLE);
      lie();
      over.replaceChildren(...rings, words);
      shown = of;
    }

    function walk(to) {
      walked = Math.min(Math.max(to, 0), marks.length - 1);
      over.ariaValueNow = walked + 1;
      over.ariaValueText = marks[walked][0];
      return walked;
    }
    walk(0);

    const hide = () => {
      over.replaceChildren();
      shown = -1;
    };
    const look = (event) => {
      const mark = nearest(event);
      if (!mark) hide();
      else if (mark.of !== shown) say(mark), walk(mark.of), byKey = false;
    };
    function show(to) {
      say(places.find(({ of }) => of === walk(to)));
      byKey = true;
      over.lastChild.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    holder.addEventListener("pointermove", look);
    holder.addEventListener("pointerleave", (event) => event.pointerType === "touch" || hide());
    addEventListener("pointerdown", (event) => (holder.contains(event.target) ? look(event) : hide())); // a tap
    addEventListener("keydown", (event) => event.key === "Escape" && hide());

    over.addEventListener("focus", () => show(walked));
    over.addEventListener("blur", () => byKey && hide()); // a tap takes the focus elsewhere
    over.addEventListener("keydown", (event) => {
      const { key, ctrlKey, altKey, metaKey } = event;
      const to = { ArrowRight: walked + 1, ArrowDown: walked + 1, ArrowLeft: walked - 1, ArrowUp: walked - 1,
        PageDown: walked + PAGE, PageUp: walked - PAGE, Home: 0, End: marks.length - 1 }[key];
      if (to === undefined || ctrlKey || altKey || metaKey) return;
      event.preventDefault();
      show(to);
    });
    // themes, widths, pictures that come
    const sized = new ResizeObserver(lie);
    for (const one of [holder, ...pictures]) sized.observe(one);
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const image of document.querySelectorAll("img[data-marks]")) figure(image);
  });
})();
