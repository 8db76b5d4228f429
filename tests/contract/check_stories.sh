#!/usr/bin/env bash
# Every record that the scenarios write is what its JSON Schema says, byte for byte canonical, and can be decided again.
# Usage: check_stories.sh PROGRAM SOURCE-DIR SCENARIO…
set -euo pipefail
program=$1 source=$2
shift 2
here=$(dirname "${BASH_SOURCE[0]}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$program" scenario run --keep "$scratch" "$@" >"$scratch.log" || {
  cat "$scratch.log"
  exit 1
}
rm -f "$scratch.log"
count=0
for folder in "$scratch"/*/; do
  "$program" audit redecide --data "$folder" >/dev/null
  for topic in commands decisions directory meta; do "$program" log dump --from $topic --data "$folder" >"$folder/$topic.jsonl"; done
  count=$((count + 1))
done
[ "$count" -gt 0 ]
python3 "$here/check_records.py" --schemas "$source/schemas" --lanes 4 --folders "$scratch"
echo "$count scenarios"
