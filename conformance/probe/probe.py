#!/usr/bin/env python3
"""The probe contract, version 1, on nothing but Python's standard library.

python3 probe.py 8080 listens on that port of 127.0.0.1. README.md beside this file is the contract.
"""

import collections
import hashlib
import http.server
import json
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


CALLS = Calls()


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
        try:
            self.framing()
            if name not in ("count", "version"):
                CALLS.add(nonce)
            self.call(name, path, query, parameters, nonce)
            if not self.has_read:
                self.left()
        except Broken:
            self.close_connection = True
            if not self.has_started:
                self.send(400, [], b"")
        except Failed:
            self.close_connection = True
            if not self.has_started:
                self.send(500, [], b"")

    def call(self, name, path, query, parameters, nonce):
        if name == "version":
            self.say({"probe": 1, "app": "probe.py"})
        elif name == "count":
            self.say({"count": CALLS.of(nonce)})
        elif name == "echo":
            self.say(self.seen(path, query))
        elif name == "reply":
            self.reply(parameters)
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
            "headers": [[name, value.strip(" \t")] for name, value in self.headers.items()],
            "trailers": self.trailers,
            "body_length": length,
            "body_sha256": digest.hexdigest(),
        }

    # The response.

    def reply(self, parameters):
        status, reason, fields, body, chunks = 200, None, [], b"", []
        for name, value in parameters:
            if name == "status":
                status = int(value)
            elif name == "reason":
                reason = value
            elif name == "header":
                fields.append(tuple(value.split(":", 1)))
            elif name == "body":
                body = value.encode()
            elif name == "chunk":
                chunks.append(value.encode())
        if not chunks:
            self.send(status, fields, body, reason)
            return
        self.start(status, fields + [("Transfer-Encoding", "chunked")], reason)
        for chunk in chunks:
            self.chunk(chunk)
        self.chunk(b"")

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


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, request, client_address):
        # A client that goes away is no error of the server's.
        pass


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1])), Probe).serve_forever()
