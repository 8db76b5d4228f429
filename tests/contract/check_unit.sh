#!/usr/bin/env bash
# systemd understands every line of the unit, and what the unit leaves open to the service stays little.
# Usage: check_unit.sh SOURCE-DIR
set -euo pipefail
unit=$1/scripts/lastkm.service
command -v systemd-analyze >/dev/null || { echo "SKIPPED: systemd-analyze is not here"; exit 0; }
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
# A tree in which the program lies where the unit says.
install -D -m 0755 /bin/true "$root/opt/lastkm/lastkm"
install -D -m 0644 "$unit" "$root/etc/systemd/system/lastkm.service"
mkdir -p "$root/usr/lib/systemd/system"
for target in network-online time-sync multi-user sysinit basic shutdown; do
  printf '[Unit]\nDescription=%s\n' "$target" >"$root/usr/lib/systemd/system/$target.target"
done
said=$(systemd-analyze verify --root="$root" lastkm.service 2>&1) || { echo "$said"; exit 1; }
# It says what it does not know, and ends with 0 all the same.
[ -z "$said" ] || { echo "$said"; exit 1; }
# Of 100, tenfold: 20 is "OK" at its best.
systemd-analyze security --offline=yes --threshold=20 "$unit" >"$root/said" || { tail -1 "$root/said"; exit 1; }
echo "unit: understood; $(tail -1 "$root/said")"
