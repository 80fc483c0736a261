#!/usr/bin/env python3
"""The studio in a real browser, against a running server. Starts nothing but Chromium.

    LIENZO_URL=http://127.0.0.1:7860 python3 tests/studio/studio_test.py

LIENZO_URL              the server; without it all is skipped (exit code 77)
LIENZO_INPAINT_MODEL    id of a model that can inpaint; without it what needs one is skipped
LIENZO_KEY              a key, for a server that asks for one
LIENZO_SHOTS            a folder for a picture of the page after each test that fails
LIENZO_CHROMIUM_FLAGS   more flags for the browser

Needs Debian's chromium, chromium-driver and python3-selenium. The server's default model must draw
a picture in less than kLong seconds.
"""
import json
import os
import pathlib
import struct
import sys
import tempfile
import time
import unittest
import zlib

URL = os.environ.get("LIENZO_URL", "").rstrip("/")
KEY = os.environ.get("LIENZO_KEY", "")
INPAINT = os.environ.get("LIENZO_INPAINT_MODEL", "")
if not URL:
    print("LIENZO_URL is not set: skipped")
    sys.exit(77)

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

HERE = pathlib.Path(__file__).resolve().parent
ACCESSIBILITY = (HERE / "accessibility.js").read_text("utf-8")
kLong = 120  # seconds for anything that draws
PROMPT = "un cubo rojo encima de un cubo azul"


def browser(width=1440, height=900):
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=es",
                 f"--window-size={width},{height}", *os.environ.get("LIENZO_CHROMIUM_FLAGS", "").split()):
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"intl.accept_languages": "es-ES,es", "download.prompt_for_download": False,
                                              "download.default_directory": tempfile.mkdtemp()})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options)
    resize(driver, width, height)
    return driver


def resize(driver, width, height, mobile=False):
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                           {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile})


def png(width, height, colour):
    """A picture of one colour, without a record."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    rows = (b"\0" + bytes(colour) * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Studio(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.driver = browser()

    @classmethod
    def tearDownClass(cls):
        cls.driver.quit()

    def setUp(self):
        resize(self.driver, 1440, 900)
        self.open()
        self.driver.execute_async_script("""
            const done = arguments[0];
            fetch('/api/v1/jobs?limit=100').then(r => r.json()).then(async ({jobs}) => {
              for (const job of jobs) if (['queued', 'running'].includes(job.state)) await fetch(`/api/v1/jobs/${job.id}/cancel`, {method: 'POST'});
            }).finally(done)""")
        self.driver.execute_script("localStorage.clear(); addEventListener('pagehide', () => localStorage.clear())")
        self.open()
        self.driver.get_log("browser")

    def tearDown(self):
        failed = any(error for _, error in self._outcome.errors) if hasattr(self._outcome, "errors") else \
            any(test is self for test, _ in self._outcome.result.failures + self._outcome.result.errors)
        if failed and os.environ.get("LIENZO_SHOTS"):
            self.driver.save_screenshot(os.path.join(os.environ["LIENZO_SHOTS"], self._testMethodName + ".png"))
        # Answers of the server that a test asked for are no errors of the page.
        severe = [line["message"] for line in self.driver.get_log("browser")
                  if line["level"] == "SEVERE" and "Failed to load resource" not in line["message"]]
        self.assertEqual([], severe)

    # --- What one does in a page

    def open(self, sign_in=True):
        self.driver.get(URL + "/")
        self.wait(lambda: self.js("return document.documentElement.dataset.ready === 'yes'"))
        if sign_in and KEY and self.shown("#sign-in"):
            self.sign_in(KEY)

    def sign_in(self, key):
        self.write("#key", key + Keys.ENTER)
        self.wait(lambda: not self.shown("#sign-in") or self.shown("#key-problem"))

    def js(self, script, *values):
        return self.driver.execute_script(script, *values)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def wait(self, condition, seconds=10, what=""):
        return WebDriverWait(self.driver, seconds, poll_frequency=0.05, ignored_exceptions=[StaleElementReferenceException]).until(lambda _: condition(), what)

    def shown(self, selector):
        return any(element.is_displayed() for element in self.all(selector))

    def press(self, selector):
        element = self.one(selector)
        self.js("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def api(self, path):
        return self.driver.execute_async_script(
            "const done = arguments[1]; fetch('/api/v1' + arguments[0]).then(r => r.json()).then(done, e => done(String(e)))", path)

    def models(self):
        return self.api("/models")["models"]

    def write(self, selector, text):
        field = self.one(selector)
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text)

    def set_up(self, **fields):
        """Opens the settings, fills in fields by their ids, and closes them."""
        self.press("#open-settings")
        for name, value in fields.items():
            field = self.one("#settings #" + name)
            self.js("arguments[0].scrollIntoView({block: 'center'})", field)
            if field.tag_name == "select":
                Select(field).select_by_value(str(value))
            else:
                self.write("#settings #" + name, str(value) + Keys.TAB)
        self.press("#settings [data-close]")

    def slow(self):
        """Settings that keep the server busy for a while."""
        model = next(one for one in self.models() if one["default"])
        self.set_up(steps=min(150, model["most_steps"]), count=8)

    def generate(self, prompt=PROMPT):
        self.write("#prompt", prompt)
        self.press("#generate")

    def finished(self, count=1, seconds=kLong):
        self.wait(lambda: len(self.all(".tile[data-state=done]")) == count and self.js(
            "return [...document.querySelectorAll('.tile .final')].every(image => image.complete && image.naturalWidth > 0)"), seconds,
            f"{count} finished pictures on the stage")

    def draw(self, prompt=PROMPT, count=1):
        self.generate(prompt)
        self.wait(lambda: self.all(".tile:not([data-state=done])") or self.js("return !document.querySelector('#generate[aria-busy=true]')"))
        self.finished(count)

    def settled(self):
        """Waits until nothing moves."""
        time.sleep(0.1)
        self.wait(lambda: self.js("return document.getAnimations().every(one => one.playState === 'finished')"), 20)

    def check_accessible(self, where):
        for theme in ("light", "dark"):
            self.js("document.documentElement.dataset.theme = arguments[0]", theme)
            self.settled()
            self.assertEqual([], self.js(ACCESSIBILITY), f"{where}, {theme}")

    def check_no_sideways(self, where):
        wide = self.js("""
            const all = [document.documentElement, ...document.querySelectorAll('dialog[open]')];
            return all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => `${one.tagName}#${one.id}: ${one.scrollWidth} > ${one.clientWidth}`)""")
        self.assertEqual([], wide, where)

    # --- Drawing

    def test_generate_and_watch(self):
        self.set_up(steps=40)
        self.js("""
            window.seen = {values: [], words: [], previews: 0};
            new MutationObserver(() => {
              const line = document.querySelector('#stage-status .bar'), words = document.querySelector('#status-words');
              if (line?.getAttribute('aria-valuenow')) seen.values.push(Number(line.getAttribute('aria-valuenow')));
              if (words?.textContent) seen.words.push(words.textContent);
              const preview = document.querySelector('.tile .preview:not([hidden])');
              if (preview?.src.startsWith('data:image/')) ++seen.previews;
            }).observe(document.querySelector('#stage'), {subtree: true, childList: true, attributes: true, characterData: true})""")
        before = [picture["id"] for picture in self.api("/pictures?limit=1")["pictures"]]
        self.draw()
        seen = self.js("return window.seen")
        self.assertEqual(sorted(seen["values"]), seen["values"], "progress never falls")
        self.assertTrue(any("paso" in words for words in seen["words"]), seen["words"])
        self.assertGreater(seen["previews"], 0)
        self.assertFalse(self.shown("#stage-status"))
        picture = self.one(".tile .final")
        self.assertEqual(PROMPT, picture.get_attribute("alt"))
        newest = self.api("/pictures?limit=2")["pictures"]
        self.assertNotEqual(before, [newest[0]["id"]])
        self.assertEqual(before, [picture["id"] for picture in newest[1:]])
        self.assertEqual(PROMPT, self.one("#pictures .thumbnail img").get_attribute("alt"))
        self.assertIn("1 imagen", self.one("#announcer").get_attribute("textContent"))

    def test_keyboard_alone(self):
        keys = ActionChains(self.driver)
        for _ in range(12):
            keys.send_keys(Keys.TAB).perform()
            if self.js("return document.activeElement.matches('.skip')"):
                break
        self.assertTrue(self.js("return document.activeElement.matches('.skip')"))
        ActionChains(self.driver).send_keys(Keys.ENTER).perform()
        self.wait(lambda: self.js("return document.activeElement.id === 'prompt'") or ActionChains(self.driver).send_keys(Keys.TAB).perform())
        ActionChains(self.driver).send_keys(PROMPT).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()
        self.finished()
        for _ in range(80):
            ActionChains(self.driver).send_keys(Keys.TAB).perform()
            if self.js("return document.activeElement.matches('.tile-open')"):
                break
        ActionChains(self.driver).send_keys(Keys.ENTER).perform()
        self.wait(lambda: self.shown("#viewer"))
        ActionChains(self.driver).send_keys(Keys.ESCAPE).perform()
        self.wait(lambda: not self.shown("#viewer"))
        self.assertTrue(self.js("return document.activeElement.matches('.tile-open')"), "the focus is back where it was")
        ActionChains(self.driver).send_keys("/").perform()
        self.assertEqual("search", self.js("return document.activeElement.id"))

    def test_cancel(self):
        self.slow()
        self.generate()
        self.wait(lambda: self.shown("#cancel"))
        self.wait(lambda: "paso" in self.one("#status-words").text, kLong)
        self.press("#cancel")
        self.wait(lambda: not self.shown("#stage-status"), 30)
        self.assertEqual("cancelled", self.api("/jobs?limit=1")["jobs"][0]["state"])

    def test_reload_in_the_middle(self):
        self.slow()
        self.generate()
        self.wait(lambda: self.shown("#stage-status .bar") and "paso" in self.one("#status-words").text, kLong)
        self.open()
        self.assertEqual(PROMPT, self.one("#prompt").get_attribute("value"), "the draft is kept")
        self.assertEqual(8, len(self.all(".tile")))
        self.wait(lambda: "paso" in self.one("#status-words").text, 30)
        value = int(self.one("#stage-status .bar").get_attribute("aria-valuenow"))
        self.wait(lambda: int(self.one("#stage-status .bar").get_attribute("aria-valuenow")) > value, 60, "progress goes on")
        self.press("#open-queue")
        self.wait(lambda: self.shown("#queue .job"))
        self.assertIn(PROMPT, self.one("#queue .job").text)
        self.press("#queue .job .icon-only")
        self.wait(lambda: not self.all("#queue .job .bar"), 30)

    def test_empty_prompt_is_refused_in_words(self):
        self.press("#generate")
        self.wait(lambda: self.shown("#prompt-error"))
        self.assertIn("Escribe primero", self.one("#prompt-error").text)
        self.assertEqual("prompt", self.js("return document.activeElement.id"))

    def test_wildcards(self):
        self.write("#prompt", "un cubo {rojo|azul}")
        self.wait(lambda: "2 textos distintos" in self.one("#prompt-note").text)
        self.assertEqual("Generar 2", self.one("#generate").text)
        self.press("#generate")
        self.wait(lambda: len(self.all(".tile")) == 2)
        self.finished(2)
        self.assertEqual({"un cubo rojo", "un cubo azul"}, {image.get_attribute("alt") for image in self.all(".tile .final")})

    def test_seed_lock_repeats_the_picture(self):
        self.set_up(seed=42)
        self.draw()
        first = self.api("/pictures?limit=1")["pictures"][0]
        self.assertEqual(42, first["seed"])
        self.open()
        self.assertIn("42", self.one("#summary").text)

    # --- The gallery

    def test_sign_in_and_out(self):
        if not KEY:
            self.skipTest("LIENZO_KEY is not set")
        self.press("#sign-out")
        self.wait(lambda: self.shown("#sign-in"))
        self.check_accessible("sign in")
        self.sign_in("lz_wrong")
        self.assertIn("no vale", self.one("#key-problem").text)
        ActionChains(self.driver).send_keys(Keys.ESCAPE).perform()
        self.assertTrue(self.shown("#sign-in"), "there is no way around it")
        self.sign_in(KEY)
        self.assertFalse(self.shown("#sign-in"))
        self.draw()

    def test_search(self):
        self.draw("una esfera verde sobre la nieve")
        self.draw()
        self.write("#search", "esfera verde")
        self.wait(lambda: all("esfera verde" in image.get_attribute("alt") for image in self.all("#pictures img")) and self.all("#pictures img"))
        self.write("#search", "no hay nada con esto 4711")
        self.wait(lambda: self.shown("#gallery-empty"))
        self.assertIn("4711", self.one("#gallery-empty").text)
        self.one("#search").send_keys(Keys.ESCAPE)
        self.wait(lambda: len(self.all("#pictures img")) > 1)

    def test_viewer(self):
        self.draw("tres pirámides naranjas de noche")
        self.draw()
        self.press(".tile .tile-open")
        self.wait(lambda: self.shown("#viewer"))
        text = self.one("#viewer").text
        for word in ("Semilla", "Pasos", "Modelo", "Usar estos ajustes", "Descargar"):
            self.assertIn(word, text)
        ActionChains(self.driver).send_keys(Keys.ESCAPE).perform()
        self.press("#pictures .thumbnail")
        self.wait(lambda: self.shown("#viewer"))
        ActionChains(self.driver).send_keys(Keys.ARROW_RIGHT).perform()
        self.wait(lambda: "pirámides" in self.one("#viewer .viewer-prompt").text)
        self.press("#viewer [data-key=reuse]")
        self.wait(lambda: "pirámides" in self.one("#prompt").get_attribute("value"))
        self.assertIn("semilla", self.one("#summary").text)

    def test_delete_and_undo(self):
        self.draw("un cono para borrar")
        newest = self.api("/pictures?limit=1")["pictures"][0]["id"]
        self.press(".tile .tile-open")
        self.press("#viewer [data-key=delete]")
        self.wait(lambda: self.shown(".snackbar .link"))
        ActionChains(self.driver).send_keys(Keys.ESCAPE).perform()  # whatever closes, the way back stays
        self.wait(lambda: not self.shown("#viewer") and self.shown(".snackbar .link"))
        self.one(".snackbar .link").click()
        self.wait(lambda: self.all(f"#pictures [data-picture='{newest}']"))
        self.assertEqual(newest, self.api("/pictures?limit=1")["pictures"][0]["id"])
        self.press(f"#pictures [data-picture='{newest}']")
        self.press("#viewer [data-key=delete]")
        self.wait(lambda: self.api(f"/pictures/{newest}").get("error"), 15)

    def test_compare(self):
        self.draw()
        self.draw("una esfera roja")
        self.press("#start-compare")
        for button in self.all("#pictures .thumbnail")[:2]:
            self.js("arguments[0].click()", button)
        self.wait(lambda: self.shown("#compare .compare-frame"))
        self.assertEqual("50%", self.js("return document.querySelector('.compare-frame').style.getPropertyValue('--split')"))
        ActionChains(self.driver).send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT).perform()
        self.assertEqual("51%", self.js("return document.querySelector('.compare-frame').style.getPropertyValue('--split')"))
        self.check_accessible("comparison")

    def test_vary(self):
        self.draw()
        able = any("vary" in model["tasks"] for model in self.models())
        self.press(".tile .tile-open")
        self.press("#viewer [data-key=small]")
        if not able:
            self.wait(lambda: self.shown(".snackbar.bad"))
            return
        self.wait(lambda: self.api("/jobs?limit=1")["jobs"][0]["task"] == "vary")
        self.finished()

    def test_grid(self):
        self.write("#prompt", PROMPT)
        self.press("#open-grid")
        Select(self.one("#axis-x")).select_by_value("seed")
        self.write("#values-x", "1-2")
        Select(self.one("#axis-y")).select_by_value("steps")
        self.write("#values-y", "4, 6")
        self.assertIn("4 imágenes", self.one("#grid-count").text)
        self.check_accessible("grid")
        self.press("#grid-make")
        self.wait(lambda: len(self.all("#grid-sheet td img")) == 4, kLong)
        self.assertEqual(["Semilla 1", "Semilla 2"], [cell.text for cell in self.all("#grid-sheet thead th")])
        self.js("""
            window.sheet = null;
            HTMLAnchorElement.prototype.click = function() { window.sheet = [this.download, this.href]; }""")
        self.press("#grid-sheet .grid-tools .button:last-child")
        name, url = self.wait(lambda: self.js("return window.sheet"))
        self.assertRegex(name, r"^lienzo-grid-\w+\.png$")
        size = self.driver.execute_async_script("""
            const done = arguments[1], image = new Image();
            image.onload = () => done([image.naturalWidth, image.naturalHeight]);
            image.onerror = () => done(null);
            image.src = arguments[0]""", url)
        picture = self.api("/pictures?limit=1")["pictures"][0]
        self.assertGreater(size[0], 2 * picture["width"])
        self.assertGreater(size[1], 2 * picture["height"])
        self.open()
        self.press("#open-grid")
        self.wait(lambda: len(self.all("#grid-sheet td img")) == 4)

    # --- Editing

    def upload(self, data, name="picture.png"):
        path = pathlib.Path(tempfile.mkdtemp()) / name
        path.write_bytes(data)
        self.js("document.querySelector('#picture-file').hidden = false")
        self.one("#picture-file").send_keys(str(path))

    def test_dropped_picture_gives_its_settings(self):
        self.draw("un anillo morado")
        picture = self.api("/pictures?limit=1")["pictures"][0]
        data = self.driver.execute_async_script("""
            const done = arguments[1];
            fetch(arguments[0]).then(r => r.arrayBuffer()).then(b => done([...new Uint8Array(b)]))""", picture["url"])
        self.write("#prompt", "otra cosa")
        self.upload(bytes(data))
        self.wait(lambda: self.shown("#dropped .primary"))
        self.check_accessible("dropped picture")
        self.press("#dropped .primary")
        self.wait(lambda: self.one("#prompt").get_attribute("value") == "un anillo morado")
        self.assertIn(str(picture["seed"])[:10], self.one("#summary").text)

    def test_what_no_model_can_is_said(self):
        if any({"edit", "inpaint"} & set(model["tasks"]) for model in self.models()):
            self.skipTest("a model here can edit")
        self.draw()
        self.press(".tile .tile-open")
        self.assertEqual("true", self.one("#viewer [data-key=edit]").get_attribute("aria-disabled"))
        self.press("#viewer [data-key=edit]")
        self.wait(lambda: self.shown(".snackbar.bad"))
        self.assertIn("solo dibuja", self.one(".snackbar").text)

    def open_editor(self):
        if not INPAINT:
            self.skipTest("LIENZO_INPAINT_MODEL is not set")
        self.upload(png(256, 256, (40, 120, 200)))
        self.wait(lambda: self.shown("#editor .board"))

    def stroke(self):
        mask = self.one("#editor canvas.mask")
        ActionChains(self.driver).move_to_element_with_offset(mask, -40, 0).click_and_hold().move_by_offset(40, 20).move_by_offset(40, -20).release().perform()

    def painted(self):
        return self.js("""
            const canvas = document.querySelector('#editor canvas.mask');
            const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            let sum = 0;
            for (let k = 3; k < data.length; k += 4) sum += data[k] > 127;
            return sum / (canvas.width * canvas.height)""")

    def edited(self, task):
        self.press("#edit-send")
        self.wait(lambda: not self.shown("#editor") or self.shown("#edit-error"))
        self.assertFalse(self.shown("#edit-error"), self.one("body").text[-300:])
        self.finished(1, 600)
        job = self.api("/jobs?limit=1")["jobs"][0]
        self.assertEqual(task, job["task"])
        return job

    def test_mask_and_inpaint(self):
        self.open_editor()
        self.press("#edit-send")
        self.wait(lambda: self.shown("#edit-error"))
        self.assertIn("Pinta primero", self.one("#edit-error").text)
        self.stroke()
        part = self.painted()
        self.assertGreater(part, 0.01)
        self.press("#edit-tools [data-key=invert]")
        self.assertAlmostEqual(1 - part, self.painted(), places=1)
        self.press("#edit-tools [data-key=undo]")
        self.assertAlmostEqual(part, self.painted(), places=2)
        self.press("#edit-tools [data-key=undo]")
        self.assertEqual(0, self.painted())
        mask = self.one("#editor canvas.mask")
        self.js("arguments[0].focus()", mask)
        ActionChains(self.driver).send_keys(Keys.ARROW_LEFT, " ", Keys.ARROW_RIGHT, " ").perform()
        self.assertGreater(self.painted(), 0.005)
        self.stroke()
        Select(self.one("#edit-model")).select_by_value(INPAINT)
        self.write("#edit-prompt", "una esfera roja")
        self.check_accessible("editor")
        job = self.edited("inpaint")
        self.assertEqual(INPAINT, job["model"])
        self.assertTrue(job["request"]["mask"])
        self.assertEqual((256, 256), (job["pictures"][0]["width"], job["pictures"][0]["height"]))

    def test_an_edit_outlives_the_page(self):
        if not INPAINT:
            self.skipTest("LIENZO_INPAINT_MODEL is not set")
        self.draw()
        self.press(".tile .tile-open")
        self.press("#viewer [data-key=edit]")
        self.wait(lambda: self.shown("#editor .board"))
        self.stroke()
        self.write("#edit-prompt", "algo a medias")
        part = self.painted()
        self.open()
        self.wait(lambda: self.shown("#editor .board"))
        self.assertEqual("algo a medias", self.one("#edit-prompt").get_attribute("value"))
        self.assertAlmostEqual(part, self.painted(), places=3)
        ActionChains(self.driver).send_keys(Keys.ESCAPE).perform()
        self.wait(lambda: not self.shown("#editor"))
        self.open()
        self.assertFalse(self.shown("#editor"))

    def test_outpaint(self):
        self.open_editor()
        self.js("document.querySelector('#editor input[value=outpaint]').click()")
        Select(self.one("#edit-model")).select_by_value(INPAINT)
        self.assertEqual("0", self.one(".edge.right").get_attribute("aria-valuenow"))
        ActionChains(self.driver).click_and_hold(self.one(".edge.right span")).move_by_offset(120, 0).release().perform()
        self.assertGreater(int(self.one(".edge.right").get_attribute("aria-valuenow")), 0)
        self.write("#margin-right", "128" + Keys.TAB)
        self.js("document.querySelector('.edge.bottom').focus()")
        ActionChains(self.driver).send_keys(Keys.ARROW_DOWN).perform()
        self.assertGreater(int(self.one(".edge.bottom").get_attribute("aria-valuenow")), 0)
        self.write("#margin-bottom", "64" + Keys.TAB)
        self.check_accessible("outpainting")
        job = self.edited("inpaint")
        self.assertEqual((384, 320), (job["pictures"][0]["width"], job["pictures"][0]["height"]))

    # --- The parts that compute, by themselves

    def gives(self, expected, path, body):
        """`body` is JavaScript that sees the module as `m` and calls done(value)."""
        got = self.driver.execute_async_script(f"""
            const finish = arguments[0];
            import('/studio/{path}').then(m => {{ {body} }}).catch(error => finish(String(error)));
            function done(value) {{ finish(value); }}""")
        self.assertEqual(expected, got, body)

    def test_parts(self):
        numbers = {"4, 8,16": [4, 8, 16], "1-4": [1, 2, 3, 4], "1-9 (+4)": [1, 5, 9], "1-9 [3]": [1, 5, 9], "2.5": [3], "x": None, "": []}
        for text, expected in numbers.items():
            self.gives(expected, "axes.js", f"done(m.parseNumbers({json.dumps(text)}, true))")
        self.gives([2.5, 1.75], "axes.js", "done(m.parseNumbers('2.5; 1.75', false))")

        # Events in pieces, cut anywhere; comments, line ends of each kind, several lines of data.
        stream = "id: 7\nevent: job\ndata: {\"a\":1}\n\n: keep\n\nevent: preview\r\ndata: x\r\ndata: y\r\n\r\n"
        expected = [{"id": "7", "name": "job", "data": '{"a":1}'}, {"id": "7", "name": "preview", "data": "x\ny"}]
        for size in (1, 3, 1000):
            self.gives(expected, "events.js", f"""
                const all = [], take = m.lineParser(event => all.push(event)), text = {json.dumps(stream)};
                for (let k = 0; k < text.length; k += {size}) take(text.slice(k, k + {size}));
                done(all)""")

        # Seeds beyond 2^53 keep every digit; a prompt that looks like one stays as it is.
        self.gives(["18446744073709551615", 42, '"seed": 12345678901234567890'], "api.js",
                   """const got = m.parse('{"seed": 18446744073709551615, "b": {"seed": 42}, "c": "\\\\"seed\\\\": 12345678901234567890"}');
                      done([got.seed, got.b.seed, got.c])""")

        model = "{width: 512, height: 512, smallest: 64, largest: 1024, multiple: 8}"
        self.gives({"width": 624, "height": 416}, "sizes.js", f"done(m.sizeFor({model}, '3:2'))")
        self.gives({"width": 1024, "height": 512}, "sizes.js", f"done(m.fitSize({model}, 4000, 2000))")
        self.gives({"left": 0, "top": 0, "right": 64, "bottom": 0}, "outpaint.js",
                   f"done(m.fitMargins({{left: 0, top: 0, right: 60, bottom: 0}}, 256, 256, {model}))")
        self.gives([0, 255], "outpaint.js", """
            const image = Object.assign(document.createElement('canvas'), {width: 8, height: 8});
            const {mask} = m.enlarge(image, 8, 8, {left: 8, top: 0, right: 0, bottom: 0}, 2);
            const at = (x, y) => mask.getContext('2d').getImageData(x, y, 1, 1).data[0];
            done([at(10, 4), at(9, 4)])""")
        for prompt, has in {"a {b|c}": True, "__animal__": True, "a {b} __init": False, "snake_case__x": False}.items():
            self.gives(has, "wildcards.js", f"done(m.hasWildcards({json.dumps(prompt)}))")

    # --- Languages, sizes, access

    def test_switch_language(self):
        self.assertEqual("es", self.js("return document.documentElement.lang"))
        self.assertEqual("Generar", self.one("#generate").text)
        self.press("#switch-language")
        self.assertEqual("en", self.js("return document.documentElement.lang"))
        self.assertEqual("Generate", self.one("#generate").text)
        self.assertEqual("Gallery", self.one("#gallery h2").text)
        self.press("#open-settings")
        self.wait(lambda: "How many pictures" in self.one("#settings").text)
        self.open()
        self.assertEqual("Generate", self.one("#generate").text)

    def test_phone(self):
        resize(self.driver, 390, 844, mobile=True)
        self.open()
        self.check_no_sideways("page")
        self.draw()
        self.check_no_sideways("page with a picture")
        generate, bar = self.one("#generate").rect, self.one("#prompt-bar").rect
        self.assertLessEqual(generate["x"] + generate["width"], 390)
        self.assertGreaterEqual(bar["width"], 389)
        for opener, dialog in (("#open-settings", "#settings"), ("#open-queue", "#queue"), ("#open-grid", "#grid"), (".tile .tile-open", "#viewer")):
            self.press(opener)
            self.wait(lambda: self.shown(dialog))
            self.check_no_sideways(dialog)
            self.check_accessible("phone, " + dialog)
            ActionChains(self.driver).send_keys(Keys.ESCAPE).perform()
            self.wait(lambda: not self.shown(dialog))
        resize(self.driver, 320, 640, mobile=True)
        self.check_no_sideways("a very small phone")

    def test_accessible(self):
        self.check_accessible("page")
        self.draw()
        self.check_accessible("page with a picture")
        self.press("#open-settings")
        self.check_accessible("settings")
        self.press("#open-queue")
        self.check_accessible("queue")
        self.press("#open-help")
        self.check_accessible("help")
        ActionChains(self.driver).send_keys(Keys.ESCAPE).perform()
        self.press(".tile .tile-open")
        self.check_accessible("viewer")

    def test_focus_is_seen(self):
        self.draw()
        self.press("#open-settings")
        self.js("document.activeElement.blur(); scrollTo(0, 0)")
        seen, unseen = set(), []
        wanted = {"prompt", "generate", "open-settings", "search", "tile-open", "thumbnail", "model", "steps", "seed"}
        for _ in range(250):
            if wanted <= seen:
                break
            ActionChains(self.driver).send_keys(Keys.TAB).perform()
            found = self.js("""
                const at = document.activeElement;
                if (!at || at === document.body) return null;
                const seen = [at, at.parentElement].some(one => {
                  const style = getComputedStyle(one);
                  return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
                });
                return [at.id || at.className || at.tagName, seen]""")
            if found:
                seen.add(found[0])
                if not found[1]:
                    unseen.append(found[0])
        self.assertEqual([], unseen)
        self.assertLessEqual(wanted, seen)

    def test_the_checker_sees_what_is_wrong(self):
        self.js("""
            const add = (html, where = '#main') => {
              const parsed = new DOMParser().parseFromString(html, 'text/html');
              document.querySelector(where).prepend(...parsed.body.childNodes);
            };
            add('<button id="prompt"></button><img src="/studio/icon.svg"><p class="faint">too faint</p><input placeholder="x">');
            document.querySelector('.faint').style.color = '#999';
            document.querySelector('#main input').style.height = '10px';
            document.documentElement.lang = 'xx'""")
        wrong = "\n".join(self.js(ACCESSIBILITY))
        for word in ("lang", 'id "prompt" twice', "no alt", "no accessible name", "too faint", "pixels"):
            self.assertIn(word, wrong)

    def test_less_motion(self):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]})
        self.draw()
        longest = self.js("""
            return Math.max(...[...document.querySelectorAll('*')].flatMap(one => {
              const style = getComputedStyle(one);
              return [...style.transitionDuration.split(','), ...style.animationDuration.split(',')].map(parseFloat);
            }))""")
        self.assertLess(longest, 0.01)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


if __name__ == "__main__":
    unittest.main(verbosity=2)
