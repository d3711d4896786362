"""The database: one engine a process, one session a request."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request
from sqlalchemy import Column, DateTime, ForeignKey, Integer, String, func, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import declarative_base

CONNECT_SECONDS = 5
# Any number, the same in every instance: who holds it may create tables.
TABLES_LOCK = 0x6F72626974

Base: Any = declarative_base()


class User(Base):
    __tablename__ = "users"

    id = Column(Integer, primary_key=True)
    email = Column(String(254), nullable=False, unique=True)
    # Null for someone who only ever came through Google.
    password_hash = Column(String(200))


class Item(Base):
    __tablename__ = "items"

    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"), nullable=False, index=True)
    title = Column(String(200), nullable=False)
    created_at = Column(DateTime(timezone=True), nullable=False, server_default=func.now())


def open_engine(url: str) -> AsyncEngine:
    connect_args = {"timeout": CONNECT_SECONDS} if url.startswith("postgresql") else {}
    return create_async_engine(url, pool_pre_ping=True, connect_args=connect_args)


async def create_tables(engine: AsyncEngine) -> None:
    """Creates what is missing. Two instances that start together take turns."""
    async with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({TABLES_LOCK})"))
        await connection.run_sync(Base.metadata.create_all)


async def get_db(request: Request) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(request.app.state.engine, expire_on_commit=False) as session:
        yield session
