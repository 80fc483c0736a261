"""A CLIP vocabulary in miniature: every byte, every byte at the end of a word, and the merges of a few words."""
import json

WORDS = ["a", "photo", "of", "cat", "dog", "red", "cube", "on", "top", "blue", "cubo", "rojo"]


def byte_symbols():
    """One printable character per byte, in CLIP's order: the printable ones first (openai/CLIP, simple_tokenizer.py)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + rank) for rank in range(len(others))]


def merges():
    pairs = []
    for word in WORDS:
        symbols = [*word[:-1], word[-1] + "</w>"]
        while len(symbols) > 1:
            pairs.append((symbols[0], symbols[1]))
            symbols = [symbols[0] + symbols[1], *symbols[2:]]
    return list(dict.fromkeys(pairs))


def vocabulary():
    symbols = byte_symbols()
    tokens = symbols + [symbol + "</w>" for symbol in symbols] + ["".join(pair) for pair in merges()]
    tokens = list(dict.fromkeys(tokens)) + ["<|startoftext|>", "<|endoftext|>"]
    return {token: number for number, token in enumerate(tokens)}


def vocabulary_size():
    return len(vocabulary())


def end_id():
    return vocabulary_size() - 1


def write(target, pad_token):
    """The files of a diffusers tokenizer folder; `pad_token` is <|endoftext|> (CLIP) or ! (OpenCLIP)."""
    target.mkdir(parents=True)
    lines = ["#version: 0.2"] + [" ".join(pair) for pair in merges()]
    (target / "vocab.json").write_text(json.dumps(vocabulary(), ensure_ascii=False), encoding="utf-8")
    (target / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "pad_token": pad_token,
               "unk_token": "<|endoftext|>"}
    (target / "special_tokens_map.json").write_text(json.dumps(special, indent=2) + "\n")
    settings = special | {"add_prefix_space": False, "do_lower_case": True, "errors": "replace",
                          "model_max_length": 77, "tokenizer_class": "CLIPTokenizer"}
    (target / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
