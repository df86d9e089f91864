#!/usr/bin/env bash
# Fetches the packages that the program is built from, and says how far it is, which `dotnet` does not. Nothing is fetched twice.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_UI_LANGUAGE=en

# Of a first restore: what comes over the network, and what it takes in NuGet's folders, both in MB.
fetched=250 unpacked=1470

folder() { dotnet nuget locals "$1" --list | sed 's/^[^:]*: //'; }
packages=$(folder global-packages) downloads=$(folder http-cache)

size() {
  local present=()
  for at in "$packages" "$downloads"; do if [ -d "$at" ]; then present+=("$at"); fi; done
  # Files come and go while they are counted.
  if [ ${#present[@]} -gt 0 ]; then { du -scm "${present[@]}" 2>/dev/null || true; } | tail -n 1 | cut -f 1; else echo 0; fi
}

fetches=
if ! compgen -G "${packages%/}/libtorch-*" >/dev/null; then
  echo "Fetching packages from NuGet, once, to $packages: $fetched MB, of which libtorch is 130 ($((fetched / 10)) seconds at 10 MB/s)."
  echo "Unpacked they take $unpacked MB."
  fetches=yes
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
before=$(size)
start=$SECONDS
dotnet restore src/Cli -p:Configuration=Release "$@" >"$log" 2>&1 &
restore=$!
trap 'kill "$restore" 2>/dev/null || true; rm -f "$log"' EXIT
shown=0
while kill -0 "$restore" 2>/dev/null; do
  sleep 1
  if [ -n "$fetches" ] && [ $((SECONDS - start - shown)) -ge 5 ]; then
    shown=$((SECONDS - start))
    echo "  after $shown s: $(($(size) - before)) of $unpacked MB"
  fi
done
if ! wait "$restore"; then
  cat "$log" >&2
  exit 1
fi
echo "The packages are there ($((SECONDS - start)) s)."
