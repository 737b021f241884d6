"""What the `prepare` stage makes of images and configurations. tests/real/test_kolla.py runs it through kolla-ansible."""

import json
import subprocess
import sys

import pytest

from stairlift.strategy.kolla.commands import FOLDER
from stairlift.strategy.kolla.playbooks import difference, images

SECRETS = (
    "database_password = hunter2",
    '"password": "hunter2",',
    "transport_url = rabbit://nova:hunter2@ctl1:5672//",
    "connection = mysql+pymysql://nova:hunter2@db/nova",
    "  stats auth admin:hunter2",
    "metadata_proxy_shared_secret=hunter2",
    "auth_pass hunter2",
    "key = hunter2==",
    "    key hunter2",
    "memcache_secret_key: hunter2",
    '{"auth_url": "http://ctl1:5000", "username": "nova", "password": "hunter2"}',
    "auth_url = http://nova:hunter2@ctl1",
    "transport_url = rabbit://nova:x@ctl1:5672,nova:hunter2@ctl2:5672,nova:hunter2@ctl3:5672//",
    "connection = mysql+pymysql://nova:x/y@hunter2@db/nova",
    "backend_url = etcd3+http://ctl1:2379?api_key=hunter2&timeout=5",
    "kek = 'hunter2='",
    "<secret>hunter2</secret>",
    "    admin: $2b$12$hunter2",
)


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_leaves_the_host(secret):
    told = difference.difference([], [secret], "nova-api/nova.conf")
    assert told
    assert "hunter2" not in "\n".join(told)


@pytest.mark.parametrize("plain", ["auth_url = http://ctl1:5000", "workers = 5", "auth_type = password"])
def test_what_is_no_secret_is_shown(plain):
    assert difference.difference([], [plain], "nova-api/nova.conf") == [f"+{plain}"]


def test_a_file_that_is_a_secret_only_says_that_it_changes():
    for name in (
        "keystone/id_rsa",
        "glance-api/ceph.client.glance.keyring",
        "haproxy/haproxy.pem",
        "nova-libvirt/secrets/5a.base64",
    ):
        assert difference.difference(["a"], ["b"], name) == ["(changes; not shown)"]


def test_a_private_key_is_a_secret_whatever_its_file_is_called():
    lines = ["-----BEGIN OPENSSH PRIVATE KEY-----", "aHVudGVyMg=="]
    assert difference.difference([], lines, "octavia-worker/amphora") == ["(changes; not shown)"]
    assert difference.difference(lines, [], "octavia-worker/amphora") == ["(changes; not shown)"]


@pytest.fixture
def folders(tmp_path):
    texts = {
        "live/nova-api/nova.conf": "[DEFAULT]\nworkers = 2\n",
        "new/nova-api/nova.conf": "[DEFAULT]\nworkers = 4\n",
        "live/nova-api/old.conf": "x\n",
        "live/glance-api/config.json": "at {live}\n",
        "new/glance-api/config.json": "at {new}\n",
        "new/nova-metadata/nova.conf": "y\n",
        "live/globals.yml": "the operator's\n",
    }
    for name, text in texts.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(live=tmp_path / "live", new=tmp_path / "new"))
    return tmp_path


def test_only_what_would_be_different_differs(folders):
    found = difference.compare(folders / "live", folders / "new")
    assert found == {
        "nova-api/nova.conf": ["-workers = 2", "+workers = 4"],
        "nova-api/old.conf": ["-x"],
        "nova-metadata/nova.conf": ["+y"],
    }


def test_what_is_the_same_on_many_hosts_is_told_once(tmp_path):
    for host, workers in (("ctl1", 4), ("ctl2", 4), ("ctl3", 8)):
        (tmp_path / host).write_text(json.dumps({"nova-api/nova.conf": [f"+workers = {workers}"]}))
    told = difference.merge(tmp_path)
    assert told.splitlines()[0] == "nova-api: 2 lines"
    assert "== nova-api/nova.conf on ctl1, ctl2\n+workers = 4" in told
    assert told.count("+workers") == 2


def test_no_difference_is_said(tmp_path):
    (tmp_path / "ctl1").write_text("{}")
    assert difference.merge(tmp_path).startswith("no difference")


def test_it_is_a_program_for_hosts(folders):
    done = subprocess.run(
        [sys.executable, "-I", FOLDER / "difference.py", "compare", folders / "live", folders / "new"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["nova-metadata/nova.conf"] == ["+y"]


LISTED = (
    "reg.example.com/kolla/nova-api:2026.1-rocky-10 sha256:{digest} sha256:id\nreg/kolla/nova-api:2025.1 sha256:o x\n"
)


def compared(folder, *arguments, **digests):
    for host, digest in digests.items():
        (folder / host).write_text(LISTED.format(digest=digest))
    done = subprocess.run(
        [sys.executable, "-I", FOLDER / "images.py", folder, *arguments, ",".join(digests)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def test_the_same_images_everywhere(tmp_path):
    assert compared(tmp_path, "2026.1*", "", ctl1="aa", ctl2="aa") == (0, "")


def test_a_host_with_another_image_is_named(tmp_path):
    code, said = compared(tmp_path, "2026.1*", "", ctl1="aa", ctl2="aa", ctl3="bb")
    assert code == 1
    assert "nova-api:2026.1-rocky-10 is not the same everywhere: sha256:aa on ctl1, ctl2; sha256:bb on ctl3" in said


def test_a_host_without_images_of_the_release_is_named(tmp_path):
    assert "ctl1 has no image with a tag like 2027*" in compared(tmp_path, "2027*", "", ctl1="aa")[1]


def test_an_image_must_be_the_one_that_it_is_to_be(tmp_path):
    wanted = tmp_path / "digests"
    wanted.write_text("# of the registry\nnova-api:2026.1-rocky-10 sha256:aa\n")
    assert compared(tmp_path, "2026.1*", wanted, ctl1="aa")[0] == 0
    assert "is sha256:bb, and is to be sha256:aa" in compared(tmp_path, "2026.1*", wanted, ctl1="bb")[1]


def test_an_image_built_on_the_host_counts_by_its_id():
    assert images.images("nova-api:2026.1 <none> sha256:id\n", "2026.1") == {"nova-api:2026.1": "sha256:id"}
