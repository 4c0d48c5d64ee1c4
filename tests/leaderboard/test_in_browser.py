"""The board in a real browser, opened from files: silent, alone, sortable, and no wider than it."""

import json
import shutil

import pytest

from mebench.leaderboard import write_site

from .made import made_bundle
from .test_site import HOSTILE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="there is no Chromium with its driver here"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("board")
    for data in ("alpha", "bravo9"):
        for i, method in enumerate(("best", "good", HOSTILE)):
            made_bundle(folder, data, method, 0.9 - i / 4, i, persons=6, clips=60)
    write_site(folder, folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run",
                 "disable-background-networking", "disable-component-update", "disable-sync",
                 "disable-dev-shm-usage"):  # fmt: skip
        options.add_argument(f"--{flag}")
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


def visit(browser, page, width=1280, theme="light"):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    features = [{"name": "prefers-reduced-motion", "value": "reduce"},
                {"name": "prefers-color-scheme", "value": theme}]  # fmt: skip
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": features})
    browser.get(page.as_uri())


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_pages_are_silent_alone_and_fit(browser, site, width, theme):
    browser.get_log("performance")
    for name in ("index.html", "task-alpha-3class-loso.html", "method-best.html",
                 "task-megc2019-3class-composite.html"):  # fmt: skip
        visit(browser, site / name, width, theme)
        browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        assert wide <= width, name
        ink, page = browser.execute_script(
            "const s = getComputedStyle(document.body); return [s.color, s.backgroundColor];"
        )
        assert (sum(map(int, _numbers(ink))) > sum(map(int, _numbers(page)))) == (theme == "dark")
    assert browser.execute_script("return window.hacked") is None
    assert browser.get_log("browser") == []
    asked = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = [m["params"]["request"]["url"] for m in asked
            if m["method"] == "Network.requestWillBeSent"]  # fmt: skip
    urls = [url for url in urls if not url.startswith("chrome:")]  # the browser's own first page
    assert urls and all(url.startswith(("file:", "data:")) for url in urls)


def _numbers(colour):
    return colour.partition("(")[2].rstrip(")").split(",")[:3]


def test_tables_sort_and_filter_from_a_file(browser, site):
    visit(browser, site / "task-alpha-3class-loso.html")
    column = (
        "return Array.from(document.querySelectorAll('#table-verified tbody tr'))"
        ".filter(r => !r.hidden).map(r => r.cells[3].dataset.value)"
    )
    button = browser.find_element("css selector", "#table-verified thead th:nth-child(4) button")
    button.click()
    falling = [float(v) for v in browser.execute_script(column)]
    button.click()
    rising = [float(v) for v in browser.execute_script(column)]
    assert falling == sorted(falling, reverse=True) and rising == falling[::-1]
    browser.find_element("css selector", ".filter input[type=search]").send_keys("good")
    assert len(browser.execute_script(column)) == 1
    visit(browser, site / "index.html")
    pick = browser.find_element("css selector", "select[data-key=database]")
    pick.send_keys("alpha")
    assert pick.get_attribute("value") == "alpha"
    rows = browser.execute_script(
        "return Array.from(document.querySelectorAll('#table-tasks tbody tr'))"
        ".filter(r => !r.hidden).length"
    )
    assert rows == 1
    assert browser.get_log("browser") == []


def test_a_link_opens_the_run_that_it_names(browser, site):
    from selenium.webdriver.support.ui import WebDriverWait

    visit(browser, site / "task-alpha-3class-loso.html")
    browser.find_element("css selector", "#table-verified .more-link").click()
    # The page hears of the new address in its own time.
    opened = "return document.querySelector('details.run').open"
    WebDriverWait(browser, 10).until(lambda shown: shown.execute_script(opened))
