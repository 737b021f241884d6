"""The words of --inventory, and sources that somebody else wrote."""

import importlib.metadata
import subprocess
import sys

import pytest

from stairlift.inventory import specs
from stairlift.inventory.context import SourceContext
from stairlift.inventory.nova import NovaServiceInventory
from stairlift.inventory.specs import available, sources
from stairlift.model.errors import UsageError
from unit.inventory.answers import UP, GivenCloud


@pytest.fixture
def context():
    return SourceContext(client=GivenCloud)


def names(words, context):
    return [source.manager.name for source in sources(words, context)]


def test_openstack_is_every_api(context):
    assert names(["openstack"], context) == [
        "nova-services",
        "nova-hypervisors",
        "neutron-agents",
        "cinder-services",
        "keystone-catalog",
        "heat-services",
        "manila-services",
        "octavia-amphorae",
        "ironic-conductors",
        "designate-services",
        "magnum-services",
        "masakari-hosts",
        "watcher-services",
        "zun-services",
        "blazar-hosts",
    ]


def test_each_api_alone(context):
    assert names(["neutron", "nova"], context) == ["neutron-agents", "nova-services"]


def test_what_is_asked_for_twice_is_asked_once(context):
    assert names(["nova", "openstack", "nova"], context)[:2] == ["nova-services", "nova-hypervisors"]
    assert len(names(["nova", "openstack"], context)) == len(specs.EVERY_API)


def test_an_inventory_needs_no_cloud():
    def unasked():
        raise AssertionError

    assert names(["ansible:localhost,"], SourceContext(client=unasked)) == ["ansible:localhost,"]


def test_sources_know_the_words_they_were_asked_for_by(context):
    assert [source.spec for source in sources(["openstack"], context)] == list(specs.EVERY_API)
    assert sources(["ansible:localhost,"], context)[0].spec == "ansible:localhost,"


@pytest.mark.parametrize("words", ["tea", "", ":", "recording", "recording:", "openstack:x", "Nova"])
def test_an_unknown_one_is_told_with_all_that_exist(context, words):
    with pytest.raises(UsageError) as caught:
        sources([words], context)
    assert repr(words) in caught.value.brief
    for kind in ("openstack", "nova", "hypervisors", "neutron", "cinder", "keystone", "ansible", "recording:DIR"):
        assert kind in caught.value.details


def test_nothing_is_imported_to_list_them():
    code = (
        "import sys, stairlift.inventory.specs as s\n"
        "assert set(s.available()) >= {'nova', 'ansible'}\n"
        "assert not {'stairlift.inventory.nova', 'openstack', 'keystoneauth1'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


class Theirs:
    def __init__(self, argument, context):
        self.name = f"theirs:{argument}"
        self.context = context

    @classmethod
    def from_spec(cls, argument, context):
        return cls(argument, context)

    def fetch(self):
        raise NotImplementedError

    def read(self, answer):
        return ()


def theirs(argument, context):
    return Theirs(f"function-{argument}", context)


def needy(argument):
    return argument


def raising(argument, context):
    raise ValueError(argument)


def leaving(argument, context):
    sys.exit(argument)


def refusing(argument, context):
    raise UsageError(code="usage.acme", brief="acme: needs a rack")


def nothing(argument, context):
    return None


class TestEntryPoints:
    @pytest.fixture
    def install(self, monkeypatch):
        """Put something of this file under an entry point."""

        def installed(**values):
            points = [
                importlib.metadata.EntryPoint(
                    name, f"{Theirs.__module__}:{value}" if ":" not in value else value, specs.GROUP
                )
                for name, value in values.items()
            ]
            monkeypatch.setitem(sys.modules, Theirs.__module__, sys.modules[__name__])
            monkeypatch.setattr(specs, "entry_points", lambda group: points if group == specs.GROUP else [])

        return installed

    def test_a_class(self, install, context):
        install(acme="Theirs")
        (source,) = sources(["acme:rack 7"], context)
        assert source.manager.name == "theirs:rack 7"
        assert source.manager.context is context
        assert "acme" in available()

    def test_a_function(self, install, context):
        install(acme="theirs")
        assert names(["acme"], context) == ["theirs:function-"]

    def test_the_built_in_ones_are_not_replaced(self, install, context):
        install(nova="theirs")
        assert isinstance(sources(["nova"], context)[0].manager, NovaServiceInventory)

    @pytest.mark.parametrize("value", ["needy", "nothing", "missing", "no.such.module:x", "raising", "leaving"])
    def test_a_broken_one_is_named(self, install, context, value):
        install(acme=value)
        with pytest.raises(UsageError, match="acme") as caught:
            sources(["acme"], context)
        assert "inventory_contract" in caught.value.resolution

    def test_a_refusal_of_its_own_is_told_as_it_is(self, install, context):
        install(acme="refusing")
        with pytest.raises(UsageError) as caught:
            sources(["acme"], context)
        assert caught.value.code == "usage.acme"


def test_reading_a_recording_goes_nowhere():
    manager = specs._rebuild("nova")
    assert manager.name == "nova-services"
    with pytest.raises(RuntimeError, match="nobody to ask"):
        manager.fetch()


def test_a_client_is_made_once_for_each_source_that_needs_one():
    made = []

    def client():
        made.append(GivenCloud({"/os-services": {"services": [UP]}}))
        return made[-1]

    found = sources(["nova", "ansible:localhost,"], SourceContext(client=client))
    assert len(made) == 1
    assert len(found[0].manager.read(found[0].manager.fetch())) == 1
