#!/usr/bin/env python3
"""Stamps every line. Reads bytes that are no UTF-8 as the locale allows, and dies when it writes them."""

import argparse
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

STAMPED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \|")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("-o", "--outfile", required=True)
    parser.add_argument("-v", "--verbose", action="store_true")
    given = parser.parse_args()
    with Path(given.outfile).open("a", encoding="utf-8", buffering=1) as out:
        for line in iter(sys.stdin.readline, ""):
            if "set +o" in line or "xtrace" in line:
                continue
            stamp = "" if STAMPED.match(line) else f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3] + " | "
            out.write(stamp + line)
            if given.verbose:
                sys.stdout.write(stamp + line)
                sys.stdout.flush()


main()
