"""`stairlift serve`: orchestrators, REST API and pages in one process."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from stairlift.cli.here import settings
from stairlift.wiring.config.serve import ServeSettings, demand_host, demand_pair, demand_proxy


def register(app: typer.Typer) -> None:
    """Hang the command on the app."""
    app.command(help="Carry runs out, and let people watch and steer them in a browser or by a REST API.")(serve)


def serve(
    host: Annotated[str | None, typer.Option("--host", metavar="HOST", help="Where to listen.")] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="PORT", min=0, max=65_535, help="At which port; 0 takes a free one.")
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option("--tls-cert", metavar="FILE", help="The chain of certificates that makes it HTTPS.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", metavar="FILE", help="The key of --tls-cert.")] = None,
    trust_proxy: Annotated[
        list[str] | None,
        typer.Option("--trust-proxy", metavar="ADDR", help="A proxy that is believed who asks. Repeatable."),
    ] = None,
) -> None:
    """Serve until a signal says to leave; runs under way are handed over."""
    from stairlift.cli.serving import Welcome, keep_serving

    found = settings()
    told = {"host": host, "port": port, "tls_cert": tls_cert, "tls_key": tls_key, "trusted_proxies": trust_proxy}
    wanted = with_flags(found.serve, {key: value for key, value in told.items() if value is not None})
    keep_serving(replace(found, serve=wanted), settings, Welcome(sign_in=sys.stderr.isatty()))


def with_flags(table: ServeSettings, told: dict[str, object]) -> ServeSettings:
    """What the command line says comes before the table. Raises UsageError (config.invalid)."""
    if "host" in told:
        demand_host("--host", told["host"])
    if isinstance(proxies := told.get("trusted_proxies"), list):
        told = {**told, "trusted_proxies": tuple(demand_proxy("--trust-proxy", one) for one in proxies)}
    if "tls_cert" in told:  # a key of the table belongs to the certificate of the table
        told = {"tls_key": None, **told}
    wanted = replace(table, **told)  # type: ignore[arg-type]  # each was read by Typer as what its field is
    demand_pair("the command line and [serve]", wanted.tls_cert, wanted.tls_key)
    return wanted
