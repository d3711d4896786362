"""Domains of the world's kind, with certificates: Debian's pebble as the authority, which takes every name for proven."""
import os
import pathlib
import ssl
import subprocess
import sys
import urllib.request

import world

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "edge_life"))
import life  # noqa: E402


class Authority:
    """Signs for the home of a World from now on; `ca` is what visitors trust. Ends with the world's other children."""

    def __init__(self, place):
        folder = place.base / "authority"
        folder.mkdir()
        place.base.chmod(0o755)  # the edge is another user
        port, management = life.free_port(), life.free_port()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                        "2", "-subj", "/CN=pebble", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                        folder / "https.key", "-out", folder / "https.pem"], check=True, capture_output=True)
        (folder / "pebble.json").write_text(f"""{{"pebble": {{"listenAddress": "127.0.0.1:{port}",
            "managementListenAddress": "127.0.0.1:{management}", "certificate": "{folder}/https.pem",
            "privateKey": "{folder}/https.key", "httpPort": 80, "tlsPort": 443}}}}""")
        place.children.append(subprocess.Popen(
            ["pebble", "-config", folder / "pebble.json"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_VA_ALWAYS_VALID": "1"}))
        self.place = place
        self.management, self.context = management, ssl.create_default_context(cafile=folder / "https.pem")
        self.ca = folder / "roots.pem"
        world.until(self.roots, "pebble answers")
        place.orbit("domains", "authority", "--directory", f"https://localhost:{port}/dir", "--ca", folder / "https.pem")

    def roots(self):
        try:
            with urllib.request.urlopen(f"https://localhost:{self.management}/roots/0", context=self.context) as answer:
                return self.ca.write_bytes(answer.read())
        except OSError:
            return False

    def until_certified(self, hosts):
        def missing():
            rows = life.status(self.place.home / "run/edge.sock")["certificates"]
            return set(hosts) - {host for row in rows for host in row["hosts"] if row["state"] == "valid"}
        world.until(lambda: not missing(), "all domains have certificates", 300, 0.5, lambda: f"{missing()}{self.place.log()}")
