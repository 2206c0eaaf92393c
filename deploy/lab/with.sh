#!/bin/bash
# with.sh COMMAND...: starts the lab in a directory of its own, runs COMMAND with FAXGATE_LAB naming it, stops the lab.
# The exit status is the command's; a failed command leaves the servers' logs on standard error.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd -P)
dir=$(mktemp -d /tmp/faxgate-lab.XXXXXX)
"$here/up.sh" "$dir" || { rm -rf "$dir"; exit 1; }
stop() { "$here/down.sh" "$dir" && rm -rf "$dir"; }
trap stop EXIT
trap 'exit 130' INT TERM
FAXGATE_LAB=$dir "$@"
rc=$?
if [ $rc != 0 ]; then
  echo "lab: the command ended with $rc; warnings of the servers:" >&2
  grep -hiE 'warning|error|fatal|panic' "$dir/pf/log" "$dir/dc/log" |
    grep -v -e bounce -e 'TLS library' | tail -20 >&2
fi
exit $rc
