#!/usr/bin/env bash
# Tries the servers that nobody here wrote, all or those that are named, and installs what is missing.
#
#   bash conformance/servers/run.sh [NAME...]
#
# It ends with 0 where each does what its file of expectations says. Where all were tried, it writes
# conformance/RESULTS.md. The reports as JSON, a page of all of them with what went over the connections,
# and what the servers print are in target/servers/.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"
target=${CARGO_TARGET_DIR:-$root/target}
out=$target/servers
all=$(bash "$here/serve.sh" names)
wanted=${*:-$all}

cargo build -q -p owin-conformance --bins --examples
rm -rf "$out"
mkdir -p "$out"
scratch=$(mktemp -d)
chmod 755 "$scratch"
trap 'rm -rf "$scratch"' EXIT

# The profiles that a server is tried with: those of the probe where it hosts one, `http2` where it speaks
# HTTP/2, and with TLS what differs by it. tiny_http dies of `limits`, by which a run ends with 3 however it is
# expected: a chunk size is allocated as it comes, and what one client pipelines takes all threads that there are.
profiles() {
    case $1 in
        tiny_http) echo http1 smuggling ;;
        node | python | uvicorn*) echo required common lifetime http1 smuggling limits ;;
        *-http2) echo http2 ;;
        *-tls) echo http1 http2 tls ;;
        apache | lighttpd | haproxy | hyper | actix) echo http1 smuggling limits http2 ;;
        *) echo http1 smuggling limits ;;
    esac
}

# How the suite comes to it: over TLS by a certificate that is made here.
way() {
    case $1 in
        *-tls) bash "$here/serve.sh" "$1" certificate "$scratch/$1" && echo "--tls --ca $scratch/$1/cert.pem" ;;
    esac
}

code=0
reports=()
for name in $wanted; do
    bash "$here/serve.sh" "$name" version >/dev/null 2>&1 || bash "$here/serve.sh" "$name" install
    version=$(bash "$here/serve.sh" "$name" version)
    printf '== %s\n' "$version"
    mkdir "$scratch/$name"
    way=$(way "$name")
    "$target/debug/owin-conformance" run --quiet --name "$version" --seed 7 $way \
        $(profiles "$name" | sed 's/[^ ]*/--profile &/g') \
        --command "exec bash '$here/serve.sh' $name start {port} '$scratch/$name'" \
        --server-log "$out/$name.log" \
        --expect "$here/$name.expect" \
        --json "$out/$name.json" || code=1
    reports+=("$out/$name.json")
done

"$target/debug/owin-conformance" page "$out/page.html" "${reports[@]}"
if [ "$wanted" = "$all" ]; then
    "$target/debug/examples/results" "$out" $all >"$scratch/RESULTS.md"
    mv "$scratch/RESULTS.md" conformance/RESULTS.md
    if grep -q 'nobody has judged it' conformance/RESULTS.md; then
        echo "conformance/RESULTS.md has lines without a judgement" >&2
        code=1
    fi
fi
exit $code
