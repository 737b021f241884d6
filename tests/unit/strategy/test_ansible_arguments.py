import json
import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.errors import Refusal, UsageError
from stairlift.strategy.ansible import AnsibleUpgradeStrategy
from stairlift.strategy.ansible.arguments import extra_var
from stairlift.testing.strategy_contract import a_step, an_assignment
from unit.strategy.stand_in import stand_in

STEP = a_step(hosts=("cmp1", "cmp2"))
VARIABLES = (
    "-e stairlift_action=upgrade -e stairlift_services=neutron-openvswitch-agent,nova-compute "
    "-e stairlift_hosts=cmp1,cmp2 -e stairlift_project=nova -e stairlift_stage=compute "
    "-e stairlift_from=2025.1 -e stairlift_to=2026.1"
)


def ansible(folder="/etc/stairlift", **options):
    return AnsibleUpgradeStrategy({"folder": str(folder), "playbook": "upgrade.yml", **options})


def test_the_runbook_is_what_a_person_would_type():
    (line,) = ansible(inventory="hosts.ini").runbook(STEP)
    assert line == f"cd /etc/stairlift && ansible-playbook -i hosts.ini upgrade.yml --limit cmp1,cmp2 {VARIABLES}"


def test_everything_that_the_operator_says_is_on_the_line():
    (line,) = ansible(
        command=["/opt/venv/bin/ansible-playbook"],
        inventory=["a.ini", "b,"],
        config="conf/ansible.cfg",
        tags=["nova", "neutron"],
        skip_tags="slow",
        vault=["--vault-id", "dev@pw"],
        forks=5,
        args=["--diff"],
        extra_vars={"serial": 2, "note": "it's on"},
        directory="deploy",
    ).runbook(STEP)
    assert line == (
        "cd /etc/stairlift/deploy && ANSIBLE_CONFIG=/etc/stairlift/conf/ansible.cfg /opt/venv/bin/ansible-playbook "
        "-i /etc/stairlift/a.ini -i b, /etc/stairlift/upgrade.yml --vault-id dev@/etc/stairlift/pw "
        "--tags nova,neutron --skip-tags slow --forks 5 --diff --limit cmp1,cmp2 "
        f"""-e '{{"serial": 2}}' -e '{{"note": "it'"'"'s on"}}' {VARIABLES}"""
    )


def test_the_job_is_the_runbook_with_the_callback_beside_the_operators(tmp_path):
    command = [stand_in(tmp_path, callbacks=["/home/op/callbacks", "/usr/share/callbacks"])]
    strategy = ansible(tmp_path, command=command)
    job = strategy.job(an_assignment(STEP))
    assert shlex.split(strategy.runbook(STEP)[0]) == ["cd", job.cwd, "&&", *job.argv]
    assert set(job.env) == {"ANSIBLE_CALLBACK_PLUGINS"}
    *operators, ours = job.env["ANSIBLE_CALLBACK_PLUGINS"].split(":")
    assert operators == ["/home/op/callbacks", "/usr/share/callbacks"]
    assert ours.endswith("strategy/ansible/callback")


def test_a_step_without_a_project_says_so():
    assert "stairlift_project=" in ansible().runbook(a_step(project=None))[0].split()


@pytest.mark.parametrize(
    "name",
    [
        *(
            "all",
            "ungrouped",
            "*",
            "cmp*",
            "cmp[1:9]",
            "~cmp",
            "@cmp",
            "!cmp1",
            "&compute",
            "a:b",
            "a;b",
            "-l",
            "",
            " ",
        ),
        *("fd00::5", "cmp1 cmp2", "cmp1,cmp2", "{{ x }}", "cmp1\n", "cmp?", ".", "é"),
    ],
)
def test_a_name_that_is_a_pattern_to_ansible_is_refused(name):
    with pytest.raises(Refusal) as caught:
        ansible().runbook(a_step(hosts=("cmp1", name)))
    assert caught.value.code == "strategy.name"


def test_a_pattern_does_not_come_in_through_the_names_of_the_inventory():
    with pytest.raises(Refusal):
        ansible(names={"cmp1": "all"}).runbook(STEP)
    with pytest.raises(Refusal):
        ansible(limit="short").runbook(a_step(hosts=("all.example.com",)))


@given(st.text(min_size=1, max_size=12))
def test_a_limit_is_a_list_of_plain_names_or_nothing(name):
    try:
        (line,) = ansible().runbook(a_step(hosts=(name,)))
    except Refusal:
        return
    words = shlex.split(line)
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", words[words.index("--limit") + 1])


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("nova-api,nova-conductor", "x=nova-api,nova-conductor"),
        ("", "x="),
        ("true", "x=true"),
        (True, '{"x": true}'),
        (["a", 1], '{"x": ["a", 1]}'),
        ("two words", '{"x": "two words"}'),
        ("a=b", '{"x": "a=b"}'),
        ("it's", '{"x": "it\'s"}'),
        ("back\\slash", '{"x": "back\\\\slash"}'),
    ],
)
def test_a_variable_is_readable_where_ansible_takes_it_literally(value, word):
    assert extra_var("x", value) == word


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(name=st.text(min_size=1), value=json_values)
def test_a_variable_keeps_its_value_and_its_type(name, value):
    word = extra_var(name, value)
    read = json.loads(word) if word.startswith("{") else dict([word.split("=", 1)])
    assert read == {name: value}
    assert not word.startswith(("@", "["))


def test_undo_is_another_playbook():
    strategy = ansible(undo_playbook="back.yml", command=["ansible-playbook"])
    assert strategy.capabilities().undo
    assert not ansible().capabilities().undo


def test_undo_that_nobody_vouched_for_is_refused():
    with pytest.raises(Refusal, match="cannot be undone"):
        ansible().job(an_assignment(undo=True))


def test_check_mode_carries_out_only_what_changes_nothing(tmp_path):
    strategy = ansible(tmp_path, check=True, command=[stand_in(tmp_path)])
    assert "--check" in strategy.job(an_assignment(a_step(action="prepare"))).argv
    for act in (strategy.runbook, lambda step: strategy.job(an_assignment(step))):
        with pytest.raises(Refusal, match="check mode changes nothing"):
            act(a_step(action="upgrade"))


def test_a_chosen_configuration_goes_with_every_call(tmp_path):
    (tmp_path / "my.cfg").write_text("[defaults]\n")
    strategy = ansible(tmp_path, config="my.cfg", command=[stand_in(tmp_path)])
    assert strategy.job(an_assignment()).env["ANSIBLE_CONFIG"] == str(tmp_path / "my.cfg")


def test_a_command_that_is_not_there_is_an_error_of_the_configuration(tmp_path):
    with pytest.raises(UsageError) as caught:
        ansible(tmp_path, command=["./absent"]).job(an_assignment())
    assert caught.value.code == "strategy.ansible"
    assert "absent" in caught.value.brief


def test_a_command_that_fails_is_quoted(tmp_path):
    program = tmp_path / "ansible-playbook"
    program.write_text("#!/bin/sh\necho 'ansible.cfg: bad value for forks' >&2; exit 5\n")
    program.chmod(0o755)
    with pytest.raises(UsageError) as caught:
        ansible(tmp_path, command=[str(program)]).job(an_assignment())
    assert "exit status 5. ansible.cfg: bad value for forks" in caught.value.details
