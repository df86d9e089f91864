#!/usr/bin/env bash
# Gets the services that tests use where it can, builds everything without warnings and runs all tests. Options are passed on to `dotnet test`.
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_UI_LANGUAGE=en

eng/test-services.sh
# One compiler for all projects, whatever the environment says: started anew for each, it would take longer than its work.
dotnet build --configuration Release -p:UseSharedCompilation=true LisaOrleans.sln
dotnet build-server shutdown --vbcscompiler >/dev/null
code=0
# Threads of libtorch that wait for each other sleep. By default they spin, and on a busy machine take the time of what they wait for.
export OMP_WAIT_POLICY=passive
# A test that hangs is cancelled, and named, after 40 minutes of its project.
options=(--timeout 40m --no-progress --no-ansi --max-parallel-test-modules 1)

# Tests of clusters mostly wait, and count seconds until a silo is missed: they come first. What they leave of the machine the other
# projects take, one after the other.
cluster=artifacts/bin/LisaOrleans.Cluster.Tests/release/LisaOrleans.Cluster.Tests
others=$(ls -d artifacts/bin/LisaOrleans.*.Tests | sed 's|.*/\(.*\)|&/release/\1|' | grep -Fxv "$cluster" | paste -sd ';')
nice -n 5 dotnet test "${options[@]}" --test-modules "$others" "$@" >artifacts/test-others.log 2>&1 &
rest=$!
trap 'kill "$rest" 2>/dev/null || true' EXIT
dotnet test "${options[@]}" --test-modules "$cluster" "$@" 2>&1 | tee artifacts/test-cluster.log || code=$?
wait "$rest" || code=$?
cat artifacts/test-others.log

# The closing line, in words that do not depend on the runner's version.
number() {
  for log in artifacts/test-cluster.log artifacts/test-others.log; do sed -n "s/^ *$1: *\([0-9]*\).*/\1/p" "$log" | tail -n 1; done |
    awk '{ sum += $1 } END { print sum + 0 }'
}
echo "$(number succeeded) passed, $(number failed) failed, $(number skipped) skipped"
exit "$code"
