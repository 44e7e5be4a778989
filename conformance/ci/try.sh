#!/usr/bin/env bash
# Runs the suite as the variables of the environment say; both CI systems and people use it.
# The one argument is the program; without it, it is looked for in PATH.
set -euo pipefail

program=${1:-owin-conformance}
reports=${REPORTS:-owin-conformance}
mkdir -p "$reports"

arguments=(run)
[ -z "${SERVER_URL:-}" ] || arguments+=("$SERVER_URL")
[ -z "${SERVER_COMMAND:-}" ] || arguments+=(--command "$SERVER_COMMAND" --server-log "$reports/server.log")
[ -z "${SERVER_PATH:-}" ] || arguments+=(--path "$SERVER_PATH")
for profile in ${PROFILES:-}; do arguments+=(--profile "$profile"); done
[ -z "${EXPECT:-}" ] || arguments+=(--expect "$EXPECT")
[ -z "${BASELINE:-}" ] || arguments+=(--baseline "$BASELINE")
for form in json html junit; do
    suffix=$form
    [ "$form" = junit ] && suffix=xml
    arguments+=("--$form" "$reports/report.$suffix")
    [ -z "${GITHUB_OUTPUT:-}" ] || echo "$form=$reports/report.$suffix" >>"$GITHUB_OUTPUT"
done
arguments+=(--badge "$reports/badge.svg")

exec "$program" "${arguments[@]}"
