"""Kills servers and workers with SIGKILL at random moments and counts what became of the jobs.

    kill_test.py [--kills 200] [--store postgresql://...] [--alone]

Every job that was accepted must be done exactly once: its pictures, which carry the job's own seed, are there once. Jobs
of the same size are drawn together, unless --alone is given.
"""

import argparse
import collections
import os
import random
import signal
import tempfile
import time

from lienzo_server import Process, Server

parser = argparse.ArgumentParser()
parser.add_argument("--kills", type=int, default=200)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--store", default="")
parser.add_argument("--alone", action="store_true")
options = parser.parse_args()
random.seed(options.seed)

with tempfile.TemporaryDirectory() as folder:
    shared = ["--simulate", "0.05", *(["--store", options.store] if options.store else [])]
    if not options.alone:
        shared += ["--simulate-pass", "0.1"]
    begin = lambda: Server(folder, "--workers", "0", *shared)
    server = begin()
    workers = [Process("worker", "--data", folder, *shared) for _ in range(3)]
    accepted, refused, killed, next_seed = {}, 0, collections.Counter(), 1
    while sum(killed.values()) < options.kills:
        for _ in range(random.randrange(1, 4)):
            side = random.choice((64, 128))
            wanted = {"prompt": "a cube", "seed": next_seed, "width": side, "height": side}
            try:
                status, job, _ = server.call("POST", "/api/v1/jobs", wanted)
                assert status == 202, (status, job)
                accepted[job["id"]] = next_seed
            except OSError:  # the answer was lost: the job may be there or not
                refused += 1
            next_seed += 1
        time.sleep(random.uniform(0, 0.15))
        if random.random() < 0.25:
            # Sometimes while a request is on its way.
            server.stop(signal.SIGKILL)
            killed["server"] += 1
            server = begin()
        else:
            k = random.randrange(len(workers))
            workers[k].stop(signal.SIGKILL)
            killed["worker"] += 1
            workers[k] = Process("worker", "--data", folder, *shared)

    # What is left runs to its end; leases of the dead must run out first.
    end = time.time() + 180
    while time.time() < end:
        counts = collections.Counter()
        for state in ("queued", "running"):
            counts[state] = len(server.get(f"/api/v1/jobs?state={state}&limit=500")["jobs"])
        if not sum(counts.values()):
            break
        time.sleep(0.2)
    states, pictures, starts, attempts = collections.Counter(), collections.Counter(), collections.Counter(), 0
    for job_id, seed in accepted.items():
        job = server.get("/api/v1/jobs/" + job_id)
        states[job["state"]] += 1
        attempts += job["attempts"]
        starts[job["started"] // 20] += 1  # those that were drawn together began together
        assert [p["seed"] for p in job["pictures"]] == [seed], job
    cursor = ""
    while True:
        page = server.get("/api/v1/pictures?limit=500" + (f"&before={cursor}" if cursor else ""))
        for picture in page["pictures"]:
            pictures[picture["job"]] += 1
        cursor = page["next"]
        if not cursor:
            break
    for process in [server, *workers]:
        process.stop(signal.SIGKILL)
    leftovers = [name for _, _, names in os.walk(folder) for name in names if name.endswith(".tmp")]
    twice = [job for job, count in pictures.items() if count != 1]
    print(f"{sum(killed.values())} kills ({killed['server']} of servers, {killed['worker']} of workers); "
          f"{len(accepted)} jobs accepted: {states['done']} done, {len(accepted) - states['done']} lost, "
          f"{len(twice)} done more than once; {attempts} attempts, about {sum(starts.values()) - len(starts)} of the last "
          f"ones in company; {refused} requests without an answer; "
          f"{len(leftovers)} half-written files")
    assert states["done"] == len(accepted) and not twice
