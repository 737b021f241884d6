"""The client of a server: its journal over HTTP, as the sockets of the house have it. Nothing else talks to `/v1`."""
