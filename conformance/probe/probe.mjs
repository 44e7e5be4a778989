// The probe contract, version 1, on nothing but Node's http and http2.
//
// node probe.mjs 8080 listens on that port of 127.0.0.1, and node probe.mjs 8080 http2 speaks HTTP/2
// there. node probe.mjs 8080 both.pem speaks both over TLS, with the certificate and the key in that file.
// README.md beside this file is the contract.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import http2 from "node:http2";

const KEPT = 65536;
const PIECE = 16384;
const PATTERN = Buffer.from(Array.from({ length: PIECE + 251 }, (_, at) => ((at % 251) * 31) % 251));

/** How often the app was called with a nonce. */
const calls = new Map();

/** Those who wait, by the name of what they wait for. */
const gates = new Map();

/** What became of calls, by their nonces. */
const fates = new Map();

function add(nonce) {
  calls.set(nonce, (calls.get(nonce) ?? 0) + 1);
  if (calls.size > KEPT) {
    calls.delete(calls.keys().next().value);
  }
}

/** Decodes escapes, and leaves alone what is none. */
function decoded(text) {
  const plain = text.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(plain, "latin1").toString("utf8");
}

async function answer(request, response) {
  const [whole, ...rest] = request.url.split("?");
  const query = rest.join("?");
  const path = decoded(whole.replace(/^https?:\/\/[^/]*/i, "") || "/");
  const parameters = query.split("&").map((part) => {
    const [name, ...value] = part.split("=");
    return [name, decoded(value.join("="))];
  });
  const nonce = parameters.find(([name]) => name === "nonce")?.[1] ?? "";
  const name = path.startsWith("/.probe/") ? path.split("/")[2] : "";
  if (!["count", "version", "release", "fate"].includes(name)) {
    add(nonce);
  }
  switch (name) {
    case "version":
      return say(response, { probe: 1, app: "probe.mjs", features: ["steps", "cancel"] });
    case "count":
      return say(response, { count: calls.get(nonce) ?? 0 });
    case "echo":
      return say(response, await seen(request, path, query));
    case "reply":
      return told(nonce, response, () => reply(request, response, parameters));
    case "release":
      gate(nonce).open();
      return response.end();
    case "fate":
      return say(response, fates.get(nonce) ?? { began: false });
    case "unread":
      return told(nonce, response, () => response.end("unread\n"));
    case "fail":
      return told(nonce, response, () => fail(response, parameters));
    default:
      response.statusCode = 404;
      return response.end();
  }
}

/** What the app saw of its request, once the body has been read. */
async function seen(request, path, query) {
  const digest = createHash("sha256");
  let length = 0;
  for await (const piece of request) {
    digest.update(piece);
    length += piece.length;
  }
  return {
    method: request.method,
    target: request.url,
    scheme: request.socket.encrypted ? "https" : "http",
    path_base: "",
    path,
    query,
    protocol: `HTTP/${request.httpVersion}`,
    headers: lines(request),
    trailers: pairs(request.rawTrailers),
    body_length: length,
    body_sha256: digest.digest("hex"),
  };
}

/** The field lines. In HTTP/2 Node has the host beside them, and joins cookies where apps look. */
function lines(request) {
  const all = pairs(request.rawHeaders);
  if (request.httpVersionMajor < 2) {
    return all;
  }
  const own = all.filter(([name]) => !name.startsWith(":") && name !== "cookie");
  const { ":authority": host, cookie } = request.headers;
  const others = Object.entries({ host, cookie }).filter(([, value]) => value !== undefined);
  return [...others, ...own.filter(([name]) => name !== "host" || host === undefined)];
}

function pairs(raw) {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at], raw[2 * at + 1]]);
}

function say(response, value) {
  const body = JSON.stringify(value);
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

/** Makes a call, and keeps what becomes of it. */
async function told(nonce, response, call) {
  const fate = { began: true, cancelled: false, written: 0, failed: null, ended: false };
  fates.set(nonce, fate);
  if (fates.size > KEPT) {
    fates.delete(fates.keys().next().value);
  }
  response.fate = fate;
  response.gone = new Promise((gone) => response.once("close", gone));
  response.gone.then(() => (fate.cancelled = !response.writableFinished));
  try {
    await call();
  } finally {
    fate.ended = true;
  }
}

/** Does what the parameters say, in their order. */
async function reply(request, response, parameters) {
  for (const [name, value] of parameters) {
    await step(request, response, name, value);
  }
  response.end();
}

async function step(request, response, name, value) {
  switch (name) {
    case "status":
      response.statusCode = Number(value);
      return;
    case "reason":
      response.statusMessage = value;
      return;
    case "header": {
      const colon = value.indexOf(":");
      response.appendHeader(value.slice(0, colon), value.slice(colon + 1));
      return;
    }
    case "body":
      response.end(value);
      return;
    case "chunk":
    case "write":
      return written(response, value);
    case "bytes":
      for (let from = 0; from < Number(value); from += PIECE) {
        await written(response, pattern(from, Math.min(PIECE, Number(value) - from)));
      }
      return;
    case "flush":
      response.flushHeaders();
      return;
    case "read":
      try {
        for await (const _ of request) {
          if (value !== "") {
            return;
          }
        }
      } catch (error) {
        response.fate.failed = "read";
        throw error;
      }
      return;
    case "wait":
      await Promise.race([gate(value).opened, response.gone]);
      return;
    case "blind":
      await gate(value).opened;
      return;
    default:
  }
}

/** Writes a piece, and waits until the socket has taken it. */
function written(response, piece) {
  return new Promise((taken, failed) => {
    response.write(piece, (error) => {
      if (error) {
        response.fate.failed = "write";
        failed(error);
        return;
      }
      response.fate.written += Buffer.byteLength(piece);
      taken();
    });
  });
}

/** Bytes in which no piece is like its neighbour. */
function pattern(from, length) {
  return PATTERN.subarray(from % 251, (from % 251) + length);
}

/** Where calls wait until they are told to go on; it opens once, and stays open. */
function gate(name) {
  if (!gates.has(name)) {
    let open;
    const opened = new Promise((done) => (open = done));
    gates.set(name, { opened, open });
    if (gates.size > KEPT) {
      gates.delete(gates.keys().next().value);
    }
  }
  return gates.get(name);
}

async function fail(response, parameters) {
  response.setHeader("X-Before", "the failure");
  for (const [, text] of parameters.filter(([name]) => name === "chunk")) {
    await written(response, text);
  }
  throw new Error("the probe was told to fail");
}

function server() {
  switch (protocol) {
    case "http":
      return http.createServer(serve);
    case "http2":
      return http2.createServer(serve);
    default: {
      const pem = readFileSync(protocol);
      return http2.createSecureServer({ cert: pem, key: pem, allowHTTP1: true }, serve);
    }
  }
}

// Node ends the whole process where nobody catches what an app throws, so that an app has to.
function serve(request, response) {
  answer(request, response).catch(() => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.getHeaderNames().forEach((name) => response.removeHeader(name));
    response.statusMessage = undefined;
    response.writeHead(500, { "Content-Length": 0 }).end();
  });
}

const [port, protocol = "http"] = process.argv.slice(2);
server().listen(Number(port), "127.0.0.1");
