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

# The profiles that a server is tried with. HTTP/2, and what HAProxy makes of `limits`, has no judgements
# here yet; tiny_http dies of a chunk size in `limits`.
profiles() {
    case $1 in
        haproxy | tiny_http) echo http1 smuggling ;;
        node | python | uvicorn*) echo required common lifetime http1 smuggling limits ;;
        *) echo http1 smuggling limits ;;
    esac
}

code=0
reports=()
for name in $wanted; do
    bash "$here/serve.sh" "$name" version >/dev/null 2>&1 || bash "$here/serve.sh" "$name" install
    version=$(bash "$here/serve.sh" "$name" version)
    printf '== %s\n' "$version"
    mkdir "$scratch/$name"
    "$target/debug/owin-conformance" run --quiet --name "$version" $(profiles "$name" | sed 's/[^ ]*/--profile &/g') \
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
