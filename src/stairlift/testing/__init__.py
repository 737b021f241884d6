"""What the project offers to whoever writes a source or a strategy: contract suites, and builders of real values."""
