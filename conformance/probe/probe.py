#!/usr/bin/env python3
"""The probe contract, version 1, on nothing but Python's standard library.

python3 probe.py 8080 listens on that port of 127.0.0.1. README.md beside this file is the contract.
"""

import collections
import hashlib
import http.server
import json
import re
import sys
import threading
import urllib.parse

KEPT = 65536


class Calls:
    """How often the app was called with a nonce."""

    def __init__(self):
        self.lock = threading.Lock()
        self.counts = collections.OrderedDict()

    def add(self, nonce):
        with self.lock:
            self.counts[nonce] = self.counts.get(nonce, 0) + 1
            if len(self.counts) > KEPT:
                self.counts.popitem(last=False)

    def of(self, nonce):
        with self.lock:
            return self.counts.get(nonce, 0)


class Fates:
    """What became of calls, by their nonces, and the gates at which some of them wait."""

    def __init__(self):
        self.lock = threading.Lock()
        self.gates = collections.OrderedDict()
        self.fates = collections.OrderedDict()

    def gate(self, name):
        with self.lock:
            gate = self.gates.setdefault(name, threading.Event())
            if len(self.gates) > 4096:
                self.gates.popitem(last=False)[1].set()
            return gate

    def begin(self, nonce):
        fate = {"began": True, "cancelled": False, "failed": None, "written": 0, "ended": False}
        with self.lock:
            self.fates[nonce] = fate
            if len(self.fates) > 4096:
                self.fates.popitem(last=False)
        return fate

    def of(self, nonce):
        with self.lock:
            return self.fates.get(nonce, {"began": False})


CALLS = Calls()
FATES = Fates()

# A name and a value as they may stand in a head; http.server would write whatever it is given.
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
TEXT = re.compile("[^\x00-\x08\x0a-\x1f\x7f]*")
FRAMING = ("connection", "content-length", "transfer-encoding")


class Broken(Exception):
    """The body of a request cannot be read."""


class Failed(Exception):
    """The app was told to fail."""


class Probe(http.server.BaseHTTPRequestHandler):
    """One connection. The server below reads heads; bodies and framing are read here."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __getattr__(self, name):
        # http.server looks for a method for each method of HTTP: all are answered alike.
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def log_message(self, *_):
        pass

    def answer(self):
        path, _, query = self.path.partition("?")
        if "://" in path:
            path = "/" + path.split("://", 1)[1].partition("/")[2]
        path = urllib.parse.unquote(path)
        parameters = [
            (name, urllib.parse.unquote(value))
            for name, _, value in (part.partition("=") for part in query.split("&"))
        ]
        nonce = next((value for name, value in parameters if name == "nonce"), "")
        name = path[len("/.probe/"):].split("/")[0] if path.startswith("/.probe/") else ""
        self.has_read = False
        self.has_started = False
        self.fate = {}
        self.body = None
        try:
            self.framing()
            if name not in ("count", "version", "fate", "release"):
                CALLS.add(nonce)
                self.fate = FATES.begin(nonce)
            self.call(name, path, query, parameters, nonce)
            if not self.has_read:
                self.left()
        except Broken:
            self.close_connection = True
            if not self.has_started:
                self.send(400, [], b"")
        except (Failed, ValueError):
            self.close_connection = True
            if not self.has_started:
                self.send(500, [], b"")
        except OSError:
            # The client has gone.
            self.close_connection = True
        finally:
            self.fate["ended"] = True

    def call(self, name, path, query, parameters, nonce):
        if name == "version":
            self.say({"probe": 1, "app": "probe.py", "features": ["steps", "addresses"]})
        elif name == "count":
            self.say({"count": CALLS.of(nonce)})
        elif name == "echo":
            self.say(self.seen(path, query))
        elif name == "reply":
            self.reply(parameters)
        elif name == "fate":
            self.say(FATES.of(nonce))
        elif name == "release":
            FATES.gate(nonce).set()
            self.send(200, [], b"")
        elif name == "connection":
            remote, local = self.client_address, self.connection.getsockname()
            self.say({
                "remote_ip": remote[0],
                "remote_port": str(remote[1]),
                "local_ip": local[0],
                "local_port": str(local[1]),
                "is_local": remote[0] == local[0],
            })
        elif name == "unread":
            self.send(200, [], b"unread\n")
        elif name == "fail":
            for _, text in (pair for pair in parameters if pair[0] == "chunk"):
                self.start(200, [("Transfer-Encoding", "chunked")])
                self.chunk(text.encode())
            raise Failed
        else:
            self.send(404, [], b"")

    # The request.

    def framing(self):
        """Refuses what could be framed in two ways."""
        options = ",".join(self.headers.get_all("Connection", [])).lower().split(",")
        if "close" in (option.strip() for option in options):
            self.close_connection = True
        hosts = self.headers.get_all("Host", [])
        if self.request_version == "HTTP/1.1" and len(hosts) != 1:
            raise Broken
        codings = self.headers.get_all("Transfer-Encoding", [])
        lengths = self.headers.get_all("Content-Length", [])
        if len(codings) + len(lengths) > 1:
            raise Broken
        if codings and (codings[0].lower() != "chunked" or self.request_version == "HTTP/1.0"):
            raise Broken
        if lengths and not (lengths[0].isascii() and lengths[0].isdigit()):
            raise Broken
        self.is_chunked = bool(codings)
        self.length = int(lengths[0]) if lengths else 0

    def handle_expect_100(self):
        # It is answered when the body is read.
        return True

    def pieces(self):
        if self.has_read:
            return
        self.has_read = True
        if self.headers.get("Expect") and self.request_version == "HTTP/1.1":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self.is_chunked:
            yield from self.chunks()
            return
        left = self.length
        while left:
            piece = self.rfile.read(min(left, 65536))
            if not piece:
                raise Broken
            left -= len(piece)
            yield piece

    def chunks(self):
        while True:
            size = self.line().split(b";")[0]
            if not size or len(size) > 16 or size.strip(b"0123456789abcdefABCDEF"):
                raise Broken
            size = int(size, 16)
            if not size:
                break
            data = self.rfile.read(size)
            if len(data) < size or self.rfile.read(2) != b"\r\n":
                raise Broken
            yield data
        self.trailers = []
        while line := self.line():
            name, _, value = line.decode("latin-1").partition(":")
            self.trailers.append([name, value.strip(" \t")])

    def line(self):
        line = self.rfile.readline(8192)
        if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
            raise Broken
        return line[:-2]

    def left(self):
        """Reads what nobody wanted of a body, or lets the connection end."""
        if self.length > 262144:
            self.close_connection = True
            return
        for _ in self.pieces():
            pass

    def seen(self, path, query):
        digest, length = hashlib.sha256(), 0
        self.trailers = []
        for piece in self.pieces():
            digest.update(piece)
            length += len(piece)
        return {
            "method": self.command,
            "target": self.path,
            "scheme": "http",
            "path_base": "",
            "path": path,
            "query": query,
            "protocol": self.request_version,
            "headers": self.lines(),
            "trailers": self.trailers,
            "body_length": length,
            "body_sha256": digest.hexdigest(),
        }

    def lines(self):
        """The lines of the head, with the host that was asked for."""
        lines = [[name, value.strip(" \t")] for name, value in self.headers.items()]
        authority = self.path.split("://", 1)[1].partition("/")[0] if "://" in self.path else ""
        if authority:
            lines = [line for line in lines if line[0].lower() != "host"]
        if authority or not any(line[0].lower() == "host" for line in lines):
            lines.append(["Host", authority or "%s:%d" % self.connection.getsockname()])
        return lines

    # The response.

    def reply(self, parameters):
        self.head, self.waiting, self.left_over = (200, None, []), [], None
        for name, value in parameters:
            self.step(name, value)
        self.out(is_end=True)

    def step(self, name, value):
        status, reason, fields = self.head
        if name == "status":
            if not 200 <= int(value) <= 999:
                raise Failed
            self.head = (int(value), reason, fields)
        elif name == "reason":
            self.head = (status, legal(TEXT, value), fields)
        elif name == "header" and not self.has_started:
            own, colon, text = value.partition(":")
            if not colon:
                raise Failed
            fields.append((legal(NAME, own), legal(TEXT, text)))
        elif name in ("body", "write", "chunk"):
            self.waiting.append(value.encode())
            self.fate["written"] += len(value)
            if name == "chunk":
                self.out()
        elif name == "flush":
            self.out()
        elif name == "bytes":
            for at in range(0, int(value), 16384):
                piece = pattern(at, min(16384, int(value) - at))
                self.waiting.append(piece)
                self.out()
                self.fate["written"] += len(piece)
        elif name == "read":
            self.read(value)
        elif name in ("wait", "blind"):
            FATES.gate(value).wait()

    def read(self, value):
        try:
            self.body = self.body or self.pieces()
            if value:
                next(self.body, None)
            else:
                collections.deque(self.body, maxlen=0)
        except (Broken, OSError):
            self.fate["failed"] = "read"
            raise

    def out(self, is_end=False):
        """Sends what waits; starts the response, if it has not."""
        body, self.waiting = b"".join(self.waiting), []
        if not self.has_started:
            self.begin(len(body) if is_end else None)
        try:
            if self.is_bodiless:
                return
            if self.left_over is not None:
                if len(body) > self.left_over:
                    raise Failed
                self.left_over -= len(body)
            if self.is_coded and body:
                self.chunk(body)
            elif body:
                self.wfile.write(body)
            if is_end and self.is_coded:
                self.chunk(b"")
        except OSError:
            self.fate["failed"] = "write"
            raise
        if is_end and self.left_over:
            raise Failed

    def begin(self, length):
        """Writes the head; the framing is not the app's, but the length that it declares."""
        status, reason, fields = self.head
        declared = {value for name, value in fields if name.lower() == "content-length"}
        if len(declared) > 1 or any(not (text.isascii() and text.isdigit()) for text in declared):
            raise Failed
        if any(n.lower() == "connection" and v.lower() == "close" for n, v in fields):
            self.close_connection = True
        fields = [field for field in fields if field[0].lower() not in FRAMING]
        length = int(declared.pop()) if declared else length
        self.is_bodiless = self.command == "HEAD" or status in (204, 304)
        self.is_coded = False
        if status not in (204, 304) and length is not None:
            self.left_over = length
            fields.append(("Content-Length", str(length)))
        elif status not in (204, 304) and self.request_version == "HTTP/1.1":
            self.is_coded = True
            fields.append(("Transfer-Encoding", "chunked"))
        self.start(status, fields, reason)

    def say(self, value):
        body = json.dumps(value).encode()
        self.send(200, [("Content-Type", "application/json")], body)

    def send(self, status, fields, body, reason=None):
        has_body = status not in (204, 304)
        if has_body:
            fields = fields + [("Content-Length", str(len(body)))]
        self.start(status, fields, reason)
        if has_body and self.command != "HEAD":
            self.wfile.write(body)

    def start(self, status, fields, reason=None):
        self.has_started = True
        self.send_response(status, reason)
        for name, value in fields:
            self.send_header(name, value)
        if self.request_version == "HTTP/1.0" or self.close_connection:
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()


def legal(form, text):
    """The text, where it has that form and is ASCII, else the app has failed."""
    if not form.fullmatch(text) or not text.isascii():
        raise Failed
    return text


def pattern(at, length):
    one = bytes(place % 251 * 31 % 251 for place in range(at, at + 251))
    return (one * (length // 251 + 1))[:length]


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, request, client_address):
        # A client that goes away is no error of the server's.
        pass


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1])), Probe).serve_forever()
