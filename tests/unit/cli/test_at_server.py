"""Who leaves while a server is about to begin a run."""

from types import SimpleNamespace

import pytest

from stairlift.cli.at_server import Start, begin
from stairlift.model.scope import Scope
from stairlift.testing.plans import a_plan, a_step


def test_nobody_is_left_to_believe_that_nothing_comes_of_it(capsys):
    def left(_path, _body):
        raise SystemExit(130)

    branch = SimpleNamespace(keeps=lambda _: True, errands=lambda _: SimpleNamespace(done=left))
    with pytest.raises(SystemExit):
        begin(a_plan(a_step("s1")), Start(Scope(), yes=True, again=False, detach=False), branch)
    assert "may begin it all the same; see: stairlift list" in capsys.readouterr().err
