#!/usr/bin/env bash
# Makes files of the radio firmware's names and rough sizes in a directory, to link the
# image where the real ones are not at hand:
#
#     boards/pico-w/placeholder-firmware.sh placeholders
#     CYW43_FIRMWARE_DIR=$PWD/placeholders cargo build --release
#
# They hold zeros: such an image is about as large as a real one, and its radio never starts.
set -euo pipefail

mkdir -p "$1"
truncate -s 231077 "$1/43439A0.bin"
truncate -s 984 "$1/43439A0_clm.bin"
truncate -s 742 "$1/nvram_rp2040.bin"
