#!/usr/bin/env bash
# Package: mail-parser-reply 1.36 from PyPI, on Python 3.11. Seen; date: 2026-11-29.
# Behaviour: `body` of the latest reply ends at the first line that begins like a closing ("Thanks,", "Best,")
#   or with a hyphen and a word, and takes the rest for a signature. A letter that goes on after "Thanks, but"
#   and a list with hyphens lose every later sentence, without a mark that anything was left out. The guess
#   that only signatures go is wrong; `full_body` keeps the words, and keeps real signatures too.
# Output seen:
#   'I got your letter.\n\nThanks, but do not contact me again.\nI have a lawyer.' -> 'I got your letter.'
#   'Hello\n- stop writing to me\n- stop calling' -> 'Hello'
# Hurts: whoever reads opt-outs, complaints or disputes from mail with it: a refusal becomes a greeting, and
#   the person is written to again.
# Remedy: read `full_body`, and let what follows a closing be read as words.
# Network: one wheel.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: mail-parser-reply==1.36
"$work/env/bin/python" - <<'PY'
import sys

from mailparser_reply import EmailReplyParser

LETTERS = {
    "I got your letter.\n\nThanks, but do not contact me again.\nI have a lawyer.": "I got your letter.",
    "Hello\n- stop writing to me\n- stop calling": "Hello",
}
seen = {text: EmailReplyParser(languages=["en"]).read(text).replies[0].body for text in LETTERS}
for text, body in seen.items():
    print(f"{text!r} -> {body!r}")
sys.exit(0 if seen == LETTERS else 1)
PY
