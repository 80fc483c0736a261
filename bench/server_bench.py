"""What the server costs and carries, against the program that LIENZO_PROGRAM names.

    server_bench.py overhead            the server over the library, for one picture
    server_bench.py workers             jobs a second with 1, 2 and 4 workers, each job a fixed sleep
    server_bench.py joined [simulate]   jobs a second of one worker that draws jobs together, with the embedded model or
                                        with sleeps of 0.1 s a job and 0.4 s a pass
    server_bench.py clients [MINUTES]   24 clients at once: nothing lost, memory flat (10 minutes)
    server_bench.py routes              requests a second of cheap routes, with wrk

Nothing else may run meanwhile, except for `clients`.
"""

import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/server"))
from lienzo_server import Process, Server, call  # noqa: E402

PROMPT = "un cubo rojo encima de un cubo azul"
FINAL = {"done", "failed", "cancelled"}


def finish(url, job):
    """Follows the job's events to its end, as a client would."""
    import urllib.request
    with urllib.request.urlopen(f"{url}/api/v1/jobs/{job}/events", timeout=600) as events:
        events.read()
    return call(f"{url}/api/v1/jobs/{job}")[1]


def overhead():
    with tempfile.TemporaryDirectory() as folder, Server(folder) as server:
        around, inside = [], []
        for seed in range(12):
            start = time.perf_counter()
            job = finish(server.url, server.submit(prompt=PROMPT, seed=seed)["id"])
            whole = time.perf_counter() - start
            if seed >= 2:  # the first ones load the model
                around.append(whole)
                inside.append((job["finished"] - job["started"]) / 1000)
    with tempfile.TemporaryDirectory() as folder, Server(folder, "--simulate", "0.2") as server:
        plain = []
        for seed in range(20):
            start = time.perf_counter()
            finish(server.url, server.submit(prompt=PROMPT, seed=seed)["id"])
            plain.append(time.perf_counter() - start - 0.2)
    print(f"one picture: {statistics.median(around):.3f} s around, {statistics.median(inside):.3f} s in the worker; "
          f"around a sleep of 0.2 s: {1000 * statistics.median(plain):.0f} ms more")


def workers():
    each, jobs = 0.5, 80
    base = None
    for count in (1, 2, 4):
        # The queue is full before they start, so that only working is timed.
        with tempfile.TemporaryDirectory() as folder:
            with Server(folder, "--workers", "0", "--simulate", str(each)) as server:
                ids = [server.submit(prompt=PROMPT, seed=seed)["id"] for seed in range(jobs)]
                crew = [Process("worker", "--data", folder, "--simulate", str(each)) for _ in range(count)]
                for id in ids:
                    finish(server.url, id)
                done = [call(f"{server.url}/api/v1/jobs/{id}")[1] for id in ids]
                span = (max(job["finished"] for job in done) - sorted(job["started"] for job in done)[count - 1]) / 1000
                for process in crew:
                    process.stop()
        rate = jobs / span
        base = base or rate
        print(f"{count} workers: {rate:.2f} jobs a second of {each} s each, efficiency {rate * each / count:.3f} "
              f"(against one worker {rate / base / count:.3f})")


def joined(simulate):
    """Jobs that fit together, of two keys; the same jobs, no two of which have the same size; both mixed."""
    jobs = 24
    sleeps = ["--simulate", "0.1", "--simulate-pass", "0.4"] if simulate else []
    for name, side in (("of one size", lambda k: 256), ("of two sizes", lambda k: (256, 128)[k % 2]),
                       ("of as many sizes", lambda k: 256 - k)):
        with tempfile.TemporaryDirectory() as folder:
            with Server(folder, "--workers", "0", *sleeps) as server:
                ids = []
                for seed in range(jobs + 2):  # the first ones load the model
                    ids.append(server.submit(prompt=PROMPT, seed=seed, width=side(seed), height=side(seed))["id"])
                worker = Process("worker", "--data", folder, *sleeps)
                for id in ids:
                    finish(server.url, id)
                done = [call(f"{server.url}/api/v1/jobs/{id}")[1] for id in ids]
                worker.stop()
        assert all(job["state"] == "done" and job["attempts"] == 1 for job in done)
        assert [job["pictures"][0]["seed"] for job in done] == list(range(jobs + 2))
        ends = sorted(job["finished"] for job in done)
        begins = sorted(job["started"] for job in done)
        # From the first end: what went before is loading.
        counted = sum(end > ends[1] for end in ends)
        print(f"{len(done)} jobs {name}: {1000 * counted / (ends[-1] - ends[1]):.2f} a second, "
              f"one takes {statistics.median(job['finished'] - job['started'] for job in done) / 1000:.2f} s, "
              f"{len({begin // 40 for begin in begins})} passes or so")


def clients(minutes):
    lost, made, lock = [], [0], threading.Lock()
    with tempfile.TemporaryDirectory() as folder, Server(folder) as server:
        end = time.time() + 60 * minutes

        def client(number):
            seed = number * 1_000_000
            while time.time() < end:
                try:
                    job = finish(server.url, server.submit(prompt=PROMPT, seed=seed)["id"])
                    status, picture, _ = call(server.url + job["pictures"][0]["url"], raw=True)
                    good = job["state"] == "done" and status == 200 and picture[:4] == b"\x89PNG"
                except Exception as problem:  # noqa: BLE001
                    good, job = False, repr(problem)
                with lock:
                    made[0] += good
                    if not good:
                        lost.append(job)
                seed += 1

        crowd = [threading.Thread(target=client, args=(k,)) for k in range(24)]
        for thread in crowd:
            thread.start()
        memory = []
        while any(thread.is_alive() for thread in crowd):
            text = call(server.url + "/metrics", raw=True)[1].decode()
            memory.append(int(float(re.search(r"(?m)^process_resident_memory_bytes (\S+)", text).group(1))) / 1e6)
            time.sleep(min(20, 6 * minutes))
        for thread in crowd:
            thread.join()
    print(f"24 clients, {minutes} minutes: {made[0]} pictures, {len(lost)} lost {lost[:2]}")
    print("resident memory, MB: " + " ".join(f"{value:.0f}" for value in memory))


def routes():
    with tempfile.TemporaryDirectory() as folder, Server(folder, "--simulate", "0.01") as server:
        job = finish(server.url, server.submit(prompt=PROMPT)["id"])
        for path in ("/healthz", "/api/v1/models", f"/api/v1/jobs/{job['id']}", "/api/v1/pictures?limit=20", "/",
                     job["pictures"][0]["url"]):
            text = subprocess.run(["wrk", "-t2", "-c32", "-d5s", "--latency", server.url + path],
                                  capture_output=True, text=True, check=True).stdout
            rate = re.search(r"Requests/sec:\s*(\S+)", text).group(1)
            slow = re.search(r"99%\s*(\S+)", text).group(1)
            bad = re.search(r"Non-2xx[^\n]*", text)
            print(f"{path.split('?')[0][:40]:40} {float(rate):8.0f} requests a second, p99 {slow} {bad.group(0) if bad else ''}")


what = sys.argv[1] if len(sys.argv) > 1 else ""
if what == "overhead":
    overhead()
elif what == "workers":
    workers()
elif what == "joined":
    joined(sys.argv[2:] == ["simulate"])
elif what == "clients":
    clients(float(sys.argv[2]) if len(sys.argv) > 2 else 10)
elif what == "routes":
    routes()
else:
    sys.exit(__doc__)
