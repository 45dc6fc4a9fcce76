"""The statement of the system, without starting it."""

import base64
import json
import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from contracts.registry import topics
from lokaal import stack, system
from lokaal.__main__ import start
from lokaal.ports import Ports
from lokaal.servers import kafka_admin
from lokaal.services import SERVICES, Service
from lokaal.stack import Stack, UnknownPartError
from lokaal.supervisor import StartError
from lokaal.system import Form, Plan
from lokaal.testing import broker
from platformkit.broker import Broker


def _stack(tmp_path: Path, parts: set[str] | None = None, **given: str) -> Stack:
    return Stack(tmp_path, parts=parts, given=given)


def test_parts_bring_what_they_need_and_nothing_else(tmp_path: Path) -> None:
    assert sorted(_stack(tmp_path, {"kafka", "redis"}).names) == ["kafka", "redis", "topics"]
    assert sorted(_stack(tmp_path, {"databases"}).names) == ["databases", "postgres"]


def test_a_part_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnknownPartError, match="kafak"):
        _stack(tmp_path, {"kafak"})
    with pytest.raises(UnknownPartError, match="match-consumer"):
        Stack(tmp_path, parts={"redis"}, env={"match-consumer": {}}, given={})


def test_an_address_in_the_environment_wins_over_a_server_of_our_own(tmp_path: Path) -> None:
    given = {"KAFKA_BOOTSTRAP": "127.0.0.1:9092", "KAFKA_USER": "ik", "KAFKA_PASSWORD": "geheim", "KAFKA_CA": "/ca"}
    made = _stack(tmp_path, {"kafka", "redis", "topics"} - {"redis"}, **given)
    assert made.names == ["topics"], "the topics are made on the given broker"
    assert broker(made.addresses) == Broker("127.0.0.1:9092", "ik", SecretStr("geheim"), Path("/ca"))
    plan = Plan(tmp_path, "all", {"OIDC_ISSUER": "http://127.0.0.1:1", "BRP_URL": "http://127.0.0.1:2"})
    assert not {"oidc", "brp"} & {component.name for component in system.components(plan)}


def test_split_gives_each_process_the_database_role_that_is_its_own(tmp_path: Path) -> None:
    plan = Plan(tmp_path, "split", {})
    found = {component.name: component for component in system.components(plan)}
    roles = {
        name: sorted(key.removeprefix("DATABASE_URL_") for key in found[f"match-{name}"].env if "DATABASE" in key)
        for name in ("api", "consumer", "relay", "jobs", "migrate")
    }
    assert roles == {
        "api": ["API"],
        "consumer": ["WORKER"],
        "relay": ["RELAY"],
        "jobs": ["WORKER"],
        "migrate": ["MIGRATE"],
    }
    beside = {
        name: [key for key in found[f"brp-proxy-{name}"].env if key.startswith("DATABASE_URL_SLEUTELS")]
        for name in roles
    }
    assert beside == {
        "api": ["DATABASE_URL_SLEUTELS_API"],
        "consumer": [],
        "relay": [],
        "jobs": ["DATABASE_URL_SLEUTELS_WORKER"],
        "migrate": ["DATABASE_URL_SLEUTELS_MIGRATE"],
    }
    assert "match-migrate" in found["match-consumer"].needs


def test_every_service_knows_every_api_and_only_who_needs_a_secret_gets_it(tmp_path: Path) -> None:
    plan = Plan(tmp_path, "all", {})
    env = {component.name: component.env for component in system.components(plan)}
    for service in SERVICES:
        for each in SERVICES:
            assert env[service.name][f"{each.module.upper()}_URL"] == plan.api(each.name)
        assert env[service.name]["PORTAAL_URL"]
        for need, given in (("postvak", "SMTP_PASSWORD"), ("brp", "BRP_API_KEY"), ("redis", "REDIS_URL")):
            assert (given in env[service.name]) is (need in service.needs)
        assert ("SLEUTEL_BESTAND" in env[service.name]) is ("sleutels" in service.needs)
        own = plan.client_secrets[service.name]
        assert [name for name in env if own in env[name].values()] == [f"{service.name}-migrate", service.name]


def test_what_the_environment_gives_reaches_who_needs_it(tmp_path: Path) -> None:
    given = {"BRP_URL": "http://127.0.0.1:2/api", "BRP_API_KEY": "k", "SMTP_HOST": "127.0.0.2"}
    env = {component.name: component.env for component in system.components(Plan(tmp_path, "all", given))}
    for service in SERVICES:
        if "brp" in service.needs:
            assert (env[service.name]["BRP_URL"], env[service.name]["BRP_API_KEY"]) == (given["BRP_URL"], "k")
            assert "BRP_UPDATE_URL" not in env[service.name], "the operator's BRP is not followed in our simulator"
        if "postvak" in service.needs:
            assert env[service.name]["SMTP_HOST"] == "127.0.0.2"
    assert not {"brp", "postvak"} & env.keys()


def test_the_update_api_is_the_simulators_or_the_one_that_is_given(tmp_path: Path) -> None:
    for given in ({}, {"BRP_URL": "http://127.0.0.1:2/api", "BRP_UPDATE_URL": "http://127.0.0.1:3/update"}):
        plan = Plan(tmp_path, "all", given)
        env = {component.name: component.env for component in system.components(plan)}
        wanted = given.get("BRP_UPDATE_URL", f"http://127.0.0.1:{plan.brp_port}/haalcentraal/api/brpupdate")
        assert env["brp-proxy"]["BRP_UPDATE_URL"] == wanted


@pytest.mark.parametrize(
    ("gevraagd", "gekregen"),
    [("", None), ("officieel", "officieel"), ("synthetisch:9:1", "synthetisch:9:1"), (__file__, __file__)],
)
def test_up_takes_persons_by_name_or_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, gevraagd: str, gekregen: str | None
) -> None:
    made: list[str | None] = []

    def stack(*_: object, personen: str | None, **__: object) -> Stack:
        made.append(personen)
        raise StartError("")

    monkeypatch.setattr("lokaal.__main__.Stack", stack)
    monkeypatch.setattr("lokaal.__main__.interrupt_once", lambda: None)
    monkeypatch.setenv("PERSONEN", gevraagd)
    assert start(tmp_path) is None
    assert made == [gekregen]


def test_up_refuses_persons_that_are_nowhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PERSONEN", str(tmp_path / "nergens.json"))
    assert start(tmp_path) is None
    assert "officieel, synthetisch" in " ".join(capsys.readouterr().out.split())


def test_only_an_api_can_say_who_asks_and_each_with_its_own_key(tmp_path: Path) -> None:
    plan = Plan(tmp_path, "split", {})
    found = {component.name: component for component in system.components(plan)}
    serving = {name for name, each in found.items() if "NAMENS_SLEUTEL" in each.env}
    assert serving == {f"{service.name}-api" for service in SERVICES}
    assert all("namens" in found[name].needs for name in serving)
    found["namens"].prepare()
    keys = {Path(found[name].env["NAMENS_SLEUTEL"]) for name in serving}
    assert len({key.read_bytes() for key in keys}) == len(SERVICES)
    assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}
    public = json.loads(Path(found["signaal-api"].env["NAMENS_SLEUTELS"]).read_text())
    assert public.keys() == {service.name for service in SERVICES}
    assert not any("d" in key for each in public.values() for key in each["keys"])


def test_the_keys_are_made_before_who_needs_them(tmp_path: Path) -> None:
    plan = Plan(tmp_path, "all", {})
    found = {component.name: component for component in system.components(plan)}
    for service in SERVICES:
        assert ("sleutels" in found[service.name].needs) is ("sleutels" in service.needs)
    found["sleutels"].prepare()
    assert plan.sleutels.stat().st_mode & 0o777 == 0o600
    keys = json.loads(plan.sleutels.read_text())
    assert {len(base64.b64decode(keys[kind]["sleutels"]["1"])) for kind in ("kek", "hmac")} == {32}
    assert keys["kek"] != keys["hmac"]


@pytest.mark.parametrize(
    ("listed", "error", "said"),
    [
        (Service("gisteren"), ModuleNotFoundError, "services.toml lists gisteren, and there is no module gisteren"),
        (Service("match", ("brievenbus",)), ValueError, "match needs what is not there: brievenbus"),
    ],
)
def test_a_list_that_is_wrong_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: Service, error: type[Exception], said: str
) -> None:
    monkeypatch.setattr(system, "SERVICES", (listed,))
    with pytest.raises(error, match=said):
        system.components(Plan(tmp_path, "all", {}))


def test_every_need_is_met_by_a_component(tmp_path: Path) -> None:
    for form in ("all", "split"):
        found = system.components(Plan(tmp_path, form, {}))
        names = [component.name for component in found]
        assert len(names) == len(set(names))
        assert {need for component in found for need in component.needs} <= set(names)


def test_a_process_can_run_several_times_each_with_files_and_a_port_of_its_own(tmp_path: Path) -> None:
    made = Stack(tmp_path, "split", {"match-consumer"}, aantal={"match-consumer": 3}, given={})
    copies = [each for each in made._components if each.name.startswith("match-consumer")]
    assert [each.name for each in copies] == ["match-consumer", "match-consumer-2", "match-consumer-3"]
    for variable in ("HEARTBEAT_FILE", "METRICS_PORT"):
        assert len({each.env[variable] for each in copies}) == 3
    assert copies[0].command == copies[2].command
    assert copies[0].needs == copies[2].needs
    assert "match-consumer-3" in made.addresses["metrics"]


@pytest.mark.parametrize(("form", "name"), [("split", "match-api"), ("all", "match-consumer"), ("split", "kafka")])
def test_what_has_an_address_runs_once(tmp_path: Path, form: Form, name: str) -> None:
    with pytest.raises(UnknownPartError, match=f"cannot run several times: {name}"):
        Stack(tmp_path, form, aantal={name: 2}, given={})


def test_a_stray_setting_of_the_shell_does_not_reach_a_component() -> None:
    passed = stack._base_env({"HTTP_PORT": "1", "PATH": "/bin", "DATABASE_URL_API": "x", "FAILPOINTS": "a"})
    assert passed == {"PATH": "/bin", "FAILPOINTS": "a", "PYTHONUNBUFFERED": "1"}


def test_two_plans_made_at_once_share_no_port(tmp_path: Path) -> None:
    def ports(plan: Plan) -> set[int]:
        return {held.getsockname()[1] for held in plan.ports._held}

    first, second = Plan(tmp_path, "split", {}), Plan(tmp_path, "split", {})
    assert not ports(first) & ports(second)


def test_a_held_port_can_be_used_by_the_one_that_it_was_given_to() -> None:
    ports = Ports()
    port = ports.free()
    with socket.create_server(("127.0.0.1", port)):
        pass
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))
    ports.release()


def test_the_topics_are_those_of_the_contracts() -> None:
    made = {topic.name: topic for topic in kafka_admin.contract_topics()}
    assert made.keys() == topics().keys()
    assert made["signaal"].topic_configs == {"retention.ms": "1814400000", "segment.ms": "86400000"}
    assert made["signaal"].num_partitions == topics()["signaal"].partitions > 1
    assert made["signaal"].replication_factor == 1


def test_down_without_a_stack_does_nothing(tmp_path: Path) -> None:
    assert stack.down(tmp_path) == 0
    (tmp_path / "stack.json").write_text(json.dumps({"processes": {}}))
    assert stack.down(tmp_path) == 0
