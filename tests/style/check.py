#!/usr/bin/env python3
"""The style guide as a test (./dev check).

Floors: a room includes only rooms that rooms.txt allows it, through their doors.
Header weight: no header includes what costs every reader a second.
Lengths: files and functions stay under the limits; older exceptions stand in lengths.txt and may only shrink.
Names, sleeps in unit tests, sources nobody builds, words that do not belong in the project.
Prints one line a finding, `file:line: what, what to do`, and exits 1 if there is any.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE_LINES_MAX = 450
FUNCTION_LINES_MAX = 70
HEAVY = {"nlohmann/", "boost/", "regex", "libfyaml.h", "toml++/", "openssl/", "sqlite3.h", "curl/", "archive.h", "CLI/",
         "sodium.h", "fmt/", "iostream", "fstream", "filesystem", "sys/epoll.h", "iomanip", "sstream"}
OPEN_ROOMS = {"base", "model"}  # every header is public: plain words and nouns
TEST_DOORS = {"engine/fake.h"}
NAMES = re.compile(r"^\s*(?:class|struct|enum class)\s+(\w*(?:Manager|Impl|Helper|Util|Utils|Common))\b")
SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b|(?<![\w.>])sleep\(")
BANNED_WORDS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")

findings = []


def find(path, line, text):
    findings.append(f"{path.relative_to(ROOT)}:{line}: {text}")


def read_rooms():
    allowed, floor = {}, {}
    for number, line in enumerate((ROOT / "rooms.txt").read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        match = re.fullmatch(r"(\d+) ([a-z]+):(.*)", line)
        if not match:
            find(ROOT / "rooms.txt", number, f"cannot read {line!r}: expected 'floor room: rooms'")
            continue
        floor[match[2]] = int(match[1])
        allowed[match[2]] = set(match[3].split())
    for room, below in allowed.items():
        for other in below:
            if other not in floor:
                find(ROOT / "rooms.txt", 1, f"{room} names {other}, which is no room")
            elif floor[other] >= floor[room]:
                find(ROOT / "rooms.txt", 1, f"{room} (floor {floor[room]}) may not include {other} (floor {floor[other]})")
    return allowed


def includes(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#include\s+([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match[1] == '"', match[2]


def door_of(room):
    """The headers other rooms may include: the door and what the door itself includes of its room."""
    if room in OPEN_ROOMS:
        return None
    seen, todo = set(), [f"{room}/{room}.h"]
    while todo:
        header = todo.pop()
        path = ROOT / "src" / header
        if header in seen or not path.exists():
            continue
        seen.add(header)
        todo += [name for _, quoted, name in includes(path) if quoted and name.startswith(f"{room}/")]
    return seen


def check_includes(path, room, allowed, doors):
    test = path.name.endswith(("_test.cc", "_fuzz.cc", "_fixture.h"))
    for number, quoted, name in includes(path):
        if path.suffix == ".h" and any(name == heavy or (heavy.endswith("/") and name.startswith(heavy)) for heavy in HEAVY):
            find(path, number, f"a header includes <{name}>, which every reader pays for: move it into the .cc")
        if not quoted or "/" not in name:
            continue
        other = name.split("/")[0]
        if other == room or other == "support":
            continue
        if other not in allowed:
            find(path, number, f"includes {name}: {other} is no room of rooms.txt")
        elif other not in allowed.get(room, set()):
            find(path, number, f"{room} may not include {other} (rooms.txt)")
        elif doors[other] is not None and name not in doors[other] and not (test and name in TEST_DOORS):
            find(path, number, f"{name} is private to {other}: include {other}/{other}.h")


def functions(lines):
    """(name line, length) of each function body, by clang-format's shape: a body opens with '{' at a line's end and
    closes with '}' at the indent of the line its head began on."""
    for start, line in enumerate(lines):
        if not re.match(r"^\S.*\)\s*(const\s*)?(noexcept\s*)?(override\s*)?(->.*)?\{$", line):
            continue
        if re.match(r"^(namespace|struct|class|enum|extern|union|if|for|while|switch)\b", line):
            continue
        for end in range(start + 1, len(lines)):
            if lines[end].startswith("}"):
                yield start + 1, end - start + 1
                break


def read_lengths():
    path = ROOT / "tests/style/lengths.txt"
    return {key: int(value) for key, value in
            (line.rsplit(" ", 1) for line in path.read_text().splitlines() if line and not line.startswith("#"))}


def check_lengths(path, lines, exceptions, used):
    name = str(path.relative_to(ROOT))
    limit = exceptions.get(name, FILE_LINES_MAX)
    used.add(name)
    if len(lines) > limit:
        find(path, 1, f"{len(lines)} lines, at most {limit}: split it by what it does")
    elif name in exceptions and len(lines) < limit:
        find(path, 1, f"shrank to {len(lines)} lines: lower its line in tests/style/lengths.txt (or drop it)")
    if path.suffix == ".cc" and not path.name.endswith(("_test.cc", "_fuzz.cc")):
        longest = max(functions(lines), key=lambda f: f[1], default=(1, 0))
        key = f"{name} function"
        limit = exceptions.get(key, FUNCTION_LINES_MAX)
        used.add(key)
        if longest[1] > limit:
            find(path, longest[0], f"a function of {longest[1]} lines, at most {limit}: name its parts")
        elif key in exceptions and longest[1] < limit:
            find(path, longest[0], f"longest function shrank to {longest[1]}: lower tests/style/lengths.txt")


def check_source(path, room, exceptions, used):
    lines = path.read_text().splitlines()
    check_lengths(path, lines, exceptions, used)
    for number, line in enumerate(lines, 1):
        if match := NAMES.match(line):
            find(path, number, f"{match[1]}: name it by what it is, not Manager, Impl, Helper, Util or Common")
        if BANNED_WORDS.search(line):
            find(path, number, "finish it or file an issue; notes to oneself do not stay in the source")
        if path.name.endswith("_test.cc") and SLEEP.search(line) and "loop" not in line.lower():
            find(path, number, "a unit test does not sleep: move the FakeClock")


def check_headers_explain(path):
    if path.suffix == ".h" and not path.read_text().lstrip().startswith("//"):
        find(path, 1, "a header starts with a docstring: what it is, units, errors, thread rules, source")


def check_tracked_words():
    """No path or host of the machine it was made on, no key material."""
    words = re.compile(r"/work/(main|wt|shared|notes)\b|BEGIN (RSA |EC |OPENSSH )?PRIVATE KEY")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    for name in tracked:
        path = ROOT / name
        if path == pathlib.Path(__file__) or not path.is_file() or path.stat().st_size > 1 << 20:
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if words.search(line):
                find(path, number, "names this machine or holds a key: take it out")


def main():
    allowed = read_rooms()
    doors = {room: door_of(room) for room in allowed}
    exceptions, used = read_lengths(), set()
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix not in {".h", ".cc"}:
            continue
        room = path.relative_to(ROOT / "src").parts[0]
        if room not in allowed:
            find(path, 1, f"room {room} is missing in rooms.txt")
            continue
        check_includes(path, room, allowed, doors)
        check_source(path, room, exceptions, used)
        check_headers_explain(path)
    for key in exceptions.keys() - used:
        findings.append(f"tests/style/lengths.txt:1: {key} is gone: drop its line")
    check_tracked_words()
    print("\n".join(findings) if findings else "style: nothing to say")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
