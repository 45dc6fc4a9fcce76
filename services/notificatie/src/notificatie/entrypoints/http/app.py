"""The HTTP side: alive and ready."""

from fastapi import FastAPI

from platformkit.health import Heartbeat
from platformkit.http.app import create_app
from platformkit.http.auth import TokenVerifier
from platformkit.http.calls import Http


def make_app(issuer: str, audience: str, heartbeat: Heartbeat) -> FastAPI:
    """The application; its database role may read no table, so it opens no connection either."""
    return create_app(
        title="Notificatie",
        description="Vertelt betrokkenen dat er een match is. Er is nog geen eigen API.",
        routers=[],
        problems={},
        verifier=TokenVerifier(issuer, audience, Http()),
        heartbeat=heartbeat,
        checks={},
    )
