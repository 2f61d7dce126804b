#!/usr/bin/env bash
# Package: telnyx 4.189.0 from PyPI (generated from Telnyx's own API description), on Python 3.11. Seen; date: 2026-11-29.
# Behaviour: the answer to creating a call by the TeXML API (POST /v2/texml/Accounts/{account_sid}/Calls) holds from, to and
#   status, and no id of the call; a call that is listed or fetched later has its sid. The API copies the form of
#   another provider's, where the answer to a create names the call, and the guess that this one does is wrong.
# Output seen:
#   answer to a create: from_, status, to
#   a listed call has a sid: True
#   answer to a dial of the call control API: call_control_id, call_leg_id, call_session_id
# Hurts: whoever keeps the id of a create to match callbacks and look-ups: there is nothing to keep, and a time-out leaves
#   no less than a success does.
# Remedy: let the callback's URL name the attempt, or place calls by the call control API.
# Network: one wheel with its dependencies.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: telnyx==4.189.0
"$work/env/bin/python" - <<'PY'
import sys

from telnyx.types.call_dial_response import Data
from telnyx.types.texml.accounts.call_calls_response import CallCallsResponse
from telnyx.types.texml.accounts.call_resource import CallResource

created = sorted(CallCallsResponse.model_fields)
has_sid = "sid" in CallResource.model_fields
dialled = sorted(name for name in Data.model_fields if name.startswith("call_") and name.endswith("_id"))
print("answer to a create:", ", ".join(created))
print("a listed call has a sid:", has_sid)
print("answer to a dial of the call control API:", ", ".join(dialled))
sys.exit(0 if created == ["from_", "status", "to"] and has_sid and "call_control_id" in dialled else 1)
PY
