"""`stairlift token`: who may use the server. It works on the journal itself, or asks the server that is named."""

from typing import Annotated

import typer

from stairlift.cli import here
from stairlift.cli.here import actor, settings
from stairlift.cli.options import Columns, Output
from stairlift.cli.output import Format, say, show, show_document, show_table

_Name = Annotated[str, typer.Argument(metavar="NAME", help="What it is called; goes on record as who did something.")]


def register(app: typer.Typer) -> None:
    """Hang the commands on the app."""
    family = typer.Typer(help="Tokens that let people and programs use the server.", no_args_is_help=True)
    family.command("create", help="Make a token and print it, this once.")(create)
    family.command("list", help="Every token that was made: its rights, and whether it holds.")(list_all)
    family.command("revoke", help="Let a token hold no longer, nor the browsers that signed in with it.")(revoke)
    app.add_typer(family, name="token")


def create(
    name: _Name,
    rights: Annotated[
        str, typer.Option("--rights", metavar="R,...", help="What it may: read, operate, approve.")
    ] = "read",
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="TIME", help="How long it holds, such as 12h or 30d.")
    ] = None,
    output: Output = Format.TABLE,
    _columns: Columns = None,
) -> None:
    """Print it alone on stdout."""
    from stairlift.report.access import token_document, token_words
    from stairlift.wiring.admitting import Wish, in_order, issue, lifetime, open_keys
    from stairlift.wiring.clock import now

    at = now()
    wish = Wish(name, in_order(_listed(rights)), at + lifetime(expires) if expires else None)
    found = settings()
    branch = here.branch(found)
    token, secret = branch.issue(wish, expires) if branch else issue(open_keys(found), wish, actor(), at)
    if output is Format.TABLE:
        say(token_words(token))
        show(secret)
    else:
        show_document({**token_document(token, at), "token": secret}, output)


def _listed(rights: str) -> list[str]:
    return [right.strip() for right in rights.split(",") if right.strip()]


def list_all(output: Output = Format.TABLE, _columns: Columns = None) -> None:
    """One line per token, the newest first."""
    from stairlift.report.access import TOKEN_COLUMNS, token_document, token_rows
    from stairlift.wiring.admitting import open_keys
    from stairlift.wiring.clock import now

    read, at = settings(), now()
    branch = here.branch(read)
    found = branch.tokens() if branch else open_keys(read).tokens()
    if output is not Format.TABLE:
        show_document({"tokens": [token_document(token, at) for token in found]}, output)
    elif found:
        show_table(TOKEN_COLUMNS, token_rows(found, at))
    else:
        say("there is no token; one is made with: stairlift token create NAME")


def revoke(name: _Name) -> None:
    """Say that it is done."""
    from stairlift.wiring.admitting import open_keys
    from stairlift.wiring.clock import now

    found = settings()
    if (branch := here.branch(found)) is not None:
        branch.revoke(name)
    else:
        open_keys(found).revoke(name, now())
    say(f"token {name} holds no longer")
