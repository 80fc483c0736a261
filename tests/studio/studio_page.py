"""One Chromium for all tests of the studio, and what one does in its page. studio_test.py says which variables there are."""
import json
import os
import pathlib
import struct
import sys
import tempfile
import time
import unittest
import urllib.request
import zlib

URL = os.environ.get("LIENZO_URL", "").rstrip("/")
KEY = os.environ.get("LIENZO_KEY", "")
INPAINT = os.environ.get("LIENZO_INPAINT_MODEL", "")
LORA = os.environ.get("LIENZO_LORA", "")
UPSCALER = os.environ.get("LIENZO_UPSCALER", "")
if not URL:
    print("LIENZO_URL is not set: skipped")
    sys.exit(77)

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

HERE = pathlib.Path(__file__).resolve().parent
ACCESSIBILITY = (HERE / "accessibility.js").read_text("utf-8")
kLong = 120  # seconds for anything that draws
PROMPT = "un cubo rojo encima de un cubo azul"
# Pictures that are there before any test: drawn once, quickly, for tests that are not about drawing.
TAG = f"muestra-{os.getpid()}"
SAMPLES = ("una esfera verde sobre la nieve", "tres pirámides naranjas de noche", "un anillo morado")


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


class Renewed(WebElement):
    """An element that is found anew where the page has put another in its place meanwhile."""

    def __init__(self, element, find):
        super().__init__(element.parent, element.id)
        self.find = find

    def renewed(self, do):
        try:
            return do()
        except StaleElementReferenceException:
            self._id = self.find().id
            return do()

    def _execute(self, command, params=None):
        return self.renewed(lambda: super(Renewed, self)._execute(command, params))

    def get_attribute(self, name):
        return self.renewed(lambda: super(Renewed, self).get_attribute(name))

    def is_displayed(self):
        return self.renewed(lambda: super(Renewed, self).is_displayed())


def resize(driver, width, height, mobile=False):
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                           {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile})


def server(method, path, body=None):
    """The native API, past the browser."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": "Bearer " + KEY} if KEY else {}
    request = urllib.request.Request(URL + "/api/v1" + path, data, {**headers, "Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def png(width, height, colour):
    """A picture of one colour, without a record."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    rows = (b"\0" + bytes(colour) * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class StudioPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.driver = browser()
        cls.samples = [cls.made(prompt, seed=7 + k, tags=[TAG]) for k, prompt in enumerate(SAMPLES)]

    @classmethod
    def tearDownClass(cls):
        cls.driver.quit()

    @staticmethod
    def made(prompt, **settings):
        """A picture that the server made of `prompt`."""
        job = server("POST", "/jobs", {"prompt": prompt, "steps": 2, **settings})
        until = time.time() + kLong
        while job["state"] not in ("done", "failed", "cancelled"):
            assert time.time() < until, job
            time.sleep(0.05)
            job = server("GET", f"/jobs/{job['id']}")
        assert job["state"] == "done", job
        return job["pictures"][0]

    def setUp(self):
        for state in ("queued", "running"):
            for job in server("GET", f"/jobs?limit=200&state={state}")["jobs"]:
                server("POST", f"/jobs/{job['id']}/cancel")
        resize(self.driver, 1440, 900)
        self.driver.execute_cdp_cmd("Page.navigate", {"url": "about:blank"})  # a page that goes away writes what it remembers
        self.driver.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": URL, "storageTypes": "local_storage"})
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

    # --- What one does with pages

    def hide(self, hidden=True):
        """What a browser does to a page whose tab lies behind another; here each has a window of its own."""
        window = self.driver.execute_cdp_cmd("Browser.getWindowForTarget", {})["windowId"]
        state = "minimized" if hidden else "normal"
        self.driver.execute_cdp_cmd("Browser.setWindowBounds", {"windowId": window, "bounds": {"windowState": state}})
        self.wait(lambda: self.js("return document.hidden") == hidden)

    def another_page(self):
        """A new page in front of the others; gone after the test."""
        first = self.driver.current_window_handle
        self.hide()
        self.driver.switch_to.new_window("window")
        page = self.driver.current_window_handle

        def close():
            self.driver.switch_to.window(page)
            self.driver.close()
            self.driver.switch_to.window(first)
            self.hide(False)
        self.addCleanup(close)
        self.driver.set_page_load_timeout(30)
        self.open()

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
        find = lambda: self.driver.find_element(By.CSS_SELECTOR, selector)
        return Renewed(find(), find)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def wait(self, condition, seconds=10, what=""):
        return WebDriverWait(self.driver, seconds, poll_frequency=0.05, ignored_exceptions=[StaleElementReferenceException]).until(lambda _: condition(), what)

    def shown(self, selector):
        return any(element.is_displayed() for element in self.all(selector))

    def press(self, selector):
        element = self.one(selector)
        element.renewed(lambda: self.press_element(element))

    def press_element(self, element):
        self.js("arguments[0].scrollIntoView({block: 'center'})", element)
        # A click goes where the element was a moment ago: not while the sheet that it is in slides in.
        still = "return (arguments[0].closest('dialog')?.getAnimations() ?? []).every(one => one.playState !== 'running')"
        self.wait(lambda: element.renewed(lambda: self.js(still, element)))
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
        """Waits until nothing moves but what is being drawn."""
        time.sleep(0.1)
        self.wait(lambda: self.js("""return document.getAnimations().every(
            one => one.playState === 'finished' || one.effect.target?.closest('.tile, .job'))"""), 20)

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

    def upload(self, data, name="picture.png"):
        path = pathlib.Path(tempfile.mkdtemp()) / name
        path.write_bytes(data)
        self.js("document.querySelector('#picture-file').hidden = false")
        self.one("#picture-file").send_keys(str(path))

    def keys(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def ctrl(self, key):
        ActionChains(self.driver).key_down(Keys.CONTROL).send_keys(key).key_up(Keys.CONTROL).perform()

    def focused(self):
        return self.js("return document.activeElement.id || document.activeElement.dataset.key || document.activeElement.className")

    def view(self, picture):
        """Opens a picture of the gallery, among the samples alone."""
        self.write("#search", "#" + TAG)
        self.wait(lambda: len(self.all("#pictures .thumbnail")) == len(SAMPLES))
        self.press(f"#pictures [data-picture='{picture['id']}']")
        self.wait(lambda: self.shown("#viewer .viewer-prompt"))

    def intercept(self, full=False):
        """From now on jobs are not sent but kept; sent() gives them. The page hears that they were cancelled, or that the queue is full."""
        self.js("""
            window.sent = [];
            const real = window.fetch, full = arguments[0];
            window.fetch = (address, options = {}) => {
              if (options.method !== 'POST' || !address.endsWith('/jobs')) return real(address, options);
              window.sent.push(options.body);
              const request = JSON.parse(options.body);
              const answer = full ? {error: {code: 'queue_full', message: 'kept'}} :
                {id: 'test' + sent.length, state: 'cancelled', task: request.task, request, attempts: 0, created: Date.now(), progress: {}, pictures: [], tags: []};
              return Promise.resolve(new Response(JSON.stringify(answer), {status: full ? 429 : 202}));
            }""", full)

    def sent(self, count=1):
        """What was to be sent, once there are so many and no more come."""
        self.wait(lambda: self.js("return window.sent.length >= arguments[0] && !document.querySelector('#generate[aria-busy=true]')", count))
        return [json.loads(body) for body in self.js("return window.sent")]

    def pixels(self, url, *points):
        """The red of these points (parts of width and height) of a picture, and its size."""
        return self.driver.execute_async_script("""
            const [url, points, done] = arguments, image = new Image();
            image.onload = () => {
              const canvas = Object.assign(document.createElement('canvas'), {width: image.naturalWidth, height: image.naturalHeight});
              const context = canvas.getContext('2d');
              context.drawImage(image, 0, 0);
              done([points.map(([x, y]) => context.getImageData(x * canvas.width, y * canvas.height, 1, 1).data[0]), [canvas.width, canvas.height]]);
            };
            image.onerror = () => done(null);
            image.src = url""", url, points)
