#!/usr/bin/env python3
"""The studio's texts: the same keys and the same placeholders in every language, none that is used
but missing, none that is there but used by nobody, and no text left in the page itself.

    python3 tests/studio/i18n_test.py
"""
import pathlib
import re
import unittest

STUDIO = pathlib.Path(__file__).resolve().parents[2] / "web" / "studio"
ENTRY = re.compile(r"^\s*'([^']+)':\s*'((?:[^'\\]|\\.)*)',$")
FORMS = (".one", ".other", ".many", ".few", ".zero", ".two")


def texts(language):
    found = {}
    for line in (STUDIO / "i18n" / f"{language}.js").read_text("utf-8").splitlines():
        if line.strip().startswith("'"):
            match = ENTRY.match(line)
            assert match, f"{language}.js: a line that is not 'key': 'text',: {line}"
            assert match[1] not in found, f"{language}.js: {match[1]} twice"
            found[match[1]] = match[2]
    return found


def without_form(key):
    for form in FORMS:
        if key.endswith(form):
            return key[: -len(form)]
    return key


def first_arguments(source):
    """What stands as the first argument in each call of t()."""
    for match in re.finditer(r"(?<![\w.])t\(", source):
        depth, end = 1, match.end()
        while depth and not (depth == 1 and source[end] == ","):
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(source[end], 0)
            end += 1
        yield source[match.end():end]


def used():
    """The keys that sources name, and the beginnings of those that they put together."""
    keys, beginnings = set(), set()
    for path in [*STUDIO.glob("*.js"), STUDIO / "index.html"]:
        source = path.read_text("utf-8")
        keys.update(re.findall(r"data-t(?:-label|-hint)?=\"([^\"]+)\"", source))
        # t('key' and t(a ? 'key' : 'other'; t('beginning' + name and named('beginning', name.
        for call in first_arguments(source):
            for text, plus in re.findall(r"(?<!== )(?<!\?\? )'([a-z_][\w./]*)'(\s*\+)?", call):
                (beginnings if plus else keys).add(text)
            beginnings.update(re.findall(r"`([a-z_][\w./]*)\$", call))
        beginnings.update(re.findall(r"\bnamed\('([\w.]+)'", source))
        # Keys as data of a table that t() reads, or as arguments of a function that does.
        keys.update(re.findall(r"'((?:help|count)\.[\w.]+)'", source))
        keys.update(f"{name}{end}" for name in re.findall(r"sliderField\('(\w+)'", source) for end in ("", ".hint"))
        keys.update(re.findall(r"selectField\('(\w+)'", source))
        keys.update(re.findall(r"side\('(\w+)'\)", source))
    return keys, beginnings


class I18n(unittest.TestCase):
    def setUp(self):
        self.languages = {path.stem: texts(path.stem) for path in (STUDIO / "i18n").glob("*.js")}
        self.assertLessEqual({"es", "en"}, set(self.languages))

    def test_same_keys_in_the_same_order(self):
        first, *others = self.languages.values()
        for other in others:
            self.assertEqual(list(first), list(other))

    def test_same_placeholders(self):
        for key, text in self.languages["es"].items():
            for language, others in self.languages.items():
                self.assertEqual(sorted(set(re.findall(r"\{(\w+)\}", text))), sorted(set(re.findall(r"\{(\w+)\}", others[key]))),
                                 f"{language}: {key}")

    def test_no_text_is_empty(self):
        for language, found in self.languages.items():
            for key, text in found.items():
                self.assertTrue(text.strip(), f"{language}: {key}")

    def test_none_missing_none_unused(self):
        keys, beginnings = used()
        there = {without_form(key) for key in self.languages["es"]} | set(self.languages["es"])
        self.assertEqual([], sorted(key for key in keys if key not in there and key not in beginnings))
        unused = sorted(key for key in self.languages["es"] if key not in keys and without_form(key) not in keys
                        and not any(key.startswith(b) for b in beginnings))
        self.assertEqual([], unused)

    def test_the_page_itself_says_nothing(self):
        page = (STUDIO / "index.html").read_text("utf-8")
        body = re.sub(r"<noscript>.*?</noscript>|<svg.*?</svg>|<title>.*?</title>|<!--.*?-->", "", page, flags=re.S)
        words = [text.strip() for text in re.findall(r">([^<]+)<", body) if text.strip()]
        self.assertEqual(["Lienzo"], words)

    def test_policy_of_content(self):
        """What a Content-Security-Policy of 'self' alone forbids: scripts and styles in the page."""
        page = (STUDIO / "index.html").read_text("utf-8")
        self.assertNotRegex(page, r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)|https?://(?!www\.w3\.org)")
        for path in STUDIO.glob("*.js"):
            source = path.read_text("utf-8")
            self.assertNotRegex(source, r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", path.name)
            self.assertRegex(source, r"\A// ", f"{path.name} begins with what it is")


if __name__ == "__main__":
    unittest.main()
