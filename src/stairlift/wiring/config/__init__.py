"""The tables of stairlift.toml and the variables beside them: read, checked, and where each was said."""
