#!/usr/bin/env python3
"""Writes tests/golden/text/*: what Hugging Face `tokenizers` trains and encodes, for tests/text/bpe_tokenizer_test.cpp.

    python tools/golden/bpe_tokenizer.py            # write the fixtures
    python tools/golden/bpe_tokenizer.py --check F  # load F, a tokenizer.json that Lienzo saved, and compare its ids

Needs: tokenizers (the version used is recorded in the fixtures).
"""

import argparse
import json
import pathlib
import random
import unicodedata

import tokenizers
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "text"
SEED = 20
SPECIAL = ["<pad>", "<start>", "<end>"]

# The variants: name -> how the tokenizer differs from GPT-2's.
VARIANTS = {
    "plain": dict(vocab_size=700, min_frequency=2),
    "normalized": dict(vocab_size=420, min_frequency=3, nfc=True, lowercase=True, prefix=True),
}


def corpus():
    """600 captions of small scenes in Spanish and English, with some signs and oddities."""
    rng = random.Random(SEED)
    es_shapes = ["cubo", "cilindro", "cono", "anillo", "cartel"], ["esfera", "pirámide", "señal"]
    es_colours = [("rojo", "roja"), ("azul", "azul"), ("amarillo", "amarilla"), ("marrón", "marrón"), ("añil", "añil")]
    es_where = ["encima de", "debajo de", "a la izquierda de", "detrás de", "dentro de", "junto a"]
    en_shapes = ["cube", "sphere", "cylinder", "cone", "pyramid", "ring", "sign"]
    en_colours = ["red", "blue", "yellow", "brown", "green", "grey"]
    en_where = ["on top of", "under", "to the left of", "behind", "inside", "next to"]
    words = ["HOLA", "CAFÉ", "OPEN", "NIÑO", "PAZ", "STOP"]
    tails = ["", ".", " en la playa.", ", de noche", " 🌙", "  ", " x2", " (3 veces)", "!!", "aaaaaaa", " baaaaaab"]

    def es_thing():
        feminine = rng.random() < 0.4
        shape = rng.choice(es_shapes[feminine])
        return f"{'una' if feminine else 'un'} {shape} {rng.choice(es_colours)[feminine]}"

    def en_thing():
        return f"a {rng.choice(en_colours)} {rng.choice(en_shapes)}"

    lines = []
    for _ in range(300):
        lines.append(f"{es_thing()} {rng.choice(es_where)} {es_thing()}{rng.choice(tails)}")
        line = f"{en_thing()} {rng.choice(en_where)} {en_thing()}{rng.choice(tails)}"
        if rng.random() < 0.3:
            line = f'{line} with a sign that says "{rng.choice(words)}", it\'s the cube\'s'
        lines.append(line.capitalize() if rng.random() < 0.3 else line)
    return lines


def probes(lines):
    """Texts to encode: captions, hand-picked troubles and random strings."""
    rng = random.Random(SEED + 1)
    texts = [rng.choice(lines) for _ in range(60)]
    texts += [
        "", " ", "  ", "\n", "\t\t", " \n ", "a", " a", "a ", "  a  ", "a\n\nb", "a \n b", "\r\n", "\u00a0", "\u3000x",
        "a\u00a0b", "a \u00a0 b", "\u2028", "\u200b", "\u200bx", "x\u0085y", "\ufeffhola", "\x00", "a\x00b", "\x1c\x1d",
        "don't", "it's we're I've I'm you'll he'd", "DON'T IT'S", "'s", " 's", "''s", "'s's", "x'", "'", "' s", "'sa",
        "’s don’t", "'re've'll'm'd't", "'r", "'l", "'ver",
        "1", "123", "1.5", "3,14", "x2", "2x", "٣٤", "½", "Ⅷ", "²", "256x256", "1e-5", " 42 ", "１２３",
        "é", "e\u0301", "E\u0301", "ñ", "n\u0303", "N\u0303o", "ü", "cafe\u0301", "pingüino", "PINGÜINO", "ÑANDÚ",
        "a\u0300\u0301\u0302", "\u0301", "x\u0301\u0327y", "\u1e69", "s\u0323\u0307", "ﬁ", "ß", "ẞ", "İ", "ı", "I", "Σ",
        "ΟΔΟΣ", "ǅ", "Ω", "Å", "K", "각", "\u1100\u1161\u11a8", "\u0958",
        "漢字", "日本語のテスト", "カタカナ", "안녕 하세요", "Привет, мир", "مرحبا", "שלום", "नमस्ते", "ไทย", "Ελληνικά",
        "🙂", "🙂🙂", "👩‍👩‍👧‍👦", "🇪🇸", "❤️", "👍🏽", "a🙂b", " 🙂 ", "𝔘𝔫𝔦", "𝟘𝟙", "\U0001f9ff", "\U000e0001",
        "!", "!!!", "...", "¿qué?", "¡hola!", "«HOLA»", "“x”", "a-b", "a_b", "a/b\\c", "<>", "{}[]", "#$%&", "$1", "a@b.es",
        "<pad>", "<start>un cubo<end>", "a<pad>b", " <pad> ", "<pad><pad>", "<PAD>", "<pad", "pad>", "<<pad>>", "<end> x",
        "aaaaaaaa", "a" * 100, "ab" * 60, " " * 50, "\n" * 20, "á" * 40, "🙂" * 20, "ha" * 33 + "h", "=" * 70,
        "un" + " " * 10 + "cubo", "Un Cubo ROJO", "uncuborojo", "CAFÉ café Café", "marrón marron", "señal senal",
        "\ufffd", "\uffff", "\U0010ffff", "\ue000", "\u0378", "x\ufffdy", "�� caf�",
    ]
    alphabets = [
        "abcdefghij '", "áéíóúñü ÁÉ", " \t\n\u00a0x", "0123456789.,x ", "🙂🌙❤️\u200d👩 a", "漢字かなカナ한글 a",
        "e\u0301\u0303\u0308n", "'strvemld ", "<pad>end ", "".join(chr(c) for c in range(1, 256)),
        "".join(chr(c) for c in range(0x300, 0x530)), "".join(chr(c) for c in range(0x1e00, 0x2100)),
    ]
    for alphabet in alphabets:
        for _ in range(14):
            texts.append("".join(rng.choice(alphabet) for _ in range(rng.randrange(1, 30))))
    # Characters that Unicode versions disagree about would test the Unicode version, not the tokenizer.
    assert all(unicodedata.category(c) not in ("Cs",) for t in texts for c in t)
    return list(dict.fromkeys(texts))


def train(lines, vocab_size, min_frequency, nfc=False, lowercase=False, prefix=False):
    tokenizer = Tokenizer(models.BPE())
    steps = ([normalizers.NFC()] if nfc else []) + ([normalizers.Lowercase()] if lowercase else [])
    if steps:
        tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    return tokenizer


def encodings(tokenizer, texts):
    rows = []
    for text in texts:
        ids = tokenizer.encode(text).ids
        rows.append({
            "text": text,
            "ids": ids,
            "decoded": tokenizer.decode(ids),
            "decoded_with_special": tokenizer.decode(ids, skip_special_tokens=False),
        })
    return rows


def partial_decodings(tokenizer, texts):
    """Ids cut in the middle of characters, which decode to U+FFFD."""
    rows = []
    for text in texts:
        ids = tokenizer.encode(text).ids
        for part in (ids[:-1], ids[1:], ids[::2]):
            rows.append({"ids": part, "decoded": tokenizer.decode(part)})
    return rows


def write(path, value):
    # One row per line: small, and differences can be read.
    if isinstance(value, dict) and "rows" in value:
        rows = ",\n".join(json.dumps(row, ensure_ascii=True) for row in value.pop("rows"))
        head = json.dumps(value, ensure_ascii=True)[:-1]
        path.write_text(f'{head}, "rows": [\n{rows}\n]}}\n')
    else:
        path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def main():
    lines = corpus()
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "corpus.txt").write_text("\n".join(lines) + "\n")
    texts = probes(lines)
    for name, options in VARIANTS.items():
        tokenizer = train(lines, **options)
        if name == "normalized":  # a token searched after normalization, outside the vocabulary
            tokenizer.add_tokens([AddedToken("CartelÉ", normalized=True, special=False)])
            texts = texts + ["un cartele\u0301 rojo", "CARTELÉcartel", "cartele", "  cartelé  "]
        write(OUT / f"{name}.tokenizer.json", json.loads(tokenizer.to_str()))
        write(OUT / f"{name}.encodings.json", {
            "generator": "tools/golden/bpe_tokenizer.py",
            "tokenizers": tokenizers.__version__,
            "options": {k: v for k, v in options.items()},
            "rows": encodings(tokenizer, texts),
        })
        if name == "plain":
            write(OUT / "partial_decodings.json", {
                "tokenizers": tokenizers.__version__,
                "rows": partial_decodings(tokenizer, [t for t in texts if any(ord(c) > 127 for c in t)][:80]),
            })


def check(path):
    ours = Tokenizer.from_file(path)
    for name in VARIANTS:
        theirs = Tokenizer.from_file(str(OUT / f"{name}.tokenizer.json"))
        if ours.get_vocab() != theirs.get_vocab():
            continue
        rows = json.loads((OUT / f"{name}.encodings.json").read_text())["rows"]
        wrong = [row["text"] for row in rows if ours.encode(row["text"]).ids != row["ids"]]
        print(f"{path}: vocabulary of '{name}', {len(rows) - len(wrong)} of {len(rows)} texts have the same ids {wrong[:3]}")
        return
    print(f"{path}: loads, but has the vocabulary of no fixture")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", metavar="FILE")
    arguments = parser.parse_args()
    check(arguments.check) if arguments.check else main()
