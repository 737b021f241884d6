"""The gates behind a step that are asked through ports."""
