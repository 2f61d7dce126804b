#!/usr/bin/env bash
# Package: zipcodes 3.0.0 from PyPI, on Python 3.11. Seen; date: 2026-11-30.
# Behaviour: each of its 42,789 ZIP codes has a `timezone`, and in some it is not the place's. Pohnpei (96941) and Kosrae
#   (96944) have Chuuk's, an hour behind theirs; West Wendover in Nevada (89883) has Los Angeles', while it keeps Mountain
#   time since 1999 (49 CFR part 71; 64 FR 56705); one code of Alaska has the name of its
#   town instead of a zone; and the 823 codes of military mail have the empty text, not None. The guess that the field is
#   a name of the tz database, and the place's, is wrong.
# Output seen:
#   96941 Pohnpei: Pacific/Chuuk; clocks there are 60 minutes ahead of it
#   96944 Kosrae: Pacific/Chuuk; clocks there are 60 minutes ahead of it
#   89883 West Wendover: America/Los_Angeles; clocks there are 60 minutes ahead of it
#   no zone of the tz database: {'': 823, 'Napakiak': 1}
# Hurts: whoever keeps quiet hours by ZIP code: an hour too late in the evening, and an error or UTC where the name is none.
# Remedy: look every name up in the tz database, and keep a table of these places.
# Network: two wheels.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: zipcodes==3.0.0 tzdata==2026.6
PYTHONTZPATH="" "$work/env/bin/python" - <<'PY'
import sys
from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import zipcodes

THERE = {"96941": "Pacific/Pohnpei", "96944": "Pacific/Kosrae", "89883": "America/Denver"}
AT = datetime(2026, 7, 1, tzinfo=UTC)
ahead = {}
for code, zone in THERE.items():
    (one,) = zipcodes.matching(code)
    offsets = [AT.astimezone(ZoneInfo(name)).utcoffset() for name in (zone, one["timezone"])]
    ahead[code] = (one["timezone"], (offsets[0] - offsets[1]).total_seconds() / 60)
    print(f"{code} {one['city']}: {one['timezone']}; clocks there are {ahead[code][1]:.0f} minutes ahead of it")
names = available_timezones()
none = Counter(one["timezone"] for one in zipcodes.list_all() if one["timezone"] not in names)
print("no zone of the tz database:", dict(none))
as_seen = ahead == {
    "96941": ("Pacific/Chuuk", 60),
    "96944": ("Pacific/Chuuk", 60),
    "89883": ("America/Los_Angeles", 60),
} and none == {"": 823, "Napakiak": 1}
sys.exit(0 if as_seen else 1)
PY
