"""What every Check must keep, as tests for pytest.

    class TestMyCheck(CheckContract):
        def check(self):
            return MyCheck()

`scenes` are clouds of several kinds; add your own where it needs one to have anything to ask.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields

from stairlift.drive.checks import judged, run_checks
from stairlift.model.check import Judgement, Question, Reply, Scene
from stairlift.model.errors import Trouble
from stairlift.model.finding import Finding, Waiver
from stairlift.ports import Check
from stairlift.testing.clouds import CloudBuilder, a_cloud, an_ovn_cloud, the_founding_cloud
from stairlift.testing.inventory_contract import NONSENSE, nothing_outside
from stairlift.testing.scenes import nobody_answers, scene_of

#: Why an answer did not come. That there is no such service is an answer.
_SILENT = tuple(trouble for trouble in Trouble if trouble is not Trouble.NOT_DEPLOYED)
#: What every finding says; `data` is for those that have more to tell.
_SAID = tuple(field.name for field in fields(Finding) if field.name != "data")


class CheckContract:
    """The promises of `ports.Check`; subclass it as `Test...` and say how the check is made."""

    def check(self) -> Check:
        """A new check of the kind under test."""
        raise NotImplementedError

    def scenes(self) -> Iterable[Scene]:
        """Clouds to look at; an empty one and one without a target among them."""
        nothing = CloudBuilder().serving("identity")
        rich = a_cloud().storage("sto1").serving("block-storage", "orchestration", "load-balancer")
        rich = rich.serving("baremetal", "shared-file-system")
        yield from (scene_of(builder) for builder in (nothing, a_cloud(), an_ovn_cloud(), rich))
        yield scene_of(the_founding_cloud(), source="mitaka", target="newton")
        yield scene_of(a_cloud(), target=None)
        yield scene_of(rich, target="2026.1")

    def applying(self) -> list[tuple[Scene, Mapping[str, Question]]]:
        """The scenes that the check has something to say about, with its questions."""
        check = self.check()
        return [(scene, check.asks(scene)) for scene in self.scenes() if check.applies(scene)]

    def test_it_says_what_it_is(self) -> None:
        """Its code names it in waivers; all the rest is what people are shown."""
        info = self.check().info
        noun, dot, what = info.code.partition(".")
        assert noun and dot and what and info.code == info.code.lower() and " " not in info.code
        assert info.title and info.passes and info.source
        assert info.phases and set(info.phases) <= {"before", "gate", "end"}
        assert info.severity in {"error", "warning", "info"}

    def test_asking_depends_on_the_scene_alone(self) -> None:
        """Questions are values: the same scene asks the same, and what is asked twice is asked once."""
        for scene, questions in self.applying():
            assert dict(self.check().asks(scene)) == dict(questions)
            assert all(isinstance(question, Question) for question in questions.values())
            hash(tuple(questions.values()))

    def test_it_goes_nowhere_by_itself(self) -> None:
        """Only `drive` asks."""
        with nothing_outside():
            for scene, questions in self.applying():
                self.judged(scene, questions, Reply(trouble=Trouble.TIMEOUT))

    def test_silence_is_never_a_pass(self) -> None:
        """Whoever did not answer, refused or was too late: then nobody knows, and that is told in words."""
        for scene, questions in self.applying():
            for trouble in _SILENT if questions else ():
                found = self.judged(scene, questions, Reply(trouble=trouble, detail="it kept silent"))
                assert found.unknown or any(f.severity != "info" for f in found.findings), (scene.cloud.name, trouble)

    def test_an_empty_cloud_raises_nothing(self) -> None:
        """Nothing found is something else than nothing there, and neither is an error of the program."""
        for scene, questions in self.applying():
            self.judged(scene, questions, Reply(body=[], returncode=0, out=""))
            self.judged(scene, questions, Reply(trouble=Trouble.NOT_DEPLOYED))

    def test_nonsense_is_unknown_or_a_finding(self) -> None:
        """A broken answer breaks nothing."""
        for scene, questions in self.applying():
            for body in NONSENSE:
                text = body if isinstance(body, str) else str(body)
                found = self.judged(scene, questions, Reply(body=body, returncode=99, out=text))
                assert isinstance(found, Judgement)

    def test_findings_can_be_read_and_waived(self) -> None:
        """Each has a code, a subject, a sentence and something to do; its waiver covers it."""
        for scene, questions in self.applying():
            for reply in (Reply(trouble=Trouble.TIMEOUT), Reply(body=[], returncode=1)):
                for finding in self.judged(scene, questions, reply).findings:
                    assert all(getattr(finding, name) for name in _SAID), finding
                    assert Waiver(finding.code, finding.subject).covers(finding)

    def test_facts_are_json(self) -> None:
        """They are kept with the run, to be compared with later."""
        for scene, questions in self.applying():
            facts = self.judged(scene, questions, Reply(body=[], returncode=0)).facts
            assert json.loads(json.dumps(dict(facts))) == facts

    def test_the_frame_carries_it_out(self) -> None:
        """With a cloud that refuses everything: no traceback, and no pass where it needs an answer."""
        for scene, questions in self.applying():
            for phase in self.check().info.phases:
                (result,) = run_checks([self.check()], scene, nobody_answers(), phase=phase)
                assert result.info == self.check().info
                assert result.state != "passed" or not questions

    def judged(self, scene: Scene, questions: Mapping[str, Question], reply: Reply) -> Judgement:
        """What the check makes of the same reply to everything."""
        return judged(self.check(), scene, dict.fromkeys(questions, reply))
