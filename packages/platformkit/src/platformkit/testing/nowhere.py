"""Where no broker is."""

from pydantic import SecretStr

from platformkit.broker import Broker

NOWHERE = Broker("127.0.0.1:1", "niemand", SecretStr("geheim"))
