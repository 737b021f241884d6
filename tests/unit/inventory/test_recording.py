"""A recording tells what the cloud told, holds no secret, and a torn one says so."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stairlift.drive.discover import observe_all
from stairlift.inventory.cinder import CinderServiceInventory
from stairlift.inventory.context import SourceContext
from stairlift.inventory.keystone import KeystoneCatalogInventory
from stairlift.inventory.neutron import NeutronAgentInventory
from stairlift.inventory.nova import NovaServiceInventory
from stairlift.inventory.recording import recorded_cloud
from stairlift.inventory.specs import sources
from stairlift.inventory.tape import Source, Tape, save
from stairlift.model.errors import SourceTrouble, StairliftError, Trouble, UsageError
from stairlift.ports import Answer
from unit.inventory.answers import AGENT, CATALOG, UP, GivenCloud

ASKED_AT = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
LATER = datetime(2027, 1, 1, tzinfo=UTC)


class Denied(CinderServiceInventory):
    def fetch(self):
        raise SourceTrouble(Trouble.DENIED, "cinder does not permit this", "Ask your administrator.")


def live(bodies=None):
    cloud = GivenCloud(
        {"/os-services": {"services": [UP]}, "/agents": {"agents": [AGENT]}} | (bodies or {}),
        catalog=[*CATALOG, {"type": "image", "endpoints": [{"interface": "public", "url": "http://u:hunter2@h/v2"}]}],
    )
    managers = {
        "nova": NovaServiceInventory(cloud),
        "neutron": NeutronAgentInventory(cloud),
        "cinder": Denied(cloud),
        "keystone": KeystoneCatalogInventory(cloud),
    }
    return [Tape(Source(spec, manager)) for spec, manager in managers.items()]


def recorded(folder, **bodies):
    tapes = live(bodies)
    observations = observe_all(tapes, lambda: ASKED_AT)
    save(folder, "given", tapes, observations)
    return observations


def offline():
    raise AssertionError("a recording needs no cloud")


def replayed(folder):
    found = sources([f"recording:{folder}"], SourceContext(client=offline))
    return observe_all([source.manager for source in found], lambda: LATER)


def said(observation):
    """What must be the same after a replay: all but the time of asking."""
    return replace(observation, asked_at=ASKED_AT, cloud_time=None)


def test_a_replay_tells_what_the_cloud_told(tmp_path):
    folder = tmp_path / "recording"
    observed, again = recorded(folder), replayed(folder)
    assert [o.source for o in again] == ["nova-services", "neutron-agents", "cinder-services", "keystone-catalog"]
    assert [o.trouble for o in observed] == [None, None, Trouble.DENIED, None]
    secretless = replace(observed[3], facts=again[3].facts)  # the password is gone from one URL
    assert list(map(said, again)) == list(map(said, (*observed[:3], secretless)))


def test_ages_are_reckoned_on_the_clock_of_then(tmp_path):
    observed, again = recorded(tmp_path), replayed(tmp_path)
    assert [o.now for o in again if o.trouble is None] == [o.now for o in observed if o.trouble is None]


def test_the_words_of_a_trouble_are_kept(tmp_path):
    recorded(tmp_path)
    assert replayed(tmp_path)[2].detail == "cinder does not permit this. Ask your administrator."


def test_an_answer_that_could_not_be_read_is_kept_for_the_bug_report(tmp_path):
    recorded(tmp_path, **{"/os-services": {"services": [{"host": 5}]}})
    document = json.loads((tmp_path / "nova-services.json").read_text())
    assert document["documents"] == {"body": {"services": [{"host": 5}]}}
    assert replayed(tmp_path)[0].trouble is Trouble.MALFORMED


def test_the_name_of_the_cloud_is_kept(tmp_path):
    recorded(tmp_path)
    assert recorded_cloud(tmp_path) == "given"


def test_no_secret_is_in_it(tmp_path):
    recorded(tmp_path)
    assert "hunter2" not in "".join(path.read_text() for path in tmp_path.iterdir())
    assert (
        json.loads((tmp_path / "keystone-catalog.json").read_text())["documents"]["catalog"][2]["endpoints"][0]["url"]
        == "http://h/v2"
    )


class TestTorn:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b'{"asked_at": "2026-11-22T12:30:00+00:00", "docum',
            b"[]",
            b"{}",
            b'{"asked_at": "2025-01-01T00:00:00+00:00", "trouble": null, "cloud_time": null, "documents": {}}',
            b'{"asked_at": "2026-11-22T12:30:00+00:00", "trouble": null, "cloud_time": null, "documents": []}',
            b'{"asked_at": "2026-11-22T12:30:00+00:00", "trouble": {"kind": "bored", "brief": "x"}}',
            b'{"asked_at": 5}',
        ],
    )
    def test_a_torn_file_is_the_trouble_of_one_source(self, tmp_path, content):
        recorded(tmp_path)
        (tmp_path / "nova-services.json").write_bytes(content)
        nova, neutron, *_ = replayed(tmp_path)
        assert nova.trouble is Trouble.MALFORMED
        assert "nova-services.json" in nova.detail
        assert neutron.trouble is None

    def test_so_is_a_missing_one(self, tmp_path):
        recorded(tmp_path)
        (tmp_path / "nova-services.json").unlink()
        nova, neutron, *_ = replayed(tmp_path)
        assert nova.trouble is Trouble.MALFORMED
        assert "missing" in nova.detail
        assert neutron.trouble is None

    def test_so_is_one_that_nothing_here_can_read(self, tmp_path):
        recorded(tmp_path)
        manifest = json.loads((tmp_path / "manifest.json").read_text())
        manifest["sources"][0]["spec"] = "acme:x"
        (tmp_path / "manifest.json").write_text(json.dumps(manifest))
        nova, neutron, *_ = replayed(tmp_path)
        assert (nova.source, nova.trouble) == ("nova-services", Trouble.MALFORMED)
        assert "acme:x" in nova.detail
        assert neutron.trouble is None

    @pytest.mark.parametrize(
        "manifest", ["", "{", "[]", "{}", '{"schema": "stairlift.recording/9", "cloud": "x", "sources": []}',
                     '{"schema": "stairlift.recording/1", "cloud": "x", "sources": [{}]}',
                     '{"schema": "stairlift.recording/1", "cloud": "", "sources": []}']
    )  # fmt: skip
    def test_a_torn_manifest_is_no_recording(self, tmp_path, manifest):
        recorded(tmp_path)
        (tmp_path / "manifest.json").write_text(manifest)
        with pytest.raises(UsageError, match=str(tmp_path)):
            replayed(tmp_path)

    def test_nor_is_any_other_folder(self, tmp_path):
        with pytest.raises(UsageError, match="no recording"):
            replayed(tmp_path / "nowhere")

    def test_a_manifest_names_no_file_outside(self, tmp_path):
        recorded(tmp_path / "recording")
        outside = tmp_path / "secret.json"
        (tmp_path / "recording" / "nova-services.json").rename(outside)
        manifest = (tmp_path / "recording" / "manifest.json").read_text()
        (tmp_path / "recording" / "manifest.json").write_text(manifest.replace("nova-services.json", "../secret.json"))
        assert replayed(tmp_path / "recording")[0].trouble is Trouble.MALFORMED


class TestSaving:
    def test_a_new_recording_takes_the_place_of_an_old_one(self, tmp_path):
        recorded(tmp_path)
        recorded(tmp_path, **{"/os-services": {"services": []}})
        assert replayed(tmp_path)[0].facts == ()

    def test_another_folder_is_refused_and_left_alone(self, tmp_path):
        (tmp_path / "thesis.txt").write_text("years of work")
        with pytest.raises(UsageError, match="not a recording"):
            recorded(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]

    def test_so_is_a_manifest_of_something_else(self, tmp_path):
        (tmp_path / "manifest.json").write_text('{"schema": "helm"}')
        with pytest.raises(UsageError, match="not a recording"):
            recorded(tmp_path)
        assert (tmp_path / "manifest.json").read_text() == '{"schema": "helm"}'

    def test_what_stops_half_way_leaves_the_old_recording_readable(self, tmp_path, monkeypatch):
        """The disk is full at the second file: the old answers are still there, and the new one is told from them."""
        recorded(tmp_path)
        written = []
        real = Path.write_text

        def full(path, *args):
            written.append(path)
            if len(written) == 2:
                real(path, "half")
                raise OSError(28, "No space left on device")
            return real(path, *args)

        monkeypatch.setattr(Path, "write_text", full)
        tapes = live()
        observations = observe_all(tapes, lambda: LATER)
        with pytest.raises(StairliftError, match="No space left on device"):
            save(tmp_path, "given", tapes, observations)
        monkeypatch.undo()
        nova, neutron, *_ = replayed(tmp_path)
        assert nova.trouble is Trouble.MALFORMED
        assert "another recording" in nova.detail
        assert neutron.trouble is None
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]

    def test_a_folder_that_cannot_be_made(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(StairliftError, match=str(tmp_path / "file")):
            recorded(tmp_path / "file" / "recording")

    def test_an_answer_that_is_no_json_is_named(self, tmp_path):
        class Odd(CinderServiceInventory):
            def fetch(self):
                return Answer({"body": {"services": [], "odd": {1, 2}}})

        tape = Tape(Source("cinder", Odd(GivenCloud())))
        with pytest.raises(StairliftError, match=r"cinder-services\.json"):
            save(tmp_path, "given", [tape], observe_all([tape], lambda: ASKED_AT))

    def test_names_of_sources_become_names_of_files(self, tmp_path):
        tapes = []
        for name in ("ansible:/etc/kolla/Multinode", "ansible:/etc/kolla-multinode", "manifest", ":/"):
            source = NovaServiceInventory(GivenCloud({"/os-services": {"services": []}}))
            source.name = name
            tapes.append(Tape(Source("nova", source)))
        save(tmp_path, "given", tapes, observe_all(tapes, lambda: ASKED_AT))
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            "ansible-etc-kolla-multinode-2.json",
            "ansible-etc-kolla-multinode.json",
            "manifest-2.json",
            "manifest.json",
            "source.json",
        ]
