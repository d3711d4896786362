#!/usr/bin/env python3
"""Pages that got slow, seen by a real browser: headless Chromium looks at a page again and again, the edge's script in it
reports what the visitor felt, and people are told. The long form only (./dev soak alerts)."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "deploy_real")]

import receivers  # noqa: E402
import world  # noqa: E402

PAGE = r'''
import http.server, socketserver, time
slow = [0.0]
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path.startswith("/slow"):
            slow[0] = float(self.path.split("?")[1])
        elif self.path != "/favicon.ico":
            time.sleep(slow[0])
        body = (b"<!doctype html><html><head><title>orders</title></head><body><h1>All orders of this year</h1>"
                b"<script>addEventListener('load', () => setTimeout(() => location.href = '/orders?' + Date.now(), 1500))"
                b"</script></body></html>")
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        pass
class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
Server(("", 8000), Handler).serve_forever()
'''


class SlowPages(unittest.TestCase):
    def setUp(self):
        self.hook = receivers.Receiver()
        self.addCleanup(self.hook.close)
        web = {"image": "python:3.11-slim", "command": ["python", "-uc", PAGE.replace("$", "$$")],
               "x-orbit": {"port": 8000, "vitals": True, "release": {"share": 50, "pace": "2s", "watch": "1s"}}}
        self.place = world.World({"web": web}, top={
            "x-orbit": {"alerts": {"receivers": {"ops": {"webhook": self.hook.url, "allow_private": True}}}}})
        self.addCleanup(self.place.close)
        self.place.deploy("--until", "live")
        self.profile = tempfile.mkdtemp(prefix="oc-")
        self.addCleanup(shutil.rmtree, self.profile, True)
        self.browser = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--ignore-certificate-errors", "--host-resolver-rules=MAP *.localhost 127.0.0.1",
             f"--user-data-dir={self.profile}", self.place.url().geturl()],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.stop)

    def stop(self):
        self.browser.terminate()
        self.browser.wait(20)

    def told(self, event):
        return [one for one in self.hook.bodies() if one["type"] == f"incident.{event}"]

    def lcp(self):
        rows = [row for row in self.place.rows("objectives") if row.get("objective", row.get("name")) == "lcp"]
        return rows[0].get("now") if rows else None

    def explain(self):
        return "\n".join([self.place.orbit("alerts", "--all").stdout, self.place.orbit("objectives", "--json").stdout,
                          self.place.log()])

    def test_lcp(self):
        quick = world.until(self.lcp, "views are known", 120, 1, self.explain)
        self.assertLess(quick, 2500)
        self.place.get("/slow?4")
        began = time.time()
        opened = world.until(lambda: self.told("opened"), "the webhook hears of it", 240, 0.5, self.explain)
        after, slow = time.time() - began, self.lcp()
        self.assertRegex(opened[0]["data"]["title"], "lcp")
        self.place.get("/slow?0")
        well = time.time()
        world.until(lambda: self.told("resolved"), "the webhook hears that it is over", 400, 0.5, self.explain)
        print(f"\nlcp by Chromium: {quick:.0f} ms, then {slow:.0f} ms; told after {after:.0f} s, over "
              f"{time.time() - well:.0f} s after it was well", flush=True)


if __name__ == "__main__":
    world.need()
    if shutil.which("chromium") is None:
        print("no chromium here")
        sys.exit(77)
    os.environ.setdefault("HOME", "/tmp")
    unittest.main(verbosity=2)
