"""The documentation is whole and true: everything that has a name is explained, and every link leads somewhere."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
import typer

from meters import failure, seconds, session
from pages import ROOT, anchors, in_code, links, pages, read, section
from planning import ANY, planned, seen
from stairlift.cli.app import the_app
from stairlift.drive.check_registry import installed
from stairlift.inventory.specs import EVERY_API, available
from stairlift.knowledge.releases import all_series
from stairlift.model.availability import Totals
from stairlift.model.check import CheckResult, Judgement
from stairlift.model.errors import Trouble, UsageError
from stairlift.model.finding import Finding
from stairlift.model.plan import STAGES, Around, Asked, Manner, Opening, Queue
from stairlift.model.policy import Policy
from stairlift.model.run import Orchestrator, Run, RunState, StepState, StepStatus
from stairlift.plan.difference import difference
from stairlift.plan.matching import MATCH_KEYS, QUEUE_KEYS
from stairlift.probe.order import MeterSettings, WriteSettings
from stairlift.report.availability import measured
from stairlift.report.availability_words import availability_document
from stairlift.report.checked import Checked, CheckedEntry, check_document
from stairlift.report.cloud import cloud_document
from stairlift.report.installed import source_documents, strategy_documents
from stairlift.report.plan_difference import difference_document
from stairlift.report.status import Standing
from stairlift.report.status_document import status_document
from stairlift.run.transitions import RUN_MOVES, STEP_MOVES
from stairlift.sandbox.scenario_file import shipped
from stairlift.store.troubles import _AT_THE_DOOR, _POSTGRESQL, _SQLITE
from stairlift.strategy.registry import StrategyRegistry
from stairlift.testing.clouds import a_cloud
from stairlift.wiring.config import notify, policy, serve, settings
from stairlift.wiring.config.settings import Settings
from stairlift.wiring.files import plan_document
from stairlift.wiring.installed import installed_sources, installed_strategies

SOURCE = ROOT / "src" / "stairlift"
COMMANDS = "docs/reference/commands.md"
CONFIGURATION = "docs/reference/configuration.md"
ERRORS = "docs/reference/errors.md"
JSON = "docs/reference/json.md"
EVENTS = "docs/reference/events.md"
KNOWLEDGE = "docs/reference/knowledge.md"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def undocumented(names: set[str], page: str, where: str | None = None) -> list[str]:
    """Those of the names that a page, or a section of it, does not have between backticks."""
    text = read(page)
    return sorted(names - in_code(section(text, where) if where else text))


# Commands


@cache
def commands() -> dict[str, typer.core.TyperCommand]:
    """Every command by what is typed for it."""
    return dict(_below("stairlift", typer.main.get_command(the_app())))


def _below(name: str, command) -> Iterator[tuple[str, typer.core.TyperCommand]]:
    if not hasattr(command, "commands"):
        yield name, command
        return
    for word, below in command.commands.items():
        yield from _below(f"{name} {word}", below)


def test_the_commands_are_walked():
    assert {"stairlift plan", "stairlift db upgrade"} < set(commands())


@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_is_documented(name):
    options = {flag for p in commands()[name].params if p.param_type_name == "option" for flag in p.opts}
    text = section(read(COMMANDS), name)
    assert options - in_code(text) - {"--help", "-h"} == set()


def test_no_command_is_documented_that_there_is_not():
    headings = re.findall(r"^## `(stairlift .*)`$", read(COMMANDS), re.MULTILINE)
    assert sorted(headings) == sorted(commands())


def test_options_of_all_commands_are_documented():
    flags = {flag for p in typer.main.get_command(the_app()).params for flag in p.opts} - {"--help", "-h"}
    assert undocumented(flags, COMMANDS) == []


def test_every_scenario_is_documented():
    assert undocumented(set(shipped()), COMMANDS, "stairlift demo") == []


def test_every_address_of_the_api_is_documented():
    """By its last word, on the page of the API or on that of programs."""
    paths = json.loads(read("docs/reference/openapi.json"))["paths"]
    told = in_code(read("docs/reference/api.md") + read("docs/how-to/steer-from-a-program.md"))
    words = {word for span in told for word in re.split(r"[/?]", span)}
    last = {[word for word in path.split("/") if not word.startswith("{")][-1] for path in paths}
    assert sorted(last - words) == []


# Configuration


def test_every_table_and_key_is_documented():
    for table, keys in (
        ("[sources]", set(settings._sources(None))),
        ("[policy]", set(policy._KEYS)),
        ("[[strategy]]", {*MATCH_KEYS, "match", "use"}),
        ("[meter]", {field.name for kind in (MeterSettings, WriteSettings) for field in fields(kind)}),
        ("[serve]", set(serve.KEYS)),
        ("[[around]]", {field.name for field in fields(Around)} - {"folder", "files"}),
        ("[[notify]]", {key for kind in notify.KEYS.values() for key in kind}),
        ("[[queue]]", {"name", "match", *QUEUE_KEYS} - set(MATCH_KEYS)),
    ):
        assert undocumented(keys, CONFIGURATION, table) == [], table
    named = {heading.strip("[]") for heading in re.findall(r"^## `(\[.*\])`$", read(CONFIGURATION), re.MULTILINE)}
    assert named == set(settings._TABLES) - {"lease_ttl"}
    assert undocumented({"lease_ttl"}, CONFIGURATION, "lease_ttl") == []


#: What one strategy or another must be given before it looks for options that it does not know.
_REQUIRED = {"playbook": "x.yml", "argv": ["x"], "grenade": "x", "host": "x", "projects": ["x"], "socket": "x"}


@pytest.mark.parametrize("use", StrategyRegistry.installed().names())
def test_every_option_of_a_strategy_is_documented(use):
    with pytest.raises(UsageError) as refused:
        StrategyRegistry.installed().build(use, {"folder": "/", "no_such": 1, **_REQUIRED})
    known = re.search(r"Known are: (.*)\.", refused.value.resolution)
    if known is None:  # it stumbled over the option of the other strategy; leave that out
        pytest.fail(refused.value.brief)
    assert undocumented(set(known[1].split(", ")), CONFIGURATION, "[[strategy]]") == []


def test_every_variable_is_documented():
    found = {name for file in python_files() for name in re.findall(r"STAIRLIFT_[A-Z_]*[A-Z]", file.read_text())}
    assert {"STAIRLIFT_STATE_DIR", "STAIRLIFT_ATTEMPT"} < found
    assert undocumented(found, CONFIGURATION) == []


def test_every_source_is_documented():
    words = {*EVERY_API, "openstack"} | {name for name in available() if name in settings_of_the_project("inventories")}
    guide = section(read("docs/how-to/discover-a-cloud.md"), "Sources")
    assert {word for word in words if f"`{word}" not in guide} == set()


def test_every_strategy_is_documented():
    assert undocumented(settings_of_the_project("strategies"), CONFIGURATION) == []


def settings_of_the_project(group: str) -> set[str]:
    """The names of the project's own entry points, whatever else is installed."""
    return set(tomllib.loads(read("pyproject.toml"))["project"]["entry-points"][f"stairlift.{group}"])


# Codes

#: Families of codes whose last word is not in the source as such.
_FAMILIES: Mapping[str, set[str]] = {
    "source.": {f"source.{trouble}" for trouble in Trouble},
    "store.": {f"store.{code}" for _, code, *_ in (*_SQLITE, *_POSTGRESQL, *_AT_THE_DOOR)},
    "usage.": {"usage.inventory-path", "usage.ansible-missing"},
}


def python_files() -> list[Path]:
    """The program's own; contract suites make up codes and events of their own."""
    return sorted(file for file in SOURCE.rglob("*.py") if "testing" not in file.parts)


@cache
def _calls() -> tuple[ast.Call, ...]:
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in python_files())
    return tuple(node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))


def _codes(*, findings: bool) -> set[str]:
    """The codes of all findings, or of all errors, as the source makes them."""
    found: set[str] = set()
    for call in _calls():
        is_finding = isinstance(call.func, ast.Name) and call.func.id == "Finding"
        given = [k.value for k in call.keywords if k.arg == "code"] or (call.args[:1] if is_finding else [])
        if is_finding == findings:
            found |= {code for value in given for code in _possible(value)}
    return found


def _possible(value: ast.expr) -> set[str]:
    """What a code may be. One that is handed on (`error.code`) was made elsewhere."""
    if isinstance(value, ast.Constant):
        return {value.value}
    if isinstance(value, ast.JoinedStr) and isinstance(value.values[0], ast.Constant):
        return _FAMILIES[value.values[0].value]
    assert isinstance(value, ast.Attribute | ast.Name), f"a code that no test can read: {ast.unparse(value)}"
    return set()


def test_the_families_are_those_of_the_source():
    made = {c.args[0].value for c in _calls() if isinstance(c.func, ast.Name) and c.func.id == "_usage" and c.args}
    assert {f"usage.{code}" for code in made} == _FAMILIES["usage."]


def test_every_finding_is_documented():
    found = _codes(findings=True)
    assert {"record.stale", "source.denied", "cloud.empty"} < found
    assert undocumented(found, ERRORS, "Findings") == []


def test_every_error_is_documented():
    found = _codes(findings=False) - {"source." + trouble for trouble in Trouble}  # these become findings
    assert {"run.cloud_busy", "store.full", "usage.ansible-missing"} < found
    assert undocumented(found, ERRORS, "Errors") == []


def test_no_code_is_documented_that_there_is_not():
    listed = set(re.findall(r"^\| `([a-z_]+\.[a-z_-]+)`", read(ERRORS), re.MULTILINE))
    assert listed - _codes(findings=True) - _codes(findings=False) - {"plan.not_an_upgrade", "plan.no_path"} == set()


# Events and documents


def test_every_event_is_documented():
    changes = {c.args[0].value for c in _calls() if _is_change(c)}
    found = {*STEP_MOVES.values(), *RUN_MOVES.values(), *changes}
    assert {"run.created", "run.detached", "command.refused"} < found
    assert undocumented(found, EVENTS) == []


def _is_change(call: ast.Call) -> bool:
    named = isinstance(call.func, ast.Name) and call.func.id == "Change"
    return named and bool(call.args) and isinstance(call.args[0], ast.Constant)


def test_every_state_is_documented():
    assert undocumented({*map(str, RunState), *map(str, StepState)}, JSON, "status") == []
    assert undocumented(set(STAGES), JSON, "plan") == []


#: Keys whose values are tables by the operator's names: hosts, files, groups, states.
_BY_NAME = {"placement", "windows", "budgets", "files", "versions", "options", "match", "max_unavailable"} | {
    "failure_budget",
    "absorbs",
    "notes",
}


def _keys(document: object) -> set[str]:
    if isinstance(document, list):
        return {key for item in document for key in _keys(item)}
    if not isinstance(document, dict):
        return set()
    below = [_keys(value) for key, value in document.items() if key not in _BY_NAME]
    return set(document).union(*below)


def test_every_key_of_a_cloud_is_documented():
    cloud = seen(a_cloud().placed("ctl1", "keystone").down("cmp1", "nova-compute", timedelta(hours=1)))
    document = cloud_document(cloud.cloud, cloud.findings)
    assert document["findings"]
    assert undocumented(_keys(document) - FINDING, JSON, "discover") == []


def test_every_key_of_a_plan_is_documented():
    manner = Manner(
        "together", {"nova": ("db-expand",)}, opening=Opening("drain", "all of it stops"), notes={"nova": "n"}
    )
    careful = Policy(
        approve=("start",), deadline={"control": 60}, retries=0, retry_after=1, stop_after="control", on_failure="ask"
    )
    entry = (replace(ANY, manner=manner),)
    more = {"queues": (Queue("all", {}),), "around": (Around("alerts", ("true",), ("true",)),)}
    document = plan_document(planned(a_cloud(), bindings=entry, policy=careful, **more))
    assert {"whole_node", "one_way", "deadline", "queue", "stop_after"} <= _keys(document)
    assert undocumented(_keys(document) - FINDING, JSON, "plan") == []


def test_every_key_of_a_difference_is_documented():
    asked = Asked(("compute",), ("cmp*",), ())
    old, new = (
        planned(a_cloud()),
        replace(planned(a_cloud(compute=2), policy=Policy(canary=2)), asked=asked, replaces="r"),
    )
    document = difference_document(difference(old, new, set(), set()), (old, new), ("r1", None))
    assert document["gone"]
    assert document["changed"]
    assert undocumented(_keys(document) - FINDING, JSON, "replan") == []
    assert undocumented(_keys(plan_document(new)) - FINDING, JSON, "plan") == []


def test_every_key_of_a_status_is_documented():
    plan = planned(a_cloud())
    states = (StepState.DONE, StepState.WAITING, StepState.FAILED, *[StepState.PENDING] * (len(plan.steps) - 3))
    steps = [StepStatus(step.id, state) for step, state in zip(plan.steps, states, strict=True)]
    run = Run("r1", "lab", plan.hash, "2025.1", "2025.2", RunState.FAILED, NOW, options={"waivers": ["a.b by ada"]})
    totals = Totals(0.0, {"nova": 1}, {"nova": 0})
    standing = Standing(run, plan, steps, Orchestrator("lab", "here", 4711, run.id), meter=totals)
    document = status_document(standing, with_steps=True)
    assert document["waiting_for"]
    assert document["blocked_by"]
    measure = document.pop("meter")
    assert undocumented(_keys(measure | {"apis": list(measure["apis"].values())}), JSON, "status") == []
    assert undocumented({*_keys(document | {"steps": None}), "meter"}, JSON, "status") == []


def test_every_key_of_an_availability_is_documented():
    found = measured([session(), *seconds(0, 6), *failure(7.0)], ())
    document = availability_document("r1", found)
    document["steps"] = [step | {"failed": None} for step in document["steps"]]
    assert undocumented(_keys(document), JSON, "availability") == []


def test_every_key_of_a_check_is_documented():
    entry = CheckedEntry("stairlift.toml:1: [[strategy]] number 1", "command", usable=True, steps=3)
    notes = next(check for check in installed().checks if check.info.code == "notes.unread")
    result = CheckResult(notes.info, "passed", NOW, Judgement())
    document = check_document(Checked("lab", None, None, (entry,), (), (), (result,)))
    assert undocumented(_keys(document), JSON, "check") == []


def test_every_key_of_a_listing_is_documented():
    documents = [*strategy_documents(installed_strategies()), *source_documents(installed_sources(Settings(), {}))]
    assert undocumented(_keys(documents), JSON, "Others") == []


def test_every_class_is_in_the_reference():
    """The founding document's names among them."""
    text = read("docs/reference/strategies-and-inventories.md")
    for group, heading in (("strategies", "Strategies"), ("inventories", "Inventories")):
        points = tomllib.loads(read("pyproject.toml"))["project"]["entry-points"][f"stairlift.{group}"]
        for name, path in points.items():
            assert re.search(
                rf"^\| `{name}\b[^|]*\| `{path.partition(':')[2]}`", section(text, heading), re.MULTILINE
            ), name


FINDING = {field.name for field in fields(Finding)}


def test_every_key_of_a_finding_is_documented():
    assert undocumented(FINDING, JSON, "Findings") == []


# Knowledge


def test_every_release_is_in_the_table():
    rows = set(re.findall(r"^\| (\d{4}\.\d) \| (\w+) \| (yes)? ?\| ([\d-]{10})", read(KNOWLEDGE), re.MULTILINE))
    assert rows == {(str(s.release), s.codename, "yes" if s.slurp else "", str(s.released)) for s in all_series()}


def test_every_data_file_is_documented():
    files = {file.name for file in (SOURCE / "knowledge").glob("*.yaml")}
    assert undocumented(files, KNOWLEDGE) == []
    assert undocumented(files, "CONTRIBUTING.md") == []


def test_every_target_of_make_is_documented():
    targets = {f"make {name}" for name in re.findall(r"^([a-z-]+):.*##", read("Makefile"), re.MULTILINE)}
    assert undocumented(targets, "CONTRIBUTING.md") == []


# All pages

PAGES = [str(page.relative_to(ROOT)) for page in pages()]


def test_all_pages_are_found():
    assert {"README.md", "CHANGELOG.md", "docs/reference/errors.md", "testbed/README.md"} < set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    here = (ROOT / page).parent
    for link in links(read(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (here / path).resolve() if path else ROOT / page
        assert target.exists(), f"{page}: {link}"
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), f"{page}: {link}"


def test_every_page_is_in_the_index():
    index = {(ROOT / "docs" / link).resolve() for link in links(read("docs/README.md"))}
    mine = {page for page in pages() if page.is_relative_to(ROOT / "docs") and "proof" not in page.parts}
    assert mine - index == {ROOT / "docs" / "README.md"}


#: A place that a project's text must not depend on: package indexes, mirrors and proxies, and folders of one machine.
_INDEX = re.compile(
    r"(?:pypi|pythonhosted|registry|mirror|index|proxy|deb|npmjs|docker|quay|ghcr)[\w-]*\.[\w.-]*[a-z]{2,}\b|index-url"
)
_HERE = re.compile(rf"{re.escape(str(ROOT))}(?![\w-])|(?<![\w.~}}])/(?:home|root|tmp|Users|mnt|work)/")
#: Names with a dot that are no hosts.
_FILES = re.compile(r"\.(?:md|py|sock|yaml|yml|json|toml|txt|cfg|ini|html|rst|sqlite)$")


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_an_index_or_a_folder_of_this_machine(page):
    for number, line in enumerate(read(page).splitlines(), 1):
        hosts = [host for host in _INDEX.findall(line) if not _FILES.search(host)]
        assert not hosts, f"{page}:{number}: {hosts}"
        assert not _HERE.search(line), f"{page}:{number}: {line}"


@pytest.mark.parametrize("text", ["from registry.example.org", "--index-url", f"in {ROOT}/x", "cd /home/me"])
def test_such_a_line_would_be_found(text):
    assert _INDEX.search(text) or _HERE.search(text)


@pytest.mark.parametrize("text", ["/etc/stairlift", "the wheels on PyPI", "~/work/x", "tests/work/x"])
def test_an_innocent_line_would_not(text):
    assert not _INDEX.search(text)
    assert not _HERE.search(text)


@pytest.mark.parametrize(("page", "least"), [("durability", 4), ("server", 1)])
def test_each_promise_names_tests_that_there_are(page, least):
    written = "\n".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py"))
    written += (SOURCE / "testing" / "store_contract.py").read_text()
    tables = re.findall(
        r"^\| promise \| proven by \|\n\|---\|---\|\n((?:\|.*\n)+)",
        read(f"docs/explanation/{page}.md"),
        re.MULTILINE,
    )
    assert len(tables) >= least
    for row in "".join(tables).splitlines():
        named = re.findall(r"`(tests/[\w/]+\.py|test_\w+)`", row.split("|")[2])
        assert named, row
        for name in named:
            there = (ROOT / name).exists() if "/" in name else f"def {name}(" in written
            assert there, f"{name} proves nothing: there is no such test"
