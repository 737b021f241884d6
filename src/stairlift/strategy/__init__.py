"""How steps are carried out. The only room that knows Ansible; a strategy is one class and one entry point."""

from stairlift.strategy.freezing import changed_files, freeze_binding, thaw
from stairlift.strategy.registry import StrategyRegistry

__all__ = ["StrategyRegistry", "changed_files", "freeze_binding", "thaw"]
