#!/usr/bin/env bash
# Package: flufl.bounce 6.0.0 from PyPI, on Python 3.11. Seen; date: 2026-11-29.
# Behaviour: a report whose machine-readable part is `message/global-delivery-status` (RFC 6533, what servers
#   with SMTPUTF8 send) has no failed recipient for it, while the same fields in `message/delivery-status`
#   (RFC 3464) do. No error: the answer is "nobody failed". The email package is the cause: it splits only
#   the older type into blocks of fields, and takes the newer one for a message.
# Output seen:
#   message/delivery-status: ['ana@borrower.example']
#   message/global-delivery-status: []
# Hurts: mailing lists and senders of notices: mailboxes that do not exist are written to for ever, and the
#   sender's reputation goes with them.
# Remedy: read the fields of the newer part as text, blocks apart by empty lines.
# Network: two wheels.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: flufl.bounce==6.0.0
"$work/env/bin/python" - <<'PY'
import sys
from email import message_from_string

from flufl.bounce import all_failures

REPORT = """From: MAILER-DAEMON@mx.example
To: notices@lender.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type={report}; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

It is not there.

--b
Content-Type: message/{report}

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ana@borrower.example
Action: failed
Status: 5.1.1

--b--
"""
seen = {}
for report in ("delivery-status", "global-delivery-status"):
    _, failed = all_failures(message_from_string(REPORT.format(report=report)))
    seen[report] = sorted(one.decode() for one in failed)
    print(f"message/{report}: {seen[report]}")
sys.exit(0 if list(seen.values()) == [["ana@borrower.example"], []] else 1)
PY
