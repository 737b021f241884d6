"""An operator whose run has failed half-way, in a cloud whose APIs show what a half-upgraded cloud does."""

import sys

from operating import Operator
from stairlift.sandbox.server import Sandbox

#: Has the sandbox at `url` do each step, so that its APIs show what a half-upgraded cloud does; `fail` as elsewhere.
STEP = f"""\
#!{sys.executable}
import http.client, json, sys
from pathlib import Path
action, services, host, _, to = sys.argv[1:6]
here = Path(__file__).parent
with (here / "calls").open("a") as calls:
    print(action, services, host, to, file=calls)
if (here / "fail").exists() and f"{{action}} {{host}}" in (here / "fail").read_text().splitlines():
    sys.exit(f"no room on {{host}}")
services += ",nova-api" * (action == "upgrade" and services == "nova-conductor")  # whose version the API shows
body = {{"action": action, "services": services, "to": to}}
body["project"] = "keystone" if services == "keystone" else "nova"
cloud = http.client.HTTPConnection((here / "url").read_text(), timeout=30)
cloud.request("POST", f"/_sandbox/hosts/{{host}}/steps", json.dumps(body))
answer = cloud.getresponse()
sys.exit(0 if answer.status == 200 else answer.read().decode())
"""


def half_done(folder, cloud, more: str = "") -> Operator:
    """An operator whose run has failed at the second of three hypervisors."""
    operator = Operator(folder).with_strategy(more)
    operator.write("step", STEP)
    led_to(operator, cloud)
    operator.plans(to="2026.1")
    operator.write("fail", "upgrade cmp2\n")
    failed = operator.types("run", "plan.json", "--yes")
    assert failed.code == 5, failed.err
    (operator.folder / "fail").unlink()
    return operator


def led_to(operator: Operator, cloud: Sandbox) -> None:
    operator.at(cloud).write("url", cloud.url.removeprefix("http://"))
