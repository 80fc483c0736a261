"""Starts `lienzo serve` and `lienzo worker` for tests, with the standard library alone."""

import json
import os
import queue
import re
import signal
import subprocess
import threading
import urllib.error
import urllib.request

PROGRAM = os.environ.get("LIENZO_PROGRAM", "lienzo")


class Process:
    """A program whose standard error is read as it comes."""

    def __init__(self, *arguments, env=None):
        self.lines = []
        self._new = queue.Queue()
        self.process = subprocess.Popen(
            [PROGRAM, *map(str, arguments)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, errors="replace",
            env={**os.environ, **(env or {})})
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))
            self._new.put(line)
        self._new.put(None)

    def await_line(self, pattern, seconds=60):
        """The match of the first line that fits."""
        while True:
            line = self._new.get(timeout=seconds)
            if line is None:
                raise RuntimeError("ended early:\n" + "\n".join(self.lines))
            found = re.search(pattern, line)
            if found:
                return found

    def stop(self, number=signal.SIGTERM, seconds=60):
        """Sends a signal and returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(seconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop(signal.SIGKILL)


class Server(Process):
    """A server on a free port; `folder` holds its data."""

    def __init__(self, folder, *arguments, port=0, env=None):
        super().__init__("serve", "--port", port, "--data", folder, *arguments, env=env)
        self.url = self.await_line(r"Lienzo is at (http://\S+)").group(1)
        self.key = None

    def call(self, method, path, body=None, headers=None, raw=False):
        """(status, body as JSON unless raw, headers)."""
        return call(self.url + path, method, body, headers, self.key, raw)

    def get(self, path):
        status, body, _ = self.call("GET", path)
        assert status == 200, (status, body)
        return body

    def submit(self, **request):
        status, body, _ = self.call("POST", "/api/v1/jobs", request)
        assert status == 202, (status, body)
        return body


def call(url, method="GET", body=None, headers=None, key=None, raw=False):
    headers = dict(headers or {})
    if key:
        headers.setdefault("Authorization", "Bearer " + key)
    data = body
    if body is not None and not isinstance(body, bytes):
        data = json.dumps(body).encode()
        headers.setdefault("Content-Type", "application/json")
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            text, status, got = answer.read(), answer.status, answer.headers
    except urllib.error.HTTPError as error:
        text, status, got = error.read(), error.code, error.headers
    return status, (text if raw else (json.loads(text) if text else None)), got


def make_key(folder, name="test", *arguments):
    done = subprocess.run([PROGRAM, "key", "create", name, "--data", str(folder), *arguments],
                          capture_output=True, text=True, check=True)
    return done.stdout.strip()
