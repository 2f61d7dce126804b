#!/usr/bin/env bash
# Packages: phonenumbers 9.0.43 (with libphonenumber's time zone data of that release) and tzdata 2026.6, on Python 3.11.
# Seen; date: 2026-11-29.
# Behaviour: `timezone.time_zones_for_number` gives numbers zones of another country, which keep another time than the number's
#   own: Kaliningrad (+7 401) Bucharest's, Algeria Paris's, Morocco the Canaries', Nicaragua Chicago's. Within a country it gives
#   one town's zone where several hold: every Indonesian mobile Jakarta's (Papua is two hours ahead), Darwin (+61 8 89) Adelaide's
#   and Perth's, Easter Island Santiago's. The guess that at least the zones of the number's country come back is wrong.
# Output seen: seven lines, each with a prefix, the zones given, the zone that holds there, and by how many minutes the first
#   differs from it at most in 2026: 60, 60, 60, 60, 120, 90, 120.
# Hurts: whoever keeps quiet hours, or dials by local time, by the prefix of a number: an hour or two too early or too late.
# Remedy: hold the zones against those of the number's country (tzdata's zone.tab), and a table where the country has several.
# Network: two wheels.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: phonenumbers==9.0.43 tzdata==2026.6
PYTHONTZPATH="" "$work/env/bin/python" - <<'PY'
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone

SEEN = [
    ("7401", 11, ("Europe/Bucharest",), "Europe/Kaliningrad", 60),
    ("213551", 12, ("Europe/Paris",), "Africa/Algiers", 60),
    ("212612", 12, ("Atlantic/Canary",), "Africa/Casablanca", 60),
    ("5052", 11, ("America/Chicago",), "America/Managua", 60),
    ("62812", 13, ("Asia/Jakarta",), "Asia/Jayapura", 120),
    ("61889", 11, ("Australia/Adelaide", "Australia/Perth"), "Australia/Darwin", 90),
    ("5632210", 11, ("America/Santiago",), "Pacific/Easter", 120),
]
DAYS = [datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=day) for day in range(365)]


def apart(one, other):
    return max(abs(day.astimezone(ZoneInfo(one)).utcoffset() - day.astimezone(ZoneInfo(other)).utcoffset()) for day in DAYS)


as_seen = True
for prefix, length, given, true, minutes in SEEN:
    number = "+" + (prefix + "123456789")[:length]
    zones = tuple(timezone.time_zones_for_number(phonenumbers.parse(number, None)))
    most = max(int(apart(name, true).total_seconds()) // 60 for name in zones if name != "Etc/Unknown")
    print(f"+{prefix}: {', '.join(zones)}; {true} holds there, up to {most} minutes apart")
    as_seen = as_seen and zones == given and most == minutes
sys.exit(0 if as_seen else 1)
PY
