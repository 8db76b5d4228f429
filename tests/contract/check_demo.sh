#!/usr/bin/env bash
# A short demonstration is played the same way twice, everything that it is meant to show happens, every decision can be
# made again, and rebuilt views are the same. Usage: check_demo.sh PROGRAM
set -euo pipefail
program=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
days=${LASTKM_DEMO_DAYS:-16}

"$program" demo --data "$scratch/a" --days "$days" --per-day 8 --seed 7 --json >"$scratch/a.json"
"$program" demo --data "$scratch/b" --days "$days" --per-day 8 --seed 7 --json >"$scratch/b.json"
python3 - "$scratch/a.json" "$scratch/b.json" <<'PY'
import json, sys
a, b = (json.load(open(path)) for path in sys.argv[1:])
for name in ("commands", "accepted", "rejected", "duplicates", "supplements", "cases"):
    assert a[name] == b[name], (name, a[name], b[name])
assert a["cases"] > 20 and a["duplicates"] > 0, a
assert a["rejected"] * 4 < a["commands"], a
PY
"$program" log dump --from decisions --data "$scratch/a" >"$scratch/decisions"
for event in CaseClosed CaseEscalated CaseReopened StageBreached CallbackRecorded FeedbackSubmitted; do
  grep -q "\"type\":\"$event\"" "$scratch/decisions" || {
    echo "the demonstration shows no $event"
    exit 1
  }
done
"$program" audit redecide --data "$scratch/a"
before=$("$program" view digest --data "$scratch/a" --json)
"$program" view rebuild --data "$scratch/a" >/dev/null
[ "$before" = "$("$program" view digest --data "$scratch/a" --json)" ] || {
  echo "a rebuilt view differs"
  exit 1
}
