"""Shells on other hosts: the only room that calls SSH, by the operator's own OpenSSH client."""
