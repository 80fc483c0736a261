"""The server from outside: sockets, keys, pages from elsewhere, signals. Needs LIENZO_PROGRAM."""

import http.client
import http.server
import json
import os
import re
import resource
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

from lienzo_server import PROGRAM, Process, Server, call, make_key

FINAL = {"done", "failed", "cancelled"}


def await_job(server, job_id, wanted=lambda job: job["state"] in FINAL, seconds=60):
    end = time.time() + seconds
    while time.time() < end:
        job = server.get("/api/v1/jobs/" + job_id)
        if wanted(job):
            return job
        time.sleep(0.02)
    raise AssertionError(f"job never got there: {job}")


class ServerTest(unittest.TestCase):
    arguments = ("--simulate", "0.05")

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.server = Server(self.folder.name, *self.arguments)
        self.addCleanup(self.server.stop, signal.SIGKILL)

    def error(self, answer, status, code, field=None):
        self.assertEqual(answer[0], status, answer[1])
        self.assertEqual(answer[1]["error"]["code"], code)
        self.assertEqual(answer[1]["error"].get("field"), field)
        self.assertTrue(answer[1]["error"]["message"])


class Jobs(ServerTest):
    def test_from_words_to_a_picture_and_its_gallery(self):
        job = self.server.submit(prompt="un cubo azúl", count=2, seed=7, tags=["first"])
        self.assertIn(job["state"], ("queued", "running"))
        job = await_job(self.server, job["id"])
        self.assertEqual(job["state"], "done")
        self.assertEqual([p["seed"] for p in job["pictures"]], [7, 8])
        status, picture, headers = self.server.call("GET", job["pictures"][0]["url"], raw=True)
        self.assertEqual((status, headers["Content-Type"], picture[:4]), (200, "image/png", b"\x89PNG"))
        status, small, headers = self.server.call("GET", job["pictures"][0]["thumbnail_url"], raw=True)
        self.assertEqual((status, headers["Content-Type"], small[:4]), (200, "image/webp", b"RIFF"))
        found = self.server.get("/api/v1/pictures?text=CUBO%20azul&tag=first")["pictures"]
        self.assertEqual({p["seed"] for p in found}, {7, 8})
        self.assertEqual(self.server.get("/api/v1/pictures?text=esfera")["pictures"], [])
        path = "/api/v1/pictures/" + found[0]["id"]
        self.assertEqual(self.server.call("PATCH", path, {"tags": ["x"]})[1]["tags"], ["x"])
        self.assertEqual(self.server.call("DELETE", path)[0], 204)
        self.error(self.server.call("GET", path), 404, "not_found")
        self.error(self.server.call("GET", path + "/file"), 404, "not_found")

    def test_a_picture_comes_back_as_it_was_uploaded_and_is_worked_on(self):
        job = await_job(self.server, self.server.submit(prompt="a")["id"])
        picture = self.server.call("GET", job["pictures"][0]["url"], raw=True)[1]
        status, upload, _ = self.server.call("POST", "/api/v1/uploads", picture, {"Content-Type": "image/png"})
        self.assertEqual(status, 201)
        self.assertEqual((upload["width"], upload["format"], upload["record"]["prompt"]), (64, "png", "a"))
        edit = self.server.submit(task="edit", prompt="b", picture=upload["id"])
        self.assertEqual(await_job(self.server, edit["id"])["state"], "done")
        self.assertEqual(self.server.call("GET", upload["url"], raw=True)[1], picture)

    def test_what_is_removed_is_told_by_every_server_of_the_store(self):
        job = await_job(self.server, self.server.submit(prompt="a")["id"])
        with Server(self.folder.name, "--simulate", "1", "--workers", "0") as other:
            address = urllib.parse.urlparse(other.url)
            client = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
            client.request("GET", "/api/v1/events")
            events = client.getresponse()
            self.assertEqual(events.readline(), b": still here\n")
            picture = job["pictures"][0]["id"]
            self.assertEqual(self.server.call("DELETE", "/api/v1/pictures/" + picture)[0], 204)
            lines = iter(events)
            self.assertIn(b"event: removed\n", lines)
            data = next(line for line in lines if line.startswith(b"data:"))
            self.assertEqual(json.loads(data[6:]), {"job": job["id"], "picture": picture})
            client.close()

    def test_bad_requests_name_what_is_wrong(self):
        post = lambda body, **more: self.server.call("POST", "/api/v1/jobs", body, **more)
        self.error(post({"prompt": "a", "stepz": 3}), 400, "invalid_input", "stepz")
        self.error(post({"prompt": ""}), 400, "invalid_input", "prompt")
        self.error(post({"prompt": "a", "width": 1e9}), 400, "invalid_input", "width")
        self.error(post({"prompt": "a", "model": "gpt"}), 404, "not_found", "model")
        self.error(post({"task": "edit", "picture": "data:image/png;base64,!!!!"}), 400, "invalid_image", "picture")
        self.error(post({"task": "edit", "picture": "data:image/png;base64,aGVsbG8="}), 400, "invalid_image", "picture")
        self.error(post({"task": "edit", "picture": "https://example.org/a.png"}), 400, "invalid_image", "picture")
        self.error(post({"task": "edit", "picture": "../../etc/passwd"}), 400, "invalid_input", "picture")
        self.error(post({"task": "edit", "picture": "0" * 64}), 400, "invalid_input", "picture")
        self.error(post(b"{\"prompt\": ", headers={"Content-Type": "application/json"}), 400, "invalid_input")
        self.error(post(b"[1]", headers={"Content-Type": "application/json"}), 400, "invalid_input")
        self.error(post(b"{}", headers={"Content-Type": "text/plain"}), 415, "unsupported_media_type")
        self.error(post(b"[" * 100_000, headers={"Content-Type": "application/json"}), 400, "invalid_input")
        self.error(self.server.call("GET", "/api/v1/jobs?limit=x"), 400, "invalid_input", "limit")
        self.error(self.server.call("GET", "/api/v1/jobs?color=x"), 400, "invalid_input", "color")
        self.error(self.server.call("GET", "/api/v1/jobs/nothing"), 404, "not_found")
        for method in ("PUT", "TRACE", "CONNECT"):
            answer = self.server.call(method, "/api/v1/jobs", {} if method == "PUT" else None)
            self.error(answer, 405, "method_not_allowed")
            self.assertEqual(answer[2]["Allow"], "POST, GET")
        self.error(self.server.call("GET", "/nothing"), 404, "not_found")
        # Every one of them is in the log, in one line; the last is awaited, which comes by another thread.
        self.server.await_line("/nothing 404: .server")
        lines = [line for line in self.server.lines if "[http]" in line]
        self.assertEqual(len(lines), 20, lines)

    def test_cancelling(self):
        running = self.server.submit(prompt="a", count=64)
        waiting = self.server.submit(prompt="b")
        await_job(self.server, running["id"], lambda job: job["state"] == "running")
        self.assertEqual(self.server.get("/api/v1/jobs/" + waiting["id"])["queue_position"], 0)
        self.error(self.server.call("DELETE", "/api/v1/jobs/" + waiting["id"]), 409, "conflict")
        self.server.call("POST", f"/api/v1/jobs/{waiting['id']}/cancel")
        self.server.call("POST", f"/api/v1/jobs/{running['id']}/cancel")
        for job in (waiting, running):
            self.assertEqual(await_job(self.server, job["id"])["state"], "cancelled")
        self.assertEqual(self.server.call("DELETE", "/api/v1/jobs/" + waiting["id"])[0], 204)

    def test_events_tell_every_step_and_end_with_the_job(self):
        job = self.server.submit(prompt="a", count=4)
        address = urllib.parse.urlparse(self.server.url)
        client = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        client.request("GET", f"/api/v1/jobs/{job['id']}/events")
        text = client.getresponse().read().decode()  # until the server ends it
        states = [json.loads(line[6:])["state"] for line in text.splitlines() if line.startswith("data: ")]
        self.assertEqual(states[-1], "done")
        self.assertGreater(states.count("running"), 1)
        self.assertRegex(text, r"(?m)^id: \d+$")

    def test_wildcards(self):
        os.makedirs(os.path.join(self.folder.name, "wildcards"))
        with open(os.path.join(self.folder.name, "wildcards", "animal.txt"), "w") as file:
            file.write("# animals\ncat\n\ndog\n")
        self.assertEqual(self.server.get("/api/v1/wildcards")["wildcards"], [{"name": "animal", "lines": 2}])
        answer = self.server.call("POST", "/api/v1/prompts/expand", {"prompt": "{a|the} __animal__"})
        self.assertEqual(answer[1], {"count": 4, "prompts": ["a cat", "a dog", "the cat", "the dog"]})
        self.error(self.server.call("POST", "/api/v1/prompts/expand", {"prompt": "__x/../y__ {"}), 400, "invalid_input")


class Crowds(ServerTest):
    def test_a_thousand_connections_and_slow_ones_leave_the_server_answering(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        address = urllib.parse.urlparse(self.server.url)
        crowd = []
        try:
            for k in range(1000):
                client = socket.create_connection((address.hostname, address.port), timeout=30)
                # A third says nothing, a third half a request, a third half a body.
                if k % 3 == 1:
                    client.sendall(b"GET /healthz HTTP/1.1\r\nHost: local")
                if k % 3 == 2:
                    client.sendall(b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{")
                crowd.append(client)
            start = time.time()
            for _ in range(20):
                self.assertEqual(self.server.get("/healthz"), {"status": "ok"})
            self.assertLess(time.time() - start, 20)
            job = self.server.submit(prompt="a")
            self.assertEqual(await_job(self.server, job["id"])["state"], "done")
        finally:
            for client in crowd:
                client.close()

    def test_what_is_no_http_is_refused(self):
        address = urllib.parse.urlparse(self.server.url)
        for garbage in (b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"A" * 100_000, b"GET / HTTP/9.9\r\n\r\n",
                        b"POST /api/v1/jobs HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
                        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n"):
            with socket.create_connection((address.hostname, address.port), timeout=30) as client:
                try:
                    client.sendall(garbage)
                    client.shutdown(socket.SHUT_WR)
                    answer = client.recv(100)
                except ConnectionError:
                    answer = b""
                self.assertNotIn(b" 200 ", answer)
        self.assertEqual(self.server.get("/healthz"), {"status": "ok"})

    def test_too_large_a_body_is_refused_before_it_is_read(self):
        address = urllib.parse.urlparse(self.server.url)
        with socket.create_connection((address.hostname, address.port), timeout=30) as client:
            client.sendall(b"POST /api/v1/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n")
            self.assertIn(b" 413 ", client.recv(1000))


class Pages(ServerTest):
    def test_pages_from_elsewhere_may_not_call(self):
        evil = {"Origin": "https://evil.example"}
        answer = self.server.call("POST", "/api/v1/jobs", {"prompt": "a"}, evil)
        self.error(answer, 403, "forbidden")
        status, _, headers = self.server.call("GET", "/api/v1/models", headers=evil)
        self.assertIsNone(headers["Access-Control-Allow-Origin"])
        answer = self.server.call("GET", "/api/v1/models", headers={"Host": "evil.example:7860"})
        self.error(answer, 403, "forbidden")
        answer = self.server.call("GET", "/api/v1/models", headers={"X-Forwarded-For": "1.2.3.4"})
        self.error(answer, 403, "forbidden")
        own = {"Origin": self.server.url}
        self.assertEqual(self.server.call("POST", "/api/v1/jobs", {"prompt": "a"}, own)[0], 202)

    def test_the_studio_runs_nothing_from_elsewhere(self):
        status, page, headers = self.server.call("GET", "/", raw=True)
        self.assertEqual(status, 200)
        self.assertIn("default-src 'self'", headers["Content-Security-Policy"])
        for path in re.findall(rb'(?:src|href)="(/[^"]*)"', page):
            self.assertEqual(self.server.call("GET", path.decode(), raw=True)[0], 200, path)
        self.assertNotRegex(page, rb"https?://(?!www\.w3\.org)")
        etag = headers["ETag"]
        self.assertEqual(self.server.call("GET", "/", headers={"If-None-Match": etag}, raw=True)[0], 304)
        self.error(self.server.call("GET", "/studio/../../etc/passwd"), 404, "not_found")


class Limits(ServerTest):
    arguments = ("--simulate", "5", "--max-queue", "3", "--largest-job", "1000000")

    def test_a_full_queue_says_when_to_come_back(self):
        for _ in range(6):
            status, body, headers = self.server.call("POST", "/api/v1/jobs", {"prompt": "a"})
            if status != 202:
                break
        self.error((status, body), 429, "queue_full")
        self.assertGreater(int(headers["Retry-After"]), 0)

    def test_a_job_may_be_too_large(self):
        answer = self.server.call("POST", "/api/v1/jobs", {"prompt": "a", "width": 1024, "height": 1024})
        self.error(answer, 400, "too_large")


class Keys(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def test_other_machines_need_keys(self):
        done = subprocess.run([PROGRAM, "serve", "--host", "0.0.0.0", "--port", "0", "--data", self.folder.name,
                               "--simulate", "1"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("lienzo key create", done.stderr)

    def test_keys_keep_people_apart(self):
        ana, ben = make_key(self.folder.name, "Ana"), make_key(self.folder.name, "Ben")
        boss = make_key(self.folder.name, "Boss", "--scope", "admin")
        eyes = make_key(self.folder.name, "Eyes", "--scope", "read")
        with open(os.path.join(self.folder.name, "jobs.db"), "rb") as file:
            self.assertNotIn(ana.rsplit("_", 1)[1].encode(), file.read())
        with Server(self.folder.name, "--simulate", "0.05", "--host", "0.0.0.0") as server:
            self.assertEqual(server.call("GET", "/api/v1/jobs")[0], 401)
            self.assertEqual(server.call("GET", "/healthz")[0], 200)
            server.key = ana[:-1] + ("x" if ana[-1] != "x" else "y")
            self.assertEqual(server.call("GET", "/api/v1/jobs")[0], 401)
            server.key = ana
            job = await_job(server, server.submit(prompt="secret words")["id"])
            picture = job["pictures"][0]
            self.assertEqual(server.get("/api/v1/session")["name"], "Ana")
            self.assertEqual(server.call("POST", "/api/v1/jobs", {"prompt": "a", "priority": 5})[0], 403)

            server.key = ben
            for path in ("/api/v1/jobs/" + job["id"], picture["url"], picture["thumbnail_url"],
                         "/api/v1/pictures/" + picture["id"], f"/api/v1/jobs/{job['id']}/events"):
                self.assertEqual(server.call("GET", path)[0], 404, path)
            self.assertEqual(server.call("POST", f"/api/v1/jobs/{job['id']}/cancel")[0], 404)
            self.assertEqual(server.call("DELETE", "/api/v1/pictures/" + picture["id"])[0], 404)
            self.assertEqual(server.get("/api/v1/jobs")["jobs"], [])
            self.assertEqual(server.get("/api/v1/pictures?text=secret")["pictures"], [])
            answer = server.call("POST", "/api/v1/jobs", {"task": "edit", "prompt": "b", "picture": picture["id"]})
            self.assertEqual(answer[0], 400)
            server.key = eyes
            self.assertEqual(server.call("POST", "/api/v1/jobs", {"prompt": "a"})[0], 403)
            server.key = boss
            self.assertEqual(len(server.get("/api/v1/pictures?text=secret")["pictures"]), 1)

            cookie = server.call("POST", "/api/v1/session", {"key": ana})[2]["Set-Cookie"]
            self.assertIn("HttpOnly", cookie)
            self.assertIn("SameSite=Strict", cookie)
            server.key = None
            headers = {"Cookie": cookie.split(";")[0]}
            self.assertEqual(server.call("GET", "/api/v1/jobs", headers=headers)[0], 200)
            subprocess.run([PROGRAM, "key", "revoke", ana[:11], "--data", self.folder.name], check=True,
                           capture_output=True)
            self.assertEqual(server.call("GET", "/api/v1/jobs", headers=headers)[0], 401)

    def test_requests_per_minute(self):
        key = make_key(self.folder.name, "Ana", "--rate", "5")
        with Server(self.folder.name, "--simulate", "1") as server:
            server.key = key
            answers = [server.call("GET", "/api/v1/models") for _ in range(8)]
            self.assertEqual([answer[0] for answer in answers][:5], [200] * 5)
            self.assertEqual(answers[-1][0], 429)
            self.assertGreater(int(answers[-1][2]["Retry-After"]), 0)


class RemoteImages(unittest.TestCase):
    def test_addresses_are_read_as_far_as_the_server_was_told(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        with Server(folder.name, "--simulate", "0.01") as server:
            job = await_job(server, server.submit(prompt="a")["id"])
            picture = server.call("GET", job["pictures"][0]["url"], raw=True)[1]

        class Elsewhere(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(picture)

            def log_message(self, *_):
                pass

        elsewhere = http.server.HTTPServer(("127.0.0.1", 0), Elsewhere)
        threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
        self.addCleanup(elsewhere.server_close)
        self.addCleanup(elsewhere.shutdown)
        url = f"http://localhost:{elsewhere.server_port}/a.png"
        for arguments, status, words in (((), 400, "--remote-images"), (("--remote-images",), 400, "127.0.0.1|::1"),
                                         (("--remote-images", "any"), 202, "queued|running|done")):
            with Server(folder.name, "--simulate", "0.01", *arguments) as server:
                answer = server.call("POST", "/api/v1/jobs", {"task": "edit", "prompt": "a", "picture": url})
                self.assertEqual(answer[0], status, answer[1])
                self.assertRegex(json.dumps(answer[1]), words)
        done = subprocess.run([PROGRAM, "serve", "--remote-images", "some", "--data", folder.name], capture_output=True,
                              timeout=60)
        self.assertEqual(done.returncode, 2)


class Stops(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def test_a_stop_gives_the_running_job_back_and_the_next_server_makes_it(self):
        with Server(self.folder.name, "--simulate", "20", "--grace", "0") as server:
            job = server.submit(prompt="a")
            await_job(server, job["id"], lambda j: j["state"] == "running")
            start = time.time()
            self.assertEqual(server.stop(), 0)
            self.assertLess(time.time() - start, 15)
        with Server(self.folder.name, "--simulate", "0.01") as server:
            self.assertEqual(await_job(server, job["id"])["state"], "done")

    def test_a_stop_lets_the_running_job_end_within_its_grace(self):
        with Server(self.folder.name, "--simulate", "1") as server:
            job = server.submit(prompt="a")
            await_job(server, job["id"], lambda j: j["state"] == "running")
            self.assertEqual(server.stop(), 0)
        with Server(self.folder.name, "--simulate", "20") as server:
            self.assertEqual(server.get("/api/v1/jobs/" + job["id"])["state"], "done")

    def test_a_worker_of_its_own(self):
        with Server(self.folder.name, "--simulate", "1", "--workers", "0") as server:
            job = server.submit(prompt="a")
            self.assertEqual(job["state"], "queued")
            with Process("worker", "--data", self.folder.name, "--simulate", "0.01") as worker:
                self.assertEqual(await_job(server, job["id"])["state"], "done")
                self.assertEqual(worker.stop(), 0)


class EmbeddedModel(ServerTest):
    arguments = ()

    def test_it_draws_varies_and_enlarges_and_says_what_it_cannot(self):
        job = await_job(self.server, self.server.submit(prompt="un cubo rojo", seed=3, sampler="DPM++ 2M")["id"])
        self.assertEqual(job["state"], "done", job["error"])
        picture = job["pictures"][0]
        self.assertEqual((picture["width"], picture["record"]["sampler"]), (256, "dpmpp_2m"))
        vary = self.server.submit(task="vary", picture=picture["id"], amount="small", seed=4)
        scene = await_job(self.server, vary["id"])["pictures"][0]["record"]["scene"]
        self.assertEqual(scene["objects"], picture["record"]["scene"]["objects"])
        larger = self.server.submit(task="upscale", picture=picture["id"], scale=2)
        larger = await_job(self.server, larger["id"])["pictures"][0]
        self.assertEqual((larger["width"], larger["record"]["prompt"]), (512, "un cubo rojo"))
        for request, field in (({"task": "edit", "picture": picture["id"]}, "task"), ({"width": 320, "height": 256}, "width"),
                               ({"sampler": "unipc"}, "sampler"), ({"schedule": "karras"}, "schedule"),
                               ({"strength": 0.5}, "strength"), ({"width": 4096}, "width")):
            answer = self.server.call("POST", "/api/v1/jobs", {"prompt": "a red cube", **request})
            self.error(answer, 422, "unsupported", field)
        answer = self.server.call("POST", "/api/v1/jobs", {"prompt": "a red cube", "negative_prompt": "blue"})
        self.error(answer, 400, "invalid_input", "negative_prompt")


class Metrics(ServerTest):
    def test_prometheus_reads_them(self):
        await_job(self.server, self.server.submit(prompt="a")["id"])
        text = self.server.call("GET", "/metrics", raw=True)[1].decode()
        for line in text.splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [-+.e\d]+)$')
        self.assertIn('lienzo_jobs{state="done"} 1', text)
        self.assertIn('route="/api/v1/jobs/{id}"', text)


if __name__ == "__main__":
    unittest.main()
