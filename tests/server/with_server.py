"""with_server.py PROGRAM... [-- [--models PATH]... serve options]: runs PROGRAM with LIENZO_URL set to a server made for it,
whose model folder holds what lies in these folders, and these files."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from lienzo_server import Server

arguments = sys.argv[1:]
cut = arguments.index("--") if "--" in arguments else len(arguments)
options = arguments[cut + 1:]
with tempfile.TemporaryDirectory() as folder:
    models = pathlib.Path(folder) / "models"
    while options[:1] == ["--models"]:
        path, options = pathlib.Path(options[1]), options[2:]
        models.mkdir(exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, models, dirs_exist_ok=True)
        else:
            shutil.copy(path, models)
    if models.is_dir():
        options += ["--folder", str(models)]
    with Server(folder, *options) as server:
        code = subprocess.call(arguments[:cut], env={**os.environ, "LIENZO_URL": server.url})
        if code:
            print("\n".join(server.lines[-40:]), file=sys.stderr)
sys.exit(code)
