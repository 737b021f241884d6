"""What surrounds a run, begun and ended by real programs, whatever dies in between."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from stairlift.execute.local import LocalExecutor
from stairlift.model.effect import Effect
from stairlift.model.errors import StairliftError
from stairlift.model.plan import Around
from stairlift.model.run import AttemptId, RunState
from stairlift.run.effects import of_the_run
from stairlift.strategy.surroundings import RunSurroundings
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_plan
from standings import a_run

RUN = a_run(RunState.RUNNING)


class Site:
    """A folder with what `sh -c` does to it; `calls` are what was called, in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.around = Around("alerts", self.sh("touch so; echo id-7"), self.sh("rm so", "{begun}"), folder=str(folder))
        LocalExecutor(folder / "attempts").open_run(RUN.id, begun=False)

    def sh(self, script: str, *words: str) -> tuple[str, ...]:
        name = script.split(maxsplit=1)[0]
        return ("sh", "-c", f'echo "{name} $* $STAIRLIFT_RUN $STAIRLIFT_BEGUN" >>calls; {script}', "sh", *words)

    @property
    def so(self) -> bool:
        return (self.folder / "so").exists()

    @property
    def calls(self) -> list[list[str]]:
        file = self.folder / "calls"
        return [line.split() for line in file.read_text().splitlines()] if file.exists() else []

    def surroundings(self, **changes) -> RunSurroundings:
        """Those of another process: nothing is kept but what is in the folders."""
        self.around = replace(self.around, **changes)
        executor = LocalExecutor(self.folder / "attempts", grace=0.5)
        return RunSurroundings(replace(a_plan(), around=(self.around,)), RUN, executor)

    def effect(self, number: int = 1) -> Effect:
        (intention,) = self.surroundings().intentions()
        numbered = replace(intention, details={**intention.details, "place": 0, "number": number})
        return of_the_run((), [numbered], NOON)[0]

    def begun(self, **changes) -> Effect:
        return asyncio.run(self.surroundings(**changes).begin(self.effect_of(**changes)))

    def effect_of(self, **changes) -> Effect:
        self.around = replace(self.around, **changes)
        return self.effect()

    def restored(self, effect: Effect) -> str:
        """By somebody whose plan and stairlift.toml know nothing of it any more."""
        return RunSurroundings(a_plan(), RUN, LocalExecutor(self.folder / "attempts", grace=0.5)).restore(effect)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(StairliftError) as caught:
        work()
    assert caught.value.code == "around.not_begun"
    assert "stairlift resume" in caught.value.resolution
    return caught.value.brief


def test_what_begin_said_last_is_handed_to_end(site: Site) -> None:
    made = site.begun()
    assert (made.state, made.details["begun"], site.so) == ("made", "id-7", True)
    assert (site.restored(made), site.so) == ("", False)
    assert site.calls == [["touch", RUN.id], ["rm", "id-7", RUN.id, "id-7"]]


def test_their_output_is_in_the_folder_of_the_run(site: Site) -> None:
    site.restored(site.begun())
    logs = sorted(str(log.relative_to(site.folder)) for log in site.folder.rglob("log"))
    assert logs == [f"attempts/{RUN.id}/around:alerts:{which}/1/log" for which in ("begin", "end-1")]


def test_what_is_so_already_is_foreign_and_not_begun(site: Site) -> None:
    (site.folder / "so").touch()
    assert site.begun(check=("test", "-e", "so")).state == "foreign"
    assert site.calls == []


def test_what_is_not_so_yet_is_begun(site: Site) -> None:
    assert site.begun(check=("test", "-e", "so")).state == "made"


def test_a_check_that_was_asked_before_a_crash_keeps_its_answer(site: Site) -> None:
    assert site.begun(check=("test", "-e", "so")).state == "made"
    assert site.begun().state == "made", "what makes it so now was us"
    assert len(site.calls) == 1


def test_a_failed_begin_says_why_and_there_is_nothing_to_end(site: Site) -> None:
    assert refused(lambda: site.begun(begin=site.sh("echo no answer; exit 4"))) == (
        "`begin` ended: exit status 4: no answer"
    )
    assert site.restored(site.effect()) == ""
    assert [words[0] for words in site.calls] == ["echo"]


def test_a_begin_that_takes_too_long_is_ended_and_put_back(site: Site) -> None:
    hangs = site.sh("touch so; sleep 60")
    end = site.sh("rm so")
    assert refused(lambda: site.begun(begin=hangs, end=end, deadline=2)) == "`begin` was ended at its deadline of 2 s"
    assert site.so
    assert (site.restored(site.effect()), site.so) == ("", False), "it may have been made"


def test_what_was_cut_off_in_an_earlier_life_is_put_back_before_it_is_begun_anew(site: Site) -> None:
    hangs, end, check = site.sh("touch so; sleep 60"), site.sh("rm so"), ("test", "-e", "so")
    refused(lambda: site.begun(begin=hangs, end=end, check=check, deadline=2))
    assert site.begun().state == "restored", "by whoever comes after a kill -9: else its check took it for foreign"
    assert not site.so


def test_on_another_machine_nobody_claims_that_it_was_never_begun(site: Site) -> None:
    made = site.begun()
    elsewhere = RunSurroundings(a_plan(), RUN, LocalExecutor(site.folder / "another"))
    for effect in (site.effect(), made):
        with pytest.raises(StairliftError, match="begun elsewhere") as gone:
            elsewhere.restore(effect)
        assert gone.value.code == "execute.attempts_gone"
    assert not (site.folder / "another").exists(), "with a folder there the run could be resumed, its steps begun twice"


def test_what_cannot_be_put_back_from_an_earlier_life_lets_nothing_start(site: Site) -> None:
    refused(lambda: site.begun(begin=site.sh("touch so; sleep 60"), deadline=2))
    assert refused(site.begun).startswith("nobody knows what `end` needs: `begin` ")
    assert [words[0] for words in site.calls] == ["touch"]


def test_what_cannot_be_killed_keeps_no_run_from_its_rest(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def waits(*_: object) -> None:
        await asyncio.sleep(600)

    monkeypatch.setattr(LocalExecutor, "end", waits)
    why = refused(lambda: site.begun(begin=site.sh("touch so; sleep 6"), deadline=1))
    assert why == "`begin` goes on after its deadline of 1 s, and could not be ended"


def test_where_end_needs_what_was_never_said_it_stays_for_a_person(site: Site) -> None:
    refused(lambda: site.begun(begin=site.sh("touch so; sleep 60"), deadline=2))
    why = "nobody knows what `end` needs: `begin` was stopped by force half-way"
    assert site.restored(site.effect()) == why
    assert [words[0] for words in site.calls] == ["touch"]


def test_a_begin_that_says_nothing_where_end_needs_it_has_failed(site: Site) -> None:
    assert refused(lambda: site.begun(begin=site.sh("touch so"))) == (
        "`begin` printed nothing, and `end` needs its last line"
    )


def test_a_program_that_has_gone_since_says_so(site: Site) -> None:
    assert "cannot start" in refused(lambda: site.begun(begin=("./gone",)))
    assert site.restored(site.effect()) == ""


def test_a_check_that_is_cut_off_says_nothing(site: Site) -> None:
    assert refused(lambda: site.begun(check=("sleep", "60"), deadline=1)) == "`check` was ended at its deadline of 1 s"


def test_it_is_begun_once_whoever_asks_again(site: Site) -> None:
    assert site.begun() == site.begun()
    assert len(site.calls) == 1


def test_another_time_is_another_beginning(site: Site) -> None:
    site.restored(site.begun())
    again = asyncio.run(site.surroundings().begin(site.effect(number=2)))
    assert (site.restored(again), len(site.calls)) == ("", 4)


def test_what_was_never_begun_cannot_be_begun_after_it_was_put_back(site: Site) -> None:
    assert site.restored(site.effect()) == ""
    assert site.begun().state == "restored"
    assert site.calls == []


def test_what_was_begun_and_ended_before_either_was_on_record_is_found_out(site: Site) -> None:
    site.begun()
    assert site.restored(site.effect()) == ""
    assert (site.begun().state, site.so) == ("restored", False)
    assert [words[0] for words in site.calls] == ["touch", "rm"]


def test_what_was_begun_before_a_crash_is_ended_with_what_it_said(site: Site) -> None:
    site.begun()
    assert (site.restored(site.effect()), site.so) == ("", False)
    assert site.calls[-1] == ["rm", "id-7", RUN.id, "id-7"]


def test_what_is_being_begun_while_it_is_put_back_is_waited_for(site: Site) -> None:
    site.around = replace(site.around, begin=site.sh("sleep 1; touch so; echo id-9"))
    effect = site.effect()

    async def killed_half_way() -> None:
        work = asyncio.create_task(site.surroundings().begin(effect))
        while not site.calls:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        work.cancel()

    asyncio.run(killed_half_way())
    assert (site.restored(effect), site.so) == ("", False)
    assert site.calls[-1][1] == "id-9"


def test_a_failed_end_is_tried_anew_and_one_that_went_well_is_not(site: Site) -> None:
    made = site.begun()
    (site.folder / "so").rename(site.folder / "hidden")
    assert site.restored(made).startswith("`end` failed: ended: exit status 1: rm: ")
    (site.folder / "hidden").rename(site.folder / "so")
    assert site.restored(made) == ""
    assert site.restored(made) == "", "killed before that was on record"
    assert [words[0] for words in site.calls] == ["touch", "rm", "rm"]


def test_what_is_made_is_looked_at_and_not_begun_again(site: Site) -> None:
    made = site.begun()
    for _ in range(2):
        assert asyncio.run(site.surroundings().begin(made)) == made
    assert (site.restored(made), site.so) == ("", False)
    assert [words[0] for words in site.calls] == ["touch", "rm"]


def test_what_was_ended_by_who_died_before_that_was_on_record_is_found_out(site: Site) -> None:
    made = site.begun()
    site.restored(made)
    assert asyncio.run(site.surroundings().begin(made)).state == "restored"


def test_an_end_that_has_failed_leaves_it_as_it_is(site: Site) -> None:
    made = site.begun()
    (site.folder / "so").rename(site.folder / "hidden")
    site.restored(made)
    assert asyncio.run(site.surroundings().begin(made)).state == "made"


def test_nothing_of_it_runs_in_a_shell_of_ours(site: Site) -> None:
    words = ("echo", "$HOME; touch so", "{run}")
    made = site.begun(begin=words)
    assert made.details["begun"] == f"$HOME; touch so {RUN.id}"
    assert not site.so


def test_an_attempt_is_named_for_ever(site: Site) -> None:
    site.begun()
    begun = LocalExecutor(site.folder / "attempts").has(AttemptId(RUN.id, "around:alerts:begin", 1))
    assert begun
