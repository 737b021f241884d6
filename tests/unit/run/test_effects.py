"""The rows of what the run itself makes, and in which order what is left is put back."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.effect import Effect, Intention
from stairlift.run.effects import innermost_first, of_the_run
from stairlift.testing.clouds import NOON


def an_effect(kind: str, subject: str, **given) -> Effect:
    return Effect(f"{kind}:{subject}", kind, subject, "", "", given.pop("state", "made"), NOON, **given)


def test_what_the_run_makes_is_of_no_step_and_knows_who_puts_it_back() -> None:
    meant = (Intention("around", "alerts", {"place": 0}), Intention("around", "banner"))
    [alerts, _] = of_the_run((), meant, NOON)
    assert (alerts.id, alerts.binding, alerts.step, alerts.state) == ("around:alerts", "around:alerts", "", "intended")
    assert alerts.details == {"place": 0}
    [probe] = of_the_run((), [Intention("probe", "lab")], NOON, binding="meter")
    assert probe.binding == "meter"


def test_what_is_open_stays_as_it_began_and_what_is_over_begins_anew() -> None:
    made = an_effect("around", "alerts")
    meant = [Intention("around", "alerts")]
    assert of_the_run([made], meant, NOON) == ()
    assert len(of_the_run([replace(made, state="restored")], meant, NOON)) == 1
    assert len(of_the_run([replace(made, state="foreign")], meant, NOON)) == 1


@given(st.permutations(range(6)))
def test_hosts_come_first_side_by_side_and_then_the_surroundings_one_by_one_from_within(order) -> None:
    hosts = [an_effect("cordon", f"cmp{n}") for n in range(3)]
    around = [an_effect("around", f"a{n}", details={"place": n}) for n in range(3)]
    given = [(hosts + around)[n] for n in order]
    inner, *outer = innermost_first(given)
    assert sorted(effect.id for effect in inner) == [effect.id for effect in hosts]
    assert outer == [(around[2],), (around[1],), (around[0],)]
