#!/usr/bin/env bash
# Installs the emulator from npm, as package-lock.json has it, if it isn't here.
set -euo pipefail
cd "$(dirname "$0")"

[ -d node_modules/rp2040js ] || npm ci --silent --no-audit --no-fund >&2
