"""A `puppet` that prints and leaves what Puppet 7.23 does; tests/real/test_puppet.py asks the real one the same."""

from pathlib import Path

SUMMARY = """\
---
version:
  config: 1795373939
  puppet: 7.23.0
application:
  run_mode: user
  initial_environment: {environment}
  converged_environment: {environment}
resources:
  changed: {changed}
  corrective_change: 0
  failed: {failed}
  failed_to_restart: {failed_to_restart}
  out_of_sync: {changed}
  restarted: {restarted}
  scheduled: 0
  skipped: {skipped}
  total: {total}
time:
  catalog_application: 0.6229117570001108
  total: 0.623281879
  last_run: {last_run}
changes:
  total: {changed}
events:
  failure: {failed}
  success: {changed}
  total: {changed}
{noop}"""

REPORT = """\
--- !ruby/object:Puppet::Transaction::Report
host: cmp1
logs:
- level: info
  message: Using environment 'production'
  tags:
  - info
resource_statuses:
  Package[nova-compute]:
    title: nova-compute
    containment_path:
    - Stage[main]
    - Nova::Compute
    tags:
    - package
    - nova
    - nova::compute
    - "nova-package"
    failed: false
    skipped: false
    events: []
  ? "File[/a/name/that/is/longer/than/one/hundred/and/twenty/eight/characters]"
  : title: long
    tags:
    - file
    - apt
    skipped: false
  File[/etc/glance]:
    tags:
    - file
    - glance
    skipped: true
corrective_change: false
"""

_PROGRAM = """\
#!/bin/sh
here=$(dirname "$0")
case $1 in
--version) echo 7.23.0; exit 0 ;;
config) echo "lastrunfile = $here/summary.yaml"; echo "lastrunreport = $here/report.yaml"; exit 0 ;;
esac
echo "$*" >>"$here/calls"
echo "Info: Stage[main]: Starting to evaluate the resource (1 of 2)"
echo "Error: Facter: Permission denied @ rb_sysopen - /proc/1/environ"
echo "Info: /Stage[main]/Nova::Compute/Package[nova-compute]: Starting to evaluate the resource (2 of 2)"
cat "$here/complaint" 2>/dev/null
[ -e "$here/stale" ] || sed "s/LAST_RUN/$(date +%s)/" "$here/summary.in" >"$here/summary.yaml"
exit "$(cat "$here/code")"
"""


def summary(last_run, **changes):
    """The text of a last_run_summary.yaml; a run that looked only has events of noop."""
    numbers = {"changed": 2, "failed": 0, "failed_to_restart": 0, "restarted": 1, "skipped": 9, "total": 11}
    given = {"environment": "production", **numbers, **changes}
    noop = f"  noop: {changes['noop']}\n" if "noop" in changes else ""
    return SUMMARY.format(**{**given, "noop": noop, "last_run": last_run})


def stand_in(folder: Path, code=2, **changes) -> str:
    """Write the program, what it leaves and the code it leaves with; the path of the program."""
    program = folder / "puppet"
    program.write_text(_PROGRAM)
    program.chmod(0o755)
    (folder / "code").write_text(str(code))
    (folder / "report.yaml").write_text(REPORT)
    (folder / "summary.in").write_text(summary("LAST_RUN", **changes))
    return str(program)
