"""The system, stated once (D14): what runs, with which settings, on what it depends and when it is ready."""

import json
import secrets
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr

from contracts.rollen import DIENSTEN, NIETS
from lokaal import sleutels
from lokaal.component import Component
from lokaal.ports import Ports
from lokaal.ready import Ended, Heartbeat, Http, Says, Tcp
from lokaal.servers import kafka, kafka_admin, postgres, redis, zipkin
from lokaal.services import SERVICES, Service
from platformkit.broker import Broker

Form = Literal["all", "split"]
"""`all` runs a service in one process, `split` each of its roles."""

HEALTH = "/gezond"
"""Where every process with HTTP says that it is ready."""

TOOL = "lokaal"
"""The client that `make token` and the tests use at the issuer."""


PROCESSES: Mapping[str, tuple[str, ...]] = {
    "api": ("API",),
    "consumer": ("WORKER",),
    "relay": ("RELAY",),
    "jobs": ("WORKER",),
}
"""The roles of a service's processes in the split form, each with the database roles whose address it gets."""

PERSONEN = ("selectie", "officieel", "synthetisch")
"""The persons that the BRP simulator brings itself; the last one as `synthetisch:<number>[:<seed>]`."""

BESIDE = frozenset({"api", "jobs", "all"})
"""Those that get these addresses also of the databases that the service has beside its own."""


def databases() -> list[str]:
    """The names of all databases of the services."""
    return [service.database(name) for service in SERVICES for name in ("", *service.databases)]


@dataclass
class Plan:
    """Every address and secret of one stack, chosen before anything starts.

    Args:
        run_dir: where the stack keeps its files.
        form: one process per service, or one per role.
        given: the environment; an address there wins over a server of our own.
        personen: the persons of the BRP simulator: a file, or one of PERSONEN; None for its selection.
        traced: whether the trace viewer runs.
        aantal: by process, how many of it run; one where nothing is said.
    """

    run_dir: Path
    form: Form
    given: Mapping[str, str]
    personen: Path | str | None = None
    traced: bool = True
    aantal: Mapping[str, int] = field(default_factory=dict)
    ports: Ports = field(default_factory=Ports)

    def __post_init__(self) -> None:
        given, port = self.given, self.ports.free
        self.kafka = kafka.Kafka(self.run_dir / "kafka", port(), port(), _secret())
        self.postgres = postgres.Postgres(self.run_dir / "postgres", port(), _secret())
        self.valkey = redis.Valkey(self.run_dir / "redis", port(), _secret())
        self.zipkin = zipkin.Zipkin(port())
        self.klok = self.run_dir / "klok"
        self.sleutels = self.run_dir / "sleutels.json"
        self.namens = self.run_dir / "namens"

        # A broker of the environment comes with its operator's account.
        self.operator = Broker(
            given.get("KAFKA_BOOTSTRAP", self.kafka.bootstrap),
            given.get("KAFKA_USER", kafka.OPERATOR),
            SecretStr(given.get("KAFKA_PASSWORD", self.kafka.password)),
            Path(given.get("KAFKA_CA", self.kafka.ca)),
        )
        self.superuser_dsn = given.get("POSTGRES_DSN", self.postgres.superuser_dsn)
        self.redis_url = given.get("REDIS_URL", self.valkey.url)
        self.traces_url = given.get("TRACES_URL", self.zipkin.spans_url)
        self.viewer = self.traces_url.removesuffix("/api/v2/spans")
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
        self.passwords = {name: {role: _secret() for role in postgres.ROLES} for name in databases()}
        self.kafka_passwords = {service.name: _secret() for service in SERVICES}
        self.client_secrets = {
            name: given.get(f"CLIENT_SECRET_{name.replace('-', '_').upper()}", _secret())
            for name in (*(service.name for service in SERVICES), TOOL)
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

    def dsn(self, database: str, role: str) -> str:
        """The address of a database for one of its roles."""
        return postgres.role_dsn(self.superuser_dsn, database, role, self.passwords[database][role])

    def accounts(self) -> dict[str, str]:
        """The passwords of the accounts at Kafka: the operator's, which is known there, and each service's."""
        return {self.operator.user: self.operator.password.get_secret_value(), **self.kafka_passwords}

    def addresses(self) -> dict[str, Any]:
        """All that stack.json tells, without processes and versions; the first part of a path names the component."""
        smtp = {"host": self.smtp["SMTP_HOST"], "port": int(self.smtp["SMTP_PORT"]), "user": self.smtp["SMTP_USER"]}
        smtp |= {"password": self.smtp["SMTP_PASSWORD"], "caFile": self.smtp["SMTP_CA_FILE"]}
        found = {name: {role: self.dsn(name, role) for role in postgres.ROLES} for name in databases()}
        return {
            "form": self.form,
            "apis": {service.name: self.api(service.name) for service in SERVICES},
            "kafka": {
                "bootstrapServers": self.operator.bootstrap,
                "caFile": str(self.operator.ca),
                "operator": self.operator.user,
                "passwords": self.accounts(),
            },
            "postgres": {**found, "superuser": self.superuser_dsn},
            "redis": self.redis_url,
            "mail": {"smtp": smtp, "inbox": _local(self.inbox_port)},
            "oidc": {"issuer": self.issuer, "client": {"id": TOOL, "secret": self.client_secrets[TOOL]}},
            "simulators": {"brp": self.brp_url},
            "traces": self.viewer,
            "klok": {"bestand": str(self.klok)},
            "metrics": {name: f"{_local(port)}/metrics" for name, port in self.metrics_ports.items()},
        }


@dataclass(frozen=True)
class Supply:
    """What services may need (`needs` in services.toml): the component, and what those that need it are told."""

    component: Component
    gives: Mapping[str, str] = field(default_factory=dict)
    given: str = ""
    """The variable that makes it superfluous: an address in the environment wins over a server of our own."""


def components(plan: Plan) -> list[Component]:
    """All components, in no order: what each needs decides that.

    Raises:
        ModuleNotFoundError: a service is listed and not planned, and is not there.
        ValueError: a service needs what the stack does not have.
    """
    own = [each.component for each in supplies(plan).values() if each.given not in plan.given]
    return [*own, *_steps(plan), *(each for service in SERVICES for each in _service(plan, service))]


def supplies(plan: Plan) -> dict[str, Supply]:
    """By name: the servers, the simulators, and what else a service may need."""
    return {each.component.name: each for each in (*_servers(plan), *_simulators(plan), _sleutels(plan))}


def _servers(plan: Plan) -> list[Supply]:
    server = partial(Component, kind="server")
    return [
        Supply(
            server("kafka", ready=Tcp(plan.kafka.port), command=plan.kafka.command, prepare=plan.kafka.prepare),
            given="KAFKA_BOOTSTRAP",
        ),
        Supply(
            server(
                "postgres",
                ready=Says(plan.postgres.ready_command()),
                command=plan.postgres.command,
                prepare=plan.postgres.prepare,
                stop_signal=signal.SIGINT,  # SIGTERM would wait until the last client has gone
            ),
            given="POSTGRES_DSN",
        ),
        Supply(
            server("redis", ready=Tcp(plan.valkey.port), command=plan.valkey.command, prepare=plan.valkey.prepare),
            gives={"REDIS_URL": plan.redis_url},
            given="REDIS_URL",
        ),
        Supply(
            server(
                "zipkin",
                ready=Http(f"{plan.zipkin.url}/health"),
                command=plan.zipkin.command,
                prepare=plan.zipkin.prepare,
            ),
            given="TRACES_URL",
        ),
    ]


def _steps(plan: Plan) -> list[Component]:
    step = partial(Component, kind="server")
    return [
        step(
            "topics",
            part="kafka",
            needs=("kafka",),
            prepare=partial(kafka_admin.furnish, plan.operator, plan.accounts()),
        ),
        step("databases", part="postgres", needs=("postgres",), prepare=partial(_create_databases, plan)),
        step("namens", prepare=partial(sleutels.make_namens, plan.namens, [service.name for service in SERVICES])),
    ]


def _create_databases(plan: Plan) -> None:
    for name, passwords in plan.passwords.items():
        postgres.create_database(plan.superuser_dsn, name, passwords)


def _simulators(plan: Plan) -> list[Supply]:
    scopes = {service.name: sorted(DIENSTEN.get(service.name, NIETS)) for service in SERVICES} | {TOOL: []}
    clients = {name: {"secret": plan.client_secrets[name], "scopes": each} for name, each in scopes.items()}
    common = {"HTTP_HOST": "127.0.0.1", "RUN_DIR": str(plan.run_dir), "KLOK_BESTAND": str(plan.klok)}

    def simulator(module: str, port: int, env: Mapping[str, str]) -> Component:
        return Component(
            module.rpartition(".")[2],
            "simulator",
            command=(sys.executable, "-m", f"lokaal.{module}"),
            env={**common, "HTTP_PORT": str(port), **env},
            ready=Http(_local(port) + HEALTH),
        )

    personen = {"PERSONEN": str(plan.personen)} if plan.personen else {}
    return [
        Supply(
            simulator("oidc", plan.issuer_port, {"OIDC_ISSUER": plan.issuer, "OIDC_CLIENTS": json.dumps(clients)}),
            given="OIDC_ISSUER",
        ),
        Supply(
            simulator("postvak", plan.inbox_port, {**plan.smtp, "TRACES_VIEWER": plan.viewer if plan.traced else ""}),
            gives={**plan.smtp, "MAIL_FROM": "verwijsindex@verwijsindex.example"},
            given="SMTP_HOST",
        ),
        Supply(
            simulator("simulatoren.brp", plan.brp_port, {"BRP_API_KEY": plan.brp_api_key, **personen}),
            gives={
                # What stands in the environment is the whole address of the API, as an operator gets it from RvIG.
                "BRP_URL": plan.given.get("BRP_URL", f"{plan.brp_url}/haalcentraal/api/brp"),
                "BRP_API_KEY": plan.brp_api_key,
                **_brp_update(plan),
                "VOLGEN_SECONDEN": "2",
            },
            given="BRP_URL",
        ),
    ]


def _brp_update(plan: Plan) -> dict[str, str]:
    """Where the Update API is; who brings a BRP of his own says so, if there is one."""
    if "BRP_URL" not in plan.given:
        return {"BRP_UPDATE_URL": f"{plan.brp_url}/haalcentraal/api/brpupdate"}
    return {name: plan.given[name] for name in ("BRP_UPDATE_URL",) if name in plan.given}


def _sleutels(plan: Plan) -> Supply:
    step = Component("sleutels", "simulator", prepare=partial(sleutels.make, plan.sleutels))
    return Supply(step, gives={"SLEUTEL_BESTAND": str(plan.sleutels)})


def _service(plan: Plan, service: Service) -> list[Component]:
    if find_spec(service.module) is None:
        raise ModuleNotFoundError(f"services.toml lists {service.name}, and there is no module {service.module}")
    migrate = Component(
        f"{service.name}-migrate",
        "service",
        part=service.name,
        command=(sys.executable, "-m", service.module, "migrate"),
        env=_env(plan, service) | _database_env(plan, service, "MIGRATE", beside=True),
        ready=Ended(),
        needs=("databases",),
    )
    return [migrate, *(_process(plan, service, name, role) for name, role in plan.processes(service).items())]


def _process(plan: Plan, service: Service, name: str, role: str) -> Component:
    """One process of a service; it gets the addresses of the database roles that it may use, and no others."""
    database_roles = PROCESSES.get(role, ("API", "WORKER", "RELAY"))
    heartbeat = plan.run_dir / "heartbeats" / name
    env = _env(plan, service) | _database_env(plan, service, *database_roles, beside=role in BESIDE)
    env |= {"HEARTBEAT_FILE": str(heartbeat), "METRICS_PORT": str(plan.metrics_ports[name])}
    serves = role in {"api", "all"}
    if serves:
        env |= {"HTTP_HOST": "127.0.0.1", "HTTP_PORT": str(plan.api_ports[service.name])}
        env |= namens_env(plan, service)
    return Component(
        name,
        "service",
        part=service.name,
        command=(sys.executable, "-m", service.module, role),
        env=env,
        needs=("topics", "databases", "oidc", "namens", f"{service.name}-migrate", *service.needs),
        ready=Http(plan.api(service.name) + HEALTH) if serves else Heartbeat(heartbeat),
        heartbeat=heartbeat,
    )


def namens_env(plan: Plan, service: Service) -> dict[str, str]:
    """Where the API of a service finds the key with which it signs who asks, and the public ones of the others (D17)."""
    private, public = plan.namens / f"{service.name}.pem", plan.namens / sleutels.NAMENS_PUBLIC
    return {"NAMENS_SLEUTEL": str(private), "NAMENS_SLEUTELS": str(public)}


def command_env(plan: Plan, service: str) -> tuple[str, dict[str, str]]:
    """The module of a service, and the settings of a command that an operator runs: every database role's address."""
    known = next(each for each in SERVICES if each.name == service)
    roles = [role.upper() for role in postgres.ROLES]
    return known.module, _env(plan, known) | _database_env(plan, known, *roles, beside=True)


def _env(plan: Plan, service: Service) -> dict[str, str]:
    """What every service is told, with the address of each API, and what this one gets from what it needs."""
    known = supplies(plan)
    if unknown := set(service.needs) - known.keys():
        raise ValueError(f"services.toml: {service.name} needs what is not there: {', '.join(sorted(unknown))}")
    return {
        "PROFIEL": "lokaal",
        **replace(
            plan.operator, user=service.name, password=SecretStr(plan.kafka_passwords[service.name])
        ).environment(),
        "OIDC_ISSUER": plan.issuer,
        "CLIENT_SECRET": plan.client_secrets[service.name],
        "KLOK_BESTAND": str(plan.klok),
        "TRACES": plan.given.get("TRACES", "zipkin") if plan.traced else "none",
        "TRACES_URL": plan.traces_url,
        "PORTAAL_URL": "https://portaal.verwijsindex.example",  # until there is one
        **{f"{each.module.upper()}_URL": plan.api(each.name) for each in SERVICES},
        **{name: text for need in service.needs for name, text in known[need].gives.items()},
    }


def _database_env(plan: Plan, service: Service, *roles: str, beside: bool) -> dict[str, str]:
    names = ("", *service.databases) if beside else ("",)
    return {
        f"DATABASE_URL_{f'{name.upper()}_' if name else ''}{role}": plan.dsn(service.database(name), role.lower())
        for name in names
        for role in roles
    }


def _local(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _secret() -> str:
    return secrets.token_hex(20)
