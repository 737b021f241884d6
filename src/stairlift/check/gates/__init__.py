"""The judging of what is seen behind a step: logs, processes, API servers."""
