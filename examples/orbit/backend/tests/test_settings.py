import pytest

from app.settings import Settings


def test_database_url_gets_its_driver() -> None:
    plain = Settings(DATABASE_URL="postgresql://u:p@h:5432/d?sslmode=require")
    assert plain.async_database_url == "postgresql+asyncpg://u:p@h:5432/d?ssl=require"


def test_production_wants_a_key_of_its_own() -> None:
    with pytest.raises(RuntimeError, match="SECRET_KEY"):
        Settings(ENV="production").check()
    Settings(ENV="production", SECRET_KEY="x" * 32).check()
