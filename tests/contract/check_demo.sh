#!/usr/bin/env bash
# A demonstration is played the same way twice, everything that it is meant to show happens, every decision can be made
# again, rebuilt views are the same, and every record is what its JSON Schema says.
# Usage: check_demo.sh PROGRAM SOURCE-DIR
set -euo pipefail
program=$1 source=$2
here=$(dirname "${BASH_SOURCE[0]}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
days=${LASTKM_DEMO_DAYS:-30}

"$program" demo --data "$scratch/a" --days "$days" --per-day 6 --seed 7 --json >"$scratch/a.json"
"$program" demo --data "$scratch/b" --days "$days" --per-day 6 --seed 7 --json >"$scratch/b.json"
python3 - "$scratch/a.json" "$scratch/b.json" <<'PY'
import json, sys
a, b = (json.load(open(path)) for path in sys.argv[1:])
for one in (a, b):
    del one["folder"], one["milliseconds"]
assert a == b, (a, b)
assert a["cases"] > 20, a
for name in ("duplicates", "supplements", "escalations", "yellow_cards", "red_cards", "reopenings", "parked", "breaches", "returns",
             "closed", "unhappy"):
    assert a[name] > 0, (name, a)
assert a["compounds"] > 1 and a["channels"] == 7 and a["categories"] == 42, a
assert a["rejected"] * 4 < a["commands"], a
PY
"$program" audit redecide --data "$scratch/a"
before=$("$program" view digest --data "$scratch/a" --json)
"$program" view rebuild --data "$scratch/a" >/dev/null
[ "$before" = "$("$program" view digest --data "$scratch/a" --json)" ] || {
  echo "a rebuilt view differs"
  exit 1
}
python3 "$here/check_records.py" --program "$program" --data "$scratch/a" --schemas "$source/schemas" --tamper
