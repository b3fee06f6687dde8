#!/bin/sh
# Chromium runs a classic script beside a page that is opened from disk, and refuses an ES module there.
#
# Why it matters: the site can be read from disk, so the playground's program is classic scripts, and the networks come
# as scripts that call a function: fetch() is refused likewise. Modules would work on a server and fail silently here.
# Seen with Chromium 150.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || { echo "no Chromium here" >&2; exit 2; }
"$browser" --version
echo 'document.documentElement.dataset.classic = "ran";' > "$folder/classic.js"
echo 'document.documentElement.dataset.module = "ran"; export {};' > "$folder/module.js"
cat > "$folder/page.html" <<'HTML'
<!doctype html><html><head><title>disk</title><script src="classic.js"></script>
<script type="module" src="module.js"></script></head><body></body></html>
HTML
page=$("$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$folder/profile" --dump-dom "file://$folder/page.html" 2>/dev/null)
echo "$page" | grep -o '<html[^>]*>'
echo "$page" | grep -q 'data-classic="ran"'
if echo "$page" | grep -q 'data-module="ran"'; then echo "a module was loaded: this has changed" >&2; exit 1; fi
echo "the classic script ran, the module did not"
