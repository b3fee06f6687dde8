"""The playground in a real browser, opened from disk: the same numbers as PyTorch's, and a page that does what it says.

Needs Playwright's Python package (`make test` installs it where it can) and a Chromium on this machine.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from mirror_core.arrays import MODES
from mirror_core.config.conditions import CONDITIONS, READINGS
from mirror_core.config.settings import Config
from mirror_core.networks.silencing import silenced_states
from mirror_core.studies.grid import obtain_grid

ROOT = Path(__file__).resolve().parents[2]
TINY = yaml.safe_load((ROOT / "tests" / "pages" / "tiny.yml").read_text(encoding="utf-8"))["playground"]
READY = "window.Playground?.now && !Playground.now.measuring"


@pytest.fixture(scope="module")
def site(html) -> Path:
    """Return the page of the tiny site."""
    return html / "notebooks" / "playground.html"


@pytest.fixture(scope="module")
def grid(store):
    """Return the networks that the page has."""
    base = Config().change(**{name: value for name, value in TINY.items() if name != "n_test"})
    conditions = ["shared", "separate-cores", "separate-cores-shared-heads", "untrained"]
    assert set(conditions) <= set(CONDITIONS)
    return obtain_grid(base, list(READINGS), conditions, [42], progress=False)


@pytest.fixture
def open_page(browser, site):
    """Return a function that opens the playground; afterwards nothing may have gone wrong or left this disk."""
    wrong, contexts = [], []

    def open_it(hash: str = "", width: int = 1300, theme: str = "light", **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: said.type in ("error", "warning") and wrong.append(said.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request", lambda asked: asked.url.split(":")[0] not in ("file", "data", "blob") and wrong.append(asked.url)
        )
        page.on("requestfailed", lambda asked: wrong.append(f"{asked.url} is missing"))
        page.goto(site.as_uri() + hash)
        page.wait_for_function(READY)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert not wrong


def now(page, what: str):
    page.wait_for_function(READY)
    return page.evaluate(f"Playground.now.{what}")


# Every network of the page on its first held-out episodes, intact or with units silent.
OUTPUTS = """async (silent) => {
    const data = JSON.parse(document.querySelector(".pg-data").textContent), found = [];
    const episodes = Playground.heldout(data.world, data.episodes, data.world.noise).slice(0, 20);
    for (const one of data.networks) {
        const network = await Playground.load(one.file);
        const off = Uint8Array.from({ length: network.nUnits }, (_, u) => silent.includes(u));
        const runs = episodes.map(({ actions, sensations }) => network.run(actions, sensations, off));
        const said = (mode) => runs.map((run) => [...run[mode].output]);
        found.push({ ...one, perform: said("perform"), observe: said("observe") });
    }
    return { found, actions: episodes.map((e) => e.actions), sensations: episodes.map((e) => [...e.sensations]) };
}"""


@pytest.mark.parametrize("silent", [[], [0, 3, 17]], ids=["intact", "lesioned"])
def test_every_network_says_what_pytorch_says(open_page, grid, silent):
    found = open_page().evaluate(OUTPUTS, silent)
    actions = torch.tensor(found["actions"])
    sensations = torch.tensor(found["sensations"], dtype=torch.float32).reshape(*actions.shape, -1)
    assert {(one["reading"], one["condition"]) for one in found["found"]} == {key[:2] for key in grid}
    for one in found["found"]:
        run = grid[one["reading"], one["condition"], 42]
        assert one["run"] == run.fingerprint
        keep = torch.ones(1, run.config.network.hidden_size)
        keep[0, silent] = 0
        for mode, objective, seen in zip(
            MODES, ("predict", "infer"), ((actions, None), (None, sensations)), strict=True
        ):
            network, heads = run.network, run.network.heads[objective]
            core = network.cores[network.core_of(mode)]
            with torch.no_grad():
                states = silenced_states(core, network.drive(*seen), keep, torch.zeros_like(keep))[0]
                expected = heads["shared" if "shared" in heads else mode](states)
            said = np.reshape(one[mode], expected.shape)
            np.testing.assert_allclose(said, expected, atol=1e-4, rtol=0, err_msg=f"{one['file']}, {mode}")


def test_measuring_in_the_page_gives_what_the_build_measured(open_page):
    found = open_page().evaluate("""async () => {
        const data = JSON.parse(document.querySelector(".pg-data").textContent), one = data.networks[0];
        const network = await Playground.load(one.file), off = new Uint8Array(network.nUnits);
        const episodes = Playground.heldout(data.world, data.episodes, data.world.noise);
        const going = Playground.measured(network, episodes, off);
        for (;;) { const next = going.next(); if (next.done) return [next.value, one.tasks]; }
    }""")
    for name in ("error", "explained", "cross_entropy", "named"):
        assert found[0][name] == pytest.approx(found[1][name], abs=5e-3), name
    np.testing.assert_allclose(found[0]["r"], found[1]["r"], atol=2e-3)
    for mode in MODES:
        np.testing.assert_allclose(found[0]["spread"][mode], found[1]["spread"][mode], atol=2e-3)


def test_a_lesion_costs_both_tasks_and_can_be_undone(open_page):
    page = open_page()
    before, said = now(page, "tasks"), page.locator(".pg-said").inner_text()
    page.get_by_role("button", name="with the largest r").click()
    after = now(page, "tasks")
    assert after["error"] > before["error"] and after["cross_entropy"] != before["cross_entropy"]
    silent = now(page, "state.silent")
    assert len(silent) == 8 and all(after["r"][unit] is None for unit in silent)
    assert "8 are silent" in page.locator(".pg-said").inner_text()
    page.get_by_role("button", name="restore all").click()
    assert now(page, "tasks") == before and page.locator(".pg-said").inner_text() == said


def test_a_click_on_a_unit_silences_it(open_page):
    page = open_page()
    box = page.get_by_role("slider", name="units by r").bounding_box()
    page.mouse.click(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2)
    r = now(page, "about.tasks.r")
    assert now(page, "state.silent") == [int(np.argmin(r))]


def test_other_networks_have_other_units_and_name_their_run(open_page):
    page, seen = open_page(), []
    for label in ("two cores, shared heads", "untrained", "one shared core", "dual-readout"):
        page.get_by_role("radio", name=label, exact=True).click()
        page.wait_for_selector("#playground:not([aria-busy])")
        seen.append(tuple(now(page, "tasks.r")))
        assert page.locator("#playground a").get_attribute("href") == f"runs.html#run-{now(page, 'about.run')}"
    assert len(set(seen)) == len(seen)


def test_noise_hides_the_actions_and_is_the_same_when_drawn_again_with_the_same_seed(open_page):
    page = open_page()
    before = now(page, "tasks")
    page.get_by_role("slider", name="noise").fill("2")
    assert now(page, "tasks.cross_entropy") > before["cross_entropy"]
    felt = now(page, "episode.sensations[0]")
    page.get_by_role("button", name="draw it again").click()
    assert now(page, "episode.sensations[0]") != felt
    again = open_page("#" + page.url.split("#")[1].replace("draw=2", "draw=1"))
    assert now(again, "episode.sensations[0]") == felt


def test_actions_are_composed_by_click_drag_and_chance(open_page):
    page = open_page()
    cell = lambda action, time: page.locator(f'.pg-cell[data-action="{action}"][data-time="{time}"]')  # noqa: E731
    cell(5, 0).click()
    assert now(page, "state.actions")[0] == 5
    first, last = cell(2, 3).bounding_box(), cell(2, 7).bounding_box()
    page.mouse.move(first["x"] + 8, first["y"] + 8)
    page.mouse.down()
    page.mouse.move(last["x"] + 8, last["y"] + 8, steps=12)
    page.mouse.up()
    assert now(page, "state.actions")[3:8] == [2] * 5
    assert cell(2, 5).get_attribute("aria-selected") == "true"
    drawn = now(page, "state.actions")
    page.get_by_role("button", name="random actions").click()
    assert now(page, "state.actions") != drawn


def test_a_link_restores_everything(open_page):
    page = open_page()
    page.get_by_role("radio", name="dual-readout", exact=True).click()
    page.get_by_role("radio", name="two cores, shared heads", exact=True).click()
    page.wait_for_selector("#playground:not([aria-busy])")
    page.get_by_role("button", name="random actions").click()
    page.get_by_role("button", name="silence 8 others").click()
    page.get_by_role("button", name="step back").click()
    page.get_by_role("button", name="next unit").click()
    page.get_by_role("slider", name="noise").fill("0.5")
    state, tasks = now(page, "state"), now(page, "tasks")
    again = open_page("#" + page.url.split("#")[1])
    assert now(again, "state") == state and now(again, "tasks") == tasks
    assert again.locator(".pg-said").inner_text() == page.locator(".pg-said").inner_text()
    again.evaluate("location.hash = '#limits'")  # an anchor of the page is no state
    assert now(again, "state") == state
    page.get_by_role("button", name="start over").click()
    assert now(page, "state") == now(open_page(), "state")


def test_a_broken_link_is_the_start(open_page):
    broken = open_page("#reading=nonsense&condition=&do=9.9&noise=-1&draw=x&silent=1.999&unit=77777&step=0")
    assert now(broken, "state") == now(open_page(), "state")


def test_keyboard_alone_suffices(open_page):
    page = open_page()
    press = page.keyboard.press

    def tab_to(selector: str) -> None:
        for _ in range(60):
            press("Tab")
            if page.evaluate(f"document.activeElement.matches({selector!r})"):
                return
        raise AssertionError(f"{selector} cannot be reached by Tab")

    tab_to("input[name=pg-reading]")
    press("ArrowRight")
    tab_to("input[name=pg-condition]")
    press("ArrowRight")
    page.wait_for_selector("#playground:not([aria-busy])")
    assert [now(page, f"state.{name}") for name in ("reading", "condition")] == ["as-written", "separate-cores"]
    tab_to("[role=slider].pg-units")
    press("ArrowRight")
    press("Enter")
    silent = now(page, "state.silent")
    assert len(silent) == 1 and "silent" in page.locator(".pg-units").get_attribute("aria-valuetext")
    press(" ")
    assert now(page, "state.silent") == []
    tab_to("input[type=range][aria-label=timestep]")
    press("ArrowLeft")
    assert now(page, "state.step") == 11
    tab_to(".pg-cell")
    press("Home")
    for digit in "3141":
        press(digit)
    press("ArrowDown")
    press("Enter")
    assert now(page, "state.actions")[:5] == [2, 0, 3, 0, 1]
    tab_to("input[type=range][aria-label*=noise]")
    press("End")
    assert now(page, "state.noise") == 2


def test_playing_goes_on_step_by_step_and_not_for_those_who_ask_for_no_motion(open_page):
    page = open_page()
    page.get_by_role("button", name="play", exact=True).click()
    page.wait_for_function("Playground.now.state.step === 3")
    page.get_by_role("button", name="pause").click()
    step = now(page, "state.step")
    page.get_by_role("button", name="step on").click()
    assert now(page, "state.step") == step + 1
    still = open_page(reduced_motion="reduce")
    assert not still.get_by_role("button", name="play", exact=True).is_visible()
    assert still.get_by_role("button", name="step back").is_visible()


def test_a_finger_looks_first_and_silences_then(open_page):
    page = open_page(width=375, has_touch=True)
    page.locator(".pg-units").scroll_into_view_if_needed()
    box = page.locator(".pg-units").bounding_box()
    at = (box["x"] + 0.7 * box["width"], box["y"] + 30)
    page.touchscreen.tap(*at)
    unit = now(page, "state.unit")
    assert unit is not None and now(page, "state.silent") == []
    page.touchscreen.tap(*at)
    assert now(page, "state.silent") == [unit]
    cell = page.locator('.pg-cell[data-action="4"][data-time="2"]')
    cell.tap()
    assert now(page, "state.actions")[2] == 4
    box = cell.bounding_box()
    assert box["width"] >= 20 and box["height"] >= 24


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1300, 768, 375])
def test_no_page_scrolls_sideways_and_something_is_to_be_seen(open_page, width, theme):
    page = open_page(width=width, theme=theme)
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inside = page.evaluate(
        "[...document.querySelectorAll('#playground *')].every((e) => e.getBoundingClientRect().right <= innerWidth)"
    )
    assert inside
    drawn = page.evaluate("""() => {
        const canvas = document.querySelector(".pg-units canvas");
        const values = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return values.filter((value, i) => i % 4 === 3 && value > 0).length / (values.length / 4);
    }""")
    assert drawn > 0.3


def test_controls_have_names(open_page):
    unnamed = open_page().evaluate("""() => [
        ...document.querySelectorAll(".pg-app :is(button, input, [role=slider], [role=grid], [role=img])")
    ].filter((e) => !(e.ariaLabel || (e.closest("label") ?? e).textContent.trim())).map((e) => e.outerHTML)""")
    assert unnamed == []


def test_how_long_a_step_takes_is_reported(open_page, record_property, capsys):
    step = """() => {
        const { network } = Playground.now, off = new Uint8Array(network.nUnits);
        const state = new Float64Array(network.nUnits), felt = new Float32Array(network.nFeatures);
        const before = performance.now();
        for (let t = 0; t < 500; t++) network.step("observe", state, off, 0, felt, 0);
        return (performance.now() - before) / 500;
    }"""
    page = open_page()
    milliseconds, ready = page.evaluate(step), page.evaluate("performance.now()")
    record_property("milliseconds a step", milliseconds)
    with capsys.disabled():
        print(f"\n{now(page, 'network.nUnits')} units: {milliseconds:.3f} ms a step; ready within {ready:.0f} ms")
