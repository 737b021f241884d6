"""The run, pure: `decide` says what is next, the tables say what is possible."""

from stairlift.run.board import Board
from stairlift.run.decide import AskApproval, Decision, Finish, GiveUp, PassGate, Start, decide
from stairlift.run.graph import Graph, graph

__all__ = [
    "AskApproval",
    "Board",
    "Decision",
    "Finish",
    "GiveUp",
    "Graph",
    "PassGate",
    "Start",
    "decide",
    "graph",
]
