"""A real Prometheus scrapes a real server with a token, and has its alerts; Debian's package has both programs."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from operating import until
from servers import Served

RULES = Path(__file__).parents[2] / "packaging" / "prometheus" / "stairlift.rules.yml"
CONFIGURATION = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}"]
scrape_configs:
  - job_name: stairlift
    authorization: {{credentials_file: "{token}"}}
    static_configs: [{{targets: ["{target}"]}}]
"""

pytestmark = pytest.mark.skipif(
    not shutil.which("prometheus"), reason="Debian's package prometheus is not installed here"
)


@contextmanager
def prometheus(folder: Path, configuration: str) -> Iterator[httpx2.Client]:
    """One that scrapes as it is told, until it is not needed any more."""
    (folder / "prometheus.yml").write_text(configuration)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    words = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb"]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(["prometheus", *words, f"--web.listen-address={address}"], stdout=log, stderr=log)
    try:
        with httpx2.Client(base_url=f"http://{address}", trust_env=False) as client:
            yield client
    finally:
        process.terminate()
        process.wait(30)


def value(client: httpx2.Client, query: str) -> str | None:
    """What a query gives; None where there is nothing yet, nobody listens, or it is still on its way up (503)."""
    try:
        answer = client.get("/api/v1/query", params={"query": query})
    except httpx2.TransportError:
        return None
    found = answer.json()["data"]["result"] if answer.status_code == 200 else []
    return found[0]["value"][1] if found else None


def test_a_server_is_scraped_with_a_token(operator, tmp_path):
    with Served(operator) as server, server.asks("read") as asking:
        token = tmp_path / "scrape.token"
        token.write_text(asking.headers["Authorization"].removeprefix("Bearer "))
        target = server.url.removeprefix("http://")
        told = CONFIGURATION.format(rules=RULES, token=token, target=target)
        with prometheus(tmp_path, told) as client:
            until(lambda: value(client, 'up{job="stairlift"}') == "1", 60)
            until(lambda: value(client, "stairlift_build_info") == "1", 60)
            rules = client.get("/api/v1/rules").json()["data"]["groups"][0]["rules"]
            assert {rule["health"] for rule in rules} <= {"ok", "unknown"}
            assert len(rules) == RULES.read_text().count("- alert:")


def test_without_a_token_nothing_is_told(operator):
    with Served(operator) as server:
        assert httpx2.get(f"{server.url}/metrics", trust_env=False).status_code == 401
