// The probe contract, version 1, on nothing but Node's http.
//
// node probe.mjs 8080 listens on that port of 127.0.0.1. README.md beside this file is the contract.

import { createHash } from "node:crypto";
import { createServer } from "node:http";

const KEPT = 65536;

/** How often the app was called with a nonce. */
const calls = new Map();

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
  if (name !== "count" && name !== "version") {
    add(nonce);
  }
  switch (name) {
    case "version":
      return say(response, { probe: 1, app: "probe.mjs" });
    case "count":
      return say(response, { count: calls.get(nonce) ?? 0 });
    case "echo":
      return say(response, await seen(request, path, query));
    case "reply":
      return reply(response, parameters);
    case "unread":
      return response.end("unread\n");
    case "fail":
      return fail(response, parameters);
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
    scheme: "http",
    path_base: "",
    path,
    query,
    protocol: `HTTP/${request.httpVersion}`,
    headers: pairs(request.rawHeaders),
    trailers: pairs(request.rawTrailers),
    body_length: length,
    body_sha256: digest.digest("hex"),
  };
}

function pairs(raw) {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at], raw[2 * at + 1]]);
}

function say(response, value) {
  const body = JSON.stringify(value);
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

function reply(response, parameters) {
  let body = "";
  for (const [name, value] of parameters) {
    if (name === "status") {
      response.statusCode = Number(value);
    } else if (name === "reason") {
      response.statusMessage = value;
    } else if (name === "header") {
      const colon = value.indexOf(":");
      response.appendHeader(value.slice(0, colon), value.slice(colon + 1));
    } else if (name === "chunk") {
      response.write(value);
    } else if (name === "body") {
      body = value;
    }
  }
  response.end(body);
}

async function fail(response, parameters) {
  response.setHeader("X-Before", "the failure");
  for (const [, text] of parameters.filter(([name]) => name === "chunk")) {
    await new Promise((written) => response.write(text, written));
  }
  throw new Error("the probe was told to fail");
}

// Node ends the whole process where nobody catches what an app throws, so that an app has to.
const server = createServer((request, response) => {
  answer(request, response).catch(() => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.getHeaderNames().forEach((name) => response.removeHeader(name));
    response.statusCode = 500;
    response.statusMessage = "";
    response.end();
  });
});

server.listen(Number(process.argv[2]), "127.0.0.1");
