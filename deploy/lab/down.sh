#!/bin/bash
# Stops what up.sh started under DIR, and only that, and waits until it is gone: before then the ports are still bound.
set -uo pipefail
R=${1:?usage: down.sh DIR, as given to up.sh}
pids=()
for file in "$R/pf/spool/pid/master.pid" "$R/dc/run/master.pid"; do
  pid=$(tr -d ' \n' <"$file" 2>/dev/null) && [ -n "$pid" ] && kill "$pid" 2>/dev/null && pids+=("$pid")
done
for _ in $(seq 100); do
  alive=0
  for pid in "${pids[@]}"; do kill -0 "$pid" 2>/dev/null && alive=1; done
  [ $alive = 0 ] && exit 0
  sleep 0.1
done
echo "lab: still running after 10 s: ${pids[*]}" >&2
exit 1
