#!/usr/bin/env python3
"""The studio in a real browser, against a running server. Starts nothing but Chromium.

    LIENZO_URL=http://127.0.0.1:7860 python3 tests/studio/studio_test.py

LIENZO_URL              the server; without it all is skipped (exit code 77)
LIENZO_INPAINT_MODEL    id of a model that can inpaint; without it what needs one is skipped
LIENZO_LORA             name of a LoRA that fits that model; without it what needs one is skipped
LIENZO_UPSCALER         name of an upscaler by four; without it what needs one is skipped
LIENZO_KEY              a key, for a server that asks for one
LIENZO_SHOTS            a folder for a picture of the page after each test that fails
LIENZO_CHROMIUM_FLAGS   more flags for the browser

Needs Debian's chromium, chromium-driver and python3-selenium. The server's default model must draw
a picture in less than kLong seconds.
"""
import json
import pathlib
import tempfile
import time
import unittest

from studio_page import (ACCESSIBILITY, INPAINT, KEY, LORA, PROMPT, SAMPLES, TAG, UPSCALER, URL, ActionChains, Keys, Select,
                         StudioPage, kLong, png, resize, server)


class Studio(StudioPage):
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
        self.keys(Keys.ENTER)
        self.wait(lambda: self.js("return document.activeElement.id === 'prompt'") or self.keys(Keys.TAB))
        ActionChains(self.driver).send_keys(PROMPT).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()
        self.finished()
        for _ in range(80):
            self.keys(Keys.TAB)
            if self.js("return document.activeElement.matches('.tile-open')"):
                break
        self.keys(Keys.ENTER)
        self.wait(lambda: self.shown("#viewer"))
        self.keys(Keys.ESCAPE)
        self.wait(lambda: not self.shown("#viewer"))
        self.assertTrue(self.js("return document.activeElement.matches('.tile-open')"), "the focus is back where it was")
        self.keys("/")
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

    def test_eight_pages_at_once(self):
        """A browser opens six connections to one server for all of its pages."""
        first = self.driver.current_window_handle
        for _ in range(7):
            self.another_page()
            self.wait(lambda: self.shown("#tiles img") and self.all("#pictures img"))
        self.set_up(steps=2)
        self.draw("un anillo en ocho páginas")
        newest = self.api("/pictures?limit=1")["pictures"][0]["id"]
        server("DELETE", f"/pictures/{self.made('un cono que va y viene')['id']}")
        # The first one was not told, and misses nothing.
        self.driver.switch_to.window(first)
        self.assertFalse(self.all(f"#pictures [data-picture='{newest}']"), "it was hidden")
        self.hide(False)
        self.wait(lambda: self.all(f"#pictures [data-picture='{newest}']"))
        self.assertFalse(self.shown("#offline"))
        self.assertEqual("un anillo en ocho páginas", self.one("#pictures .thumbnail img").get_attribute("alt"))

    def test_a_hidden_page_still_tells_when_its_picture_is_ready(self):
        script = self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": """
            const real = window.fetch;
            window.streams = 0;
            window.fetch = (address, options = {}) => {
              if (!address.endsWith('/events')) return real(address, options);
              ++window.streams;
              options.signal.addEventListener('abort', () => --window.streams);
              return real(address, options);
            }"""})["identifier"]
        self.addCleanup(self.driver.execute_cdp_cmd, "Page.removeScriptToEvaluateOnNewDocument", {"identifier": script})
        self.open()
        self.slow()
        self.set_up(count=2)
        self.generate()
        self.wait(lambda: "%" in self.driver.title and "paso" in self.one("#status-words").text, kLong)
        self.assertEqual(1, self.js("return window.streams"))
        self.hide()
        self.wait(lambda: not self.js("return window.streams"), what="the stream is let go")
        self.assertIn("%", self.driver.title)
        self.wait(lambda: self.driver.title == "Listas: 2 imágenes. · Lienzo", kLong, "the title of a hidden page")
        self.wait(lambda: not self.js("return window.streams"))
        self.hide(False)
        self.wait(lambda: self.driver.title == "Lienzo")
        self.finished(2)
        self.assertFalse(self.shown("#stage-status"))
        self.wait(lambda: self.js("return window.streams") == 1)

    def test_a_page_that_was_hidden_for_a_day_looks_anew(self):
        """The server remembers for a day what was removed."""
        asked = lambda: self.js("return performance.getEntriesByType('resource').filter(one => one.name.endsWith('/jobs?limit=50')).length")
        self.wait(lambda: self.shown("#tiles img"))
        before = asked()
        self.hide()
        time.sleep(3)  # longer than a hidden page keeps its stream
        self.hide(False)
        time.sleep(1)
        self.assertEqual(before, asked(), "nothing was missed")
        self.hide()
        time.sleep(3)
        self.js("const real = Date.now; Date.now = () => real() + 21 * 3600 * 1000")
        self.hide(False)
        self.wait(lambda: asked() == before + 1)
        self.wait(lambda: self.shown("#tiles img") and self.all("#pictures img"))

    def test_empty_prompt_is_refused_in_words(self):
        self.press("#generate")
        self.wait(lambda: self.shown("#prompt-error"))
        self.assertIn("Escribe primero", self.one("#prompt-error").text)
        self.assertEqual("prompt", self.js("return document.activeElement.id"))

    def test_wildcards(self):
        self.write("#prompt", "un cubo {rojo|azul}")
        self.wait(lambda: "2 textos distintos" in self.one("#prompt-note").text)
        self.assertEqual("Generar 2", self.one("#generate").text)
        self.intercept()
        self.press("#prompt-note .link")  # one alone, by chance
        self.assertEqual("Generar", self.one("#generate").text)
        self.press("#generate")
        self.assertIn([request["prompt"] for request in self.sent()], (["un cubo rojo"], ["un cubo azul"]))
        self.open()
        self.wait(lambda: self.shown("#prompt-note .link"))
        self.press("#prompt-note .link")
        self.assertEqual("Generar 2", self.one("#generate").text)
        self.press("#generate")
        self.wait(lambda: len(self.all(".tile")) == 2 and "cubo" in self.one(".tile").get_attribute("innerHTML") or len(self.all(".tile:not([data-state=done])")) == 2)
        self.finished(2)
        self.assertEqual({"un cubo rojo", "un cubo azul"}, {image.get_attribute("alt") for image in self.all(".tile .final")})

    def test_a_locked_seed_is_sent_and_kept(self):
        self.intercept()
        self.generate()
        self.assertNotIn("seed", self.sent()[0])
        self.set_up(seed="18446744073709551615")
        self.press("#generate")
        self.sent(2)
        self.assertIn('"seed":18446744073709551615', self.js("return window.sent[1]"))
        self.open()
        self.assertIn("18446744073709551615", self.one("#summary").text)
        self.press("#open-settings")
        self.press("#seed + .button")
        self.assertNotIn("18446744073709551615", self.one("#summary").text)
        self.intercept()
        self.press("#generate")
        self.assertNotIn("seed", self.sent()[0])

    def test_what_the_form_says_is_sent(self):
        model = INPAINT or next(one["id"] for one in self.models() if one["default"])
        facts = next(one for one in self.models() if one["id"] == model)
        self.set_up(model=model)
        self.set_up(count=3, steps=7, guidance=4.5, negative="niebla", **({"sampler": facts["samplers"][1]} if len(facts["samplers"]) > 1 else {}))
        self.press("#open-settings")
        self.js("document.querySelector('#settings input[value=\\'2:3\\']')?.click(); document.querySelectorAll('#settings details').forEach(one => one.open = true)")
        Select(self.one("#format")).select_by_value("webp")
        self.intercept()
        self.one("#prompt").send_keys(PROMPT)
        self.js("document.querySelector('#count').focus()")
        self.ctrl(Keys.ENTER)  # from anywhere
        request = self.sent()[0]
        wanted = {"task": "imagine", "model": model, "prompt": PROMPT, "count": 3, "steps": 7, "guidance": 4.5, "output": {"format": "webp"}}
        if facts["negative_prompt"]:
            wanted["negative_prompt"] = "niebla"
        if len(facts["samplers"]) > 1:
            wanted["sampler"] = facts["samplers"][1]
        self.assertLessEqual(wanted.items(), request.items())
        if not facts["square_only"]:
            self.assertLess(request["width"], request["height"])
        self.press("#reset-settings")
        self.press("#generate")
        self.assertEqual({"task": "imagine", "model": model, "prompt": PROMPT}, self.sent(2)[1])

    def test_the_lock_keeps_the_seed_of_what_is_seen(self):
        self.wait(lambda: self.shown(".tile .final"))
        shown = self.one(".tile .final").get_attribute("src").split("/")[-2]
        self.press("#open-settings")
        self.press("#seed + .button")
        self.assertEqual(str(server("GET", f"/pictures/{shown}")["seed"]), self.one("#seed").get_attribute("value"))

    def test_what_is_set_far_down_is_sent(self):
        if not INPAINT:
            self.skipTest("LIENZO_INPAINT_MODEL is not set")
        facts = next(one for one in self.models() if one["id"] == INPAINT)
        preset = self.api("/presets")["presets"][1]
        self.set_up(model=INPAINT)
        self.set_up(guidance=0.5, schedule=facts["schedules"][-1], negative="niebla", **{"clip-skip": 2})
        self.press("#open-settings")
        self.js("""
            document.querySelectorAll('#settings details').forEach(one => one.open = true);
            document.querySelector('#hires').click();
            document.querySelector(`#settings input[name=preset][value='${arguments[0]}']`).click()""", preset["id"])
        self.intercept()
        self.generate("un gato")
        request = self.sent()[0]
        wanted = {"prompt": preset["prompt"].replace("{prompt}", "un gato"), "guidance": 0.5, "schedule": facts["schedules"][-1],
                  "clip_skip": 2, "hires": {"scale": 2, "strength": 0.5}}
        self.assertLessEqual(wanted.items(), request.items())
        self.assertNotIn("negative_prompt", request, "below 1 it would pull the wrong way")
        self.write("#guidance", "200" + Keys.TAB)
        self.press("#generate")
        request = self.sent(2)[1]
        self.assertEqual((100, ", ".join(filter(None, ["niebla", preset["negative_prompt"]]))), (request["guidance"], request["negative_prompt"]))

    def test_a_full_queue_is_said_once(self):
        self.intercept(full=True)
        self.write("#prompt", "un cubo {rojo|azul}")
        self.wait(lambda: self.shown("#prompt-note"))
        self.press("#generate")
        self.wait(lambda: self.shown("#prompt-error"))
        self.assertEqual("La cola está llena. Espera a que avance.", self.one("#prompt-error").text)
        self.check_accessible("full queue")
        self.one("#prompt").send_keys("!")
        self.assertFalse(self.shown("#prompt-error"))

    def test_a_server_that_comes_later(self):
        block = lambda *urls: self.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": urls})
        self.driver.execute_cdp_cmd("Network.enable", {})
        block("*/api/*")
        try:
            self.driver.get(URL + "/")
            self.wait(lambda: self.shown("#offline"))
            self.assertIn("Sin conexión", self.one("#offline").text)
            self.check_accessible("offline")
            self.write("#prompt", PROMPT)
            self.press("#generate")
            self.wait(lambda: self.shown("#prompt-error"))
        finally:
            block()
        self.wait(lambda: not self.shown("#offline") and self.shown("#tiles img") and self.all("#pictures img"), 20)
        self.assertNotIn("sin modelo", self.one("#summary").text)

    def test_places_in_the_queue(self):
        self.slow()
        self.generate("un cubo {rojo|azul|verde}")
        self.wait(lambda: self.one("#queue-badge").text == "3")
        self.wait(lambda: len(self.all(".tile")) == 24)
        self.open()
        self.press("#open-queue")
        self.wait(lambda: len(self.all("#queue .job")) == 3, 30, "three jobs in the queue")
        self.wait(lambda: "Puesto 1" in self.all("#queue .job")[1].text and "Puesto 2" in self.all("#queue .job")[2].text, kLong)
        self.check_accessible("queue")
        self.press("#queue .job:nth-child(2) .icon-only")
        self.wait(lambda: len(self.all("#queue .job")) == 2 and "Puesto 1" in self.all("#queue .job")[1].text)
        self.press("#queue [data-key=all]")
        self.wait(lambda: not self.all("#queue .job"), 60)
        self.assertEqual({"cancelled"}, {job["state"] for job in server("GET", "/jobs?limit=3")["jobs"]})

    # --- LoRAs

    def with_lora(self):
        """The settings, open, with the model that the LoRA is for."""
        if not (INPAINT and LORA):
            self.skipTest("LIENZO_INPAINT_MODEL or LIENZO_LORA is not set")
        self.set_up(model=INPAINT, steps=2, seed=5)
        self.press("#open-settings")
        return f"#loras [data-name='{LORA}']"

    def test_loras(self):
        row = self.with_lora()
        names = [one.get_attribute("data-name") for one in self.all("#loras .lora")]
        facts = {one["name"]: one for one in self.api("/loras")["loras"]}
        family = next(one["family"] for one in self.models() if one["id"] == INPAINT)
        self.assertEqual([name for name, one in facts.items() if family.startswith(one["family"])], names)
        self.assertFalse(self.shown(f"{row} .slider"), "nothing to set before it is chosen")
        self.write("#prompt", "un gato")
        self.press("#generate")
        self.finished()
        plain = self.one(".tile .final").get_attribute("src")
        self.assertNotIn("loras", self.api("/jobs?limit=1")["jobs"][0]["request"])

        # By the keyboard alone.
        box = self.one(f"{row} input[type=checkbox]")
        self.js("arguments[0].focus()", box)
        self.keys(Keys.SPACE)
        self.wait(lambda: self.shown(f"{row} .slider"))
        self.assertEqual("1", self.one(f"{row} [type=number]").get_attribute("value"))
        self.keys(Keys.TAB, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
        self.assertEqual("1.1", self.one(f"{row} [type=number]").get_attribute("value"))
        self.keys(Keys.TAB)
        self.keys(Keys.CONTROL + "a")
        self.keys("-30" + Keys.TAB)
        self.assertEqual("0", self.one(f"{row} [type=range]").get_attribute("value"), "as far as it goes")
        self.assertIn(f"{LORA} -30", self.one("#summary").text)
        self.check_accessible("LoRAs")
        self.press("#generate")
        self.wait(lambda: self.one(".tile .final").get_attribute("src") != plain)
        self.finished()
        changed = self.one(".tile .final").get_attribute("src")
        job = self.api("/jobs?limit=1")["jobs"][0]
        self.assertEqual([{"name": LORA, "weight": -30}], job["request"]["loras"])
        self.assertEqual([(LORA, -30)], [(one["name"], one["weight"]) for one in job["pictures"][0]["record"]["extra"]["loras"]])
        points = [(x / 8 + 0.05, y / 8 + 0.05) for x in range(8) for y in range(8)]
        self.assertNotEqual(self.pixels(plain, *points), self.pixels(changed, *points), "the picture is another")

        # Kept, and given back by the picture.
        self.open()
        self.assertTrue(self.one(f"{row} input[type=checkbox]").is_selected())
        self.assertEqual("-30", self.one(f"{row} [type=number]").get_attribute("value"))
        self.press("#reset-settings")
        self.assertFalse(self.one(f"{row} input[type=checkbox]").is_selected())
        self.press(".tile .tile-open")
        self.wait(lambda: self.shown("#viewer .viewer-prompt"))
        self.assertIn(f"LoRA\n{LORA} -30", self.one("#viewer .record").text)
        self.press("#viewer [data-key=reuse]")
        self.wait(lambda: self.one(f"{row} input[type=checkbox]").is_selected())
        self.assertEqual("-30", self.one(f"{row} [type=number]").get_attribute("value"))

        # A model that takes none has no such list, and is sent none.
        own = next(one["id"] for one in self.models() if one["family"] == "Lienzo")
        Select(self.one("#model")).select_by_value(own)
        self.assertFalse(self.all("#loras"))
        self.assertNotIn(LORA, self.one("#summary").text)
        self.intercept()
        self.press("#generate")
        self.assertNotIn("loras", self.sent()[0])

    def test_a_lora_that_is_gone_is_said(self):
        self.with_lora()
        self.js("""
            import('/studio/store.js').then(m => m.setDraft({loras: [{name: 'perdido', weight: 0.5}]}))""")
        self.wait(lambda: self.shown("#loras [data-name=perdido] .hint"))
        self.assertIn("No está en la carpeta de modelos", self.one("#loras [data-name=perdido]").text)
        self.write("#prompt", "un gato")
        self.press("#generate")
        self.wait(lambda: self.shown("#prompt-error"))
        self.assertIn("(LoRA)", self.one("#prompt-error").text)
        resize(self.driver, 390, 844, mobile=True)
        self.js("document.querySelector('#settings').close()")
        generate = self.one("#generate").rect
        self.assertLessEqual(generate["x"] + generate["width"], 390, "the summary makes room")
        self.press("#open-settings")
        self.check_no_sideways("#settings")
        self.press("#loras [data-name=perdido] label")
        self.wait(lambda: not self.all("#loras [data-name=perdido]"))

    def test_a_grid_of_loras(self):
        self.with_lora()
        self.press("#open-grid")
        self.write("#grid-prompt", "un gato")
        Select(self.one("#axis-x")).select_by_value("loraWeight")
        self.write("#values-x", "0.5, 1.25")
        Select(self.one("#axis-y")).select_by_value("none")
        self.press("#grid-make")
        self.wait(lambda: self.shown("#grid-error"))
        self.assertIn("Elige primero un LoRA", self.one("#grid-error").text)
        Select(self.one("#axis-y")).select_by_value("lora")
        for value in ("", LORA):
            self.js("arguments[0].click()", self.one(f"#grid .values input[value='{value}']"))
        self.intercept()
        self.press("#grid-make")
        sent = self.sent(4)
        self.assertEqual([None, None, [{"name": LORA, "weight": 0.5}], [{"name": LORA, "weight": 1.25}]], [one.get("loras") for one in sent])
        self.assertEqual(["Fuerza de los LoRA 0,5", "Fuerza de los LoRA 1,25"], [cell.text for cell in self.all("#grid-sheet thead th")])

    # --- The gallery

    def test_sign_in_and_out(self):
        if not KEY:
            self.skipTest("LIENZO_KEY is not set")
        self.press("#sign-out")
        self.wait(lambda: self.shown("#sign-in"))
        self.check_accessible("sign in")
        self.sign_in("lz_wrong")
        self.assertIn("no vale", self.one("#key-problem").text)
        self.keys(Keys.ESCAPE)
        self.assertTrue(self.shown("#sign-in"), "there is no way around it")
        self.sign_in(KEY)
        self.assertFalse(self.shown("#sign-in"))
        self.draw()

    def test_asked_for_a_key(self):
        """As above, with answers made here: most servers of tests have no keys."""
        script = self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": """
            const real = window.fetch, me = {keys: true, owner: 'lz_ana', name: 'Ana', scopes: ['generate']};
            let signed = false;
            window.fetch = (address, options = {}) => {
              const answer = (status, body) => Promise.resolve(new Response(JSON.stringify(body), {status}));
              if (address.endsWith('/session') && options.method === 'POST') signed = JSON.parse(options.body).key === 'lz_right';
              if (!signed) return answer(401, {error: {code: 'unauthorized', message: '[key] is wrong'}});
              return address.endsWith('/session') ? answer(200, me) : real(address, options);
            }"""})["identifier"]
        try:
            self.open(sign_in=False)
            self.wait(lambda: self.shown("#sign-in"))
            self.assertEqual("key", self.focused())
            self.check_accessible("sign in")
            self.sign_in("lz_wrong")
            self.assertIn("no vale", self.one("#key-problem").text)
            self.keys(Keys.ESCAPE)
            self.assertTrue(self.shown("#sign-in"), "there is no way around it")
            self.sign_in("lz_right")
            self.assertFalse(self.shown("#sign-in"))
            self.wait(lambda: self.all("#pictures img") and self.shown("#sign-out"))
            self.press("#sign-out")
            self.wait(lambda: self.shown("#sign-in"))
        finally:
            self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": script})

    def test_search(self):
        self.write("#search", "esfera verde")
        self.wait(lambda: all("esfera verde" in image.get_attribute("alt") for image in self.all("#pictures img")) and self.all("#pictures img"))
        self.write("#search", "#" + TAG)
        self.wait(lambda: {image.get_attribute("alt") for image in self.all("#pictures img")} == set(SAMPLES))
        self.write("#search", "no hay nada con esto 4711")
        self.wait(lambda: self.shown("#gallery-empty"))
        self.assertIn("4711", self.one("#gallery-empty").text)
        self.one("#search").send_keys(Keys.ESCAPE)
        self.wait(lambda: len(self.all("#pictures img")) > 1)
        other = next((one["id"] for one in self.models() if not one["default"]), None)
        if other:
            Select(self.one("#search-model")).select_by_value(other)
            wanted = list(dict.fromkeys(picture["id"] for picture in self.api(f"/pictures?limit=60&model={other}")["pictures"]))
            self.wait(lambda: wanted == [one.get_attribute("data-picture") for one in self.all("#pictures [data-picture]")])

    def test_viewer(self):
        newest, middle, oldest = reversed(self.samples)
        self.view(newest)
        text = self.one("#viewer").text
        for word in ("Semilla", "Pasos", "Modelo", "Usar estos ajustes", "Descargar", "1 de 3", str(newest["seed"])):
            self.assertIn(word, text)
        self.keys(Keys.ARROW_RIGHT)
        self.wait(lambda: self.one("#viewer .viewer-prompt").text == middle["prompt"])
        self.keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)  # the second finds no more
        self.wait(lambda: self.one("#viewer .viewer-prompt").text == oldest["prompt"])
        self.keys(Keys.ARROW_LEFT)
        self.wait(lambda: self.one("#viewer .viewer-prompt").text == middle["prompt"])
        self.press("#viewer [data-key=zoom]")
        self.assertEqual(middle["width"], self.js("return document.querySelector('#viewer .large').clientWidth"), "at full size")
        self.press("#viewer [data-key=reuse]")
        self.wait(lambda: self.one("#prompt").get_attribute("value") == middle["prompt"])
        self.assertIn(f"semilla {middle['seed']}", self.one("#summary").text)
        self.intercept()
        self.press("#generate")
        self.assertLessEqual({"prompt": middle["prompt"], "seed": middle["seed"]}.items(), self.sent()[0].items())
        self.assertEqual(middle["record"].get("steps") or None, self.sent()[0].get("steps"))

    def test_the_focus_stays_in_a_dialog_and_goes_back(self):
        self.view(self.samples[-1])
        for _ in range(30):
            self.keys(Keys.TAB)
            self.assertTrue(self.js("return document.activeElement === document.body || document.querySelector('#viewer').contains(document.activeElement)"),
                            self.focused())
        self.keys(Keys.ESCAPE)
        self.wait(lambda: not self.shown("#viewer"))
        self.assertEqual(self.samples[-1]["id"], self.js("return document.activeElement.dataset.picture"))

    def test_a_finger_turns_the_page(self):
        self.view(self.samples[-1])
        self.js("""
            const zoom = document.querySelector('#viewer .zoom');
            const touch = x => new Touch({identifier: 1, target: zoom, clientX: x, clientY: 300});
            const tell = (name, x) => zoom.dispatchEvent(new TouchEvent(name, {bubbles: true, cancelable: true, changedTouches: [touch(x)], touches: name === 'touchend' ? [] : [touch(x)]}));
            tell('touchstart', 300);
            tell('touchend', 180)""")
        self.wait(lambda: self.one("#viewer .viewer-prompt").text == SAMPLES[-2])

    def test_tags(self):
        self.view(self.samples[0])
        self.write("#picture-tags", f"{TAG}, Navidad" + Keys.TAB)
        self.wait(lambda: "Navidad" in server("GET", f"/pictures/{self.samples[0]['id']}")["tags"])
        self.keys(Keys.ESCAPE)
        self.write("#search", "#Navidad")
        self.wait(lambda: self.all("#pictures img") and {image.get_attribute("alt") for image in self.all("#pictures img")} == {SAMPLES[0]})

    def test_delete_and_undo(self):
        newest = self.made("un cono para borrar")["id"]
        self.wait(lambda: self.all(f"#pictures [data-picture='{newest}']"))
        self.press(f"#pictures [data-picture='{newest}']")
        self.js("const real = setTimeout; window.setTimeout = (action, wait) => real(action, wait >= 5000 ? 60000 : wait)")  # a slow machine needs longer
        self.keys(Keys.DELETE)
        self.wait(lambda: self.shown(".snackbar .link"))
        self.keys(Keys.ESCAPE)  # whatever closes, the way back stays
        self.wait(lambda: not self.shown("#viewer") and self.shown(".snackbar .link"))
        self.assertFalse(self.all(f"#pictures [data-picture='{newest}']"))
        self.one(".snackbar .link").click()
        self.wait(lambda: self.all(f"#pictures [data-picture='{newest}']"))
        self.assertEqual(newest, self.api("/pictures?limit=1")["pictures"][0]["id"])
        self.press(f"#pictures [data-picture='{newest}']")
        self.press("#viewer [data-key=delete]")
        self.open()  # who leaves has thought enough
        self.wait(lambda: self.api(f"/pictures/{newest}").get("error"), 15)
        self.assertFalse(self.all(f"#pictures [data-picture='{newest}']"))

    def test_what_another_page_removes_is_gone(self):
        one, other = self.made("un cono que se va"), self.made("otro cono que se va")
        self.wait(lambda: self.all(f"#pictures [data-picture='{other['id']}']"))
        self.press(f"#pictures [data-picture='{other['id']}']")
        self.wait(lambda: self.shown("#viewer"))
        server("DELETE", f"/pictures/{other['id']}")
        self.wait(lambda: self.one("#viewer .viewer-prompt").text == one["prompt"])
        self.keys(Keys.ESCAPE)
        server("DELETE", f"/jobs/{one['job']}")
        self.wait(lambda: not self.all(f"#pictures [data-picture='{one['id']}']"))

    def test_no_preview_is_asked_for_that_is_not_there(self):
        self.slow()
        self.generate()
        self.wait(lambda: "paso" in self.one("#status-words").text, kLong)
        self.open()
        self.wait(lambda: "paso" in self.one("#status-words").text, kLong)
        self.assertEqual([], [line["message"] for line in self.driver.get_log("browser") if "/preview" in line["message"]])

    def test_compare(self):
        split = lambda: self.js("return getComputedStyle(document.querySelector('.compare-frame .over')).clipPath")
        self.press("#start-compare")
        self.wait(lambda: self.shown("#compare-note"))
        self.press("#compare-note button")
        self.wait(lambda: not self.shown("#compare-note"))
        self.press("#start-compare")
        self.wait(lambda: self.shown("#compare-note"))
        self.keys(Keys.ESCAPE)
        self.wait(lambda: not self.shown("#compare-note"))
        self.press("#start-compare")
        for picture in self.samples[:2]:
            self.js("arguments[0].click()", self.one(f"#pictures [data-picture='{picture['id']}']"))
        self.wait(lambda: self.shown("#compare .compare-frame"))
        self.assertEqual([SAMPLES[0], SAMPLES[1]], [image.get_attribute("alt") for image in self.all("#compare .over, #compare .under")][::-1])
        self.assertEqual("inset(0px 50% 0px 0px)", split())
        self.keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
        self.assertEqual("inset(0px 49% 0px 0px)", split())
        ActionChains(self.driver).move_to_element_with_offset(self.one(".compare-slider"), -100, 0).click().perform()
        self.assertRegex(split(), r"inset\(0px [6-9]\d", "to where it was pressed")
        self.check_accessible("comparison")
        self.press(".compare-head .button")
        self.assertEqual(SAMPLES[1], self.one("#compare .over").get_attribute("alt"), "swapped")

    def test_vary_and_upscale(self):
        picture = self.samples[0]
        self.view(picture)
        self.intercept()
        if not any("vary" in model["tasks"] for model in self.models()):
            self.press("#viewer [data-key=small]")
            self.wait(lambda: self.shown(".snackbar.bad"))
            return
        wanted = {"small": {"task": "vary", "amount": "small"}, "strong": {"task": "vary", "amount": "strong"}, "upscale": {"task": "upscale", "scale": 2}}
        for k, (key, what) in enumerate(wanted.items()):
            self.press(f"#viewer [data-key={key}]")
            self.assertLessEqual({"picture": picture["id"], **what}.items(), self.sent(k + 1)[k].items())
            self.wait(lambda: not self.shown("#viewer"))
            self.press(f"#pictures [data-picture='{picture['id']}']")

    def test_upscaler(self):
        if not UPSCALER:
            self.skipTest("LIENZO_UPSCALER is not set")
        self.assertNotIn(UPSCALER, [option.get_attribute("value") for option in self.all("#model option")], "it draws nothing")
        picture = self.samples[0]
        self.view(picture)
        button = self.one(f"#viewer [data-key=upscale-{UPSCALER}]")
        self.assertEqual(f"Ampliar con {UPSCALER} ×4", button.text)
        self.check_accessible("viewer with an upscaler")
        button.click()
        made = self.wait(lambda: [one for one in self.api("/pictures?limit=1")["pictures"] if "enlarged" in one["record"].get("extra", {})], kLong)[0]
        self.assertEqual((4 * picture["width"], 4 * picture["height"]), (made["width"], made["height"]))
        self.assertEqual({"model": UPSCALER, "scale": 4, "from": picture["id"]}, made["record"]["extra"]["enlarged"])
        self.wait(lambda: self.all(f"#stage img[src*='{made['id']}']"), kLong)

    def test_grid(self):
        self.press("#open-grid")
        self.write("#grid-prompt", PROMPT)
        Select(self.one("#axis-x")).select_by_value("seed")
        self.write("#values-x", "1-2")
        Select(self.one("#axis-y")).select_by_value("steps")
        self.write("#values-y", "4, 6")
        self.assertIn("4 imágenes", self.one("#grid-count").text)
        self.check_accessible("grid")
        self.press("#grid-make")
        self.wait(lambda: len(self.all("#grid-sheet td img")) == 4, kLong)
        self.assertEqual(["Semilla 1", "Semilla 2"], [cell.text for cell in self.all("#grid-sheet thead th")])
        self.assertEqual(["Pasos 4", "Pasos 6"], [cell.text for cell in self.all("#grid-sheet tbody th")])
        made = {next(tag for tag in one["tags"] if tag.startswith("cell-")): (one["seed"], one["record"]["steps"]) for one in self.api("/pictures?limit=4")["pictures"]}
        self.assertEqual({"cell-0-0": (1, 4), "cell-1-0": (2, 4), "cell-0-1": (1, 6), "cell-1-1": (2, 6)}, made)
        self.check_cell()
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
        # As after many other jobs: only the server knows the pictures.
        self.driver.execute_async_script("import('/studio/store.js').then(m => m.state.jobs.clear()).then(arguments[0])")
        self.press("#open-grid")
        self.wait(lambda: len(self.all("#grid-sheet td img")) == 4)
        self.check_cell()

    def check_cell(self):
        """The first picture of the second row of test_grid."""
        self.press("#grid-sheet tr:last-child td:nth-child(2) button")
        self.wait(lambda: self.shown("#viewer .record"))
        self.assertIn("Semilla\n1", self.one("#viewer .record").text)
        self.assertIn("Pasos\n6", self.one("#viewer .record").text)
        self.press("#viewer [data-key=close]")

    def test_a_grid_can_be_cancelled(self):
        self.slow()
        self.press("#open-grid")
        self.write("#grid-prompt", PROMPT)
        Select(self.one("#axis-x")).select_by_value("seed")
        self.write("#values-x", "1-3")
        Select(self.one("#axis-y")).select_by_value("none")
        self.press("#grid-make")
        self.wait(lambda: self.shown("#grid-sheet .grid-tools .quiet") and len(server("GET", "/jobs?state=queued")["jobs"]) == 2)
        self.press("#grid-sheet .grid-tools .quiet")
        self.wait(lambda: [job["state"] for job in server("GET", "/jobs?limit=3")["jobs"]] == ["cancelled"] * 3, 60)

    # --- Editing

    def test_a_pasted_picture_is_taken(self):
        self.driver.execute_async_script("""
            const done = arguments[1];
            fetch(arguments[0]).then(answer => answer.blob()).then(blob => {
              const files = new DataTransfer();
              files.items.add(new File([blob], 'a.png', {type: 'image/png'}));
              document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData: files, bubbles: true, cancelable: true}));
            }).then(done)""", self.samples[1]["url"])
        self.wait(lambda: self.shown("#dropped .primary"))
        self.assertIn(SAMPLES[1], self.one("#dropped").text)

    def test_dropped_picture_gives_its_settings(self):
        picture = self.samples[2]
        self.write("#prompt", "otra cosa")
        # Dropped as from a folder: the browser makes such events itself, so they are made here.
        self.driver.execute_async_script("""
            const done = arguments[1];
            fetch(arguments[0]).then(answer => answer.blob()).then(blob => {
              const files = new DataTransfer();
              files.items.add(new File([blob], 'a.png', {type: 'image/png'}));
              for (const kind of ['dragenter', 'dragover', 'drop']) {
                document.body.dispatchEvent(new DragEvent(kind, {dataTransfer: files, bubbles: true, cancelable: true}));
                if (kind === 'dragover') window.veiled = !document.querySelector('#drop-veil').hidden;
              }
            }).then(done)""", picture["url"])
        self.wait(lambda: self.shown("#dropped .primary"))
        self.assertTrue(self.js("return window.veiled"), "while it is over the page, the page says so")
        self.assertFalse(self.shown("#drop-veil"))
        self.check_accessible("dropped picture")
        self.press("#dropped .primary")
        self.wait(lambda: self.one("#prompt").get_attribute("value") == picture["prompt"])
        self.assertIn(f"semilla {picture['seed']}", self.one("#summary").text)

    def test_a_picture_of_another_kind_is_refused(self):
        self.upload(b"GIF89a", "a.gif")
        self.wait(lambda: self.shown(".snackbar.bad"))
        self.assertIn("PNG", self.one(".snackbar").text)

    def test_what_no_model_can_is_said(self):
        if any({"edit", "inpaint"} & set(model["tasks"]) for model in self.models()):
            self.skipTest("a model here can edit")
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
        self.js("""
            const real = window.fetch;
            window.fetch = (address, options) => {
              if (options?.method === 'POST') window.mask = JSON.parse(options.body).mask;
              return real(address, options);
            }""")
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
        self.assertAlmostEqual(1 - part, self.painted(), delta=part / 4)
        self.press("#edit-tools [data-key=undo]")
        self.assertAlmostEqual(part, self.painted(), places=2)
        self.press("#edit-tools [data-key=undo]")
        self.assertEqual(0, self.painted())
        mask = self.one("#editor canvas.mask")
        self.js("arguments[0].focus()", mask)
        self.keys(Keys.ARROW_LEFT, " ", Keys.ARROW_RIGHT, " ")
        self.assertGreater(self.painted(), 0.005)
        self.stroke()
        Select(self.one("#edit-model")).select_by_value(INPAINT)
        self.write("#edit-prompt", "una esfera roja")
        self.check_accessible("editor")
        self.ctrl("z")  # in the words: no stroke goes
        self.assertGreater(self.painted(), part)
        self.js("document.querySelector('#editor canvas.mask').focus()")
        self.ctrl("z")
        self.write("#edit-prompt", "una esfera roja")
        kept = self.painted()
        self.stroke()
        self.press("#edit-tools [data-key=undo]")
        self.assertAlmostEqual(kept, self.painted(), places=3)
        self.press("#edit-tools [data-key=clear]")
        self.stroke()
        job = self.edited("inpaint")
        (inside, outside), size = self.pixels(self.js("return window.mask"), [0.5, 0.5], [0.1, 0.1])
        self.assertEqual((255, 0, [256, 256]), (inside, outside, size), "what is painted is white")
        self.assertEqual(INPAINT, job["model"])
        self.assertTrue(job["request"]["mask"])
        self.assertEqual((256, 256), (job["pictures"][0]["width"], job["pictures"][0]["height"]))

    def slide(self, selector, value):
        self.js("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))", self.one(selector), value)

    def test_what_an_edit_says_is_sent(self):
        self.set_up(seed=11)
        self.open_editor()
        Select(self.one("#edit-model")).select_by_value(INPAINT)
        self.stroke()
        part = self.painted()
        self.press("#edit-tools [data-key=eraser]")
        self.js("document.querySelector('#editor canvas.mask').focus()")
        self.stroke()
        self.assertLess(self.painted(), part / 4)
        self.press("#edit-tools [data-key=undo]")
        self.slide("#edit-feather", 20)
        self.slide("#edit-strength", 0.3)
        self.press("label[for=edit-only-masked]")
        self.write("#edit-count", "2" + Keys.TAB)
        self.write("#edit-prompt", "una esfera roja")
        self.intercept()
        self.press("#edit-send")
        request = self.sent()[0]
        wanted = {"task": "inpaint", "model": INPAINT, "prompt": "una esfera roja", "strength": 0.3, "mask_blur": 20, "only_masked": True, "count": 2, "seed": 11}
        self.assertLessEqual(wanted.items(), request.items())
        self.wait(lambda: not self.shown("#editor"))
        self.open_editor()
        self.js("document.querySelector('#editor input[value=edit]').click()")
        self.slide("#edit-strength", 0.45)
        self.press("#edit-send")
        request = self.sent(2)[1]
        self.assertEqual(("edit", 0.45), (request["task"], request["strength"]))
        self.assertFalse({"mask", "mask_blur", "only_masked"} & set(request))

    def test_outpaint_to_the_left_and_above(self):
        self.open_editor()
        self.js("document.querySelector('#editor input[value=outpaint]').click()")
        Select(self.one("#edit-model")).select_by_value(INPAINT)
        now = lambda side: int(self.one(f".edge.{side}").get_attribute("aria-valuenow"))
        self.press("#edit-send")
        self.wait(lambda: self.shown("#edit-error"))
        self.assertIn("Arrastra primero", self.one("#edit-error").text)
        ActionChains(self.driver).click_and_hold(self.one(".edge.left span")).move_by_offset(-60, 0).release().perform()
        dragged = now("left")
        self.assertGreater(dragged, 0)
        self.js("document.querySelector('.edge.left').focus()")
        self.keys(Keys.ARROW_LEFT)
        self.assertGreater(now("left"), dragged)
        self.keys(Keys.ARROW_RIGHT)
        self.assertEqual(dragged, now("left"))
        self.js("document.querySelector('.edge.top').focus()")
        self.keys(Keys.ARROW_UP)
        self.assertGreater(now("top"), 0)
        self.assertEqual((0, 0), (now("right"), now("bottom")))
        self.write("#margin-left", "128" + Keys.TAB)
        self.write("#margin-top", "64" + Keys.TAB)
        self.intercept()
        self.press("#edit-send")
        request = self.sent()[0]
        self.assertEqual((384, 320), (request["width"], request["height"]))
        (left, above, inside, far), _ = self.pixels(request["mask"], [0.1, 0.6], [0.6, 0.05], [0.7, 0.6], [0.99, 0.99])
        self.assertEqual((255, 255, 0, 0), (left, above, inside, far))

    def test_an_edit_outlives_the_page(self):
        if not INPAINT:
            self.skipTest("LIENZO_INPAINT_MODEL is not set")
        self.view(self.samples[0])
        self.press("#viewer [data-key=edit]")
        self.wait(lambda: self.shown("#editor .board"))
        self.stroke()
        self.write("#edit-prompt", "algo a medias")
        part = self.painted()
        self.open()
        self.wait(lambda: self.shown("#editor .board"))
        self.assertEqual("algo a medias", self.one("#edit-prompt").get_attribute("value"))
        self.assertAlmostEqual(part, self.painted(), delta=0.005)
        self.keys(Keys.ESCAPE)
        self.wait(lambda: not self.shown("#editor"))
        self.settled()
        self.open()
        self.assertFalse(self.shown("#editor"))

    def test_an_edit_of_a_picture_from_outside_outlives_the_page(self):
        self.open_editor()
        self.stroke()
        part = self.painted()
        self.open()
        self.wait(lambda: self.shown("#editor .board"))
        self.assertEqual([40, [256, 256]], [self.pixels(self.one("#editor .source").get_attribute("src"), [0.5, 0.5])[0][0],
                                            self.pixels(self.one("#editor .source").get_attribute("src"), [0.5, 0.5])[1]])
        self.assertAlmostEqual(part, self.painted(), delta=0.005)

    def test_outpaint(self):
        self.open_editor()
        self.js("document.querySelector('#editor input[value=outpaint]').click()")
        Select(self.one("#edit-model")).select_by_value(INPAINT)
        self.assertEqual("0", self.one(".edge.right").get_attribute("aria-valuenow"))
        ActionChains(self.driver).click_and_hold(self.one(".edge.right span")).move_by_offset(120, 0).release().perform()
        self.assertGreater(int(self.one(".edge.right").get_attribute("aria-valuenow")), 0)
        self.write("#margin-right", "128" + Keys.TAB)
        self.js("document.querySelector('.edge.bottom').focus()")
        self.keys(Keys.ARROW_DOWN)
        self.assertGreater(int(self.one(".edge.bottom").get_attribute("aria-valuenow")), 0)
        self.write("#margin-bottom", "64" + Keys.TAB)
        self.check_accessible("outpainting")
        job = self.edited("inpaint")
        self.assertEqual((384, 320), (job["pictures"][0]["width"], job["pictures"][0]["height"]))
        (middle, right, below), size = self.pixels(self.js("return window.mask"), [0.3, 0.4], [0.9, 0.4], [0.3, 0.95])
        self.assertEqual((0, 255, 255, [384, 320]), (middle, right, below, size))

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

        # What came late is not taken for news; a failure says why, and can be put away.
        job = "{id: 'x', state: 'STATE', attempts: 1, created: 1, task: 'imagine', request: {prompt: 'y'}, progress: {fraction: PART}, pictures: [], tags: []}"
        later = lambda state, part=0: job.replace("STATE", state).replace("PART", str(part))
        for first, second, expected in ((later("done"), later("running"), "done 0"), (later("running", 0.5), later("running", 0.25), "running 0.5"),
                                        (later("running", 0.5), later("failed"), "failed 0")):
            self.gives(expected, "jobs.js", f"""
                import('/studio/store.js').then(({{state}}) => {{
                  state.jobs.delete('x');
                  m.takeJob({first});
                  m.takeJob({second});
                  done(state.jobs.get('x').state + ' ' + state.jobs.get('x').progress.fraction);
                  state.jobs.delete('x');
                }})""")

        # What other programs call a sampler, and LoRAs that the words name by themselves.
        self.gives(["euler_ancestral", "karras", "dpmpp_2m", "x"], "names.js", "done(['Euler a', 'Karras', 'dpmpp_2m', 'x'].map(m.ourName))")
        record = {"prompt": "a <lora:both:0.5>", "sampler": "DPM++ 2M", "extra": {"Schedule type": "Karras", "loras": [
            {"name": "both", "weight": 0.5, "text_weight": 0.5}, {"name": "bot", "weight": 1, "text_weight": 1}, {"name": "words", "weight": 0.5, "text_weight": 0.25}]}}
        self.gives(["dpmpp_2m", "karras", [{"name": "bot", "weight": 1}, {"name": "words", "weight": 0.5, "text_weight": 0.25}]], "request.js",
                   f"const draft = m.draftFrom({json.dumps(record)}); done([draft.sampler, draft.schedule, draft.loras])")

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
        before = self.js("return getComputedStyle(document.body).backgroundColor")
        self.press("#switch-theme")
        self.assertNotEqual(before, self.js("return getComputedStyle(document.body).backgroundColor"))
        self.open()
        self.assertEqual("Generate", self.one("#generate").text)
        self.assertNotEqual(before, self.js("return getComputedStyle(document.body).backgroundColor"))
        self.assertTrue(self.shown("#settings"), "the sheet is open as it was left")
        self.keys(Keys.ESCAPE)
        self.assertFalse(self.shown("#settings"))
        self.keys("?")
        self.wait(lambda: self.shown("#help"))

    def test_phone(self):
        resize(self.driver, 390, 844, mobile=True)
        self.open()
        self.check_no_sideways("page with a picture")
        generate, bar = self.one("#generate").rect, self.one("#prompt-bar").rect
        self.assertLessEqual(generate["x"] + generate["width"], 390)
        self.assertGreaterEqual(bar["width"], 389)
        for opener, dialog in (("#open-settings", "#settings"), ("#open-queue", "#queue"), ("#open-grid", "#grid"), (".tile .tile-open", "#viewer")):
            self.press(opener)
            self.wait(lambda: self.shown(dialog))
            self.check_no_sideways(dialog)
            self.check_accessible("phone, " + dialog)
            self.keys(Keys.ESCAPE)
            self.wait(lambda: not self.shown(dialog))
        resize(self.driver, 320, 640, mobile=True)
        self.check_no_sideways("a very small phone")

    def test_accessible(self):
        self.check_accessible("page with a picture")
        self.press("#open-settings")
        self.check_accessible("settings")
        self.press("#open-queue")
        self.check_accessible("queue")
        self.press("#open-help")
        self.check_accessible("help")
        self.keys(Keys.ESCAPE)
        self.press(".tile .tile-open")
        self.check_accessible("viewer")

    def test_focus_is_seen(self):
        self.press("#open-settings")
        self.js("document.activeElement.blur(); scrollTo(0, 0)")
        seen, unseen = set(), []
        wanted = {"prompt", "generate", "open-settings", "search", "tile-open", "thumbnail", "model", "steps", "seed"}
        for _ in range(250):
            if wanted <= seen:
                break
            self.keys(Keys.TAB)
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
        longest = self.js("""
            return Math.max(...[...document.querySelectorAll('*')].flatMap(one => {
              const style = getComputedStyle(one);
              return [...style.transitionDuration.split(','), ...style.animationDuration.split(',')].map(parseFloat);
            }))""")
        self.assertLess(longest, 0.01)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


if __name__ == "__main__":
    unittest.main(verbosity=2)
