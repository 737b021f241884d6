"""The run, pure: `decide` says what is next, the tables say what is possible."""

from stairlift.run.board import Board
from stairlift.run.decide import AskApproval, Decision, Finish, GiveUp, PassGate, Start, TakeBack, decide
from stairlift.run.graph import Graph, graph
from stairlift.run.halt import Halt
from stairlift.run.retreat import Retreat

__all__ = [
    "AskApproval",
    "Board",
    "Decision",
    "Finish",
    "GiveUp",
    "Graph",
    "Halt",
    "PassGate",
    "Retreat",
    "Start",
    "TakeBack",
    "decide",
    "graph",
]
