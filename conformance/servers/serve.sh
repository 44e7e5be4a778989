#!/usr/bin/env bash
# One of the servers that nobody here wrote.
#
#   serve.sh NAME version             says which one is there; ends with 1 where none is
#   serve.sh NAME install             installs it
#   serve.sh NAME certificate FOLDER  makes the certificate that it shows to clients of TLS: cert.pem, which is
#                                     its own root
#   serve.sh NAME start PORT FOLDER   runs it on a port of 127.0.0.1 until it is killed; the folder has nothing,
#                                     or the certificate
#   serve.sh names                    all names
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
probe=$root/conformance/probe
examples=${OWIN_EXAMPLES:-${CARGO_TARGET_DIR:-$root/target}/debug/examples}
venv=${OWIN_VENV:-${TMPDIR:-/tmp}/owin-conformance-venv}
PATH=$PATH:/usr/sbin

# A name that ends with -http2 is a server that speaks HTTP/2 alone, and one that ends with -tls speaks TLS.
names() {
    printf '%s\n' nginx nginx-http2 nginx-tls apache apache-tls lighttpd lighttpd-tls haproxy haproxy-http2 haproxy-tls \
        node node-http2 node-tls python uvicorn uvicorn-httptools hyper actix tiny_http
}

package() { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"; }

# Where nobody has made a certificate, makes one with its key, and a file of both.
certificate() {
    test ! -e "$folder/cert.pem" || return 0
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -config "$here/openssl.cnf" \
        -keyout "$folder/key.pem" -out "$folder/cert.pem"
    cat "$folder/cert.pem" "$folder/key.pem" >"$folder/both.pem"
}

# The configuration of that name, filled in; its path is said.
configured() {
    sed "s#{port}#$port#g; s#{how}#${2:-}#g; s#{folder}#$folder#g" "$here/$1" >"$folder/$1"
    mkdir -p "$folder/files"
    # Servers that give root away must be able to read here.
    chmod 755 "$folder" "$folder/files"
    echo "$folder/$1"
}

crate_version() { awk -v name="\"$1\"" '$1 == "name" && $3 == name { getline; gsub("\"", "", $3); print $3 }' "$root/Cargo.lock"; }
distribution() { "$venv/bin/python" -c "import importlib.metadata as m; print('$1', m.version('$1'))"; }
crate() { test -x "$examples/bare_$1" && echo "$2 $(crate_version "$2")"; }
uvicorn_and() { echo "$(distribution uvicorn) on $(distribution "$1")"; }
nginx_version() { nginx -v 2>&1 | sed "s#.*nginx/\\([^ ]*\\).*#nginx \\1$1#"; }
apache_version() { apache2 -v | sed -n "s#.*Apache/\\([^ ]*\\).*#Apache \\1$1#p"; }
lighttpd_version() { lighttpd -v | sed "s#^lighttpd/\\([^ ]*\\).*#lighttpd \\1$1#"; }
haproxy_version() { haproxy -v | sed -n "s#^HAProxy version \\([0-9.]*\\).*#HAProxy \\1$1#p"; }
node_version() { node -p "'$1 of Node.js ' + process.versions.node + '$2'"; }

version() {
    case $name in
    *-tls) command -v openssl >/dev/null ;;
    esac
    case $name in
    nginx) nginx_version '' ;;
    nginx-http2) nginx_version ' with HTTP/2 alone' ;;
    nginx-tls) nginx_version ' with TLS' ;;
    apache) apache_version '' ;;
    apache-tls) test -e /usr/lib/apache2/modules/mod_ssl.so && apache_version ' with TLS' ;;
    lighttpd) lighttpd_version '' ;;
    lighttpd-tls) test -e /usr/lib/lighttpd/mod_openssl.so && lighttpd_version ' with TLS' ;;
    haproxy) haproxy_version '' ;;
    haproxy-http2) haproxy_version ' with HTTP/2 alone' ;;
    haproxy-tls) haproxy_version ' with TLS' ;;
    node) node_version http '' ;;
    node-http2) node_version http2 '' ;;
    node-tls) node_version http2 ' with TLS' ;;
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
    nginx*) package nginx-light openssl ;;
    apache*) package apache2-bin openssl ;;
    lighttpd*) package lighttpd lighttpd-mod-openssl openssl ;;
    haproxy*) package haproxy openssl ;;
    # Only where there is no other `node`: that of Debian 12 is 18, which is none that RESULTS.md is about.
    node*) package nodejs openssl ;;
    python) package python3 ;;
    uvicorn | uvicorn-httptools) python3 -m venv "$venv" && "$venv/bin/pip" install -q -r "$here/requirements.txt" ;;
    *) cargo build -q --manifest-path "$root/Cargo.toml" -p owin-conformance --example "bare_$name" ;;
    esac
}

uvicorn_on() { exec "$venv/bin/uvicorn" --app-dir "$probe" --port "$port" --log-level critical --http "$1" probe_asgi:app; }

nginx_by() {
    config=$(configured nginx.conf "$1")
    exec nginx -p "$folder" -c "$config"
}

apache_with() {
    config=$(configured apache.conf)
    echo hello >"$folder/files/index.html"
    exec apache2 -f "$config" -DFOREGROUND "$@"
}

lighttpd_by() {
    config=$(configured lighttpd.conf)
    config=$(configured "$1")
    echo 'printf "Content-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n"' >"$folder/files/answer.sh"
    exec lighttpd -D -f "$config"
}

haproxy_by() {
    config=$(configured haproxy.cfg "$1")
    exec haproxy -db -f "$config"
}

start() {
    case $name in
    *-tls) certificate ;;
    esac
    case $name in
    nginx) nginx_by '' ;;
    nginx-http2) nginx_by http2 ;;
    nginx-tls) nginx_by "ssl http2; ssl_certificate $folder/cert.pem; ssl_certificate_key $folder/key.pem" ;;
    apache) apache_with ;;
    apache-tls) apache_with -DTLS ;;
    lighttpd | lighttpd-tls) lighttpd_by "$name.conf" ;;
    haproxy) haproxy_by '' ;;
    haproxy-http2) haproxy_by 'proto h2' ;;
    haproxy-tls) haproxy_by "ssl crt $folder/both.pem alpn h2,http/1.1" ;;
    node) exec node "$probe/probe.mjs" "$port" ;;
    node-http2) exec node "$probe/probe.mjs" "$port" http2 ;;
    node-tls) exec node "$probe/probe.mjs" "$port" "$folder/both.pem" ;;
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
names | grep -x "$name" >/dev/null || { echo "serve.sh: there is no server $name" >&2; exit 2; }
case ${2:-} in
version) version ;;
install) install ;;
certificate)
    folder=$3
    certificate
    ;;
start)
    port=$3 folder=$4
    start
    ;;
*)
    echo "serve.sh: NAME and version, install, certificate FOLDER, or start PORT FOLDER" >&2
    exit 2
    ;;
esac
