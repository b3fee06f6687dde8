// Films of a page: see mirror_core/pages/player.py. Nothing plays by itself.
document.addEventListener("DOMContentLoaded", () => {
  for (const film of document.querySelectorAll(".player")) {
    const frames = JSON.parse(film.querySelector(".player-frames").textContent);
    const stage = film.querySelector(".player-stage");
    const caption = film.querySelector(".player-caption");
    const bar = document.createElement("div");
    bar.className = "player-bar";
    const button = (text, label, act) => {
      const one = document.createElement("button");
      one.type = "button";
      one.textContent = text;
      one.setAttribute("aria-label", label);
      one.addEventListener("click", act);
      bar.append(one);
      return one;
    };
    let at = 0, timer = null;
    const show = (index) => {
      at = (index + frames.length) % frames.length;
      stage.innerHTML = frames[at].picture;
      stage.style.setProperty("--drawn", `${stage.firstElementChild.viewBox.baseVal.width}px`); // see mirror.css
      caption.textContent = frames[at].caption;
      slider.value = at;
      slider.setAttribute("aria-valuetext", `step ${at + 1} of ${frames.length}`);
    };
    const stop = () => {
      clearInterval(timer);
      timer = null;
      play.textContent = "▶";
      play.setAttribute("aria-label", "play");
      caption.setAttribute("aria-live", "polite");
    };
    const start = () => {
      if (at === frames.length - 1) show(0);
      caption.setAttribute("aria-live", "off"); // not every picture of a running film is read aloud
      play.textContent = "❚❚";
      play.setAttribute("aria-label", "pause");
      timer = setInterval(() => (at < frames.length - 1 ? show(at + 1) : stop()), 1000 / film.dataset.perSecond);
    };
    const play = button("▶", "play", () => (timer ? stop() : start()));
    button("‹", "step back", () => { stop(); show(at - 1); });
    button("›", "step on", () => { stop(); show(at + 1); });
    const slider = document.createElement("input");
    Object.assign(slider, { type: "range", min: 0, max: frames.length - 1, value: 0 });
    slider.setAttribute("aria-label", film.getAttribute("aria-label") + ": step");
    slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
    bar.append(slider);
    stage.after(bar);
    show(0);
  }
});
