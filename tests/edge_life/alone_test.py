#!/usr/bin/env python3
"""`orbit edge --table FILE` and `orbit edge check`: what they serve, refuse and say."""
import json
import os
import pathlib
import signal
import subprocess

import life


def test_check():
    edge = life.Alone("")
    try:
        def check(text):
            edge.file.write_text(text)
            done = subprocess.run([life.ORBIT, "edge", "check", edge.file], text=True, capture_output=True, check=False)
            return done.returncode, done.stdout, done.stderr
        code, out, err = check(life.table(8080, [], extra=2).replace('"instances": []', '"instances": ["127.0.0.1:1"]'))
        assert code == 0 and "is good: 1 listener, 3 routes, 1 service, 0 certificates" in out, (code, out, err)
        code, out, err = check("listeners:\n  - {address: 127.0.0.1:80}\nroutes:\n  - {service: nobody}\n")
        assert code == 1 and f"{edge.file}:4:" in err and "nobody" in err, (code, out, err)
        code, out, err = check("certificates:\n  - {hosts: [a.example], certificateFile: /no/c.pem, keyFile: /no/k.pem}\n")
        assert code == 1 and "/no/c.pem" in err, (code, out, err)
    finally:
        edge.close()


def test_a_bad_table_is_refused_with_its_line():
    edge = life.Alone("listeners:\n  - {address: 127.0.0.1:0}\nroutes:\n  - {service: nobody}\n")
    try:
        assert edge.process.wait() == 1
        assert f"{edge.file}:4:" in edge.said(), edge.said()
    finally:
        edge.close()


def test_swaps_by_hangup_lose_nothing():
    origins = [life.Origin("a"), life.Origin("b")]
    port = life.free_port()
    edge = life.Alone(life.table(port, origins[:1]), "--workers", "2")
    try:
        life.until(lambda: life.listens(port), "the edge listens")
        assert life.get(port, "/name") [0] == 200
        visitors = life.Visitors(port)
        for turn in range(1, 16):
            edge.file.write_text(life.table(port, [origins[turn % 2]], extra=turn))
            edge.process.tell(signal.SIGHUP)
            life.until(lambda: life.status(edge.socket)["table"]["routes"] == turn + 1, "the swap")
            assert life.get(port, "/name")[1].strip() == origins[turn % 2].name
        edge.file.write_text("routes: [{service: nobody}]")
        edge.process.tell(signal.SIGHUP)
        life.until(lambda: "goes on by the table before" in edge.said(), "the refusal")
        requests, failed, _, errors = visitors.stop()
        print(f"hangups 15, requests {requests}, failed {failed}")
        assert requests > 0 and failed == 0, errors
        edge.process.tell(signal.SIGTERM)
        assert edge.process.wait() == 0
    finally:
        edge.close()
        for origin in origins:
            origin.close()


def test_workers_come_before_the_control_thread():
    """The nice value of each thread: reading a large table must not keep a request waiting."""
    origin = life.Origin("a")
    edge = life.Alone(life.table(life.free_port(), [origin]), "--workers", "2")
    try:
        life.until(lambda: edge.socket.exists() and life.control(edge.socket, "PUT", "/v1/table", edge.file.read_text()), "a swap")

        def nice(thread):
            return int((thread / "stat").read_text().rsplit(") ", 1)[1].split()[16])
        threads = {int(each.name): nice(each) for each in pathlib.Path(f"/proc/{edge.process.pid}/task").iterdir()}
        ours = os.nice(0)
        control = threads.pop(edge.process.pid)
        assert control > ours and sorted(threads.values())[:2] == [ours, ours], (control, threads)
        assert set(threads.values()) <= {ours, control}, threads
    finally:
        edge.close()
        origin.close()


def test_the_control_socket():
    origins = [life.Origin("a"), life.Origin("b")]
    port = life.free_port()
    edge = life.Alone(life.table(port, origins[:1]))
    try:
        life.until(lambda: life.listens(port), "the edge listens")
        call = lambda *words: life.control(edge.socket, *words)  # noqa: E731
        assert os.stat(edge.socket).st_mode & 0o777 == 0o600
        status, body = call("GET", "/v1/status")
        assert status == 200 and body["listeners"][0]["served"] and body["instances"][0]["instance"] == "a", body
        status, body = call("PUT", "/v1/table", "routes: [{service: nobody}]\nlisteners: 7")
        assert status == 422 and len(body["problems"]) == 2 and body["problems"][0]["at"]["line"] > 0, body
        service = {"name": "web", "releases": [{"id": "v2", "instances": [f"127.0.0.1:{origins[1].port}"]}]}
        status, body = call("PUT", "/v1/services/web", json.dumps(service))
        assert status == 200 and body["changes"] == {"services": {"added": 0, "removed": 0, "changed": 1, "names": ["web"]}}, body
        assert not body["kept"], body
        assert life.get(port, "/name")[1].strip() == "b"
        assert call("PUT", "/v1/services/other", json.dumps(service))[0] == 422
        for verb, paused in (("pause", True), ("resume", False)):
            assert call("POST", f"/v1/services/web/{verb}")[0] == 200
            assert ('"paused"' in call("GET", "/v1/table")[1]) == paused
        assert call("POST", "/v1/services/nobody/pause")[0] == 404
        assert call("GET", "/v1/nothing")[0] == 404
        other = life.free_port()
        status, body = call("PUT", "/v1/table", life.table(other, origins, listener="other"))
        assert status == 200, body
        life.until(lambda: not life.listens(port), "the old listener is closed")
        assert life.get(other, "/name")[0] == 200
        with life.socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            status, body = call("PUT", "/v1/table", life.table(taken.getsockname()[1], origins, listener="third"))
            assert status == 409 and "third" in body["problems"][0]["message"], (status, body)
        assert life.get(other, "/name")[0] == 200
        assert call("POST", "/v1/drain") == (200, {"draining": True})
        assert edge.process.wait() == 0
    finally:
        edge.close()
        for origin in origins:
            origin.close()


def main():
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            print(name, flush=True)
            test()


if __name__ == "__main__":
    main()
