import logging
import re

import pytest
from fastapi.testclient import TestClient


def test_health(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "healthy"}


def test_ready(client: TestClient) -> None:
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "database": "connected"}


def test_not_ready_without_database(client: TestClient) -> None:
    from app.db import open_engine
    from app.main import app

    working = app.state.engine
    app.state.engine = open_engine("sqlite+aiosqlite:////nowhere/at/all.db")
    try:
        answer = client.get("/health/ready")
    finally:
        app.state.engine = working
    assert answer.status_code == 503
    assert answer.json()["status"] == "not ready"


def test_log_line(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="orbit"):
        client.get("/health")
    assert re.fullmatch(r"GET /health status=200 duration=\d+\.\d{3}s", caplog.messages[-1])


def test_log_line_of_a_failure(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="orbit"), pytest.raises(RuntimeError):
        client.get("/debug/error")
    assert caplog.messages[-1].startswith("GET /debug/error status=500 duration=")


def test_cors_from_configuration(client: TestClient) -> None:
    def allowed(origin: str) -> str | None:
        return client.get("/health", headers={"Origin": origin}).headers.get(
            "access-control-allow-origin"
        )

    assert allowed("http://localhost:3000") == "http://localhost:3000"
    assert allowed("http://elsewhere.example") is None


def test_api_docs(client: TestClient) -> None:
    assert "swagger" in client.get("/docs").text.lower()
