#!/usr/bin/env python3
"""Writes tests/golden/text/clip/*: what transformers' CLIPTokenizer makes of 25,600 strings, for
tests/text/clip_tokenizer_golden_test.cpp.

    python tools/golden/clip_tokens.py bpe_simple_vocab_16e6.txt.gz

The argument is OpenAI's vocabulary (github.com/openai/CLIP, clip/); nothing of it comes into the tree. The strings
follow from a seed by a rule that the test repeats, so that only hashes of their ids are kept.

Needs: transformers, tokenizers (the versions used are recorded in the fixtures).
"""

import argparse
import gzip
import hashlib
import json
import pathlib
import unicodedata

import tokenizers
import transformers
from transformers import CLIPTokenizer

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "text" / "clip"
START, END = "<|startoftext|>", "<|endoftext|>"
SEED = 77
BLOCK, BLOCKS, SHOWN = 100, 256, 200
MASK = (1 << 64) - 1

# The vocabulary of transformers' own test of this tokenizer, which any implementation can be asked about.
TINY = ["l", "o", "w", "e", "r", "s", "t", "i", "d", "n", "lo", "l</w>", "w</w>", "r</w>", "t</w>", "low</w>", "er</w>",
        "lowest</w>", "newer</w>", "wider", "<unk>", START, END]
TINY_MERGES = ["l o", "lo w</w>", "e r</w>"]
# What we add to it: merges of words, of bytes of one character, and of signs.
MORE_MERGES = ["t h", "th e</w>", "c a", "ca t</w>", "a n", "an d</w>", "' s</w>", "' t</w>", "Ã ©", "Ã ©</w>", "Ã ±",
               "ð Ł", "ðŁ ĺ", "ðŁĺ Ģ</w>", "â Ģ", "âĢ į", "! !", "! !</w>", "!! !!</w>", ". .", ".. .</w>", "& a",
               "a m", "am p</w>", "a a", "a a</w>", "aa aa", "aa aa</w>", "< |", "| ></w>", "e n", "en d", "en d</w>"]

PIECES = [
    " ", "  ", "\n", "\t", "\r\n", "\u00a0", "\u3000", "\u2028", "\u0085", "\u200b", "\ufeff", "\u00ad", "\u180e", "\x1c",
    "\x1f", "\x00", "\x7f", "\ufffd", "\uffff", "\U0010ffff", "\ue000", "a photo of a cat", "the", "and", "low", "lower",
    "newer", "Lowest", "CAT", "Dog", "don't", "IT'S", "we're", "I'VE", "i'm", "he'll", "'d", "'s", "''", "'", "’s", "rock'n'roll",
    "123", "1.5", "3,14", "２０２４", "½", "Ⅷ", "²", "٣", "256x256", "1e-5", START, END, "<|ENDOFTEXT|>", "<|startoftext|",
    "<|", "|>", "<", ">", "&amp;", "&lt;b&gt;", "&#39;", "&nbsp;", "&eacute;", "&amp;amp;", "&", ";", "!", "!!", "!?", "...",
    ",", ".", ":", "(word:1.3)", "[a|b]", "\\", "#", "@user", "http://a.b/c?d=e&f", "<b>x</b>", "</w>", "a</w>", "é", "e\u0301",
    "E\u0301", "ñ", "n\u0303", "ü", "ß", "ẞ", "İ", "ı", "Σ", "ΟΔΟΣ", "ǅ", "ﬁ", "Å", "K", "\u1100\u1161\u11a8", "각",
    "x\u0301\u0327", "s\u0323\u0307", "\u0301", "\u0958", "漢字", "日本語", "カタカナ", "ｶﾞ", "안녕", "Привет", "مرحبا", "שלום", "नमस्ते",
    "ไทย", "Ελληνικά", "𝔘𝔫𝔦", "😀", "😀😀", "👩\u200d👩\u200d👧\u200d👦", "🇪🇸", "❤\ufe0f", "👍🏽", "🏴\u200d☠\ufe0f", "☆", "→", "©", "™", "\u200d", "\ufe0f",
]


def assigned_ranges():
    """Characters that Unicode 3.2 had, about which the versions in use today agree; one in eight runs of them."""
    old = unicodedata.ucd_3_2_0
    runs = []
    for c in range(0x21, 0x30000):
        if old.category(chr(c)) in ("Cn", "Cs", "Co"):
            continue
        if runs and runs[-1][1] == c - 1 and c % 256:
            runs[-1][1] = c
        else:
            runs.append([c, c])
    ascii_runs = [[0x21, 0x7E], [0x61, 0x7A], [0x61, 0x7A], [0xA0, 0x24F], [0x300, 0x34E], [0x4E00, 0x9FA5], [0xAC00, 0xD7A3]]
    return ascii_runs + runs[::8]


class SplitMix64:
    def __init__(self, state):
        self.state = state & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)


def make_string(k, pieces):
    """The k-th string: 1 to 24 pieces, a character of a range or a whole text, one in sixteen many times over."""
    random = SplitMix64(SEED + (k << 32))
    text = []
    for _ in range(1 + random.next() % 24):
        piece = pieces[random.next() % len(pieces)]
        if not isinstance(piece, str):
            low, high = piece
            piece = chr(low + random.next() % (high - low + 1))
        times = 2 + random.next() % 30 if random.next() % 16 == 0 else 1
        text.append(piece * times)
    return "".join(text)


def byte_characters():
    """OpenAI's bytes_to_unicode: those that stand for themselves first."""
    own = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in own]
    return [chr(b) for b in own] + [chr(256 + n) for n in range(len(others))]


def tiny_vocabulary():
    characters = byte_characters()
    merges = [tuple(m.split()) for m in TINY_MERGES + MORE_MERGES]
    vocab = list(TINY)
    for token in characters + [c + "</w>" for c in characters] + ["".join(m) for m in merges]:
        if token not in vocab:
            vocab.append(token)
    return vocab, merges


def openai_vocabulary(path):
    lines = gzip.open(path).read().decode().split("\n")
    merges = [tuple(line.split()) for line in lines[1 : 49152 - 256 - 2 + 1]]
    characters = byte_characters()
    return characters + [c + "</w>" for c in characters] + ["".join(m) for m in merges] + [START, END], merges


def make_tokenizer(vocabulary, **options):
    vocab, merges = vocabulary
    return CLIPTokenizer(vocab={token: i for i, token in enumerate(vocab)}, merges=merges, **options)


def encode_all(tokenizer, texts):
    return [e.ids for e in tokenizer.backend_tokenizer.encode_batch(texts, add_special_tokens=False)]


def block_hashes(rows):
    hashes = []
    for begin in range(0, len(rows), BLOCK):
        lines = "".join(" ".join(map(str, ids)) + "\n" for ids in rows[begin : begin + BLOCK])
        hashes.append(hashlib.sha256(lines.encode()).hexdigest()[:16])
    return hashes


def framed(vocabulary):
    """Padded and cut encodings, and what was cut as diffusers tells it."""
    texts = ["", "lower newer", "Wow!! a cat, and the end!", "a photo of a cat " * 9, "<|endoftext|> low", "é😀 'S &amp; it's",
             "low " * 75, "low " * 76, "!" * 80, "x " * 77 + "<|startoftext|> the end."]
    rows = []
    for pad in (END, "!"):
        tokenizer = make_tokenizer(vocabulary, pad_token=pad)
        for length in (77, 16, 2):
            for text in texts:
                encoded = tokenizer(text, padding="max_length", max_length=length, truncation=True)
                whole = tokenizer(text, padding="longest").input_ids
                cut = whole[length - 1 : -1] if len(whole) > length else []
                rows.append({"text": text, "pad_token": pad, "length": length, "ids": encoded.input_ids,
                             "attention": encoded.attention_mask, "cut": cut, "cut_text": tokenizer.decode(cut)})
    return rows


def write_rows(path, value):
    rows = ",\n".join(json.dumps(row) for row in value.pop("rows"))
    path.write_text(f'{json.dumps(value)[:-1]}, "rows": [\n{rows}\n]}}\n')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("vocabulary", help="bpe_simple_vocab_16e6.txt.gz")
    vocabularies = {"tiny": tiny_vocabulary(), "clip": openai_vocabulary(parser.parse_args().vocabulary)}
    pieces = PIECES + assigned_ranges()
    texts = [make_string(k, pieces) for k in range(BLOCK * BLOCKS)]
    ids = {name: encode_all(make_tokenizer(v), texts) for name, v in vocabularies.items()}
    versions = f"transformers {transformers.__version__}, tokenizers {tokenizers.__version__}"

    OUT.mkdir(parents=True, exist_ok=True)
    write_rows(OUT / "strings.json", {
        "generator": f"tools/golden/clip_tokens.py with {versions}", "seed": SEED, "block": BLOCK, "pieces": pieces,
        "tiny": block_hashes(ids["tiny"]), "clip": block_hashes(ids["clip"]),
        "rows": [{"text": texts[k], "tiny": ids["tiny"][k], "clip": ids["clip"][k]} for k in range(SHOWN)]})
    write_rows(OUT / "framed.json", {
        "generator": f"tools/golden/clip_tokens.py with {versions}", "rows": framed(vocabularies["tiny"])})

    vocab, merges = vocabularies["tiny"]
    entries = ",\n".join(f"{json.dumps(token, ensure_ascii=False)}: {i}" for i, token in enumerate(vocab))
    (OUT / "vocab.json").write_text("{\n" + entries + "\n}\n")
    (OUT / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    (OUT / "tokenizer.json").write_text(make_tokenizer(vocabularies["tiny"]).backend_tokenizer.to_str() + "\n")

    longest = max(map(len, texts))
    print(f"{len(texts)} strings, the longest of {longest} characters; {sum(map(len, ids['clip']))} ids")
    print("lower newer:", make_tokenizer(vocabularies["tiny"])("lower newer", add_special_tokens=False).input_ids)


if __name__ == "__main__":
    main()
