"""with_server.py PROGRAM... [-- serve options]: runs PROGRAM with LIENZO_URL set to a server made for it."""

import os
import subprocess
import sys
import tempfile

from lienzo_server import Server

arguments = sys.argv[1:]
cut = arguments.index("--") if "--" in arguments else len(arguments)
with tempfile.TemporaryDirectory() as folder, Server(folder, *arguments[cut + 1:]) as server:
    code = subprocess.call(arguments[:cut], env={**os.environ, "LIENZO_URL": server.url})
    if code:
        print("\n".join(server.lines[-40:]), file=sys.stderr)
sys.exit(code)
