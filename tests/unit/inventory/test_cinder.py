from stairlift.inventory.cinder import CinderServiceInventory
from unit.inventory.answers import UP, VOLUME, GivenCloud


def test_backends_keep_their_names():
    cloud = GivenCloud({"/os-services": {"services": [VOLUME, {**UP, "binary": "cinder-scheduler", "host": "ctl1"}]}})
    source = CinderServiceInventory(cloud)
    facts = source.read(source.fetch())
    assert [(fact.binary, fact.host) for fact in facts] == [
        ("cinder-volume", "stor1@rbd"),
        ("cinder-scheduler", "ctl1"),
    ]
    assert cloud.asked == [("block-storage", "/os-services", "", None)]
