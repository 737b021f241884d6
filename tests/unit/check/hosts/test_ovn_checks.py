"""OVN's databases as their servers spoke of them (tests/data/ovn, ovsdb-server 3.1), its pins and its gateway ports."""

import re
import shutil
import socket
import subprocess
from dataclasses import replace

import pytest

from pages import ROOT
from planning import planned, policy
from stairlift.check.answers import Unanswered
from stairlift.check.hosts.ovn import GATEWAYS, MEMBERS, PINNED
from stairlift.check.hosts.raft import Member
from stairlift.check.hosts.reading import survey_of
from stairlift.drive.checks import judged
from stairlift.knowledge.scripts import script
from stairlift.model.check import HostQuestion, Reply
from stairlift.model.errors import Trouble
from stairlift.testing.clouds import a_cloud, an_ovn_cloud
from stairlift.testing.plans import a_step
from stairlift.testing.scenes import scene_of

SCENE = scene_of(an_ovn_cloud().without("keystone-catalog"))
SERVERS = ("ctl1", "ctl2", "ctl3")
REFUSED = (
    "1\n2026-11-23T05:13:27Z|00001|unixctl|WARN|failed to connect\novs-appctl: cannot connect to (Connection refused)"
)
ALONE = '2\n"cluster/status" is not a valid command (use "list-commands" to see a list of valid commands)'


def status(name):
    return (ROOT / "tests" / "data" / "ovn" / f"{name}.txt").read_text()


def member(north, south=None):
    """What a host tells of its two members: recorded texts by name, or others as they are."""
    north, south = (one if one is None or one[:1].isdigit() else f"0\n{status(one)}" for one in (north, south or ALONE))
    return f"@nb\n{north}\n@sb\n{south}\n@end\n"


HEALTHY = {"ctl1": member("leader"), "ctl2": member("follower"), "ctl3": member("follower-2")}


def judge(check, texts, scene=SCENE):
    check = check()
    assert check.applies(scene)
    replies = {}
    for host, question in check.asks(scene).items():
        assert isinstance(question, HostQuestion)
        gone = Reply(trouble=Trouble.UNREACHABLE, detail="no route to it")
        replies[host] = Reply(out=texts[host], returncode=0) if host in texts else gone
    return judged(check, scene, replies)


def found(judgement):
    return {(one.severity, one.subject) for one in judgement.findings}


class TestMembers:
    def test_a_whole_cluster_passes_and_tells_who_leads(self):
        made = judge(MEMBERS, HEALTHY)
        assert (made.findings, made.unknown) == ((), "")
        assert "ctl1: leads OVN_Northbound of 3" in made.evidence

    def test_a_cloud_without_ovn_is_not_asked(self):
        assert not MEMBERS().applies(scene_of(a_cloud()))

    def test_only_the_leader_tells_who_is_away(self):
        """A follower hears of its leader alone: that it heard long ago of the others means nothing."""
        heard = [peer.heard for peer in Member.of(status("follower-2").splitlines()).peers if peer.heard]
        assert max(heard) > 2000
        made = judge(MEMBERS, {**HEALTHY, "ctl1": member("leader-one-down"), "ctl2": member(REFUSED)})
        [gone] = [one for one in made.findings if one.subject.startswith("ovn-nb-db:")]
        assert gone.severity == "error"
        assert "has not heard of tcp:127.0.0.1:17642" in gone.message
        assert ("error", "ovn-nb-db@ctl2") in found(made)

    def test_a_leader_that_never_heard_of_one_of_them_says_so(self):
        heard = status("leader").replace(" last msg 324 ms ago", "")
        [gone] = judge(MEMBERS, {**HEALTHY, "ctl1": member(f"0\n{heard}")}).findings
        assert "has not heard of tcp:127.0.0.1:17643 since it was elected" in gone.message

    def test_a_server_too_old_to_tell_of_whom_it_heard_accuses_nobody(self):
        """Without `last msg` it tells how far each has come all the same."""
        old = re.sub(r" last msg \d+ ms ago", "", status("leader"))
        assert judge(MEMBERS, {**HEALTHY, "ctl1": member(f"0\n{old}")}).findings == ()
        behind = old.replace("(self) next_index=2 match_index=4", "(self) next_index=2 match_index=400")
        assert len(judge(MEMBERS, {**HEALTHY, "ctl1": member(f"0\n{behind}")}).findings) == 2

    def test_a_member_whose_host_nobody_can_ask_is_told_by_the_leader_and_unknown_itself(self):
        made = judge(MEMBERS, {"ctl1": member("leader-one-down"), "ctl3": member("follower-one-down")})
        assert len(made.findings) == 1
        assert "ctl2: no route to it" in made.unknown

    def test_a_member_that_lost_the_others(self):
        made = judge(MEMBERS, {"ctl3": member("no-leader")})
        assert found(made) == {("error", "ovn-nb-db@ctl3")}
        assert "disconnected from the cluster" in made.findings[0].message

    def test_a_member_that_lags_behind_the_leader(self):
        text = status("leader")
        at = int(text.split("(self) next_index=")[1].split("match_index=")[1].split()[0])
        for behind, grave in ((100, False), (101, True)):
            ahead = text.replace(
                f"(self) next_index=2 match_index={at}", f"(self) next_index=2 match_index={at + behind}"
            )
            assert ahead != text
            assert bool(judge(MEMBERS, {**HEALTHY, "ctl1": member(f"0\n{ahead}")}).findings) is grave

    def test_two_leaders_and_two_clusters(self):
        other = status("leader").replace("Server ID: ", "Server ID: ffff ")
        assert ("error", "ovn-nb-db") in found(judge(MEMBERS, {**HEALTHY, "ctl2": member(f"0\n{other}")}))
        strange = status("follower").replace("Cluster ID: ", "Cluster ID: ffff ")
        made = judge(MEMBERS, {**HEALTHY, "ctl2": member(f"0\n{strange}")})
        assert [one.message for one in made.findings if "2 clusters" in one.message]

    def test_a_cluster_of_two_is_warned_of(self):
        lines = [line for line in status("leader").splitlines() if "17642" not in line]
        made = judge(MEMBERS, {**HEALTHY, "ctl1": member("0\n" + "\n".join(lines))})
        assert found(made) == {("warning", "ovn-nb-db")}

    def test_databases_that_are_in_no_cluster_pass(self):
        made = judge(MEMBERS, dict.fromkeys(SERVERS, member(ALONE)))
        assert (made.findings, made.unknown) == ((), "")

    @pytest.mark.parametrize("text", ["@end\n", "@nb\n1\nPermission denied\n@end\n", "@nb\n0\nHello\n@end\n", "@nb\n0"])
    def test_what_cannot_be_read_is_unknown(self, text):
        made = judge(MEMBERS, {**HEALTHY, "ctl2": text})
        assert "ctl2" in made.unknown

    def test_a_leader_that_is_not_the_last_to_restart_is_told_and_holds_nobody_up(self):
        plan = planned(an_ovn_cloud().on_duty("ctl3", "ovn-nb-db", "leader"))
        first, *_, last = [s for s in plan.steps if "ovn-nb-db" in s.services]
        assert (first.hosts, last.hosts) == (("ctl1",), ("ctl3",))
        early = judge(MEMBERS, HEALTHY, replace(SCENE, plan=plan, about=first))
        assert found(early) == {("info", "ovn-nb-db@ctl1")}
        assert judge(MEMBERS, HEALTHY, replace(SCENE, plan=plan, about=last)).findings == ()

    def retried(self, host, texts, binary="ovn-nb-db"):
        """What is found before the step that restarts the member of this host."""
        step = a_step("again", action="upgrade", services=(binary,), hosts=(host,))
        made = judge(MEMBERS, {**HEALTHY, **texts}, replace(SCENE, about=step))
        return (made.findings, made.unknown)

    @pytest.mark.parametrize("said", [REFUSED, "1\nits control socket is gone"])
    def test_a_member_that_its_own_upgrade_broke_can_be_upgraded_again(self, said):
        texts = {"ctl1": member("leader-one-down"), "ctl2": member(said)}
        assert self.retried("ctl2", texts) == ((), "")
        found, unknown = self.retried("ctl3", texts)  # with it the quorum would be lost
        assert [one.subject for one in found if one.subject.startswith("ovn-nb-db:")]
        assert self.retried("ctl2", texts, "ovn-sb-db") == (found, unknown)

    def test_who_does_not_tell_who_it_is_may_be_the_one_that_is_away(self):
        gone = {"ctl1": member("leader-one-down"), "ctl2": member(REFUSED)}
        assert self.retried("ctl2", {**gone, "ctl3": "@end\n"})[0]

    def test_one_more_in_the_cluster_than_there_are_hosts_is_told(self):
        """A server that was never taken out of it counts for the quorum."""
        line = "    ffff (ffff at tcp:127.0.0.1:17644) next_index=5 match_index=4\n"
        texts = {"ctl1": member(f"0\n{status('leader-one-down')}{line}"), "ctl2": member(REFUSED)}
        assert "ovn-nb-db:ffff" in {one.subject for one in self.retried("ctl2", texts)[0]}


def test_a_status_has_the_fields_that_it_is_judged_by():
    one = Member.of(status("leader").splitlines())
    assert (one.leads, one.patience, len(one.peers)) == (True, 1000, 3)
    assert one.leader == one.fields["Server ID"].split()[0]
    assert Member.of(status("follower").splitlines()).leader == one.leader
    with pytest.raises(Unanswered):
        Member.of(["Name: OVN_Northbound"])


class TestPins:
    CHASSIS = ("cmp1", "cmp2", "cmp3", "gw1")

    def texts(self, **changed):
        return {host: f"@ovn-match-northd-version\n{changed.get(host, 'true')}\n@end\n" for host in self.CHASSIS}

    def scene(self, **given):
        return replace(SCENE, plan=planned(an_ovn_cloud(), policy=policy(**given)))

    def test_every_chassis_must_be_pinned_where_the_policy_says_so(self):
        scene = self.scene(ovn_order="pinned")
        assert judge(PINNED, self.texts(), scene).findings == ()
        made = judge(PINNED, self.texts(cmp2="", gw1="false"), scene)
        assert found(made) == {("error", "cmp2"), ("error", "gw1")}
        assert "external_ids:ovn-match-northd-version=true" in made.findings[0].resolution

    def test_a_chassis_that_is_pinned_although_it_goes_first_is_warned_of(self):
        made = judge(PINNED, self.texts(cmp1="", cmp2="", cmp3=""), self.scene())
        assert found(made) == {("warning", "gw1")}

    def test_a_host_without_ovs_vsctl_is_unknown(self):
        assert "cmp1" in judge(PINNED, {**self.texts(), "cmp1": "@end\n"}, self.scene()).unknown


class TestGateways:
    def test_each_gateway_port_has_a_chassis(self):
        bound = "@gateways\ncr-lrp-1,80e772df-767c-4725-93b7-973c186124d4\n@end\n"
        made = judge(GATEWAYS, dict.fromkeys(SERVERS, bound))
        assert (made.findings, made.evidence) == ((), "gateway ports of routers: 1")

    def test_one_that_nobody_carries_is_named(self):
        text = "@gateways\ncr-lrp-1,80e772df-767c-4725-93b7-973c186124d4\ncr-lrp-2,\n@end\n"
        assert found(judge(GATEWAYS, {"ctl2": text})) == {("warning", "cr-lrp-2")}

    def test_without_ovn_sbctl_nobody_knows(self):
        assert "ovn-sbctl" in judge(GATEWAYS, dict.fromkeys(SERVERS, "@end\n")).unknown

    def test_a_cloud_without_routers_passes(self):
        assert judge(GATEWAYS, dict.fromkeys(SERVERS, "@gateways\n\n@end\n")).findings == ()


#: The engine of a host whose northbound database and switch run in containers, the one with its socket in an old place.
ENGINE = """#!/bin/sh
case "$*" in
  *name=^ovn_nb_db\\$*|*name=^openvswitch_db\\$*) echo 0123456789ab ;;
  *"exec ovn_nb_db ovs-appctl"*/var/run/openvswitch/ovnnb_db.ctl*) cat {status} ;;
  *name=^ovn_sb_db\\$*) echo 0123456789ab ;;
  *"exec ovn_sb_db ovn-sbctl --db=unix:/var/run/openvswitch/ovnsb_db.sock"*) echo cr-lrp-3,80e7 ;;
  *"exec openvswitch_db ovs-vsctl"*ovn-match-northd-version) echo '"true"' ;;
  *"exec openvswitch_db ovs-vsctl"*) echo ;;
  exec*) echo "cannot connect (No such file or directory)" >&2; exit 1 ;;
esac
"""
SBCTL = """#!/bin/sh
case "$*" in *--no-leader-only*) printf 'cr-lrp-1,80e7\\ncr-lrp-2,\\n' ;; esac
"""


class TestScript:
    """What the script gives of a host, with this machine's own shell; real servers are in tests/real/test_ovn_raft.py."""

    @pytest.fixture
    def host(self, tmp_path):
        """A host with nothing on it but what a test puts into its `bin`."""
        (tmp_path / "bin").mkdir()
        for name in ("sh", "cat", "tr", "timeout", "printf", "echo"):
            (tmp_path / "bin" / name).symlink_to(shutil.which(name))
        (tmp_path / "ovn").mkdir()
        return tmp_path

    def program(self, host, name, text):
        (host / "bin" / name).write_text(text)
        (host / "bin" / name).chmod(0o755)

    def says(self, host):
        text = f"RUN={host}\n" + script("ovn.sh").replace("PATH=$PATH:", "PATH=$PATH #")
        environ = {"PATH": str(host / "bin")}
        done = subprocess.run(
            ["sh", "-s"], input=text, text=True, capture_output=True, timeout=60, env=environ, check=True
        )
        return survey_of(Reply(out=done.stdout, returncode=0))

    def test_a_host_without_ovn_says_nothing(self, host):
        assert set(self.says(host).sections) == {"end"}

    def test_what_runs_in_containers_is_asked_there(self, host):
        recorded = ROOT / "tests" / "data" / "ovn" / "leader.txt"
        self.program(host, "docker", ENGINE.format(status=recorded))
        seen = self.says(host)
        assert Member.of(seen.lines("nb")[1:]).leads
        assert seen.first("sb") == "1", "its server does not answer"
        assert seen.lines("gateways") == ("cr-lrp-3,80e7",)
        assert seen.lines("ovn-match-northd-version") == ("true",)
        assert seen.lines("ovn-cms-options") == ()

    def test_gateway_ports_are_asked_of_the_member_on_the_host_itself(self, host):
        self.program(host, "ovn-sbctl", SBCTL)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(host / "ovn" / "ovnsb_db.sock"))
            assert self.says(host).lines("gateways") == ("cr-lrp-1,80e7", "cr-lrp-2,")
