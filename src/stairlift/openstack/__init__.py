"""The only room that speaks to OpenStack: keystoneauth1 and openstacksdk's configuration stay in here."""

from stairlift.openstack.lean import without_proxies

without_proxies()
