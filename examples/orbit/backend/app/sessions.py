"""Who is signed in: a random token in a cookie, and in Redis, under its keyed hash, whose it is."""

import hashlib
import hmac
import secrets
from typing import Any

from fastapi import Depends, HTTPException, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import User, get_db
from app.settings import settings

COOKIE = "orbit_session"
SESSION_SECONDS = 14 * 24 * 3600


def _key(token: str) -> str:
    digest = hmac.new(settings.SECRET_KEY.encode(), token.encode(), hashlib.sha256).hexdigest()
    return f"session:{digest}"


async def begin(request: Request, response: Response, user_id: int) -> None:
    token = secrets.token_urlsafe(32)
    await request.app.state.redis.set(_key(token), user_id, ex=SESSION_SECONDS)
    response.set_cookie(
        COOKIE,
        token,
        max_age=SESSION_SECONDS,
        httponly=True,
        # In production page and API may have different domains, which only SameSite=None over TLS allows.
        secure=settings.production,
        samesite="none" if settings.production else "lax",
    )


async def end(request: Request, response: Response) -> None:
    token = request.cookies.get(COOKIE)
    if token:
        await request.app.state.redis.delete(_key(token))
    response.delete_cookie(COOKIE)


async def current_user(request: Request, db: AsyncSession = Depends(get_db)) -> Any:
    token = request.cookies.get(COOKIE)
    user_id = await request.app.state.redis.get(_key(token)) if token else None
    user = await db.get(User, int(user_id)) if user_id else None
    if user is None:
        raise HTTPException(401, "Sign in first")
    return user
