#!/usr/bin/env bash
# The scenarios hold, and between them show every row of the transition table; every record that they write is what its JSON
# Schema says, byte for byte canonical, and can be decided again.
# Usage: check_stories.sh PROGRAM SOURCE-DIR SCENARIO…
set -euo pipefail
program=$1 source=$2
shift 2
here=$(dirname "${BASH_SOURCE[0]}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$program" scenario run --json --keep "$scratch/folders" "$@" >"$scratch/results" || {
  cat "$scratch/results"
  exit 1
}
python3 "$here/check_rows.py" "$source" "$scratch/results"
count=0
for folder in "$scratch"/folders/*/; do
  "$program" audit redecide --data "$folder" >/dev/null
  "$program" log dump --into "$folder" --data "$folder"
  # All publish the same documents: those of one scenario do.
  [ "$count" = 0 ] || rm "$folder/directory.jsonl"
  count=$((count + 1))
done
[ "$count" -gt 0 ]
python3 "$here/check_records.py" --schemas "$source/schemas" --lanes 4 --folders "$scratch/folders"
echo "$count scenarios"
