"""SessionCloudClient against a server that does what servers do on a bad day."""

import json
import ssl
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.openstack.client import SessionCloudClient
from unit.openstack.scripted_cloud import PASSWORD, PROJECT, Reply, scripted_cloud

SERVICES = "/compute/v2.1/os-services"


def trouble_of(call, *args):
    with pytest.raises(SourceTrouble) as caught:
        call(*args)
    return caught.value


def ask(client):
    return client.get("compute", "/os-services")


class TestAnswers:
    def test_gives_the_body_and_the_clock_of_the_server(self, cloud, connect):
        cloud.replies[SERVICES] = Reply({"services": [{"host": "ctl1"}]})
        answer = ask(connect())
        assert answer.documents == {"body": {"services": [{"host": "ctl1"}]}}
        assert abs(answer.cloud_time - datetime.now(UTC)) < timedelta(seconds=5)
        assert answer.cloud_time.tzinfo is UTC

    def test_knows_no_time_where_the_server_says_none(self, cloud, connect):
        cloud.replies[SERVICES] = Reply({}, date=False)
        assert ask(connect()).cloud_time is None

    def test_a_date_that_is_none_is_no_trouble(self, cloud, connect):
        cloud.replies[SERVICES] = Reply({}, date=False, headers={"Date": "yesterday"})
        assert ask(connect()).cloud_time is None

    def test_asks_for_the_microversion(self, cloud, connect):
        cloud.replies[SERVICES] = Reply({})
        connect().get("compute", "/os-services", "2.53")
        _, _, headers = cloud.seen[-1]
        assert headers["OpenStack-API-Version"] == "compute 2.53"
        assert headers["X-OpenStack-Nova-API-Version"] == "2.53"  # all that Mitaka reads

    def test_keeps_its_connection(self, cloud, connect):
        cloud.replies[SERVICES] = Reply({"services": []})
        client = connect()
        for _ in range(5):
            ask(client)
        assert cloud.connections == 1

    def test_status_300_is_an_answer(self, cloud, connect):
        cloud.replies["/compute"] = Reply({"versions": [{"id": "v2.1", "version": "2.96"}]}, 300)
        assert connect().versions("compute").documents["versions"][0]["version"] == "2.96"

    def test_serves_several_threads(self, cloud, connect):
        cloud.replies[SERVICES] = Reply({"services": []}, delay=0.05)
        client, bodies = connect(), []
        threads = [threading.Thread(target=lambda: bodies.append(ask(client).documents)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert bodies == [{"body": {"services": []}}] * 8
        assert cloud.paths("POST") == ["/v3/auth/tokens"]

    def test_debug_logging_takes_nothing_away(self, cloud, connect, caplog):
        cloud.replies[SERVICES] = Reply({"services": [1]})
        with caplog.at_level("DEBUG"):
            assert ask(connect()).documents["body"] == {"services": [1]}
        assert PASSWORD not in caplog.text


class TestTroubles:
    @pytest.mark.parametrize(
        ("reply", "trouble"),
        [
            (Reply({"forbidden": {"message": "Policy doesn't allow it"}}, 403), Trouble.DENIED),
            (Reply({"error": {"message": "who?"}}, 401), Trouble.DENIED),
            (Reply({"computeFault": {"message": "boom"}}, 500), Trouble.SERVER_ERROR),
            (Reply(b"<html>No server is available</html>", 503), Trouble.SERVER_ERROR),
            (Reply({"overLimit": {"message": "slow down"}}, 429), Trouble.SERVER_ERROR),
            (Reply({"itemNotFound": {"message": "what?"}}, 404), Trouble.MALFORMED),
            (Reply(b'{"services": [{"host": "ct'), Trouble.MALFORMED),
            (Reply(b"<html>It works!</html>"), Trouble.MALFORMED),
            (Reply(b""), Trouble.MALFORMED),
            (Reply(b'{"services": []', announced=4000), Trouble.MALFORMED),
            (Reply(b'{"services": []', announced=4000, chunked=True), Trouble.MALFORMED),
            (Reply(b"not gzip", headers={"Content-Encoding": "gzip"}), Trouble.MALFORMED),
        ],
    )
    def test_each_failure_is_what_it_is(self, cloud, connect, reply, trouble):
        cloud.replies[SERVICES] = reply
        assert trouble_of(ask, connect()).trouble is trouble

    def test_a_refusal_says_why_and_where(self, cloud, connect):
        cloud.replies[SERVICES] = Reply({"forbidden": {"message": "Policy doesn't allow os-services"}}, 403)
        brief = trouble_of(ask, connect()).brief
        assert f"{cloud.url}{SERVICES}" in brief
        assert "Policy doesn't allow os-services" in brief

    def test_a_wrong_password_is_denied(self, connect):
        trouble = trouble_of(ask, connect(OS_PASSWORD="guess"))
        assert trouble.trouble is Trouble.DENIED
        assert "Keystone" in trouble.brief

    def test_threads_that_wait_for_a_refusal_share_it(self, cloud, connect):
        """Five sources with one wrong password are one failed login, not five: accounts get locked."""
        cloud.replies["/v3/auth/tokens"] = Reply({"error": {"message": "no"}}, 401, delay=0.3)
        client, troubles = connect(), []
        threads = [threading.Thread(target=lambda: troubles.append(trouble_of(ask, client))) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [one.trouble for one in troubles] == [Trouble.DENIED] * 5
        assert len(cloud.paths("POST")) == 1

    def test_asks_again_after_a_refusal(self, cloud, connect, monkeypatch):
        """Keystone itself is upgraded in the middle of a run."""
        monkeypatch.setattr("stairlift.openstack.client._REFUSED_FOR", 0.0)
        signing_in = cloud.replies["/v3/auth/tokens"]
        cloud.replies["/v3/auth/tokens"] = Reply({}, 503)
        cloud.replies[SERVICES] = Reply({"services": []})
        client = connect()
        assert trouble_of(ask, client).trouble is Trouble.SERVER_ERROR
        cloud.replies["/v3/auth/tokens"] = signing_in
        assert ask(client).documents == {"body": {"services": []}}

    def test_a_refusal_holds_for_who_asks_a_moment_later(self, cloud, connect):
        cloud.replies["/v3/auth/tokens"] = Reply({}, 401)
        client = connect()
        assert {trouble_of(ask, client).trouble for _ in range(3)} == {Trouble.DENIED}
        assert len(cloud.paths("POST")) == 1

    def test_a_service_that_refuses_connections_is_unreachable(self, cloud, connect):
        with scripted_cloud() as gone:
            cloud.catalog = [cloud.service("compute", "/v2.1", base=gone.url)]
        trouble = trouble_of(ask, connect())
        assert trouble.trouble is Trouble.UNREACHABLE
        assert "Connection refused" in trouble.brief

    def test_a_keystone_that_refuses_connections_is_unreachable(self, connect):
        with scripted_cloud() as gone:
            url = gone.url
        assert trouble_of(ask, connect(OS_AUTH_URL=f"{url}/v3")).trouble is Trouble.UNREACHABLE

    def test_a_name_that_does_not_resolve_is_unreachable(self, connect):
        trouble = trouble_of(ask, connect(OS_AUTH_URL="http://keystone.invalid:5000/v3"))
        assert trouble.trouble is Trouble.UNREACHABLE

    @pytest.mark.parametrize("url", ["", "keystone", "ftp://127.0.0.1/", "http://[fd00::5/", "http://h:port/"])
    def test_an_address_that_is_none_is_malformed(self, cloud, connect, url):
        cloud.catalog = [cloud.service("compute", url, base="")]
        assert trouble_of(ask, connect()).trouble is Trouble.MALFORMED

    @pytest.mark.parametrize(
        "token", [b"", b"[]", b"{}", b'{"token": 5}', b'{"token": {"catalog": {}, "expires_at": 3}}', b"\xff"]
    )
    def test_a_token_that_makes_no_sense_is_malformed(self, cloud, connect, token):
        cloud.replies["/v3/auth/tokens"] = Reply(token, 201, {"X-Subject-Token": "t"})
        assert trouble_of(ask, connect()).trouble is Trouble.MALFORMED

    def test_a_token_without_its_header_is_malformed(self, cloud, connect):
        cloud.replies["/v3/auth/tokens"] = Reply(cloud.token(b'{"auth": {"identity": {}}}').body, 201)
        assert trouble_of(ask, connect()).trouble is Trouble.MALFORMED


class TestTime:
    """Whatever hangs is given up: who waited for the end would get an answer, in ten seconds at most."""

    @pytest.mark.parametrize("path", [SERVICES, "/v3/auth/tokens"])
    def test_a_silent_server_is_a_timeout(self, cloud, connect, path):
        cloud.replies[path] = Reply({}, delay=10)
        assert trouble_of(ask, connect(timeout=0.5)).trouble is Trouble.TIMEOUT

    def test_a_body_that_drips_is_a_timeout(self, cloud, connect):
        cloud.replies[SERVICES] = Reply({"services": ["x" * 200]}, drip=0.05)
        assert trouble_of(ask, connect(timeout=0.5)).trouble is Trouble.TIMEOUT

    def test_clouds_yaml_may_set_the_limit(self, cloud, no_settings, tmp_path):
        names = {name.removeprefix("OS_").lower(): value for name, value in cloud.credentials().items()}
        (tmp_path / "clouds.yaml").write_text(
            "clouds:\n  slow:\n    api_timeout: 0.5\n    region_name: RegionOne\n    auth:\n"
            + "".join(
                f"      {name}: {value}\n" for name, value in names.items() if name not in {"region_name", "interface"}
            )
        )
        cloud.replies[SERVICES] = Reply({}, delay=10)
        assert trouble_of(ask, SessionCloudClient.from_config("slow")).trouble is Trouble.TIMEOUT


class TestTokens:
    def test_a_refused_token_is_renewed_once(self, cloud, connect):
        answers = [Reply({}, 401), Reply({"services": []})]
        cloud.replies[SERVICES] = lambda *_: answers.pop(0)
        assert ask(connect()).documents == {"body": {"services": []}}
        assert len(cloud.paths("POST")) == 2
        tokens = [headers["X-Auth-Token"] for verb, path, headers in cloud.seen if path == SERVICES]
        assert len(set(tokens)) == 2

    def test_and_not_more_than_once(self, cloud, connect):
        cloud.replies[SERVICES] = Reply({}, 401)
        assert trouble_of(ask, connect()).trouble is Trouble.DENIED
        assert len(cloud.paths("POST")) == 2
        assert len(cloud.paths()) == 2


CORDON = {"status": "disabled", "disabled_reason": "stairlift 261122-abcdef cordon-cmp1"}


def tell(client, body=CORDON, microversion="2.53"):
    return client.send("PUT", "compute", "/os-services/7", body, microversion)


class TestChanges:
    PATH = f"{SERVICES}/7"

    def test_the_body_goes_out_and_the_answer_comes_back(self, cloud, connect):
        told = []

        def reply(handler, asked):
            told.append((handler.command, json.loads(asked), handler.headers["OpenStack-API-Version"]))
            return Reply({"service": {"id": 7, "status": "disabled"}})

        cloud.replies[self.PATH] = reply
        assert tell(connect()).documents == {"body": {"service": {"id": 7, "status": "disabled"}}}
        assert told == [("PUT", CORDON, "compute 2.53")]

    @pytest.mark.parametrize(("method", "status"), [("POST", 202), ("DELETE", 204), ("PUT", 201)])
    def test_an_empty_answer_is_an_answer(self, cloud, connect, method, status):
        cloud.replies[self.PATH] = Reply(b"", status)
        answer = connect().send(method, "compute", "/os-services/7")
        assert answer.documents == {"body": None}
        assert cloud.paths(method)[-1] == self.PATH

    @pytest.mark.parametrize("status", [400, 404, 409, 413])
    def test_what_is_refused_is_told_in_the_words_of_the_service(self, cloud, connect, status):
        cloud.replies[self.PATH] = Reply({"conflictingRequest": {"message": "it is being\n resized"}}, status)
        trouble = trouble_of(tell, connect())
        assert (trouble.trouble, trouble.code, trouble.status) == (Trouble.REFUSED, "source.refused", status)
        assert trouble.brief.endswith(f"{self.PATH} refuses this ({status}): it is being resized")

    @pytest.mark.parametrize(
        ("status", "trouble"), [(403, Trouble.DENIED), (500, Trouble.SERVER_ERROR), (429, Trouble.SERVER_ERROR)]
    )
    def test_other_troubles_are_what_they_are_when_asking(self, cloud, connect, status, trouble):
        cloud.replies[self.PATH] = Reply({}, status)
        assert trouble_of(tell, connect()).trouble is trouble
        assert cloud.paths("PUT") == [self.PATH]  # once, whatever came of it

    def test_a_token_that_is_refused_is_renewed_and_it_is_told_again(self, cloud, connect):
        answers = [Reply({}, 401), Reply({"service": {}})]
        cloud.replies[self.PATH] = lambda _, __: answers.pop(0)
        assert tell(connect()).documents == {"body": {"service": {}}}
        assert cloud.paths("PUT") == [self.PATH] * 2

    def test_nothing_is_told_twice_by_a_redirect(self, cloud, connect):
        cloud.replies[self.PATH] = Reply({}, 307, {"Location": f"{SERVICES}/8"})
        assert trouble_of(tell, connect()).trouble is Trouble.UNREACHABLE
        assert cloud.paths("PUT") == [self.PATH]

    def test_nothing_is_told_twice_when_the_line_breaks(self, cloud, connect):
        cloud.replies[self.PATH] = Reply({}, announced=500)
        assert trouble_of(tell, connect()).trouble is Trouble.MALFORMED
        assert cloud.paths("PUT") == [self.PATH]


class TestOnlyTheSelectedEndpoints:
    def test_links_of_identity_lead_nowhere(self, cloud, connect, trap):
        away = {"id": "v3.14", "status": "stable", "links": [{"rel": "self", "href": f"{trap.url}/v3/"}]}
        cloud.replies["/"] = Reply({"versions": {"values": [away]}}, 300)
        cloud.replies["/v3"] = Reply({"version": away})
        cloud.replies[SERVICES] = Reply({"services": []})
        assert ask(connect(OS_AUTH_URL=cloud.url)).documents == {"body": {"services": []}}

    @pytest.mark.parametrize("suffix", ["", "/", "/v3", "/v3/", "/v2.0"])
    def test_auth_url_may_name_a_version_or_none(self, cloud, connect, suffix):
        cloud.replies[SERVICES] = Reply({})
        ask(connect(OS_AUTH_URL=cloud.url + suffix))
        assert cloud.paths("POST") == ["/v3/auth/tokens"]

    def test_links_of_version_documents_lead_nowhere(self, cloud, connect, trap):
        away = {"id": "v2.1", "status": "CURRENT", "version": "2.96", "links": [{"rel": "self", "href": trap.url}]}
        cloud.replies["/compute"] = Reply({"versions": [away]})
        cloud.replies[SERVICES] = Reply({})
        client = connect()
        assert client.versions("compute").documents["versions"] == [away]
        ask(client)
        assert cloud.paths() == ["/compute/", SERVICES]

    def test_redirects_to_another_server_are_not_followed(self, cloud, connect, trap):
        cloud.replies[SERVICES] = Reply({}, 302, {"Location": f"{trap.url}{SERVICES}"})
        trouble = trouble_of(ask, connect())
        assert trouble.trouble is Trouble.UNREACHABLE
        assert trap.url in trouble.brief

    def test_the_password_does_not_follow_a_redirect(self, cloud, connect, trap):
        cloud.replies["/v3/auth/tokens"] = Reply({}, 307, {"Location": f"{trap.url}/v3/auth/tokens"})
        trouble = trouble_of(ask, connect())
        assert trouble.trouble is Trouble.UNREACHABLE
        assert trap.url in trouble.brief

    def test_redirects_on_the_same_server_are(self, cloud, connect):
        cloud.replies[SERVICES] = Reply({}, 301, {"Location": "/compute/v2.1/services"})
        cloud.replies["/compute/v2.1/services"] = Reply({"services": []})
        assert ask(connect()).documents == {"body": {"services": []}}

    def test_but_not_for_ever(self, cloud, connect):
        cloud.replies[SERVICES] = Reply({}, 301, {"Location": SERVICES})
        assert trouble_of(ask, connect()).trouble is Trouble.UNREACHABLE
        assert len(cloud.paths()) < 10

    def test_a_service_without_this_interface_is_not_asked_on_another(self, cloud, connect, trap):
        cloud.catalog = [cloud.service("compute", "/v2.1", ("public",), base=trap.url)]
        trouble = trouble_of(ask, connect())
        assert trouble.trouble is Trouble.UNREACHABLE
        assert "public" in trouble.brief

    def test_an_interface_for_one_service_is_respected(self, cloud, connect):
        cloud.catalog = [
            {
                **cloud.service("compute", "/public/v2.1", ("public",)),
                "endpoints": cloud.service("compute", "/public/v2.1", ("public",))["endpoints"]
                + cloud.service("compute", "/internal/v2.1", ("internal",))["endpoints"],
            }
        ]
        cloud.replies["/public/v2.1/os-services"] = Reply({})
        ask(connect(OS_COMPUTE_INTERFACE="public"))
        assert cloud.paths() == ["/public/v2.1/os-services"]

    def test_an_endpoint_override_is_respected(self, cloud, connect, trap):
        cloud.catalog = [cloud.service("compute", "/v2.1", base=trap.url)]
        cloud.replies[SERVICES] = Reply({})
        ask(connect(OS_COMPUTE_ENDPOINT_OVERRIDE=f"{cloud.url}/compute/v2.1"))
        assert cloud.paths() == [SERVICES]


class TestCatalog:
    def test_not_in_the_catalog_is_not_deployed(self, connect):
        trouble = trouble_of(connect().get, "block-storage", "/os-services")
        assert trouble.trouble is Trouble.NOT_DEPLOYED

    def test_in_another_region_only_is_not_deployed_here(self, cloud, connect):
        cloud.catalog = [cloud.service("compute", "/v2.1", region="RegionTwo")]
        assert trouble_of(ask, connect()).trouble is Trouble.NOT_DEPLOYED

    def test_several_regions_without_a_choice_are_no_guess(self, cloud, connect, trap):
        cloud.catalog = [
            cloud.service("compute", "/v2.1", region=region, base=trap.url) for region in ("RegionOne", "RegionTwo")
        ]
        trouble = trouble_of(ask, connect(OS_REGION_NAME=""))
        assert trouble.trouble is Trouble.MALFORMED
        assert "RegionOne, RegionTwo" in trouble.brief

    def test_one_region_needs_no_choice(self, cloud, connect):
        cloud.replies[SERVICES] = Reply({})
        ask(connect(OS_REGION_NAME=""))
        assert cloud.paths() == [SERVICES]

    def test_block_storage_goes_by_any_of_its_names(self, cloud, connect):
        cloud.catalog = [
            cloud.service("volumev2", f"/v2/{PROJECT}"),
            cloud.service("volumev3", f"/v3/{PROJECT}"),
        ]
        cloud.replies[f"/v3/{PROJECT}/os-services"] = Reply({"services": []})
        assert connect().get("block-storage", "/os-services").documents["body"] == {"services": []}

    def test_the_catalog_is_of_one_region_and_holds_no_password(self, cloud, connect):
        cloud.catalog = [
            cloud.service("compute", "/v2.1", base="http://nova:s3cret@api.example.com"),
            cloud.service("image", "", region="RegionTwo"),
        ]
        (service,) = connect().catalog().documents["catalog"]
        assert service["type"] == "compute"
        assert [e["url"] for e in service["endpoints"]] == ["http://api.example.com/v2.1"] * 2

    @pytest.mark.parametrize("catalog", [{}, [5], "compute", [{"type": "compute", "endpoints": {"public": 1}}]])
    def test_a_catalog_that_makes_no_sense_is_no_crash(self, cloud, connect, catalog):
        cloud.catalog = catalog
        trouble = trouble_of(ask, connect())
        assert trouble.trouble in {Trouble.MALFORMED, Trouble.NOT_DEPLOYED}


class TestVersions:
    def test_the_list_of_all_versions_comes_first(self, cloud, connect):
        cloud.replies["/compute"] = Reply({"versions": [{"id": "v2.0"}, {"id": "v2.1"}]}, 300)
        assert [v["id"] for v in connect().versions("compute").documents["versions"]] == ["v2.0", "v2.1"]

    def test_then_the_version_itself(self, cloud, connect):
        cloud.replies["/compute"] = Reply(b"<html>a portal</html>")
        cloud.replies["/compute/v2.1"] = Reply({"version": {"id": "v2.1", "version": "2.96"}})
        assert connect().versions("compute").documents["versions"] == [{"id": "v2.1", "version": "2.96"}]

    def test_shows_a_token_only_where_one_is_asked_for(self, cloud, connect):
        document = Reply({"versions": [{"id": "v2.1"}]})
        cloud.replies["/compute"] = lambda handler, _: document if "X-Auth-Token" in handler.headers else Reply({}, 401)
        connect().versions("compute")
        assert ["X-Auth-Token" in headers for verb, path, headers in cloud.seen if verb == "GET"] == [False, True]

    def test_no_document_is_malformed(self, cloud, connect):
        cloud.replies["/compute"] = Reply({"welcome": "here"})
        assert trouble_of(connect().versions, "compute").trouble is Trouble.MALFORMED

    def test_an_outage_is_an_outage(self, cloud, connect):
        cloud.replies["/compute"] = cloud.replies["/compute/v2.1"] = Reply({}, 503)
        assert trouble_of(connect().versions, "compute").trouble is Trouble.SERVER_ERROR


class TestSecrets:
    """Servers repeat what they were given; no text of ours does."""

    def told(self, trouble):
        return " ".join((str(trouble), repr(trouble), trouble.brief, trouble.details, trouble.resolution))

    def test_a_password(self, cloud, connect):
        cloud.replies["/v3/auth/tokens"] = Reply({"error": {"message": f"{PASSWORD!r} is too short"}}, 400)
        assert PASSWORD not in self.told(trouble_of(ask, connect()))

    def test_a_password_that_keystone_refuses(self, connect):
        told = self.told(trouble_of(ask, connect(OS_PASSWORD="my other password")))
        assert "my other password" not in told
        assert "***" in told

    def test_a_token(self, cloud, connect):
        cloud.replies[SERVICES] = lambda handler, _: Reply(
            {"forbidden": {"message": f"{handler.headers['X-Auth-Token']} may not"}}, 403
        )
        told = self.told(trouble_of(ask, connect()))
        assert "token-" not in told
        assert "may not" in told

    def test_an_application_credential(self, cloud, connect, no_settings):
        secret = "app-secret-0815"
        cloud.replies["/v3/auth/tokens"] = lambda _, asked: Reply({"error": {"message": asked.decode()}}, 401)
        client = connect(
            OS_AUTH_TYPE="v3applicationcredential",
            OS_APPLICATION_CREDENTIAL_ID="app",
            OS_APPLICATION_CREDENTIAL_SECRET=secret,
            OS_PASSWORD="",
            OS_PROJECT_NAME="",
        )
        told = self.told(trouble_of(ask, client))
        assert secret not in told
        assert "***" in told

    def test_a_password_in_an_address(self, cloud, connect):
        cloud.catalog = [cloud.service("compute", "/v2.1", base="http://nova:s3cret@127.0.0.1:1")]
        assert "s3cret" not in self.told(trouble_of(ask, connect()))


class TestTls:
    @pytest.fixture
    def certificate(self, tmp_path):
        return _certificate(tmp_path)

    @pytest.fixture
    def cloud(self, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        with scripted_cloud(context) as running:
            yield running

    def test_an_unknown_authority_is_unreachable_and_says_so(self, connect):
        trouble = trouble_of(ask, connect())
        assert trouble.trouble is Trouble.UNREACHABLE
        assert "certificate verify failed" in trouble.brief

    def test_cacert(self, cloud, connect, certificate):
        cloud.replies[SERVICES] = Reply({"services": []})
        assert ask(connect(OS_CACERT=str(certificate[0]))).documents == {"body": {"services": []}}

    def test_insecure(self, cloud, connect):
        cloud.replies[SERVICES] = Reply({"services": []})
        assert ask(connect(OS_INSECURE="true")).documents == {"body": {"services": []}}


def _certificate(folder):
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "scripted cloud")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    now = datetime.now(UTC)
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    authority = x509.BasicConstraints(ca=True, path_length=None)
    signed = (
        builder.add_extension(address, critical=False)
        .add_extension(authority, critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    return folder / "cert.pem", folder / "key.pem"
