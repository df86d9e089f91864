#!/usr/bin/env bash
# Gets the services that tests use where it can, builds everything without warnings and runs all tests. Options are passed on to `dotnet test`.
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_UI_LANGUAGE=en

# Beside the build: it mostly waits for registries.
eng/test-services.sh &
services=$!
# One compiler for all projects, whatever the environment says: started anew for each, it would take longer than its work.
dotnet build --configuration Release -p:UseSharedCompilation=true LisaOrleans.sln
dotnet build-server shutdown --vbcscompiler >/dev/null
wait "$services"
log=artifacts/test.log
code=0
# Threads of libtorch that wait for each other sleep. By default they spin, and on a busy machine take the time of what they wait for.
export OMP_WAIT_POLICY=passive
# Hundreds of processes start, and compile. Memory that is never writable and executable at once would cost each a tenth of its start's time.
export DOTNET_EnableWriteXorExecute=0
# Most of them end before better machine code for what they call often has paid for itself: it is made once nothing new was called for a second.
export DOTNET_TC_CallCountingDelayMs=1000
# In the same way, tests begin with the machine code that was made for lisa.
for tests in artifacts/bin/*.Tests/release; do
  for file in artifacts/obj/LisaOrleans.Cli/release/ready-to-run/*.dll; do
    if [ -e "$tests/${file##*/}" ]; then cp "$file" "$tests"; fi
  done
done
# One project after the other: tests of clusters count seconds until a silo is missed, and two cores are few.
# A test that hangs is cancelled, and named, after 40 minutes of its project. By their files: to look at all projects again takes half a minute.
dotnet test --test-modules "artifacts/bin/*.Tests/release/*.Tests.dll" --max-parallel-test-modules 1 --timeout 40m --no-progress --no-ansi "$@" 2>&1 \
  | tee "$log" || code=$?

# The closing line, in words that do not depend on the runner's version.
number() { sed -n "s/^ *$1: *\([0-9]*\).*/\1/p" "$log" | tail -n 1; }
echo "$(number succeeded) passed, $(number failed) failed, $(number skipped) skipped"
exit "$code"
