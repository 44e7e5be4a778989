"""The probe contract, version 1, as an app of ASGI 3.

uvicorn --app-dir conformance/probe probe_asgi:app hosts it on uvicorn. README.md beside this file is
the contract.
"""

import collections
import hashlib
import json
import urllib.parse

KEPT = 65536

# How often the app was called with a nonce.
CALLS = collections.OrderedDict()


class Broken(Exception):
    """The body of a request broke off."""


class Failed(Exception):
    """The app was told to fail."""


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    query = scope["query_string"].decode("latin-1")
    parameters = [
        (name, urllib.parse.unquote(value))
        for name, _, value in (part.partition("=") for part in query.split("&"))
    ]
    nonce = next((value for name, value in parameters if name == "nonce"), "")
    path = scope["path"]
    name = path[len("/.probe/"):].split("/")[0] if path.startswith("/.probe/") else ""
    if name not in ("count", "version"):
        add(nonce)
    if name == "version":
        await say(send, {"probe": 1, "app": "probe_asgi.py"})
    elif name == "count":
        await say(send, {"count": CALLS.get(nonce, 0)})
    elif name == "echo":
        await say(send, await seen(scope, receive, query))
    elif name == "reply":
        await reply(send, parameters)
    elif name == "unread":
        await whole(send, 200, [], b"unread\n")
    elif name == "fail":
        await fail(send, parameters)
    else:
        await whole(send, 404, [], b"")


async def lifespan(receive, send):
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


def add(nonce):
    CALLS[nonce] = CALLS.get(nonce, 0) + 1
    if len(CALLS) > KEPT:
        CALLS.popitem(last=False)


async def seen(scope, receive, query):
    """Reads the body, and says what the request was."""
    digest, length, more = hashlib.sha256(), 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Broken
        digest.update(message.get("body", b""))
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    headers = scope["headers"]
    return {
        "method": scope["method"],
        "target": None,
        "scheme": scope["scheme"],
        "path_base": scope.get("root_path", ""),
        "path": scope["path"],
        "query": query,
        "protocol": "HTTP/" + scope["http_version"],
        "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers],
        "trailers": [],
        "body_length": length,
        "body_sha256": digest.hexdigest(),
    }


async def reply(send, parameters):
    """Does what the parameters say, in their order. ASGI has no place for a phrase, so that one is lost."""
    status, fields, has_started = 200, [], False
    for name, value in parameters:
        if name == "status":
            status = int(value)
        elif name == "header":
            fields.append(tuple(part.encode("latin-1") for part in value.split(":", 1)))
        elif name == "body":
            await whole(send, status, fields, value.encode())
            return
        elif name == "chunk":
            if not has_started:
                has_started = True
                start = {"type": "http.response.start", "status": status}
                await send(start | {"headers": list(fields)})
            await send({"type": "http.response.body", "body": value.encode(), "more_body": True})
    if has_started:
        await send({"type": "http.response.body", "body": b""})
    else:
        await whole(send, status, fields, b"")


async def fail(send, parameters):
    """Fails. Nothing is sent by a start alone, so that there is one only where a piece follows."""
    for _, text in (pair for pair in parameters if pair[0] == "chunk"):
        start = {"type": "http.response.start", "status": 200, "headers": [(b"x-before", b"it")]}
        await send(start)
        await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
    raise Failed


async def say(send, value):
    await whole(send, 200, [(b"content-type", b"application/json")], json.dumps(value).encode())


async def whole(send, status, fields, body):
    has_body = status not in (204, 304)
    if has_body:
        fields = fields + [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body if has_body else b""})
