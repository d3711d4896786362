"""Tests run against the services DATABASE_URL and REDIS_URL name when the database is called something_test, as CI's is.
Any other database is somebody's, so then they run on SQLite and a Redis made of a dict."""

import os
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest

REAL = os.environ.get("DATABASE_URL", "").endswith("_test")
if REAL:
    # Tests empty their Redis too: the last of its 16 databases, which nobody else uses.
    os.environ["REDIS_URL"] = os.environ.get("REDIS_URL", "redis://localhost:6379") + "/15"
else:
    os.environ["DATABASE_URL"] = f"sqlite+aiosqlite:///{tempfile.mkdtemp()}/test.db"
os.environ["SENTRY_DSN"] = ""
os.environ["SIGN_INS_PER_MINUTE"] = "30"

import redis.asyncio  # noqa: E402
from fastapi.testclient import TestClient  # noqa: E402


class DictRedis:
    """As much of Redis as the backend uses."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        return self.values.get(key)

    async def set(self, key: str, value: Any, ex: int) -> None:
        self.values[key] = str(value)

    async def delete(self, key: str) -> int:
        return 1 if self.values.pop(key, None) is not None else 0

    async def incr(self, key: str) -> int:
        self.values[key] = str(int(self.values.get(key, 0)) + 1)
        return int(self.values[key])

    async def expire(self, key: str, seconds: int) -> None:
        pass

    async def flushdb(self) -> None:
        self.values.clear()

    async def close(self) -> None:
        pass


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    from app.db import Base
    from app.main import app

    if not REAL:
        monkeypatch.setattr(redis.asyncio, "from_url", lambda *_, **__: DictRedis())

    with TestClient(app) as c:

        async def empty() -> None:
            await app.state.redis.flushdb()
            async with app.state.engine.begin() as connection:
                for table in reversed(Base.metadata.sorted_tables):
                    await connection.execute(table.delete())

        assert c.portal is not None
        c.portal.call(empty)
        yield c


@pytest.fixture
def signed_in(client: TestClient) -> TestClient:
    me = {"email": "ada@example.com", "password": "correct horse"}
    assert client.post("/auth/sign-up", json=me).status_code == 201
    return client
