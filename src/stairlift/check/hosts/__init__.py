"""Checks that need a shell on hosts: what they ask there, and the judging of what came back."""
