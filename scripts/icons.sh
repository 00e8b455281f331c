#!/usr/bin/env bash
# Draws every icon again from src-tauri/icons/mark.svg and tray.svg. Run after changing one of them; the
# results are committed, so no build needs this. Needs rsvg-convert (Debian: librsvg2-bin) and `npm ci` in ui.
set -euo pipefail
cd "$(dirname "$0")/.."
icons=src-tauri/icons
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

rsvg-convert -w 1024 -h 1024 "$icons/mark.svg" -o "$work/mark.png"
"${TAURI_CLI:-ui/node_modules/.bin/tauri}" icon -o "$work/icons" "$work/mark.png" >/dev/null 2>&1
for size in 32x32 128x128 icon; do cp "$work/icons/$size.png" "$icons/"; done
cp "$work/icons/icon.icns" "$work/icons/icon.ico" "$icons/"

# The tray. macOS tints a template itself; elsewhere the panel may be light or dark, so the mark's own ground
# is kept. The fire is out while the endpoint does not listen.
rsvg-convert -w 64 -h 64 "$icons/mark.svg" -o "$icons/tray.png"
sed 's/fill="#e2622b"/fill="#6b635a"/' "$icons/mark.svg" | rsvg-convert -w 64 -h 64 -o "$icons/tray-stopped.png"
rsvg-convert -w 44 -h 44 "$icons/tray.svg" -o "$icons/tray-template.png"
sed 's/<circle\([^>]*\) fill="#000"/<circle\1 fill="none" stroke="#000" stroke-width="48"/' "$icons/tray.svg" |
  rsvg-convert -w 44 -h 44 -o "$icons/tray-template-stopped.png"
