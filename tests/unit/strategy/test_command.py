import json
import os
import re
import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.errors import Refusal, UsageError
from stairlift.model.work import Outcome
from stairlift.strategy.command import CommandUpgradeStrategy
from stairlift.testing.strategy_contract import a_step, an_assignment


def command(*argv, folder="/etc/stairlift", **options):
    return CommandUpgradeStrategy({"folder": str(folder), "argv": list(argv), **options})


def script(folder, name="step", text='#!/bin/sh\nprintf "%s\\n" "$@"\n'):
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_every_placeholder_is_filled_in():
    argv = ["./step", "{action}", "{service}", "{host}", "{from}", "{to}", "{project}", "{stage}", "{step}", "{run}"]
    step = a_step(hosts=("cmp1", "cmp2"))
    job = command(*argv).job(an_assignment(step))
    assert job.argv == (
        "/etc/stairlift/step",
        "upgrade",
        "neutron-openvswitch-agent,nova-compute",
        "cmp1,cmp2",
        "2025.1",
        "2026.1",
        "nova",
        "compute",
        step.id,
        "r1",
    )
    assert job.cwd == "/etc/stairlift"


def test_placeholders_stand_inside_words_and_braces_can_be_written():
    job = command("/opt/step", "--at={host}:{to}", "{{{host}}}", "{{}}").job(an_assignment(a_step(hosts=("c1",))))
    assert job.argv == ("/opt/step", "--at=c1:2026.1", "{c1}", "{}")


def test_a_step_of_several_projects_has_none():
    assert command("x", "{project}").job(an_assignment(a_step(project=None))).argv == ("x", "")


@pytest.mark.parametrize(
    ("program", "runs"),
    [("./step", "/etc/stairlift/step"), ("../step", "/etc/step"), ("/opt/step", "/opt/step"), ("step", "step")],
)
def test_a_program_is_found_beside_the_configuration_or_on_the_path(program, runs):
    assert command(program).job(an_assignment()).argv == (runs,)


@pytest.mark.parametrize(
    "word", ["{hosts}", "{}", "{0}", "{host.name}", "{host!r}", "{host:>9}", "{host", "host}", "{", "{host[0]}"]
)
def test_what_is_no_placeholder_is_refused(word):
    for options in ({"argv": ["./step", word]}, {"argv": ["./step"], "undo": ["./undo", word]}):
        with pytest.raises(UsageError) as caught:
            CommandUpgradeStrategy({"folder": "/etc/stairlift", **options})
        assert caught.value.code == "strategy.option"
        assert ("undo" if "undo" in options else "argv") in caught.value.brief


def test_a_command_is_needed():
    with pytest.raises(UsageError, match="argv is missing"):
        CommandUpgradeStrategy({"folder": "/etc/stairlift"})


names = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Z"), exclude_characters=","), min_size=1, max_size=20
).filter(lambda name: not name.startswith("-") and not any(c.isspace() for c in name))


@given(host=names, service=names)
def test_a_name_stays_one_word_whatever_it_is(host, service):
    step = a_step(hosts=(host,), services=(service,))
    argv = command("./step", "{service}", "{host}").job(an_assignment(step)).argv
    assert argv[1:] == (service, host)


@given(host=names)
def test_the_runbook_says_what_the_job_does(host):
    step = a_step(hosts=(host,))
    strategy = command("./step", "{service}", "{host}", "it's {to}")
    (line,) = strategy.runbook(step)
    assert shlex.split(line) == ["cd", "/etc/stairlift", "&&", *strategy.job(an_assignment(step)).argv]


def test_the_runbook_works_in_a_shell(tmp_path):
    folder = tmp_path / "two words"
    folder.mkdir()
    script(folder)
    (line,) = command("./step", "{host}", "it's $HOME", folder=folder).runbook(a_step(hosts=("c1",)))
    said = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == ["c1", "it's $HOME"]


def test_undo_is_a_command_of_its_own():
    strategy = command("./step", undo=["./undo", "{host}"])
    back = an_assignment(a_step(hosts=("c1",)), undo=True)
    assert strategy.capabilities().undo
    assert strategy.job(back).argv == ("/etc/stairlift/undo", "c1")


def test_undo_that_nobody_vouched_for_is_refused():
    strategy = command("./step")
    assert not strategy.capabilities().undo
    with pytest.raises(Refusal, match="cannot be undone"):
        strategy.job(an_assignment(undo=True))


def test_only_the_operator_knows_whether_a_command_bears_being_called_again():
    assert not command("./step").capabilities().repeatable
    assert command("./step", repeatable=True).capabilities().repeatable
    with pytest.raises(UsageError, match="repeatable must be true or false"):
        command("./step", repeatable="yes")


def test_concurrency_is_declared():
    assert command("./step").capabilities().concurrency == "host"
    assert command("./step", concurrency="cloud").capabilities().concurrency == "cloud"


def test_frozen_are_the_files_that_the_commands_name(tmp_path):
    script(tmp_path)
    script(tmp_path, "undo")
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a.ini").write_text("a")
    (tmp_path / "b.ini").write_text("b")
    argv = ["./step", "--conf=conf.d/a.ini", "@b.ini", "conf.d", "{host}", "absent.ini", "b.ini{host}"]
    frozen = command(*argv, folder=tmp_path, undo=["./undo", "step"]).freeze()
    assert sorted(frozen.files) == [str(tmp_path / name) for name in ("b.ini", "conf.d/a.ini", "step", "undo")]


def test_programs_of_the_system_are_not_frozen(tmp_path):
    script(tmp_path)
    assert command("/bin/sh", "step", folder=tmp_path).freeze().files == (str(tmp_path / "step"),)


def test_a_program_on_the_path_is_frozen_unless_it_is_the_systems(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    script(tmp_path / "bin", "upgrade-node")
    (tmp_path / "bin" / "python3").symlink_to("/usr/bin/env")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    frozen = command("upgrade-node", folder=tmp_path, undo=["python3", "x"]).freeze()
    assert frozen.files == (str(tmp_path / "bin" / "upgrade-node"),)


def test_a_secret_on_the_command_line_is_refused():
    with pytest.raises(UsageError, match="argv holds password, which looks like a secret") as caught:
        command("./step", "--password=hunter2")
    assert "hunter2" not in str(vars(caught.value))
    assert command("./step", "--password-file=pw", "{host}")


def test_a_program_that_is_not_there_or_not_executable_is_refused(tmp_path):
    (tmp_path / "step").write_text("")
    script(tmp_path, "good")
    for options in ({"argv": ["./absent"]}, {"argv": ["./step"]}, {"argv": ["no-such-program-anywhere"]}):
        with pytest.raises(UsageError, match="not a program"):
            CommandUpgradeStrategy({"folder": str(tmp_path), **options}).freeze()
    with pytest.raises(UsageError, match="absent"):
        command("./good", folder=tmp_path, undo=["./absent"]).freeze()


def test_a_program_that_depends_on_the_step_is_looked_for_at_the_step(tmp_path):
    strategy = command("./{action}.sh", folder=tmp_path)
    assert strategy.freeze().files == ()
    assert strategy.job(an_assignment()).argv == (f"{tmp_path}/upgrade.sh",)


@pytest.mark.parametrize(
    ("code", "log", "reason"),
    [
        (1, "", "exit status 1"),
        (3, "one\n\x1b[31mno route to cmp1\x1b[0m\n\n", "exit status 3: no route to cmp1"),
        (-9, "", "ended by SIGKILL"),
        (-15, "bye\n", "ended by SIGTERM: bye"),
        (143, "", "exit status 143 (SIGTERM)"),
        (-250, "", "ended by signal 250"),
        (255, "", "exit status 255"),
    ],
)
def test_a_failure_has_a_reason(code, log, reason):
    verdict = command("x").judge(an_assignment(), Outcome(code, log_tail=log))
    assert (verdict.result, verdict.reason, verdict.temporary) == ("failed", reason, False)


def test_zero_is_done_and_75_is_worth_another_attempt():
    assert command("x").judge(an_assignment(), Outcome(0, log_tail="error?")).result == "done"
    verdict = command("x").judge(an_assignment(), Outcome(os.EX_TEMPFAIL))
    assert (verdict.result, verdict.temporary) == ("failed", True)


def test_a_long_last_line_is_cut():
    assert len(command("x").judge(an_assignment(), Outcome(1, log_tail="x" * 9000)).reason) < 250


# On the host


def on_host(*argv, folder="/etc/stairlift", **options):
    return command(*argv, folder=folder, run_on="host", **options)


def test_on_the_host_the_runbook_is_a_line_of_ssh():
    strategy = on_host("./step", "{host}", "it's {to}", cwd="/opt/up", names={"c1": "10.0.0.1"}, ssh={"user": "ops"})
    assert strategy.runbook(a_step(hosts=("c1", "c2"))) == tuple(
        "cd /etc/stairlift && ssh -o BatchMode=yes -o ConnectTimeout=10 -l ops -tt"
        f" {address} {shlex.quote(shlex.join(['env', '--chdir=/opt/up', './step', host, 'it' + chr(39) + 's 2026.1']))}"
        for address, host in (("10.0.0.1", "c1"), ("c2", "c2"))
    )


def test_on_the_host_each_is_told_of_itself():
    job = on_host("step", "{host}", undo=["undo", "{host}"]).job(an_assignment(a_step(hosts=("c1", "c2"))))
    acts = json.loads(job.files["acts.json"])
    assert [act["host"] for act in acts] == ["c1", "c2"]
    for act, host in zip(acts, ("c1", "c2"), strict=True):
        words = shlex.split(act["argv"][-1])
        assert words[-2:] == ["step", host]
        assert f"STAIRLIFT_HOST={host}" in words
        assert "STAIRLIFT_TO=2026.1" in words


def test_a_lock_on_the_host_is_the_steps_own():
    def locks(*steps):
        jobs = [on_host("x").job(an_assignment(a_step(id=name))) for name in steps]
        return {shlex.split(json.loads(job.files["acts.json"])[0]["argv"][-1])[4] for job in jobs}

    assert len(locks("a", "a")) == 1
    assert len(locks("a", "b/../../c d")) == 2
    assert all(re.fullmatch(r"stairlift-[0-9a-f]+", lock) for lock in locks("a", "b/../../c d"))


def test_programs_of_the_host_are_not_looked_for_here(tmp_path):
    (tmp_path / "ssh_config").write_text("Host *\n")
    frozen = on_host("/no/such/program", folder=tmp_path, ssh={"config": "ssh_config"}).freeze()
    assert frozen.files == (str(tmp_path / "ssh_config"),)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"run_on": "there"}, "run_on must be one of here, host"),
        ({"run_on": "host", "cwd": "up"}, "cwd must be an absolute path"),
        ({"cwd": "/up"}, "cwd has no meaning without"),
        ({"ssh": {"user": "ops"}}, "ssh has no meaning without"),
        ({"names": {"c1": "c"}}, "names has no meaning without"),
        ({"run_on": "host", "names": {"c1": "-oProxyCommand=x"}}, "names must map hosts"),
        ({"run_on": "host", "ssh": {"usr": "ops"}}, "ssh has no key 'usr'"),
        ({"run_on": "host", "ssh": {"user": "-x"}}, "ssh user must be a text"),
        ({"run_on": "host", "ssh": {"port": 70000}}, "port must be a number from 1 to 65535"),
        ({"run_on": "host", "ssh": {"become": "sudo -n"}}, "become must be a list of words"),
        ({"run_on": "host", "ssh": {"options": ["-o", "X_PASSWORD=y"]}}, "looks like a secret"),
    ],
)
def test_options_of_the_host_are_checked(options, says):
    with pytest.raises(UsageError, match=says):
        command("x", **options)


def notes(*lines):
    return "".join(json.dumps({"act": 0, "host": "c1", **line}) + "\n" for line in lines)


BEGAN = ({"kind": "act", "text": "./step"}, {"kind": "section", "name": "begun", "text": "1"})


@pytest.mark.parametrize(
    ("code", "progress", "result", "reason", "temporary"),
    [
        (3, (*BEGAN, {"kind": "end", "returncode": 3}), "failed", "c1: exit status 3: no space", False),
        (75, (*BEGAN, {"kind": "end", "returncode": 75}), "failed", "c1: exit status 75: no space", True),
        (75, (BEGAN[0], {"kind": "end", "returncode": 75}), "failed", "c1: what an earlier attempt began", True),
        (255, (*BEGAN, {"kind": "end", "returncode": 255}), "unknown", "c1: the connection was lost", False),
        (255, (BEGAN[0], {"kind": "end", "returncode": 255}), "failed", "c1: no connection", True),
        (143, (*BEGAN, {"kind": "end", "returncode": -15}), "unknown", "it was interrupted (SIGTERM)", False),
        (-9, BEGAN, "unknown", "it was interrupted (SIGKILL)", False),
    ],
)
def test_on_the_host_the_end_is_read_from_both_sides(code, progress, result, reason, temporary):
    verdict = on_host("x").judge(an_assignment(), Outcome(code, notes(*progress), "no space\n"))
    assert (verdict.result, verdict.temporary) == (result, temporary)
    assert verdict.reason.startswith(reason)
