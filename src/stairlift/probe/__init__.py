"""The availability meter: a process of its own that asks as a user does, on a fixed schedule, for a whole run."""
