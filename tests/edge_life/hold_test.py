#!/usr/bin/env python3
"""The edge under hold: replaced and killed under load, with damaged and full disks; `orbit requests`."""
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time

import life


def with_home(test):
    def run():
        origins, home = [life.Origin("a"), life.Origin("b")], life.Home()
        try:
            port = life.free_port()
            status, body = home.put(life.table(port, origins))
            assert status == 200 and body["kept"], body
            test(home, port, origins)
        except AssertionError:
            print(home.said()[-4000:])
            raise
        finally:
            home.close()
            for origin in origins:
                origin.close()
    run.__name__ = test.__name__
    return run


@with_home
def test_replacing_it_loses_nothing(home, port, _):
    visitors = life.Visitors(port)
    first = home.pid("edge")
    for _ in range(5):
        home.replace()
        time.sleep(0.2)
    # One after the other, as fast as they come: the next is ready before the one before has quite begun.
    for _ in range(10):
        home.replace()
    assert home.pid("edge") != first
    requests, failed, slowest, errors = visitors.stop()
    print(f"replaced 15 times: requests {requests}, failed {failed}, slowest {slowest} us")
    assert requests > 0 and failed == 0, errors
    life.until(lambda: len(home.status("edge")) == 1, "the old generations have drained")


@with_home
def test_server_status_shows_it(home, *_):
    said = home.orbit("server", "status").stdout
    generation = json.loads(home.orbit("server", "status", "--json").stdout)["processes"][-1]["generation"]
    assert f"Edge    generation {generation}, process {home.pid('edge')}\n" in said, said


@with_home
def test_tables_sent_while_it_is_replaced_are_all_kept(home, port, origins):
    for turn in range(8):
        replacing = threading.Thread(target=home.replace)
        replacing.start()
        status, body = home.put(life.table(port, origins, extra=turn + 1))
        assert status == 200, body
        replacing.join()
        life.until(lambda: life.status(home.socket)["table"]["routes"] == turn + 2, "the table sent last")


@with_home
def test_killed_it_refuses_nobody(home, port, _):
    slowest = 0
    for _ in range(5):
        assert life.get(port)[0] == 200
        pid = home.kill9("edge")
        begin = time.monotonic()
        assert life.get(port)[0] == 200
        slowest = max(slowest, time.monotonic() - begin)
        life.until(lambda: home.pid("edge") not in (0, pid), "the next edge")
        time.sleep(0.1)
    print(f"killed 5 times: a new connection was answered after {slowest * 1000:.0f} ms at most")


@with_home
def test_a_damaged_table_falls_back(home, port, origins):
    assert home.put(life.table(port, origins, extra=3))[0] == 200
    kept = home.folder / "edge/table"
    data = bytearray(kept.read_bytes())
    data[-10] ^= 1
    kept.write_bytes(data)
    home.replace()
    # The generation before may still answer for a moment.
    life.until(lambda: life.status(home.socket)["table"]["routes"] == 1, "the table before")
    assert "is damaged" in home.said()
    assert life.get(port)[0] == 200
    # Both gone: it comes up all the same, and takes the next.
    kept.write_text("x")
    (home.folder / "edge/table.prev").write_text("y")
    home.replace()
    assert home.put(life.table(port, origins))[0] == 200
    assert life.get(port)[0] == 200


@with_home
def test_everything_stopped_and_started_serves_the_same(home, port, _):
    home.stop()
    assert not life.listens(port)
    home.start()
    assert life.get(port)[0] == 200


@with_home
def test_a_port_that_was_taken_is_served_when_it_is_free(home, port, _):
    home.stop()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        home.start()
        assert not life.status(home.socket)["listeners"][0]["served"]
    life.until(lambda: life.listens(port), "the port is served")
    assert life.get(port)[0] == 200


@with_home
def test_requests_are_shown(home, port, _):
    for path in ("/one", "/status/503", "/two"):
        life.get(port, path)
    shown = home.orbit("requests", "--json")
    rows = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [(row["path"], row["status"]) for row in rows] == [("/one", 200), ("/status/503", 503), ("/two", 200)] or \
        [row["path"] for row in rows] == ["/one", "/status/503", "/two"], shown
    assert "/status/503" in home.orbit("requests", "--status", "5xx").stdout
    assert home.orbit("requests", "--path", "/nothing").stdout == ""
    assert home.orbit("requests", "--status", "many").returncode != 0
    follow = subprocess.Popen([life.ORBIT, "requests", "-f"], env=home.env, text=True, stdout=subprocess.PIPE)
    try:
        time.sleep(0.5)
        home.replace()
        life.get(port, "/three")
        assert "/three" in follow.stdout.readline()
    finally:
        follow.kill()
        follow.communicate()


@with_home
def test_tls_sessions_go_on_with_the_next_generation(home, _, origins):
    port = life.free_port()
    table = json.loads(life.table(port, origins))
    table["listeners"][0]["protocol"] = "https"
    table["certificates"] = [{"hosts": ["shop.localhost"], "authority": "local"}]
    assert home.put(json.dumps(table))[0] == 200
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # whose sessions Python can take along

    def visit(session):
        with socket.create_connection(("127.0.0.1", port), timeout=life.PATIENCE) as plain:
            with context.wrap_socket(plain, server_hostname="shop.localhost", session=session) as secure:
                secure.sendall(b"GET / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n")
                assert b" 200 " in secure.recv(4096)
                return secure.session, secure.session_reused
    session, reused = life.until(lambda: visit(None), "a certificate")
    assert not reused
    for _ in range(2):
        home.replace()
        assert visit(session)[1], "the next generation knows the ticket"
    shown = life.status(home.socket)["certificates"]
    assert shown[0]["state"] == "valid" and shown[0]["authority"] == "local", shown


@with_home
def test_the_log_is_opened_again(home, port, _):
    log = home.folder / "logs/edge/access.log"
    os.kill(home.pid("daemon"), signal.SIGSTOP)  # else it takes what there is to log before the edge writes it
    life.get(port, "/before")
    life.until(lambda: "/before" in log.read_text(), "the first line")
    log.rename(log.with_suffix(".1"))
    daemon, edge = home.pid("daemon"), home.pid("edge")
    home.process.tell(signal.SIGHUP)
    life.until(log.exists, "a new log")
    life.get(port, "/after")
    life.until(lambda: "/after" in log.read_text(), "a line in the new log")
    os.kill(daemon, signal.SIGCONT)
    assert (home.pid("daemon"), home.pid("edge")) == (daemon, edge)


def test_under_root_it_runs_as_its_own_user():
    """With a passwd of this test's own, seen by nobody else."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0:
        return print("  skipped: needs root and a mount namespace")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="orbit-life-"))
    (folder / "passwd").write_text("root:x:0:0::/root:/bin/sh\norbit:x:64999:64998::/nonexistent:/bin/false\n")
    # The binary where any user may read it.
    (folder / "orbit").write_bytes(pathlib.Path(life.ORBIT).read_bytes())
    (folder / "orbit").chmod(0o755)
    folder.chmod(0o755)
    usual, life.ORBIT = life.ORBIT, str(folder / "orbit")
    origin = life.Origin("a")
    home = life.Home(("unshare", "-m", "sh", "-c", f"mount --bind {folder}/passwd /etc/passwd && exec \"$@\"", "sh"))
    try:
        def status():
            return dict(line.split(":\t", 1) for line in
                        pathlib.Path(f"/proc/{home.pid('edge')}/status").read_text().splitlines())
        port = life.free_port()
        for _ in range(2):
            told = status()
            assert told["Uid"].split() == ["64999"] * 4 and told["Gid"].split() == ["64998"] * 4, told
            assert told["Groups"].strip() == "" and int(told["CapEff"], 16) == 0 and told["NoNewPrivs"] == "1", told
            status_, body = home.put(life.table(port, [origin]))
            assert status_ == 200 and body["kept"], body
            assert life.get(port)[0] == 200
            home.replace()
        assert os.stat(home.folder / "edge/table").st_uid == 64999
        assert os.stat(home.folder / "state.db").st_uid == 0
        assert "GET" in home.orbit("requests").stdout
        # What it listens on stays when it is killed, and it dies with hold.
        home.kill9("edge")
        assert life.get(port)[0] == 200
        edge = life.until(lambda: home.pid("edge"), "the next edge")
        home.process.tell(signal.SIGKILL)
        life.until(lambda: not pathlib.Path(f"/proc/{edge}").exists(), "the edge is gone with hold")
    except AssertionError:
        print(home.said()[-4000:])
        raise
    finally:
        home.close()
        origin.close()
        life.ORBIT = usual
        shutil.rmtree(folder)


def test_a_full_disk_serves_but_does_not_keep():
    if os.geteuid() != 0:
        return print("  skipped: needs root for a small tmpfs")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="orbit-life-"))
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", folder], check=False).returncode != 0:
        return print("  skipped: cannot mount here")
    origin, home = life.Origin("a"), life.Home()
    try:
        home.stop()
        shutil.rmtree(home.folder / "edge")
        (home.folder / "edge").mkdir(mode=0o700)
        subprocess.run(["mount", "--bind", folder, home.folder / "edge"], check=True)
        home.start()
        port = life.free_port()
        assert home.put(life.table(port, [origin]))[1]["kept"]
        with open(folder / "fill", "wb", buffering=0) as fill:
            try:
                while True:
                    fill.write(bytes(4096))
            except OSError:
                pass
        status, body = home.put(life.table(port, [origin], extra=100))
        assert status == 200 and not body["kept"] and body["keptProblem"]["code"] == "no_space", body
        assert life.get(port)[0] == 200
        home.replace()
        assert life.get(port)[0] == 200, "serves by the table it kept before"
        os.unlink(folder / "fill")
        assert home.put(life.table(port, [origin], extra=7))[1]["kept"]
    finally:
        home.tell("stop")
        home.process.close()
        subprocess.run(["umount", home.folder / "edge"], check=False)
        subprocess.run(["umount", folder], check=False)
        home.close()
        folder.rmdir()
        origin.close()


def main():
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            print(name, flush=True)
            test()


if __name__ == "__main__":
    main()
