"""Attempts on other machines: `QueueExecutor` gives orders and follows them, `Worker` carries them out there.

The journal's database has every order and what became of it; procrastinate only tells workers that one is there.
"""
