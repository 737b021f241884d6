"""The least that gets and parses some lists: sign in, ask, go on while a next page is announced. Takes a JSON file.

    {"auth_url": URL, "sign_in": BODY, "lists": [[URL, KEY, MICROVERSION], ...]}

Prints how many rows each list has.
"""

import json
import sys
from pathlib import Path

import httpx
import orjson


def main(file: str) -> None:
    """Ask for every list with one client, so that its connections are used again."""
    asked = orjson.loads(Path(file).read_bytes())
    with httpx.Client(timeout=120) as client:
        signed_in = client.post(f"{asked['auth_url']}/auth/tokens", json=asked["sign_in"]).raise_for_status()
        client.headers["X-Auth-Token"] = signed_in.headers["X-Subject-Token"]
        print(json.dumps({key: rows(client, url, key, version) for url, key, version in asked["lists"]}))


def rows(client: httpx.Client, url: str, key: str, microversion: str) -> int:
    """Get all pages of a list; the parsed documents are kept until the last one has come."""
    headers = {"OpenStack-API-Version": microversion} if microversion else {}
    pages = []
    following = url
    while following:
        document = orjson.loads(client.get(following, headers=headers).raise_for_status().content)
        pages.append(document)
        found = document[key]
        more = found and document.get(f"{key}_links")
        following = f"{url}&marker={found[-1]['id']}" if more else ""
    return sum(len(page[key]) for page in pages)


if __name__ == "__main__":
    main(sys.argv[1])
