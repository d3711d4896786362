"""WebSockets that talk without pause: an echo behind the edge, and talkers that tell a proper close from any other end."""
import base64
import hashlib
import os
import socket
import socketserver
import struct
import threading
import time

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CLOSE = 8
AWAY = (1001, 1012)  # going away, service restart


def read_exactly(stream, count):
    data = stream.read(count)
    if len(data) < count:
        raise ConnectionError("ended without a close frame")
    return data


def read_frame(stream):
    """Opcode and payload of a frame of less than 126 bytes."""
    first, second = read_exactly(stream, 2)
    mask = read_exactly(stream, 4) if second & 0x80 else b"\0\0\0\0"
    payload = read_exactly(stream, second & 0x7F)
    return first & 0x0F, bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def frame(opcode, payload, mask=b""):
    body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)) if mask else payload
    return bytes([0x80 | opcode, len(payload) | (0x80 if mask else 0)]) + mask + body


def read_head(stream):
    lines = []
    while (line := stream.readline()) not in (b"\r\n", b""):
        lines.append(line.decode().strip())
    if line == b"":
        raise ConnectionError("ended within a head")
    return lines


class Echo(socketserver.ThreadingTCPServer):
    """An origin that says back what it hears."""
    daemon_threads = allow_reuse_address = True
    name, host = "echo", "127.0.0.1"

    class Talk(socketserver.StreamRequestHandler):
        def handle(self):
            try:
                fields = dict(line.lower().split(": ", 1)[:1] + line.split(": ", 1)[1:] for line in read_head(self.rfile)[1:])
                accept = base64.b64encode(hashlib.sha1(fields["sec-websocket-key"].encode() + MAGIC).digest())
                self.wfile.write(b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                 b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
                while True:
                    opcode, payload = read_frame(self.rfile)
                    self.wfile.write(frame(opcode, payload))
                    if opcode == CLOSE:
                        return
            except (ConnectionError, TimeoutError):
                pass

    def __init__(self):
        super().__init__((self.host, 0), Echo.Talk)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


class Talkers:
    """Each on a WebSocket of its own, a message every `pause` seconds; opens another after a proper close, and only then."""

    def __init__(self, port, count=8, host="echo.localhost", pause=0.05):
        self.port, self.host, self.pause = port, host, pause
        self.messages = self.closes = 0
        self.failures = []
        self.lock, self.ending = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self.talk, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def talk(self):
        try:
            while not self.ending.is_set():
                with socket.create_connection(("127.0.0.1", self.port), timeout=20) as to:
                    self.converse(to)
        except Exception as problem:  # pylint: disable=broad-except
            with self.lock:
                self.failures.append(f"{type(problem).__name__}: {problem}")

    def converse(self, to):
        stream = to.makefile("rb")
        to.sendall(f"GET / HTTP/1.1\r\nHost: {self.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n"
                   .encode())
        status = read_head(stream)[0]
        assert " 101 " in status, status
        said = 0
        while not self.ending.wait(self.pause):
            said += 1
            to.sendall(frame(1, str(said).encode(), os.urandom(4)))
            opcode, payload = read_frame(stream)
            if opcode == CLOSE:
                code = struct.unpack("!H", payload[:2])[0]
                assert code in AWAY, f"closed with {code}"
                with self.lock:
                    self.closes += 1
                return
            assert payload == str(said).encode(), payload
            with self.lock:
                self.messages += 1

    def stop(self):
        """Messages answered, proper closes, and what went wrong."""
        self.ending.set()
        deadline = time.monotonic() + 30
        for thread in self.threads:
            thread.join(max(0, deadline - time.monotonic()))
            assert not thread.is_alive(), "a talker hangs"
        return self.messages, self.closes, self.failures
