"""Who made a plan, where a server of this journal made it."""

from stairlift.model.errors import UsageError
from stairlift.model.shelf import KeptPlan
from stairlift.wiring.config.settings import Settings


def kept_plan(settings: Settings, plan_hash: str) -> KeptPlan | None:
    """What is on the shelf about a plan; None where it was made elsewhere. Raises StairliftError (store.*)."""
    from stairlift.store.library import SqlLibrary
    from stairlift.store.opening import ensure_shape, open_engine

    engine = open_engine(settings.database_url)
    try:
        ensure_shape(engine)
        return SqlLibrary(engine).kept(plan_hash)
    except UsageError:
        return None
    finally:
        engine.dispose()
