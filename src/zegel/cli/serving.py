"""`zegel serve`: the web application over a case, its investigations, or moved folders."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
import webbrowser
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from zegel.casefile import find_case
from zegel.cli import show
from zegel.cli.commands import CaseOption
from zegel.errors import CaseError, UsageError
from zegel.service import Desks

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
MOST_PROCESSES = 64


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("serve")(serve_)


FoldersOption = Annotated[
    list[Path] | None,
    typer.Option("-i", "--investigation", help="Serve this folder too; may be repeated."),
]
TrainingOption = Annotated[
    bool, typer.Option("--training", help="Refuse all but training cases, and open a browser.")
]
NamesOption = Annotated[
    list[str] | None, typer.Option(help="Another name browsers know this server by.")
]
CertificateOption = Annotated[
    Path | None, typer.Option(help="TLS certificate chain (PEM); needed beyond loopback.")
]
ProcessesOption = Annotated[
    int | None,
    typer.Option(min=1, max=MOST_PROCESSES, help="Default: as many as processors, at most 4."),
]


def serve_(
    case: CaseOption = None,
    investigation: FoldersOption = None,
    training: TrainingOption = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8017,
    name: NamesOption = None,
    certificate: CertificateOption = None,
    key: Annotated[Path | None, typer.Option(help="Its private key (PEM).")] = None,
    processes: ProcessesOption = None,
) -> None:
    """Serve the web application: search, casework, pictures, dossiers, and the case's ledger."""
    desks = _desks(case, investigation or [])
    for fault in desks.faults:
        show.warn(f"Not served: {fault}")
    if training:
        _require_training(desks)
    secure = _tls(host, certificate, key)
    # Loaded here, so that no other command waits for it.
    from zegel.web import Settings
    from zegel.web.server import Tls, serve

    names = frozenset(one.lower() for one in {*LOOPBACK, host, *(name or [])})
    settings = Settings(desks=desks, hosts=names, secure=secure)
    tls = Tls(certificate=certificate, key=key) if certificate and key else None
    with _listening(host, port) as listener:
        at = _address(host, listener.getsockname()[1], secure)

        def ready() -> None:
            show.warn(f"Zegel is served at {at} Ctrl-C ends it.")
            if training:
                webbrowser.open(at)

        many = processes or min(4, os.cpu_count() or 1)
        with suppress(KeyboardInterrupt):
            serve(settings, listener, processes=many, tls=tls, ready=ready)


def _desks(case: Path | None, folders: Iterable[Path]) -> Desks:
    folders = list(folders)
    try:
        return Desks(find_case(case), folders)
    except CaseError:
        if case is not None or not folders:
            raise
        return Desks(None, folders)


def _require_training(desks: Desks) -> None:
    if not all(desk.training for desk in desks.all()):
        raise UsageError(
            "--training serves training cases only",
            next_step="Leave it out: everybody logs in then.",
        )


def _tls(host: str, certificate: Path | None, key: Path | None) -> bool:
    """Say whether the server speaks TLS; raise where it must and cannot."""
    if certificate is None and key is None:
        if _is_loopback(host):
            return False
        raise UsageError(
            f"{host} can be reached from other machines, and nothing is served there without TLS",
            next_step="Give --certificate and --key, or listen on 127.0.0.1.",
        )
    if certificate is None or key is None:
        raise UsageError("TLS needs both --certificate and --key")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except OSError as error:
        raise UsageError(
            f"the certificate and its key cannot be used ({error.strerror or 'not PEM'})",
            where=str(certificate),
        ) from None
    return True


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol said in full: only then are small answers sent at once (asyncio, TCP_NODELAY).
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise UsageError(
            f"{host}:{port} cannot be listened on ({(error.strerror or 'refused').lower()})",
            next_step="--port names another; 0 takes a free one.",
        ) from None
    return listener


def _address(host: str, port: int, secure: bool) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if secure else 'http'}://{shown}:{port}/"
