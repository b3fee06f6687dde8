// What a reader can do with every page: show its code, take a table or a figure along, sort a long table.
(() => {
  const root = document.documentElement;
  const KEY = "mirror-code";
  const RUN = "run-this-page-yourself"; // section with the command of the page
  const LONG = 8; // rows from which a table can be sorted
  const LONG_OUTPUT = 40; // lines from which what a program printed is folded
  const LONG_TEXT = 100; // letters from which a cell is kept wide enough to be read

  const element = (tag, attributes, ...children) => {
    const one = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) one.setAttribute(name, value);
    one.append(...children);
    return one;
  };

  const remembered = () => {
    try { return localStorage.getItem(KEY) === "shown"; } catch { return false; }
  };

  // Code: hidden until it is asked for, then on all pages.
  function codeSwitch(article) {
    const cells = article.querySelectorAll(".cell details.hide.above-input");
    if (!cells.length) return;
    const button = element("button", { type: "button", class: "code-switch" });
    const set = (shown) => {
      root.dataset.code = shown ? "shown" : "hidden";
      button.textContent = shown ? "hide code" : "show code";
      button.setAttribute("aria-pressed", String(shown));
      for (const cell of cells) cell.open = shown;
      try { localStorage.setItem(KEY, shown ? "shown" : "hidden"); } catch { /* private windows keep nothing */ }
    };
    button.addEventListener("click", () => set(root.dataset.code !== "shown"));
    let line = article.querySelector(".page-line");
    if (!line) {
      line = element("p", { class: "page-line" });
      article.querySelector("h1")?.after(line);
    }
    if (line.childNodes.length) line.append(element("span", { class: "code-switch-before" }, " · "));
    line.append(button);
    set(remembered());
  }

  // What is in a closed fold has words too, though none are seen.
  const text = (one) => (one.innerText || one.textContent).replace(/\s+/g, " ").trim();
  const quoted = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

  function download(name, content, type) {
    const link = element("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  const page = () => location.pathname.split("/").pop().replace(/\.html$/, "") || "index";

  const place = (table) => table.closest(".scroll-table, .pst-scrollable-table-container") ?? table;

  // A table is called by the line above it, or the fold or section that it is in; several in one are counted.
  function nameTables(article) {
    const known = new Map();
    for (const table of article.querySelectorAll("table")) {
      const above = place(table).previousElementSibling;
      const title = above?.matches(".table-title") ? above
        : table.closest("details")?.querySelector("summary") ?? table.closest("section")?.querySelector("h1, h2, h3");
      const name = title ? text(title).replace(/\s*#$/, "") : page();
      known.set(name, (known.get(name) ?? 0) + 1);
      table.setAttribute("aria-label", known.get(name) > 1 ? `${name} (${known.get(name)})` : name);
    }
  }

  // Tables: as CSV; long ones can be sorted by any column.
  function tables(article) {
    nameTables(article);
    let number = 0;
    for (const table of article.querySelectorAll("table")) {
      if (!table.tHead || table.rows.length < 3 || table.closest(".highlight")) continue;
      number += 1;
      for (const cell of table.querySelectorAll("td")) cell.classList.toggle("long", text(cell).length > LONG_TEXT);
      const name = `${page()}-table-${number}.csv`;
      const save = element("button", { type: "button", class: "take-along" }, "CSV");
      save.setAttribute("aria-label", `CSV: download table ${number} of this page`);
      save.addEventListener("click", () => {
        const rows = [...table.rows].map((row) => [...row.cells].map((cell) => quoted(text(cell))).join(","));
        download(name, "\ufeff" + rows.join("\r\n"), "text/csv");
      });
      place(table).after(element("div", { class: "table-menu" }, save));
      if (table.tBodies[0]?.rows.length >= LONG) sortable(table);
    }
  }

  function sortable(table) {
    const value = (row, column) => {
      const said = text(row.cells[column] ?? row.cells[0]);
      const number = parseFloat(said.replace("−", "-").replace(/^[^\d.-]+/, ""));
      return /^[^a-zA-Z]*[\d.]/.test(said) && Number.isFinite(number) ? number : said;
    };
    const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
    if (heads.some((head) => head.colSpan > 1)) return;
    heads.forEach((head, column) => {
      if (!text(head)) return;
      const button = element("button", { type: "button", class: "sort" });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const body = table.tBodies[0];
        const order = [...body.rows].sort((a, b) => {
          const [x, y] = [value(a, column), value(b, column)];
          const found = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y));
          return down ? -found : found;
        });
        body.append(...order);
      });
    });
  }

  // What a program printed at length is folded under the command.
  function outputs(article) {
    for (const printed of article.querySelectorAll(".cell_output .output.stream")) {
      const lines = printed.textContent.trim().split("\n");
      if (lines.length < LONG_OUTPUT) continue;
      const fold = element("details", {}, element("summary", {}, element("code", {}, lines[0]), `: ${lines.length} lines`));
      printed.before(fold);
      fold.append(printed);
    }
  }

  // The picture that a film shows now, or the map, as a file of its own: the colours that it has by name are written out.
  function still(svg) {
    const copy = svg.cloneNode(true), style = getComputedStyle(svg);
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.setAttribute("color", style.color);
    for (const link of copy.querySelectorAll("a")) link.replaceWith(...link.childNodes); // pages are not beside it
    return copy.outerHTML.replace(/var\((--[\w-]+)[^)]*\)/g, (_, name) => style.getPropertyValue(name).trim());
  }

  // Figures: the picture as files, its data, a link to it, the function that drew it, and how it is made again.
  function figures(article) {
    for (const figure of article.querySelectorAll("figure:is([id], .narrow-only)")) {
      const image = figure.querySelector("img"), film = figure.querySelector(".player");
      const own = film ?? figure.querySelector(".origins-map"); // what a page draws itself
      const source = image?.getAttribute("src") ?? "";
      if (!own && !/\.svg($|\?)/.test(source)) continue;
      // what is drawn anew for narrow screens is the figure before it, by its number and its address
      const id = figure.id || figure.previousElementSibling.id;
      const number = figure.querySelector(".caption-number, .std-numref")?.textContent.trim() ?? id;
      const menu = element("div", { class: "figure-menu", role: "group", "aria-label": `take ${number} along` });
      const offer = (label, href, name, said) =>
        menu.append(element("a", { href, "aria-label": said, ...(name ? { download: name } : {}) }, label));
      const known = (own ?? image).dataset;
      if (own) {
        const save = element("button", { type: "button", class: "take-along" }, "SVG");
        save.setAttribute("aria-label", `SVG: download ${film ? `the picture of ${number} that is shown` : number}`);
        save.addEventListener("click", () =>
          download(`${page()}-${id}.svg`, still(own.querySelector(".player-stage svg, :scope > svg")), "image/svg+xml"));
        menu.append(save);
      } else offer("SVG", source, `${page()}-${id}.svg`, `SVG: download ${number}`);
      // what a caption calls black is white in the dark version
      const caption = figure.querySelector("figcaption")?.textContent ?? "";
      if (known.drawn && /\b(black|white|grey)\b/i.test(caption)) figure.classList.add("names-greys");
      const beside = (ending) => source.replace(/\.svg$/, ending);
      if (known.drawn)
        offer("dark SVG", beside(".dark.svg"), `${page()}-${id}-dark.svg`, `dark SVG: download ${number}`);
      if (known.pdf)
        offer("PDF", own ? known.pdf : beside(".pdf"), `${page()}-${id}.pdf`, `PDF: download ${number}`);
      if (known.csv)
        offer("CSV", own ? known.csv : beside(".csv"), `${page()}-${id}.csv`, `CSV: download the data of ${number}`);
      offer("link", `#${id}`, "", `link to ${number}`);
      // a figure that another page made is made again, and was computed from what is listed, there
      const { by, source: code, page: made } = known;
      const home = article.querySelector(`#${RUN}`) ? "" : made ?? "";
      if (home || article.querySelector(`#${RUN} pre.run-command`))
        offer("make it again", `${home}#${RUN}`, "", `make it again: the command that makes ${number}`);
      if (home || article.querySelector("#computed-from"))
        offer("runs", `${home}#computed-from`, "", `runs: what ${number} was computed from`);
      if (code) offer(by, code, "", `${by}: the function that drew ${number}`);
      else if (by) menu.append(element("code", {}, by));
      figure.append(menu);
      figure.querySelector(".headerlink")?.setAttribute("title", `link to ${number}`);
    }
  }

  // Terms: the first tap says what one means, the second follows the link.
  function terms(article) {
    for (const term of article.querySelectorAll("a.term")) {
      term.setAttribute("aria-description", term.dataset.definition);
      let touched = false;
      term.addEventListener("pointerdown", (event) => { touched = event.pointerType === "touch" && document.activeElement !== term; });
      term.addEventListener("click", (event) => { if (touched) { event.preventDefault(); term.focus(); touched = false; } });
    }
  }

  // What scrolls by itself can be reached, and then scrolled, from the keyboard, and is known to (see mirror.css).
  function scrollable(article) {
    for (const one of article.querySelectorAll("table, .scroll-table, figure, .player-stage, div.math, pre")) {
      const slides = one.scrollWidth > one.clientWidth && getComputedStyle(one).overflowX !== "visible";
      one.classList.toggle("slides", slides);
      if (slides) one.tabIndex = 0;
      else if (one.getAttribute("tabindex") === "0") one.removeAttribute("tabindex");
    }
  }

  // A link to what lies in a fold opens the fold.
  function unfold() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let fold = target?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    if (target?.closest("details")) target.scrollIntoView();
  }
  addEventListener("hashchange", unfold);

  // On paper nothing can be unfolded, nothing comes near, and nothing is dark.
  let theme = root.dataset.theme;
  addEventListener("beforeprint", () => {
    theme = root.dataset.theme;
    root.dataset.theme = "light";
    for (const image of document.querySelectorAll("img[data-drawn=light]")) image.loading = "eager";
    for (const fold of document.querySelectorAll(".bd-article details:not(.hide)")) fold.open = true;
  });

  addEventListener("afterprint", () => { root.dataset.theme = theme; });

  document.addEventListener("DOMContentLoaded", () => {
    const article = document.querySelector(".bd-article");
    if (!article) return;
    codeSwitch(article);
    tables(article);
    outputs(article);
    figures(article);
    terms(article);
    unfold();
    // folds open, pictures come, the theme's side bars glide: whatever changes its size
    new ResizeObserver(() => scrollable(article)).observe(article);
  });
})();
