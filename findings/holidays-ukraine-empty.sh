#!/usr/bin/env bash
# Package: holidays 0.109 from PyPI, on Python 3.11. Seen; date: 2026-11-29.
# Behaviour: for Ukraine it knows 19 public holidays in 2021, five in 2022 and none from 2023 on, for every
#   year that is asked, without an error or a warning. Martial law made the holidays of Labour Code art. 73
#   working days, and the package lists days off; the holidays still exist, and laws that speak of "weekends,
#   holidays and days off" (Law 1734-VIII art. 25) mean them. The guess that an unsupported year raises, or
#   that a supported country has holidays, is wrong: every lookup answers that the day is an ordinary one.
# Output seen:
#   2021: 19, 2022: 5, 2023: 0, 2024: 0, 2025: 0, 2026: 0, 2027: 0
#   24 August (Independence Day) a holiday? 2021 True, 2026 False
# Hurts: whoever keeps quiet on holidays by this calendar, such as collectors and payrolls: messages go out on
#   Independence Day and at Christmas.
# Remedy: name the days beside the calendar, and look again when martial law ends.
# Network: one wheel with its two dependencies.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: holidays==0.109
"$work/env/bin/python" - <<'PY'
import sys
from datetime import date

import holidays

counts = {year: len(holidays.country_holidays("UA", years=year)) for year in range(2021, 2028)}
print(", ".join(f"{year}: {count}" for year, count in counts.items()))
known = {year: date(year, 8, 24) in holidays.country_holidays("UA", years=year) for year in (2021, 2026)}
told = ", ".join(f"{year} {holiday}" for year, holiday in known.items())
print("24 August (Independence Day) a holiday?", told)
as_seen = list(counts.values()) == [19, 5, 0, 0, 0, 0, 0] and known == {2021: True, 2026: False}
sys.exit(0 if as_seen else 1)
PY
