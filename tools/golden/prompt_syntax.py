#!/usr/bin/env python3
"""Writes tests/golden/text/prompt_syntax.json: what AUTOMATIC1111's prompt parser makes of many prompts, for
tests/text/prompt_*_test.cpp.

    python tools/golden/prompt_syntax.py PATH/TO/prompt_parser.py

The argument is modules/prompt_parser.py of github.com/AUTOMATIC1111/stable-diffusion-webui (commit 28bd8e14 or later
1.x); its licence is not ours, so that it stays outside the tree. PyTorch need not be installed.

The parser reads the grammar of schedules with lark's Earley parser, which decides some ambiguities by the order of a
set, hence by PYTHONHASHSEED. Prompts whose schedule depends on it are left out.

Needs: lark 1.1.2, the version that the web UI pins.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import random
import subprocess
import sys
import types

import lark

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "text" / "prompt_syntax.json"
SEED = 31
RANDOM_PROMPTS = 300
HASH_SEEDS = range(24)
PASSES = [(10, 0), (4, 0), (10, 10), (5, 8)]  # steps, and those of a first pass

HAND_PICKED = [
    # attention
    "", "normal text", "an (important) word", "(unbalanced", "\\(literal\\]", "(unnecessary)(parens)",
    "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).", "(a:1.3)", "( a : 1.3 )", "(a:1)", "(a:0)", "(a:-0.5)", "(a:+2)",
    "(a:.5)", "(a:2.)", "((a:1.5) b:0.5)", "[a]", "[[a]]", "[(a:2)]", "([a:2)]", "a:1.3)", "(a:b:1.3)", "(a:1.3 b)", "((((a", "[[[a",
    "([a", "a)", "a]", ")(", "](", "()", "[]", "(:1.2)", "\\", "\\\\", "\\a", "a\\", "\\(a:1.3\\)", "(a\\):1.3)", "\\\\(a)",
    "(a:٣)", "(a:1.2.3)", "(so happy :.)", "x (y:1.1),z", "(a)(b)[c]", "(a)(a:1.1)", "1:2", "::", "(a::1.5)",
    # BREAK
    "a BREAK b", "a, BREAK, b", "BREAK", "BREAK BREAK", "a\nBREAK\nb", "BREAKfast", "aBREAK", "_BREAK", "BREAK1", "éBREAK", "(a BREAK b)",
    "(BREAK)", "[a BREAK b:1.2]", "a:BREAK", "(a)BREAK(b)", "break", "\u3000BREAK\x1f\u00a0b", "BREAK-BREAK", "(a BREAK b:-1)",
    # editing
    "test", "a [b:3]", "a [b: 3]", "a [[[b]]:2]", "[(a:2):3]", "a [b : c : 1] d", "a[b:[c:d:2]:1]e", "a [unbalanced", "a [b:.5] c",
    "a [{b|d{:.5] c", "((a][:b:c [d:3]", "[a|(b:1.1)]", "[fe|]male", "[fe|||]male", "a [b:1.5] c",
    "fantasy landscape with a [mountain:lake:0.25] and [an oak:a christmas tree:0.75][ in foreground::0.6]"
    "[ in background:0.25] [shoddy:masterful:0.5]",
    "[a:b:3]", "[a::3]", "[:b:3]", "[::3]", "[a:b:0]", "[a:b:-1]", "[a:b:-0.5]", "[a:b:+3]", "[a:b:1e1]", "[a:b:1e-1]", "[a:b:1.0]",
    "[a:b:0.99]", "[a:b:99]", "[a:b:3.]", "[a:b:15]", "[a:b:1.25]", "[a:b: 3 ]", "[a:b:\n3\t]", "[a:b:3x]", "[a:b:]", "[a:b]", "[a:b:c:3]",
    "[3]", "[a:b\\:c:3]", "[a\\]:b:3]", "\\[a:b:3\\]", "[a\nb:c:2]", "([a:b:2]:1.3)", "[([a:b:2]):c:3]", "[[a:b:2]|c]", "[a|[b:c:5]]",
    "[a|b|c]", "[|a]", "[a|]", "[|]", "[a| b |c]d[e|f]", "a|b", "(a|b)", "{a|b} [c:d:3]", "[a|b:c:3]", "[a:b|c:3]", "[[a|b]:c:3]",
    "[[a|b", "(a [b:c:3]", "[a:(b:3]", "[a:[b:3]", "x[a:b:3", "a\\", "a\\\n[b:3]", "a\n[b:3]\nc", "[é:漢:2]", "(a:b) [c:3]", "(a:b:c) [c:3]",
    "[x:(a:b:c):3]", "[[[[[a:1]:2]:3]:4]:5]", "[a:b:2] [a:b:2]", "[a:3] : [b:5] )",
    # AND
    "a AND b", "a :1.2 AND b : 0.5", "a:2", "a : -1.5 ", "aANDb", "AND", "a AND", "a AND AND b", "a and b", "SAND", "a AND\nb:.5", "a:1.",
    "a::2", "a:1.2.3", "(a:1.2)", "[a:b:3]", "a:b AND c", "a\n\n:2\n", "a AND b AND a", "a:٢", "_AND b",
]

ATOMS = ["a", "b", " ", " ", "(", ")", "[", "]", ":", "|", ":3", ":0.5", ":1.2)", "\\", "\\(", "[a:b:2]", "[x|y]", "(q:1.3)", "]:4]", "\n",
         ": .5 ]", "é", "_", "1", ".", "-1", "BREAK", " BREAK ", " AND ", "AND", "\x1f", "\u3000", "[[", "a:", "[c:", "漢", ", "]


def random_prompts():
    rng = random.Random(SEED)
    return ["".join(rng.choice(ATOMS) for _ in range(rng.randrange(1, 14))) for _ in range(RANDOM_PROMPTS)]


def load_parser(path):
    sys.modules.setdefault("torch", types.ModuleType("torch"))
    spec = importlib.util.spec_from_file_location("prompt_parser", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def schedules(parser, prompts):
    rows = []
    for prompt in prompts:
        rows.append([parser.get_learned_conditioning_prompt_schedules([prompt], first or steps, steps if first else None)[0]
                     for steps, first in PASSES])
    return rows


def schedules_of_every_seed(path, prompts):
    results = []
    for seed in HASH_SEEDS:
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        command = [sys.executable, __file__, path, "--schedules"]
        done = subprocess.run(command, input=json.dumps(prompts).encode(), stdout=subprocess.PIPE, env=environment, check=True)
        results.append(json.loads(done.stdout))
    return results


def attention(parser, prompt):
    try:
        return parser.parse_prompt_attention(prompt)
    except ValueError:  # a weight such as 1.2.3
        return None


def composition(parser, prompt):
    indexes, texts, _ = parser.get_multicond_prompt_list([prompt])
    return [[texts[i], weight] for i, weight in indexes[0]]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("parser", help="modules/prompt_parser.py of the web UI")
    arguments.add_argument("--schedules", action="store_true", help="only those of the prompts on stdin, in JSON")
    arguments = arguments.parse_args()
    parser = load_parser(arguments.parser)
    if arguments.schedules:
        print(json.dumps(schedules(parser, json.load(sys.stdin))))
        return

    prompts = list(dict.fromkeys(HAND_PICKED + random_prompts()))
    by_seed = schedules_of_every_seed(arguments.parser, prompts)
    rows = []
    unstable = []
    for k, prompt in enumerate(prompts):
        row = {"prompt": prompt, "attention": attention(parser, prompt), "composition": composition(parser, prompt)}
        if all(result[k] == by_seed[0][k] for result in by_seed):
            literal = [[[steps, prompt]] for steps, _ in PASSES]
            row["schedules"] = None if by_seed[0][k] == literal else by_seed[0][k]  # None: as it is written
            rows.append(row)
        else:
            unstable.append(prompt)
    lines = ",\n".join(json.dumps(row) for row in rows)
    head = {"generator": f"tools/golden/prompt_syntax.py with lark {lark.__version__}", "seed": SEED, "passes": PASSES}
    OUT.write_text(f'{json.dumps(head)[:-1]}, "rows": [\n{lines}\n]}}\n')
    print(f"{len(rows)} prompts; {len(unstable)} left out: {unstable[:8]}")


if __name__ == "__main__":
    main()
