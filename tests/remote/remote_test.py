#!/usr/bin/env python3
"""From a laptop to a server in a network namespace, over ssh: `orbit link`, verbs that go there, what fails and how it is told, and
`git push orbit`. `orbit deploy` is stood in for by a script while the pushes are looked at; when this Orbit has the verb, it is then
run for real, from the laptop and by a push."""
import json
import os
import shutil
import subprocess
import time

import bench
from world import PORT, World, run, script


def says(done, *parts):
    text = done.stdout + done.stderr
    for part in parts:
        assert part in text, f"{part!r} is not in:\n{text}"


def failures_are_told_apart(world):
    refused = world.orbit("link", world.host, check=False)
    assert refused.returncode == 1
    says(refused, "host key", "is not known", "ssh-keyscan")
    world.know_host()
    world.use_key("other_key")
    refused = world.orbit("link", world.host, check=False)
    assert refused.returncode == 1
    says(refused, "was denied", "ssh-copy-id")
    world.use_key("key")
    refused = world.orbit("link", f"root@{world.far}:{PORT + 1}", check=False)
    assert refused.returncode == 1
    says(refused, "nothing listens on that port")
    (world.bin / "orbit").rename(world.bin / "elsewhere")
    refused = world.orbit("link", world.host, check=False)
    assert refused.returncode == 1
    says(refused, "There is no Orbit on", "server install")
    script(world.bin / "orbit", "echo 'orbit-api 99 9.0.0'; exec cat\n")
    refused = world.orbit("link", world.host, check=False)
    assert refused.returncode == 1
    says(refused, "speaks API 99", "Install the server's version here")
    (world.bin / "elsewhere").rename(world.bin / "orbit")
    assert world.orbit("link", check=False).returncode == 1, "a failed link was kept"


def a_changed_host_key_is_named(world):
    world.start_sshd("other_host_key")
    refused = world.orbit("domains", "list", check=False)
    assert refused.returncode == 1
    says(refused, "another host key", "ssh-keygen -R")
    world.start_sshd("host_key")


def link_and_verbs(world):
    world.git("init", "--quiet")
    linked = world.orbit("link", world.host)
    says(linked, f"Linked {world.folder} to {world.host}", "git push orbit main")
    shown = json.loads(world.orbit("link", "--json", folder=world.folder).stdout)
    assert shown["host"] == f"ssh://{world.host}", shown
    assert world.git("remote", "get-url", "orbit").stdout.strip() == world.repository
    # Started on demand by the first connection, inside the namespace; from here on it runs where the engine's bridges are.
    world.on_server("server", "stop")
    world.on_server("version")
    starts = world.ssh_starts()
    world.orbit("domains", "add", "shop.example.com", "web")
    assert world.ssh_starts() == starts + 1, "one verb took more than one connection"
    says(world.orbit("domains", "list"), "shop.example.com")
    says(world.on_server("domains", "list"), "shop.example.com")
    here = world.orbit("--host", "local", "domains", "list", "--json")
    assert "shop.example.com" not in here.stdout, "the domain is on the laptop"
    assert "shop.example.com" not in world.orbit("domains", "list", "--json", env={"ORBIT_HOST": "local"}).stdout
    home = json.loads(world.orbit("--host", f"ssh://{world.host}", "version", "--json").stdout)["home"]
    assert home == json.loads(world.on_server("version", "--json").stdout)["home"]
    assert home != json.loads(world.orbit("version", "--json").stdout)["home"], "version went to the link"
    world.orbit("--host", world.host, "ls", "-a")
    world.orbit("--host", world.host, "-p", "no-such-project", "ps")
    elsewhere = world.base / "elsewhere"
    elsewhere.mkdir()
    says(world.orbit("domains", "list", folder=elsewhere, env={"ORBIT_HOST": f"ssh://{world.host}"}), "shop.example.com")
    assert "shop.example.com" not in world.orbit("domains", "list", "--json", folder=elsewhere).stdout
    if world.six:
        says(world.orbit("domains", "list", folder=elsewhere, env={"ORBIT_HOST": f"ssh://root@[{world.far6}]:{PORT}"}), "shop.example.com")
    world.orbit("domains", "remove", "shop.example.com")


def a_key_for_the_api_alone(world):
    """As docs/remote.md gives to a workflow: no shell, whatever is asked for."""
    with (world.base / "authorized_keys").open("a") as keys:
        keys.write('restrict,command="orbit api-stdio" ' + (world.base / "other_key.pub").read_text())
    world.use_key("other_key")
    asked = run(world.laptop_bin / "ssh", "-p", PORT, f"root@{world.far}", "id", check=False, stdin=subprocess.DEVNULL)
    assert "uid=" not in asked.stdout and "orbit-api " in asked.stdout, asked
    elsewhere = world.base / "elsewhere"
    assert world.orbit("domains", "list", folder=elsewhere, env={"ORBIT_HOST": f"ssh://{world.host}"}).returncode == 0
    world.use_key("key")


def nothing_is_left_behind(world):
    """No far end outlives its connection."""
    def far_ends():
        found = []
        for entry in os.listdir("/proc"):
            try:
                words = open(f"/proc/{entry}/cmdline", "rb").read().split(b"\0")
                environment = open(f"/proc/{entry}/environ", "rb").read()
            except OSError:
                continue
            if b"api-stdio" in words and str(world.home).encode() in environment:
                found.append(entry)
        return found
    end = time.monotonic() + 15
    while far_ends() and time.monotonic() < end:
        time.sleep(0.1)
    assert not far_ends(), "orbit api-stdio goes on without its caller"


def commit(world, message, folder=None, **files):
    for name, text in files.items():
        ((folder or world.folder) / name.replace("__", ".")).write_text(text)
    world.git("add", "-A", folder=folder)
    world.git("commit", "-q", "--allow-empty", "-m", message, folder=folder)
    return world.git("rev-parse", "HEAD", folder=folder).stdout.strip()


def stand_in(world):
    """Writes down what it was asked, and ends as `outcome` says; waits while there is a file `hold`."""
    record = world.base / "deploys"
    record.mkdir(exist_ok=True)
    script(world.bin / "stand-in", f"""
n=$(ls {record} | wc -l)
mkdir {record}/$n.$$
echo "$*" > {record}/$n.$$/words
pwd > {record}/$n.$$/folder
ls -A > {record}/$n.$$/files
git log -1 --format=%H%n%s%n%an > {record}/$n.$$/commit
git status --porcelain -- . > {record}/$n.$$/status 2>&1
echo "$GITHUB_REF_NAME" > {record}/$n.$$/branch
while [ -e {world.base}/hold ]; do sleep 0.1; done
echo "building and judging"
exit $(cat {world.base}/outcome 2>/dev/null || echo 0)
""")
    return record


def deploys(record):
    rows = []
    for folder in sorted(record.iterdir(), key=lambda path: int(path.name.split(".")[0])):
        rows.append({part: (folder / part).read_text().strip() for part in ("words", "folder", "files", "commit", "status", "branch")})
    return rows


def pushes_deploy(world):
    record = stand_in(world)
    (world.server / ".bashrc").unlink()  # git itself does not bear a login script that prints
    first = commit(world, "First, with an umlaut: ü", page__html="one", __gitignore="secret\n")
    pushed = world.git("push", "orbit", "main")
    says(pushed, f"Deploying {first[:12]} (main) to production", "building and judging", "is live")
    seen = deploys(record)[-1]
    assert seen["words"] == f"-p {world.project} --progress plain deploy -E production --commit {first}", seen
    assert seen["folder"].endswith("/" + world.project), seen
    assert seen["files"].split() == [".gitignore", "compose.yaml", "page.html"], seen
    assert seen["commit"] == f"{first}\nFirst, with an umlaut: ü\nAda", seen
    assert seen["status"] == "" and seen["branch"] == "main", seen
    assert not os.path.exists(seen["folder"]), "the checkout was left"

    count = len(deploys(record))
    world.git("push", "orbit", "HEAD:refs/heads/feature/x")
    pushed = world.git("push", "orbit", "HEAD:refs/heads/feature/y")
    says(pushed, "feature/y belongs to no environment", "x-orbit.branches")
    world.git("tag", "v1")
    says(world.git("push", "orbit", "v1"), "refs/tags/v1 is no branch")
    says(world.git("push", "orbit", ":feature/x"), "feature/x is deleted")
    assert len(deploys(record)) == count, "something was deployed that should not have been"


def outcomes_are_told(world):
    for status, words in ((3, "did not pass its gate"), (4, "was taken back"), (5, "was cancelled"), (1, "failed (exit status 1)")):
        (world.base / "outcome").write_text(str(status))
        commit(world, f"Ends with {status}")
        says(world.git("push", "orbit", "main"), words)
    (world.base / "outcome").unlink()


def branches_choose_environments(world):
    record = world.base / "deploys"
    compose = (world.folder / "compose.yaml").read_text()
    mapped = commit(world, "Staging", compose__yaml=compose + "x-orbit:\n  branches: {main: production, develop: staging}\n")
    pushed = world.git("push", "orbit", "main", "main:develop")
    says(pushed, "(main) to production", "(develop) to staging")
    words = [row["words"] for row in deploys(record)[-2:]]
    assert {row["branch"] for row in deploys(record)[-2:]} == {"main", "develop"}
    assert all(row["commit"].startswith(mapped) for row in deploys(record)[-2:])
    assert sorted(words) == [f"-p {world.project} --progress plain deploy -E {name} --commit {mapped}" for name in ("production", "staging")], words
    # Force: the branch goes back to where it was.
    world.git("reset", "--hard", "-q", "HEAD~1")
    back = commit(world, "Another way")
    assert world.git("push", "orbit", "main", check=False).returncode != 0
    world.git("push", "--force", "orbit", "main")
    assert deploys(record)[-1]["words"].endswith(back)


def a_newer_push_takes_over(world):
    """The older is still deploying when the newer comes: both are passed on, the daemon decides; a pusher that goes away ends nothing."""
    record = world.base / "deploys"
    (world.base / "hold").touch()
    count = len(deploys(record))
    commit(world, "Older")
    older = subprocess.Popen(["git", "push", "orbit", "main"], cwd=world.folder, env=world.env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    bench.wait_until(lambda: len(list(record.iterdir())) == count + 1, what="the older deploy")
    newest = commit(world, "Newer")
    newer = subprocess.Popen(["git", "push", "orbit", "main"], cwd=world.folder, env=world.env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    bench.wait_until(lambda: len(list(record.iterdir())) == count + 2, what="the newer deploy")
    older.kill()
    older.wait()
    (world.base / "hold").unlink()
    out, _ = newer.communicate(timeout=60)
    assert newer.returncode == 0 and "is live" in out, out
    assert deploys(record)[-1]["words"].endswith(newest)
    checkouts = world.server / f".orbit/{world.project}.git/orbit-checkouts"
    bench.wait_until(lambda: not list(checkouts.iterdir()), what="the checkouts to go")


def a_shallow_clone_pushes(world):
    """As a workflow's checkout does."""
    clone = world.base / "shallow" / world.project
    world.git("clone", "-q", "--depth", "1", f"file://{world.folder}", clone, folder=world.base)
    head = commit(world, "From a workflow", folder=clone)
    world.git("remote", "add", "orbit", world.git("remote", "get-url", "orbit").stdout.strip(), folder=clone)
    says(world.git("push", "orbit", "main", folder=clone), f"Deploying {head[:12]}", "is live")


def linking_twice_changes_nothing_and_ending_it_cleans_up(world):
    says(world.orbit("link", world.host), "Linked")
    assert world.git("remote").stdout.split() == ["orbit"]
    world.git("remote", "set-url", "orbit", "https://example.com/mine.git")
    says(world.orbit("link", world.host), "was left so")
    world.git("remote", "set-url", "orbit", world.repository)
    world.orbit("link", "--remove")
    assert world.orbit("link", check=False).returncode == 1
    assert world.git("remote").stdout == ""


def installs_below_a_folder(world):
    """As for an image of a machine with systemd; a second run has nothing left to write."""
    root = world.base / "root"
    (root / "run/systemd/system").mkdir(parents=True)
    (root / "etc/docker").mkdir(parents=True)
    (root / "etc/docker/daemon.json").write_text('{"dns": ["192.0.2.1"]}')
    assert world.orbit("server", "install", "--root", root, check=False).returncode == 1, "installed without being told to"
    world.orbit("server", "install", "--root", root, "--live-restore", "--yes")
    assert (root / "usr/local/bin/orbit").read_bytes() == bench.ORBIT.read_bytes()
    assert os.access(root / "usr/local/bin/orbit", os.X_OK)
    assert json.loads((root / "etc/docker/daemon.json").read_text()) == {"dns": ["192.0.2.1"], "live-restore": True}
    assert json.loads((root / "etc/docker/daemon.json.before-orbit").read_text()) == {"dns": ["192.0.2.1"]}
    assert "ExecStart=/usr/local/bin/orbit hold\n" in (root / "etc/systemd/system/orbit.service").read_text()
    again = world.orbit("server", "install", "--root", root, "--live-restore", "--print").stdout
    assert "+ install" not in again and "+ write" not in again and "+ set live-restore" not in again, again
    world.orbit("server", "uninstall", "--root", root, "--yes")
    assert not (root / "usr/local/bin/orbit").exists() and (root / "var/lib/orbit").exists()


def doctor_looks_at_the_server(world):
    """Over ssh, with a checks' list for programs; the namespace's own network is what it sees."""
    seen = run(world.laptop_bin / "ssh", "-p", PORT, f"root@{world.far}", "orbit", "doctor", "--json", check=False)
    report = json.loads(seen.stdout)
    checks = {check["check"]: check for check in report["checks"]}
    assert checks["daemon"]["health"] == "ok" and checks["engine"]["health"] == "ok", report
    assert seen.returncode == (0 if report["ok"] else 1)
    assert all(check["mend"] for check in report["checks"] if check["health"] == "fail"), report


def released(world):
    rows = json.loads(world.orbit("status", "--json").stdout)
    return [row["release"] for row in rows if row["project"] == world.project and row["environment"] == "production"]


def deploy_for_real(world):
    """What the stand-in stood for."""
    (world.bin / "stand-in").unlink()
    bench.need_engine("python:3.11-slim")
    world.orbit("link", world.host)
    world.orbit("--progress", "plain", "deploy")
    assert released(world) == ["r1"]
    says(world.git("push", "--force", "orbit", "HEAD:main"), "nothing changed")
    compose = (world.folder / "compose.yaml").read_text()
    commit(world, "Changed", compose__yaml=compose.replace(
        "    image:", "    environment: {MARK: two}\n    x-orbit: {release: {pace: 2s}}\n    image:"))
    says(world.git("push", "--force", "orbit", "HEAD:main"), "undo: orbit rollback")
    assert released(world) != ["r1"]
    world.orbit("down", "-E", "production", "-v", input=world.project, check=False)


def main():
    if os.geteuid() != 0:
        print("network namespaces want root")
        raise SystemExit(bench.SKIPPED)
    for program in ("sshd", "ssh", "git", "ip"):
        if not shutil.which(program):
            print(f"no {program} here")
            raise SystemExit(bench.SKIPPED)
    if run("ip", "netns", "list", check=False).returncode != 0:
        print("no network namespaces here")
        raise SystemExit(bench.SKIPPED)
    bench.need_engine()
    world = World()
    try:
        for part in (failures_are_told_apart, link_and_verbs, a_changed_host_key_is_named, a_key_for_the_api_alone,
                     nothing_is_left_behind, pushes_deploy,
                     outcomes_are_told, branches_choose_environments, a_newer_push_takes_over, a_shallow_clone_pushes,
                     linking_twice_changes_nothing_and_ending_it_cleans_up, installs_below_a_folder, doctor_looks_at_the_server,
                     deploy_for_real):
            part(world)
            print(part.__name__.replace("_", " "), flush=True)
    finally:
        world.close()


main()
