#!/usr/bin/env bash
# Package: smpplib 2.2.4 from PyPI, on Python 3.11. Seen; date: 2026-11-30.
# Behaviour: `gsm.make_parts` cuts a text of the GSM alphabet into parts of 153 octets wherever they fall. A sign of the
#   extension table (3GPP TS 23.038, 6.2.1.1) is two octets, an escape and a letter: at the border the escape ends one
#   part and the letter begins the next, which 3GPP TS 23.040 (9.2.3.24.1) forbids. Each part is decoded by itself before
#   they are joined, so that a euro sign arrives as a space and an "e". Besides, a grave accent, which the alphabet does
#   not have, is sent as the paragraph sign (0x5F), and the paragraph sign, which it has, turns the whole text into
#   UCS-2. The guess that parts are well formed is wrong.
# Output seen:
#   one euro sign: 1b65
#   152 letters and a euro sign: part 1 ends in 611b, part 2 begins with 65
#   grave accent: coding 0, 5f
#   paragraph sign: coding 8, 00a7
# Hurts: whoever sends amounts or brackets: one long text in 153 has "12 e" for "12 €" at its border, for some borrowers
#   and not for others; and texts that cite a paragraph cost 2.3 times as much.
# Remedy: cut before an escape, and encode with a table of one's own.
# Network: one wheel with one dependency.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: smpplib==2.2.4
"$work/env/bin/python" - <<'PY'
import sys

from smpplib.gsm import make_parts

HEADER = 6
one, _, _ = make_parts("€")
parts, _, _ = make_parts("a" * 152 + "€" + "b" * 20)
first, second = parts[0][HEADER:], parts[1][HEADER:]
(grave,), grave_coding, _ = make_parts("`")
(paragraph,), paragraph_coding, _ = make_parts("§")
print("one euro sign:", one[0].hex())
print(f"152 letters and a euro sign: part 1 ends in {first[-2:].hex()}, part 2 begins with {second[:1].hex()}")
print(f"grave accent: coding {grave_coding}, {grave.hex()}")
print(f"paragraph sign: coding {paragraph_coding}, {paragraph.hex()}")
as_seen = (
    one[0].hex() == "1b65"
    and (first[-2:].hex(), second[:1].hex()) == ("611b", "65")
    and (grave_coding, grave.hex()) == (0, "5f")
    and (paragraph_coding, paragraph.hex()) == (8, "00a7")
)
sys.exit(0 if as_seen else 1)
PY
