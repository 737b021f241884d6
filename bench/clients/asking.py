"""What a user would measure with: openstacksdk's proxies in a loop, one call every so many seconds."""

import json
import sys
import time

import openstack


def main(count: int, period: float) -> None:
    """Ask so many times, and print what the loop alone cost of the processor."""
    cloud = openstack.connect()
    calls = (
        lambda: next(iter(cloud.compute.servers(limit=1, details=False, paginated=False)), None),
        lambda: next(iter(cloud.network.networks(limit=1)), None),
        lambda: next(iter(cloud.network.ports(limit=1)), None),
        lambda: next(iter(cloud.image.images(limit=1)), None),
    )
    for call in calls:
        call()
    cpu, due = time.process_time(), time.monotonic()
    for turn in range(count):
        calls[turn % len(calls)]()
        due += period
        time.sleep(max(0.0, due - time.monotonic()))
    print(json.dumps({"cpu": time.process_time() - cpu}))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
