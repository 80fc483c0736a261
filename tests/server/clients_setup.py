"""clients_setup.py FOLDER: a virtual environment with the clients of tests/clients/requirements.txt. Exit code 77 where PyPI
cannot be reached, so that the tests which need it are skipped."""

import pathlib
import subprocess
import sys

folder = pathlib.Path(sys.argv[1])
wanted = pathlib.Path(__file__).resolve().parent.parent / "clients/requirements.txt"
stamp = folder / "requirements.txt"
if stamp.exists() and stamp.read_bytes() == wanted.read_bytes():
    sys.exit(0)
subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
done = subprocess.run([str(folder / "bin/pip"), "install", "-q", "--disable-pip-version-check", "-r", str(wanted)])
if done.returncode:
    print("the clients could not be had from PyPI")
    sys.exit(77)
stamp.write_bytes(wanted.read_bytes())
