"""The same lists as openstacksdk's resource objects. Prints how many rows each has."""

import json

import openstack


def main() -> None:
    """Ask for one list after the other: side by side costs no less."""
    cloud = openstack.connect()
    rows = {
        "services": len(list(cloud.compute.services())),
        "agents": len(list(cloud.network.agents())),
        "hypervisors": len(list(cloud.compute.hypervisors(details=True))),
    }
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
