"""What people tell a run that nobody carries out: done at once where nothing has to be waited for."""

from stairlift.drive.answers import Answers, needs_no_loop
from stairlift.drive.tools import Tools
from stairlift.model.plan import Plan
from stairlift.model.run import Run
from stairlift.ports import Journal
from stairlift.run import Board, graph


async def obey(journal: Journal, plan: Plan, run_id: str, tools: Tools) -> Run:
    """Bring about what the run as a whole was told, and give it back; the rest is left to its loop. Raises store.*."""
    run = tools.store.run(run_id)
    answers = Answers(Board(graph(plan), tools.store.steps(run_id)), tools)
    for command in answers.due(run_id):
        if needs_no_loop(command, run):
            change = await answers.to(command, run, tools.clock.now())
            tools.tell(journal.commit(run_id, [change]))
            run = change.run or run
    return run
