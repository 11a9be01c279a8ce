"""The `shieldnet` command: parse, call, show; progress to standard error, results to standard
output. One module holds the commands that belong together.
"""

from __future__ import annotations

import typer

from shieldnet.cli import device, erasure, key, phone, profile
from shieldnet.cli.audit import audit
from shieldnet.cli.network import doctor, down, init, status, up
from shieldnet.cli.screen import errors
from shieldnet.cli.seize import seize
from shieldnet.cli.traffic import generate
from shieldnet.errors import ShieldnetError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="A shielded messaging network, and copies of it with known ground truth.",
)
for command in (init, up, down, status, doctor, phone.send, phone.receive, generate):
    app.command()(command)
app.command()(erasure.expire)
app.command()(seize)
app.command()(audit)
app.add_typer(device.app, name="device")
app.add_typer(erasure.app, name="hold")
app.add_typer(key.app, name="key")
app.add_typer(phone.app, name="phone")
app.add_typer(profile.app, name="profile")


@app.callback()
def shieldnet() -> None:
    """Keep `generate` a subcommand, so that others can stand beside it."""


def main() -> None:
    """Run the command; an error is one sentence on standard error."""
    try:
        app()
    except ShieldnetError as error:
        errors.print(f"{error}.", style="red", markup=False, soft_wrap=True)
        raise SystemExit(error.exit_code) from None
    except OSError as error:
        sentence = (
            f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}."
        )
        errors.print(sentence, style="red", markup=False, soft_wrap=True)
        raise SystemExit(1) from None
