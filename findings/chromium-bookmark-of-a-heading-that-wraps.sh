#!/bin/sh
# A book printed by Chromium with bookmarks (--generate-pdf-document-outline): where a heading wraps, the space at the end of its line
# is missing from the bookmark ("three fourfive"). With `white-space: pre-wrap` on headings it is there; on the sheet both look alike.
# Seen with Chromium 156, read with pypdf 6.4.0.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || { echo "no Chromium here" >&2; exit 2; }
"$browser" --version
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet pypdf==6.4.0 2> "$folder/pip.log" || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
for space in normal pre-wrap; do
    printf '<!doctype html><title>t</title><style>h1 { width: 9em; white-space: %s }</style><h1>one two three four five six seven</h1>' \
        "$space" > "$space.html"
    "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$folder/profile" --generate-pdf-document-outline \
        --print-to-pdf="$space.pdf" "file://$folder/$space.html" 2> /dev/null
done
env/bin/python - <<'PY'
from pypdf import PdfReader

found = {space: PdfReader(f"{space}.pdf").outline[0].title for space in ("normal", "pre-wrap")}
words = "one two three four five six seven"
print(found)
assert found["pre-wrap"] == words and found["normal"] != words, "the behaviour has changed"
assert found["normal"].replace(" ", "") == words.replace(" ", ""), "the behaviour has changed"
PY
