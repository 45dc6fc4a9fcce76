"""The system, stated once (D14): what runs, with which settings, on what it depends and when it is ready."""

import json
import secrets
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from contracts.rollen import DIENSTEN
from lokaal.component import Component
from lokaal.ports import Ports
from lokaal.ready import Ended, Heartbeat, Http, Says, Tcp
from lokaal.servers import kafka, postgres, redis, zipkin

Form = Literal["all", "split"]
"""`all` runs a service in one process, `split` each of its roles."""

HEALTH = "/gezond"
"""Where every process with HTTP says that it is ready."""

TOOL = "lokaal"
"""The client that `make token` and the tests use at the issuer."""


@dataclass(frozen=True)
class Service:
    """A service of ours."""

    name: str
    needs: tuple[str, ...] = ()
    """Beside Kafka, its database, Redis and the issuer."""

    @property
    def module(self) -> str:
        """Import name, and the name of its database."""
        return self.name.replace("-", "_")

    @property
    def built(self) -> bool:
        """Whether it can be started."""
        return _exists(f"{self.module}.__main__")


SERVICES = (Service("signaal"), Service("match"), Service("notificatie", ("postvak",)), Service("brp-proxy", ("brp",)))

PROCESSES: Mapping[str, tuple[str, ...]] = {
    "api": ("API",),
    "consumer": ("WORKER",),
    "relay": ("RELAY",),
    "jobs": ("WORKER",),
}
"""The roles of a service's processes in the split form, each with the database roles whose address it gets."""


@dataclass
class Plan:
    """Every address and secret of one stack, chosen before anything starts.

    Args:
        run_dir: where the stack keeps its files.
        form: one process per service, or one per role.
        given: the environment; an address there wins over a server of our own.
        personen: file with the persons of the BRP simulator; None for its own selection.
        traced: whether the trace viewer runs.
        aantal: by process, how many of it run; one where nothing is said.
    """

    run_dir: Path
    form: Form
    given: Mapping[str, str]
    personen: Path | None = None
    traced: bool = True
    aantal: Mapping[str, int] = field(default_factory=dict)
    ports: Ports = field(default_factory=Ports)

    def __post_init__(self) -> None:
        given, port = self.given, self.ports.free
        self.kafka = kafka.Kafka(self.run_dir / "kafka", port(), port())
        self.postgres = postgres.Postgres(self.run_dir / "postgres", port(), _secret())
        self.valkey = redis.Valkey(self.run_dir / "redis", port(), _secret())
        self.zipkin = zipkin.Zipkin(port())
        self.klok = self.run_dir / "klok"
        self.sleutels = self.run_dir / "sleutels.json"

        self.bootstrap = given.get("KAFKA_BOOTSTRAP", self.kafka.bootstrap)
        self.superuser_dsn = given.get("POSTGRES_DSN", self.postgres.superuser_dsn)
        self.redis_url = given.get("REDIS_URL", self.valkey.url)
        self.traces_url = given.get("TRACES_URL", self.zipkin.spans_url)
        self.issuer_port, self.inbox_port, self.brp_port = port(), port(), port()
        self.issuer = given.get("OIDC_ISSUER", _local(self.issuer_port))
        self.brp_url = given.get("BRP_URL", _local(self.brp_port))
        self.brp_api_key = given.get("BRP_API_KEY", _secret())
        self.smtp = {
            "SMTP_HOST": given.get("SMTP_HOST", "127.0.0.1"),
            "SMTP_PORT": given.get("SMTP_PORT", str(port())),
            "SMTP_USER": given.get("SMTP_USER", "verwijsindex"),
            "SMTP_PASSWORD": given.get("SMTP_PASSWORD", _secret()),
            "SMTP_CA_FILE": given.get("SMTP_CA_FILE", str(self.run_dir / "postvak" / "ca.pem")),
        }
        self.api_ports = {service.name: port() for service in SERVICES}
        self.metrics_ports = {name: port() for name in self.process_names()}
        self.passwords = {service.name: {role: _secret() for role in postgres.ROLES} for service in SERVICES}
        self.client_secrets = {
            name: given.get(f"CLIENT_SECRET_{name.replace('-', '_').upper()}", _secret()) for name in (*DIENSTEN, TOOL)
        }

    def process_names(self) -> list[str]:
        """The names of the services' processes in this form."""
        return [name for service in SERVICES for name in self.processes(service)]

    def processes(self, service: Service) -> dict[str, str]:
        """A service's processes in this form, each with its role."""
        if self.form == "all":
            return {service.name: "all"}
        names = {f"{service.name}-{role}": role for role in PROCESSES}
        return {copy: role for name, role in names.items() for copy in self.copies(name)}

    def repeatable(self) -> set[str]:
        """The processes of which several may run: those that no address leads to."""
        roles = [role for role in PROCESSES if role != "api"] if self.form == "split" else []
        return {f"{service.name}-{role}" for service in SERVICES for role in roles}

    def copies(self, name: str) -> list[str]:
        """The names of a process that runs several times: `match-consumer`, `match-consumer-2`, ..."""
        return [name, *(f"{name}-{number}" for number in range(2, self.aantal.get(name, 1) + 1))]

    def api(self, service: str) -> str:
        """The address of a service's API."""
        return _local(self.api_ports[service])

    def dsn(self, service: Service, role: str) -> str:
        """The address of a service's database for one of its roles."""
        return postgres.role_dsn(self.superuser_dsn, service.module, role, self.passwords[service.name][role])

    def addresses(self) -> dict[str, Any]:
        """All that stack.json tells, without processes and versions; the first part of a path names the component."""
        smtp = {"host": self.smtp["SMTP_HOST"], "port": int(self.smtp["SMTP_PORT"]), "user": self.smtp["SMTP_USER"]}
        smtp |= {"password": self.smtp["SMTP_PASSWORD"], "caFile": self.smtp["SMTP_CA_FILE"]}
        databases = {service.module: {role: self.dsn(service, role) for role in postgres.ROLES} for service in SERVICES}
        return {
            "form": self.form,
            "apis": {service.name: self.api(service.name) for service in SERVICES},
            "kafka": {"bootstrapServers": self.bootstrap},
            "postgres": {**databases, "superuser": self.superuser_dsn},
            "redis": self.redis_url,
            "mail": {"smtp": smtp, "inbox": _local(self.inbox_port)},
            "oidc": {"issuer": self.issuer, "client": {"id": TOOL, "secret": self.client_secrets[TOOL]}},
            "simulators": {"brp": self.brp_url},
            "traces": self.traces_url.removesuffix("/api/v2/spans"),
            "klok": {"bestand": str(self.klok)},
            "metrics": {name: f"{_local(port)}/metrics" for name, port in self.metrics_ports.items()},
        }


def components(plan: Plan) -> list[Component]:
    """All components, in no order: what each needs decides that."""
    return [*_servers(plan), *_simulators(plan), *(each for service in SERVICES for each in _service(plan, service))]


def _servers(plan: Plan) -> list[Component]:
    server = partial(Component, kind="server")
    own = [
        (
            "KAFKA_BOOTSTRAP",
            server("kafka", ready=Tcp(plan.kafka.port), command=plan.kafka.command, prepare=plan.kafka.prepare),
        ),
        (
            "POSTGRES_DSN",
            server(
                "postgres",
                ready=Says(plan.postgres.ready_command()),
                command=plan.postgres.command,
                prepare=plan.postgres.prepare,
                stop_signal=signal.SIGINT,  # SIGTERM would wait until the last client has gone
            ),
        ),
        (
            "REDIS_URL",
            server("redis", ready=Tcp(plan.valkey.port), command=plan.valkey.command, prepare=plan.valkey.prepare),
        ),
        (
            "TRACES_URL",
            server(
                "zipkin",
                ready=Http(f"{plan.zipkin.url}/health"),
                command=plan.zipkin.command,
                prepare=plan.zipkin.prepare,
            ),
        ),
    ]
    return [
        *(component for variable, component in own if variable not in plan.given),
        server("topics", part="kafka", needs=("kafka",), prepare=partial(kafka.create_topics, plan.bootstrap)),
        server("databases", part="postgres", needs=("postgres",), prepare=partial(_create_databases, plan)),
    ]


def _create_databases(plan: Plan) -> None:
    for service in SERVICES:
        postgres.create_database(plan.superuser_dsn, service.module, plan.passwords[service.name])


def _simulators(plan: Plan) -> list[Component]:
    clients = {
        name: {"secret": plan.client_secrets[name], "scopes": sorted(scopes)} for name, scopes in DIENSTEN.items()
    }
    clients[TOOL] = {"secret": plan.client_secrets[TOOL], "scopes": []}
    own = [
        ("OIDC_ISSUER", "oidc", plan.issuer_port, {"OIDC_ISSUER": plan.issuer, "OIDC_CLIENTS": json.dumps(clients)}),
        ("SMTP_HOST", "postvak", plan.inbox_port, plan.smtp),
        (
            "BRP_URL",
            "simulatoren.brp",
            plan.brp_port,
            {"BRP_API_KEY": plan.brp_api_key} | ({"PERSONEN": str(plan.personen)} if plan.personen else {}),
        ),
    ]
    common = {"HTTP_HOST": "127.0.0.1", "RUN_DIR": str(plan.run_dir), "KLOK_BESTAND": str(plan.klok)}
    return [
        Component(
            module.rpartition(".")[2],
            "simulator",
            command=(sys.executable, "-m", f"lokaal.{module}"),
            env={**common, "HTTP_PORT": str(port), **env},
            ready=Http(_local(port) + HEALTH),
        )
        for variable, module, port, env in own
        if variable not in plan.given and _exists(f"lokaal.{module}.__main__")
    ]


def _service(plan: Plan, service: Service) -> list[Component]:
    if not service.built:
        return []
    migrate = Component(
        f"{service.name}-migrate",
        "service",
        part=service.name,
        command=(sys.executable, "-m", service.module, "migrate"),
        env=_common_env(plan, service) | _service_env(plan)[service.name] | _database_env(plan, service, "MIGRATE"),
        ready=Ended(),
        needs=("databases",),
    )
    return [migrate, *(_process(plan, service, name, role) for name, role in plan.processes(service).items())]


def _process(plan: Plan, service: Service, name: str, role: str) -> Component:
    """One process of a service; it gets the addresses of the database roles that it may use, and no others."""
    database_roles = PROCESSES.get(role, ("API", "WORKER", "RELAY"))
    heartbeat = plan.run_dir / "heartbeats" / name
    env = _common_env(plan, service) | _service_env(plan)[service.name] | _database_env(plan, service, *database_roles)
    env |= {"HEARTBEAT_FILE": str(heartbeat), "METRICS_PORT": str(plan.metrics_ports[name])}
    serves = role in {"api", "all"}
    if serves:
        env |= {"HTTP_HOST": "127.0.0.1", "HTTP_PORT": str(plan.api_ports[service.name])}
    return Component(
        name,
        "service",
        part=service.name,
        command=(sys.executable, "-m", service.module, role),
        env=env,
        needs=("topics", "databases", "redis", "oidc", f"{service.name}-migrate", *service.needs),
        ready=Http(plan.api(service.name) + HEALTH) if serves else Heartbeat(heartbeat),
        heartbeat=heartbeat,
    )


def command_env(plan: Plan, service: str) -> tuple[str, dict[str, str]]:
    """The module of a service, and the settings of a command that an operator runs: every database role's address."""
    known = next(each for each in SERVICES if each.name == service)
    roles = [role.upper() for role in postgres.ROLES]
    return known.module, _common_env(plan, known) | _service_env(plan)[service] | _database_env(plan, known, *roles)


def _common_env(plan: Plan, service: Service) -> dict[str, str]:
    return {
        "PROFIEL": "lokaal",
        "KAFKA_BOOTSTRAP": plan.bootstrap,
        "REDIS_URL": plan.redis_url,
        "OIDC_ISSUER": plan.issuer,
        "OIDC_AUDIENCE": "verwijsindex",
        "CLIENT_ID": service.name,
        "CLIENT_SECRET": plan.client_secrets[service.name],
        "KLOK_BESTAND": str(plan.klok),
        "TRACES": plan.given.get("TRACES", "zipkin") if plan.traced else "none",
        "TRACES_URL": plan.traces_url,
    }


def _database_env(plan: Plan, service: Service, *roles: str) -> dict[str, str]:
    return {f"DATABASE_URL_{role}": plan.dsn(service, role.lower()) for role in roles}


def _service_env(plan: Plan) -> dict[str, dict[str, str]]:
    """What one service needs to know and the others do not."""
    return {
        "signaal": {"BRP_PROXY_URL": plan.api("brp-proxy")},
        "match": {"SIGNAAL_URL": plan.api("signaal")},
        "notificatie": {
            "SIGNAAL_URL": plan.api("signaal"),
            **plan.smtp,
            "MAIL_FROM": "verwijsindex@verwijsindex.example",
            "PORTAAL_URL": "https://portaal.verwijsindex.example",
        },
        "brp-proxy": {
            # What stands in the environment is the whole address of the API, as an operator gets it from RvIG.
            "BRP_URL": plan.given.get("BRP_URL", f"{plan.brp_url}/haalcentraal/api/brp"),
            "BRP_API_KEY": plan.brp_api_key,
            "SIGNAAL_URL": plan.api("signaal"),
            "SLEUTEL_BESTAND": str(plan.sleutels),
        },
    }


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _local(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _secret() -> str:
    return secrets.token_hex(20)
