"""`[[waiver]]`: who answers for what, why and until when; on record only where it is needed."""

from datetime import date

import pytest

from planning import ANY, seen
from stairlift.knowledge.releases import parse_series
from stairlift.model.errors import UsageError
from stairlift.model.finding import Finding, Waiver
from stairlift.model.plan_document import from_document, to_document
from stairlift.plan import plan, plan_hash
from stairlift.plan.request import Request
from stairlift.testing.clouds import a_cloud
from stairlift.wiring.config.settings import read_settings
from stairlift.wiring.config.waivers import demand_in_force, expired, in_force, with_used

ADA = Waiver("record.stale", "nova-compute@cmp9", "ada", "it is on its way to the scrapyard", date(2026, 5, 31))
WHOLE = """
[[waiver]]
code = "record.stale"
subject = "nova-compute@cmp9"
who = "ada"
why = "it is on its way to the scrapyard"
until = 2026-05-31

[[waiver]]
code = "freeze.unconfirmed"
who = "bob"
why = "change 4711"
until = "2026-06-30"
"""


def read(tmp_path, text):
    (tmp_path / "stairlift.toml").write_text(text)
    return read_settings({"HOME": str(tmp_path)}, tmp_path, tmp_path / "none").waivers


def test_they_are_read(tmp_path):
    bob = Waiver("freeze.unconfirmed", None, "bob", "change 4711", date(2026, 6, 30))
    assert read(tmp_path, WHOLE) == (ADA, bob)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[waiver]]\ncode = "a.b"\nwho = "ada"', "needs why"),
        ('[[waiver]]\nwhy = "x"', "needs code and who"),
        ('[[waiver]]\ncode = "a.b"\nsubject = ""\nwho = "ada"\nwhy = "x"', "subject is empty"),
        ('[[waiver]]\ncode = "a.b"\nwho = "ada"\nwhy = "x"\nuntil = "soon"', "until is a day"),
        ('[[waiver]]\ncode = "a.b"\nwho = "ada"\nwhy = "x"\nuntil = 2026-05-31T12:00:00', "until is a day"),
        ('[[waiver]]\ncode = "a.b"\nwho = "ada"\nwhy = "x"\nsubject = 7', "subject is a text"),
        ('[[waiver]]\ncode = "a.b"\nwho = "ada"\nwhy = "x"\nuntill = 1', "did you mean until?"),
        ('[waiver]\ncode = "a.b"', "double brackets"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, text, said):
    with pytest.raises(UsageError) as refused:
        read(tmp_path, text)
    assert refused.value.code == "config.invalid"
    assert said in refused.value.brief
    assert "stairlift.toml" in refused.value.brief


def test_one_whose_time_is_over_does_not_count_and_is_named():
    assert in_force([ADA], date(2026, 5, 31)) == (ADA,)
    assert in_force([ADA], date(2026, 6, 1)) == ()
    (sentence,) = expired([ADA], date(2026, 6, 1))
    assert "record.stale:nova-compute@cmp9 of ada ended on 2026-05-31" in sentence
    with pytest.raises(UsageError, match="ended on 2026-05-31"):
        demand_in_force([ADA], date(2026, 6, 1))
    demand_in_force([ADA], date(2026, 5, 31))


def made(cloud, *waivers):
    built = seen(cloud)
    request = Request(parse_series("2025.2"), parse_series("2025.1"), waivers=waivers)
    return plan(built.cloud, built.findings, request, [ANY])


class TestOnRecord:
    cloud = a_cloud().unreachable("cmp9")
    used = Waiver("cell.unreachable", None, "ada", "the cell is empty")
    idle = Waiver("record.stale", None, "ada", "none is there")
    check = Waiver("servers.in_flight", None, "ada", "they are ours")
    flag = Waiver("record.stal")

    def test_only_what_is_used_or_may_be_is_kept(self):
        kept = with_used(made(self.cloud, self.used, self.idle, self.check, self.flag), {"servers.in_flight"})
        assert set(kept.waivers) == {self.used, self.check, self.flag}
        assert kept.hash == plan_hash(kept)

    def test_a_plan_that_uses_none_has_the_hash_that_it_always_had(self):
        assert with_used(made(a_cloud(), self.idle), set()).hash == made(a_cloud()).hash

    def test_all_of_it_comes_back_from_the_plan_s_file(self):
        kept = made(self.cloud, ADA, self.used, self.flag)
        document = to_document(kept)
        assert {"code", "subject", "who", "why", "until"} == set(document["waivers"][-1])
        assert "record.stal" in document["waivers"]
        assert from_document(document) == kept

    @pytest.mark.parametrize("broken", [{"code": "a.b"}, {"code": 1}, [], 7])
    def test_nonsense_is_refused(self, broken):
        document = to_document(made(self.cloud)) | {"waivers": [broken]}
        with pytest.raises(UsageError) as refused:
            from_document(document)
        assert refused.value.code == "plan.unreadable"


def test_it_covers_as_a_flag_does_and_is_told_with_its_name():
    finding = Finding("record.stale", "error", "nova-compute@cmp9", "dead", "bury it")
    assert ADA.covers(finding)
    assert ADA.told == "record.stale:nova-compute@cmp9 by ada until 2026-05-31: it is on its way to the scrapyard"
    assert str(ADA) == "record.stale:nova-compute@cmp9"
