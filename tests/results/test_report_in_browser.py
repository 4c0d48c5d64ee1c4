"""The page in a real browser: nothing in the console, everything in its place."""

import base64
import json
import re
import shutil
import time
from dataclasses import replace

import pytest

from mebench.results import save_run
from mebench.results.report import write_index, write_report
from mebench.results.strips import make_strips

from .stored_runs import HOSTILE, explanations, run, samples, units_run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="there is no Chromium with its driver here"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    one, other = samples("db"), samples("other", classes=(HOSTILE, "b", "c"))
    strips = make_strips(one, faces=True, cache=False, n_jobs=1)
    flows = make_strips(other, cache=False, n_jobs=1)
    first = run("mdmo", one, wrong=3)
    for made in (
        replace(first, artifacts={**strips, **explanations(first)}),
        run("hoof", one, seed=1, wrong=7, artifacts=strips),
        run("mdmo", one, wrong=0, artifacts=strips, tuning="oracle"),
        run("mdmo", other, wrong=2, artifacts=flows),
        run("hoof", other, wrong=5, artifacts=flows, notes=[HOSTILE]),
        units_run(),
    ):
        save_run(made, folder / "runs")
    write_report([folder / "runs"], folder / "report.html")
    write_index([folder / "runs"], folder / "index.html")
    return folder


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run",
                 "disable-background-networking", "disable-component-update", "disable-sync",
                 "disable-dev-shm-usage", "window-size=1280,900"):  # fmt: skip
        options.add_argument(f"--{flag}")
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


def visit(browser, page, width=1280, theme=None):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    # A click must not meet a page that is still scrolling.
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    features += [{"name": "prefers-color-scheme", "value": theme}] if theme else []
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": features})
    browser.get(page.as_uri())
    browser.execute_script("localStorage.clear()")


def test_the_page_is_silent_whole_and_alone(browser, folder):
    browser.get_log("performance")  # what the browser itself opened first
    visit(browser, folder / "report.html")
    browser.execute_script("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    found = browser.execute_script(
        """return Array.from(document.querySelectorAll('svg.figure')).map(f => {
             const box = f.getBoundingClientRect();
             return [box.width, box.height, f.querySelectorAll('path, text').length,
                     f.querySelector('title').textContent];
           });"""
    )
    text = (folder / "report.html").read_text()
    assert len(found) == text.count('<svg class="figure"') > 20
    assert all(w > 150 and h > 30 and parts > 5 and alt for w, h, parts, alt in found)
    assert browser.execute_script(
        "return Array.from(document.images).every(i => i.complete && i.naturalWidth > 0 && i.alt)"
    )
    assert browser.execute_script("return window.hacked") is None
    assert browser.get_log("browser") == []
    asked = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = [m["params"]["request"]["url"] for m in asked
            if m["method"] == "Network.requestWillBeSent"]  # fmt: skip
    urls = [url for url in urls if not url.startswith("chrome:")]  # the browser's own first page
    assert urls and all(url.startswith(("file:", "data:")) for url in urls)


def test_tables_sort_and_filter(browser, folder):
    visit(browser, folder / "report.html")
    column = "return Array.from(document.querySelectorAll('#table-task-1 tbody tr')).map(r => r.cells[{}].textContent.trim())"  # noqa: E501
    button = browser.find_element("css selector", "#table-task-1 thead th:nth-child(2) button")
    button.click()
    falling = browser.execute_script(column.format(1))
    button.click()
    rising = browser.execute_script(column.format(1))
    values = [float(v.split()[0]) for v in rising]
    assert rising == falling[::-1] and values == sorted(values) and len(set(values)) > 1
    head = browser.find_element("css selector", "#table-task-1 thead th:nth-child(2)")
    assert head.get_attribute("aria-sort") == "ascending"
    browser.find_element("css selector", "#table-task-1 thead th:nth-child(1) button").click()
    names = browser.execute_script(column.format(0))
    assert names == sorted(names)
    assert browser.get_log("browser") == []


def test_clips_are_chosen_and_shown(browser, folder):
    visit(browser, folder / "report.html")
    cards = ".explorer .cards .card"
    assert len(browser.find_elements("css selector", cards)) == 3  # errors of the best run
    browser.find_element("css selector", "[data-clip=wrong]").click()
    shown = browser.find_elements("css selector", cards)
    assert len(shown) == 12 and "truth" in shown[0].text  # errors still come first
    strip = browser.execute_script(
        f"""const s = document.querySelector('{cards} .strip'), c = getComputedStyle(s);
           return [s.offsetWidth / s.offsetHeight, c.backgroundImage.slice(0, 20)];"""
    )
    assert strip[0] == pytest.approx(4 * 96 / 112, abs=0.05) and strip[1].startswith('url("data:')
    field = browser.find_element("css selector", "[data-clip=word]")
    field.send_keys("c11")
    assert len(browser.find_elements("css selector", cards)) == 1
    field.clear()
    browser.execute_script(
        """const s = document.querySelector('[data-clip=run]'); s.value = s.options.length - 1;
           s.dispatchEvent(new Event('change'));"""
    )
    assert browser.find_elements("css selector", cards)
    assert browser.execute_script("return window.hacked") is None
    assert browser.get_log("browser") == []


@pytest.mark.parametrize("name", ["report.html", "index.html"])
def test_nothing_sticks_out_on_a_telephone(browser, folder, name):
    visit(browser, folder / name, width=400)
    browser.execute_script("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    wide = browser.execute_script(
        """const inside = e => e.closest('.scroll, .frame, nav, pre') !== null;
           return [document.documentElement.scrollWidth].concat(
             Array.from(document.querySelectorAll('body *'))
               .filter(e => !inside(e) && e.getBoundingClientRect().right > 401)
               .map(e => e.outerHTML.slice(0, 80)));"""
    )
    assert wide[0] <= 400 and wide[1:] == []


@pytest.mark.parametrize("width", [1280, 400])
def test_no_caption_or_button_is_cut(browser, folder, width):
    visit(browser, folder / "report.html", width=width)
    browser.execute_script("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    cut = browser.execute_script(
        """return Array.from(document.querySelectorAll('caption'))
             .filter(c => c.getBoundingClientRect().width > c.closest('.scroll').clientWidth + 1)
             .map(c => c.textContent);"""
    )
    assert cut == []
    button = "return document.querySelector('.theme').getClientRects()[0].height"
    assert browser.execute_script(button) < 40  # one line


def test_what_decides_is_seen_without_scrolling(browser, folder):
    visit(browser, folder / "report.html")
    hidden = """const box = document.querySelector('#{0}').closest('.scroll');
                const head = Array.from(box.querySelectorAll('th')).find(
                  h => h.textContent.startsWith('{1}'));
                return head.getBoundingClientRect().right - box.getBoundingClientRect().right;"""
    assert browser.execute_script(hidden.format("table-pairs", "may be claimed")) < 1
    assert browser.execute_script(hidden.format("table-task-1", "remarks")) < 1
    visit(browser, folder / "index.html")
    assert browser.execute_script(hidden.format("table-runs", "remarks")) < 1


def luminance(colour):
    channels = [int(v) / 255 for v in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_themes_can_be_read_and_switched(browser, folder, theme):
    visit(browser, folder / "report.html", theme=theme)
    look = """const of = s => getComputedStyle(document.querySelector(s));
              return [of('body').backgroundColor, of('body').color, of('.quiet').color,
                      of('main a').color, of('.alarms .grave').backgroundColor,
                      of('.alarms .grave strong').color];"""
    paper, ink, quiet, link, alarm_paper, alarm = map(luminance, browser.execute_script(look))
    assert (paper > 0.5) == (theme == "light")

    def contrast(a, b):
        return (max(a, b) + 0.05) / (min(a, b) + 0.05)

    # WCAG AA asks for 4.5.
    assert min(contrast(paper, c) for c in (ink, quiet, link)) > 4.5
    assert contrast(alarm_paper, alarm) > 4.5
    button = browser.find_element("css selector", ".theme")
    assert button.text == {"light": "Dark", "dark": "Light"}[theme]
    button.click()
    turned = luminance(browser.execute_script(look)[0])
    assert (turned > 0.5) == (theme == "dark")


def test_on_paper_everything_is_open_and_fits(browser, folder):
    visit(browser, folder / "report.html", theme="dark")
    shut = "return document.querySelectorAll('details.run:not([open])').length"
    assert browser.execute_script(shut) == 3
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    data = base64.b64decode(printed["data"])
    # Every run has its pages: shut, they would be half as many.
    assert data.startswith(b"%PDF") and len(re.findall(rb"/Type\s*/Page\b", data)) > 8
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": 690, "height": 1000, "deviceScaleFactor": 1,
                             "mobile": False})  # fmt: skip
    browser.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    assert browser.execute_script(shut) == 0
    look = "return getComputedStyle(document.querySelector('{}')).{}"
    assert browser.execute_script(look.format("nav.sections", "display")) == "none"
    assert luminance(browser.execute_script(look.format("body", "backgroundColor"))) == 1
    wide = browser.execute_script(
        "return Array.from(document.querySelectorAll('body *:not(svg *)'))"
        ".filter(e => e.getBoundingClientRect().right > 691).map(e => e.outerHTML.slice(0, 80))"
    )
    assert wide == []


def test_the_index_sorts_and_filters(browser, folder):
    visit(browser, folder / "index.html")
    rows = "return Array.from(document.querySelectorAll('#table-runs tbody tr:not([hidden])')).map(r => r.cells[0].textContent)"  # noqa: E501
    assert len(browser.execute_script(rows)) == 6
    browser.find_element("css selector", ".filter input").send_keys("hoof")
    assert browser.execute_script(rows) == ["hoof", "hoof"]
    assert browser.find_element("css selector", "[data-shown]").text == "2 of 6"
    assert browser.get_log("browser") == []


def test_the_clips_of_a_large_page_are_unpacked_when_somebody_comes_near(
    browser, folder, monkeypatch
):
    from mebench.results.report import clip_view

    plain = (folder / "report.html").read_text()
    monkeypatch.setattr(clip_view, "_PLAIN", 100)
    monkeypatch.setattr(clip_view, "_PICTURES", 30_000)
    page = write_report([folder / "runs"], folder / "large.html")
    text = page.read_text()
    pictures = [len(uri) for uri in re.findall(r"data:image/webp;base64,[^)]*", text)]
    assert 3 / 4 * sum(pictures) < 31_000 < sum(map(len, re.findall(r"webp;base64,[^)]*", plain)))
    assert "data-packed" in text and "data-packed" not in plain
    visit(browser, folder / "report.html")
    expected = cards_of(browser)
    visit(browser, page)
    assert cards_of(browser) == ["", []]
    browser.execute_script("document.getElementById('clips').scrollIntoView()")
    for _ in range(200):
        if (found := cards_of(browser))[0]:
            break
        time.sleep(0.05)
    assert found == expected and len(found[1]) == 3
    assert not [m for m in browser.get_log("browser") if m["level"] == "SEVERE"]


def cards_of(browser):
    """How many clips are said to be shown, and each card's words and place of its picture."""
    return browser.execute_script(
        """return [document.querySelector('[data-count]').textContent,
             Array.from(document.querySelectorAll('.explorer .cards article')).map(a => [
               a.innerText, ...Array.from(a.querySelectorAll('.strip')).map(s => [
                 s.className, s.style.backgroundPosition, s.style.backgroundSize])])];"""
    )
