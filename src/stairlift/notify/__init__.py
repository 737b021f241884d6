"""Tells people and programs elsewhere what happens to a run: webhooks, chat, e-mail."""
