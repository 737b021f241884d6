"""What people tell a run that nobody carries out: done at once where nothing has to be waited for."""

from stairlift.drive.answers import Answers, needs_no_loop
from stairlift.drive.ledger import Ledger
from stairlift.drive.restoring import put_back
from stairlift.drive.tools import Tools
from stairlift.model.plan import Plan
from stairlift.model.run import Run
from stairlift.ports import Journal
from stairlift.run import Board, graph


async def obey(journal: Journal, plan: Plan, run_id: str, tools: Tools) -> Run:
    """Bring about what the run as a whole was told, and give it back; the rest is left to its loop. Raises store.*."""
    run = tools.store.run(run_id)
    board = Board(graph(plan), tools.store.steps(run_id))
    answers = Answers(board, tools)
    for command in answers.due(run_id):
        if needs_no_loop(command, run):
            if command.kind == "cancel":
                await _put_back(journal, run_id, board, tools)
            change = await answers.to(command, run, tools.clock.now())
            tools.tell(journal.commit(run_id, [change]))
            run = change.run or run
    return run


async def _put_back(journal: Journal, run_id: str, board: Board, tools: Tools) -> None:
    """What could not be put back when the run came to rest is tried once more: nobody comes back to it."""
    ledger = Ledger(board, tools, tools.store.effects(run_id))
    async for made in put_back(ledger, tools):
        for status in (change.step for change in made if change.step):
            board.move(status)
        if made:
            tools.tell(journal.commit(run_id, made))
        else:
            journal.renew()
