"""``streha serve``: opens the office: the web server, the workers beside it, and a watch over both."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import click
from django.conf import settings
from django.utils.translation import gettext as _

from streha.audit import bridge as audit
from streha.cli import check, presence, worker
from streha.common import errors

GRACE_S = 30.0  # how long a child may take to finish what it does
POLL_S = 0.5
CALM_S = 60.0  # a child that ran this long died of something new
LONGEST_PAUSE_S = 30.0


@dataclass
class Child:
    """A process that should be running: how to start it, and how it fared."""

    label: str
    command: Callable[[], Sequence[str]]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    falls: int = 0
    again_at: float = field(default=0.0)

    def start(self) -> None:
        """Start it, in a way that it ends when we are killed."""
        self.process = subprocess.Popen(list(self.command()), preexec_fn=_end_with_parent)  # noqa: S603, PLW1509
        self.started = time.monotonic()

    def tend(self) -> None:
        """Start it again when it ended, after a pause that grows with each fall in a row."""
        moment = time.monotonic()
        if self.process is not None:
            if self.process.poll() is None:
                return
            self.falls = 1 if moment - self.started > CALM_S else self.falls + 1
            pause_s = min(0.5 * 2 ** min(self.falls, 10), LONGEST_PAUSE_S)
            click.echo(
                _("{label} ended with {code}; it starts again in {seconds} s.").format(
                    label=self.label, code=self.process.returncode, seconds=round(pause_s, 1)
                ),
                err=True,
            )
            self.process, self.again_at = None, moment + pause_s
        if self.process is None and moment >= self.again_at:
            self.start()


def _end_with_parent() -> None:
    """Ask Linux to end this child when its parent dies, and keep it out of the terminal's Ctrl-C."""
    os.setpgrp()
    if sys.platform == "linux":
        import ctypes

        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def web_command(
    *, host: str, port: int, processes: int, threads: int, certificate: Path | None, key: Path | None
) -> list[str]:
    """The command line of the web server."""
    line = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)]
    line += ["--workers", str(processes), "--blocking-threads", str(threads), "--no-ws", "--respawn-failed-workers"]
    line += ["--workers-kill-timeout", "20", "--log-level", "warning"]
    if certificate and key:
        line += ["--ssl-certificate", str(certificate), "--ssl-keyfile", str(key)]
    return [*line, "streha.wsgi:application"]


def worker_commands() -> Callable[[], Sequence[str]]:
    """The command line of a worker; each start names the one before, whose jobs are then free at once."""
    names: list[str] = []

    def line() -> list[str]:
        before = names[-1:] and ["--instead-of", names[-1]]
        names[:] = [worker.new_name()]
        return [sys.executable, "-m", "streha.cli.main", "worker", "--name", names[0], *before]

    return line


def watch_over(children: Sequence[Child], stop: threading.Event) -> None:
    """Keep the children running until asked to stop; then ask them to end, and end those that do not."""
    try:
        while not stop.is_set():
            for child in children:
                child.tend()
            stop.wait(POLL_S)
    finally:
        running = [child.process for child in children if child.process and child.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + GRACE_S
        for process in running:
            try:
                process.wait(timeout=max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@click.command(name="serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--processes", default=0, type=click.IntRange(0), help="Web processes; one per core if not given.")
@click.option("--threads", default=0, type=click.IntRange(0), help="Threads in each; twice the cores and one more.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(0), help="Worker processes.")
@click.option("--certificate", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="TLS certificate.")
@click.option("--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Key of the certificate.")
@click.option("--unchecked", is_flag=True, help="Start although “streha check” refuses the set-up.")
def command(  # noqa: PLR0917 - click passes them by name
    host: str,
    port: int,
    processes: int,
    threads: int,
    workers: int,
    certificate: Path | None,
    key: Path | None,
    unchecked: bool,
) -> None:
    """Open the office on this machine until Ctrl-C or SIGTERM.

    Starts the web server and its workers, watches over them and starts again what falls. Refuses to start on a
    set-up that “streha check” refuses.
    """
    audit.keyring()
    refusals = [finding for finding in check.findings() if finding.is_refused]
    if refusals and not unchecked:
        for finding in refusals:
            click.echo(finding.text, err=True)
        raise errors.Unavailable(
            errors.message("The office does not open on this set-up. “streha check” explains each reason."),
            code="setup",
        )
    if (certificate is None) != (key is None):
        raise click.UsageError(_("Give --certificate and --key together."))
    if settings.TLS and certificate is None and not settings.BEHIND_PROXY:
        raise errors.Unavailable(
            errors.message(
                "STREHA_TLS is set, but nothing here does TLS. Give --certificate and --key, "
                "or put a proxy in front and set STREHA_BEHIND_PROXY=1."
            ),
            code="tls_nowhere",
        )
    stop, cores = threading.Event(), os.cpu_count() or 1

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    line = web_command(
        host=host,
        port=port,
        processes=processes or cores,
        threads=threads or 2 * cores + 1,
        certificate=certificate,
        key=key,
    )
    children = [Child(_("The web server"), lambda: line)]
    children += [Child(_("Worker {number}").format(number=i + 1), worker_commands()) for i in range(workers)]
    scheme = "https" if certificate or settings.TLS else "http"
    shown = "localhost" if host in {"127.0.0.1", "0.0.0.0", "::1"} else host  # noqa: S104 - only compared
    click.echo(_("Streha is open on {address} (Ctrl-C ends it).").format(address=f"{scheme}://{shown}:{port}"))
    with presence.at_work():
        watch_over(children, stop)
    click.echo(_("Streha is closed."))
