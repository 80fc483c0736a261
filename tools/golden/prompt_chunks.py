#!/usr/bin/env python3
"""Writes tests/golden/text/prompt_chunks.json: how AUTOMATIC1111's web UI cuts prompts into chunks of tokens, for
tests/text/prompt_chunks_test.cpp.

    python tools/golden/prompt_chunks.py PATH/TO/stable-diffusion-webui

Of that folder (any commit of 1.x) only modules/sd_hijack_clip.py and modules/prompt_parser.py are read; their licence
is not ours, so that they stay outside the tree. The tokens are those of the tiny vocabulary of clip_tokens.py.

Needs: torch, transformers, lark 1.1.2.
"""

import argparse
import itertools
import json
import pathlib
import random
import sys
import types

import torch
import transformers

import clip_tokens

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "text" / "prompt_chunks.json"
SEED = 5
WORDS = ["low", "lower", "newer", "the", "cat", "end", ",", ",", "!", "(low:1.3)", "[the", "]", "((cat", ")", "BREAK", "é😀",
         "<|endoftext|>", "o", "(w, t:0.5)"]


def load_embedder(webui):
    """The web UI's wrapper of a text encoder, without an encoder: the tokens that it would see are an exception."""
    opts = types.SimpleNamespace(emphasis="Original", enable_emphasis=True, comma_padding_backtrack=20)
    modules = types.ModuleType("modules")
    modules.__path__ = [str(pathlib.Path(webui) / "modules")]
    sys.modules["modules"] = modules
    stubs = {"devices": {"device": torch.device("cpu")}, "sd_hijack": {"StableDiffusionModelHijack": object}, "sd_emphasis": {},
             "shared": {"opts": opts}}
    for name, contents in stubs.items():
        stub = types.ModuleType(f"modules.{name}")
        stub.__dict__.update(contents)
        sys.modules[f"modules.{name}"] = stub
        setattr(modules, name, stub)
    from modules.sd_hijack_clip import FrozenCLIPEmbedderWithCustomWordsBase

    class Tokens(Exception):
        pass

    class Embedder(FrozenCLIPEmbedderWithCustomWordsBase):
        def __init__(self, tokenizer, pad):
            no_embeddings = types.SimpleNamespace(find_embedding_at_position=lambda tokens, offset: (None, None))
            super().__init__(None, types.SimpleNamespace(embedding_db=no_embeddings))
            self.tokenizer = tokenizer
            self.id_start, self.id_end, self.id_pad = tokenizer.bos_token_id, tokenizer.eos_token_id, pad
            self.comma_token = tokenizer.get_vocab()[",</w>"]

        def tokenize(self, texts):
            return self.tokenizer(texts, truncation=False, add_special_tokens=False)["input_ids"]

        def encode_with_transformers(self, tokens):
            raise Tokens(tokens)

        def chunks(self, prompt, backtrack):
            opts.comma_padding_backtrack = backtrack
            chunks, count = self.tokenize_line(prompt)
            rows = []
            for chunk in chunks:
                try:
                    self.process_tokens([chunk.tokens], [chunk.multipliers])
                except Tokens as seen:
                    rows.append([seen.args[0][0].tolist(), torch.tensor(chunk.multipliers).tolist()])
            return rows, count

    return Embedder


def prompts():
    rng = random.Random(SEED)
    yield from ["", "low", "BREAK", "low BREAK", "BREAK low", "low BREAK BREAK cat", "low " * 75, "low " * 76, "low " * 60 + ", " + "cat " * 20,
                "low " * 53 + ", " + "cat " * 21, "low " * 54 + ", " + "cat " * 20, "low " * 55 + ", " + "cat " * 40, "low, " * 90, "low " * 60 + ", " + "cat " * 100,
                "cat " * 75 + ",", "cat " * 74 + ", low", "<|endoftext|> low", "(" + "low " * 80 + ":1.3) end"]
    for _ in range(16):
        yield " ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 200)))


def runs(values):
    """Values as [value, how many] for short."""
    return [[value, len(list(group))] for value, group in itertools.groupby(values)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("webui", help="the folder that holds modules/")
    embedder = load_embedder(parser.parse_args().webui)
    tokenizer = clip_tokens.make_tokenizer(clip_tokens.tiny_vocabulary())
    rows = []
    for k, prompt in enumerate(prompts()):
        pad = tokenizer.eos_token_id if k % 3 else 0
        backtrack = (20, 20, 0, 5)[k % 4]
        chunks, count = embedder(tokenizer, pad).chunks(prompt, backtrack)
        rows.append({"prompt": prompt, "pad": pad, "backtrack": backtrack, "tokens": count,
                     "chunks": [[runs(ids), runs(weights)] for ids, weights in chunks]})
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    head = {"generator": f"tools/golden/prompt_chunks.py with transformers {transformers.__version__}", "seed": SEED}
    OUT.write_text(f'{json.dumps(head)[:-1]}, "rows": [\n{lines}\n]}}\n')
    print(f"{len(rows)} prompts, {sum(len(row['chunks']) for row in rows)} chunks")


if __name__ == "__main__":
    main()
