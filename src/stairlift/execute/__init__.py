"""Where attempts run: `local` as processes that outlive their orchestrator, `inprocess` as coroutines for tests."""
