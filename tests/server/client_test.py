"""client_test.py VENV TEST... [-- serve options]: runs tests of tests/clients with the virtual environment that clients_setup.py
made, against a server of their own. Exit code 77 without it."""

import pathlib
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent
venv = pathlib.Path(sys.argv[1])
if not (venv / "requirements.txt").exists():
    print("no clients: PyPI could not be reached")
    sys.exit(77)
arguments = sys.argv[2:]
cut = arguments.index("--") if "--" in arguments else len(arguments)
tests = [str(here.parent / "clients" / name) for name in arguments[:cut]]
sys.exit(subprocess.call([sys.executable, str(here / "with_server.py"), str(venv / "bin/python"), "-m", "pytest", "-q",
                          "-p", "no:cacheprovider", *tests, *arguments[cut:]]))
