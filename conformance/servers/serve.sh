#!/usr/bin/env bash
# One of the servers that nobody here wrote.
#
#   serve.sh NAME version            says which one is there; ends with 1 where none is
#   serve.sh NAME install            installs it
#   serve.sh NAME start PORT FOLDER  runs it on a port of 127.0.0.1 until it is killed; the folder is empty
#   serve.sh names                   all names
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
probe=$root/conformance/probe
examples=${OWIN_EXAMPLES:-${CARGO_TARGET_DIR:-$root/target}/debug/examples}
venv=${OWIN_VENV:-${TMPDIR:-/tmp}/owin-conformance-venv}
PATH=$PATH:/usr/sbin

names() { printf '%s\n' nginx apache lighttpd haproxy node python uvicorn uvicorn-httptools hyper actix tiny_http; }

package() { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"; }

# The configuration of that name, filled in; its path is said.
configured() {
    sed "s#{port}#$port#g; s#{folder}#$folder#g" "$here/$1" >"$folder/$1"
    mkdir -p "$folder/files"
    # Servers that give root away must be able to read here.
    chmod 755 "$folder" "$folder/files"
    echo "$folder/$1"
}

crate_version() { awk -v name="\"$1\"" '$1 == "name" && $3 == name { getline; gsub("\"", "", $3); print $3 }' "$root/Cargo.lock"; }
distribution() { "$venv/bin/python" -c "import importlib.metadata as m; print('$1', m.version('$1'))"; }
crate() { test -x "$examples/bare_$1" && echo "$2 $(crate_version "$2")"; }
uvicorn_and() { echo "$(distribution uvicorn) on $(distribution "$1")"; }

version() {
    case $name in
    nginx) nginx -v 2>&1 | sed 's#.*nginx/#nginx #' ;;
    nginx-http2) nginx -v 2>&1 | sed 's#.*nginx/\(.*\)#nginx \1 with `listen … http2`#' ;;
    apache) apache2 -v | sed -n 's#.*Apache/\([^ ]*\).*#Apache \1#p' ;;
    lighttpd) lighttpd -v | sed 's#^lighttpd/\([^ ]*\).*#lighttpd \1#' ;;
    haproxy) haproxy -v | sed -n 's#^HAProxy version \([0-9.]*\).*#HAProxy \1#p' ;;
    haproxy-http2) haproxy -v | sed -n 's#^HAProxy version \([0-9.]*\).*#HAProxy \1 with `proto h2`#p' ;;
    node) node -p '"http of Node.js " + process.versions.node' ;;
    node-http2) node -p '"http2 of Node.js " + process.versions.node' ;;
    python) python3 -c 'import platform; print("http.server of Python", platform.python_version())' ;;
    uvicorn) test -x "$venv/bin/uvicorn" && uvicorn_and h11 ;;
    uvicorn-httptools) test -x "$venv/bin/uvicorn" && uvicorn_and httptools ;;
    hyper) crate hyper hyper ;;
    actix) crate actix actix-web ;;
    tiny_http) crate tiny_http tiny_http ;;
    esac
}

install() {
    case $name in
    nginx | nginx-http2) package nginx-light ;;
    apache) package apache2-bin ;;
    lighttpd) package lighttpd ;;
    haproxy | haproxy-http2) package haproxy ;;
    node | node-http2) package nodejs ;;
    python) package python3 ;;
    uvicorn | uvicorn-httptools) python3 -m venv "$venv" && "$venv/bin/pip" install -q -r "$here/requirements.txt" ;;
    *) cargo build -q --manifest-path "$root/Cargo.toml" -p owin-conformance --example "bare_$name" ;;
    esac
}

uvicorn_on() { exec "$venv/bin/uvicorn" --app-dir "$probe" --port "$port" --log-level critical --http "$1" probe_asgi:app; }

start() {
    case $name in
    nginx | nginx-http2)
        config=$(configured "$name.conf")
        exec nginx -p "$folder" -c "$config"
        ;;
    apache)
        config=$(configured apache.conf)
        echo hello >"$folder/files/index.html"
        exec apache2 -f "$config" -DFOREGROUND
        ;;
    lighttpd)
        config=$(configured lighttpd.conf)
        echo 'printf "Content-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n"' >"$folder/files/answer.sh"
        exec lighttpd -D -f "$config"
        ;;
    haproxy | haproxy-http2)
        config=$(configured "$name.cfg")
        exec haproxy -db -f "$config"
        ;;
    node) exec node "$probe/probe.mjs" "$port" ;;
    node-http2) exec node "$probe/probe.mjs" "$port" http2 ;;
    python) exec python3 "$probe/probe.py" "$port" ;;
    uvicorn) uvicorn_on h11 ;;
    uvicorn-httptools) uvicorn_on httptools ;;
    *) exec "$examples/bare_$name" "$port" ;;
    esac
}

name=$1
if [ "$name" = names ]; then
    names
    exit
fi
names | grep -qx "$name" || { echo "serve.sh: there is no server $name" >&2; exit 2; }
case ${2:-} in
version) version ;;
install) install ;;
start)
    port=$3 folder=$4
    start
    ;;
*)
    echo "serve.sh: NAME and version, install, or start PORT FOLDER" >&2
    exit 2
    ;;
esac
