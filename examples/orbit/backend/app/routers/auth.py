"""Sign in by password, or through Google where its keys are set."""

import secrets
from typing import Any
from urllib.parse import urlencode

import httpx
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app import passwords, sessions
from app.db import User, get_db
from app.limits import limit
from app.settings import settings

GOOGLE_STATE_SECONDS = 600
GOOGLE_TIMEOUT_SECONDS = 10

router = APIRouter(prefix="/auth", tags=["auth"])
limited = Depends(limit("sign-in", settings.SIGN_INS_PER_MINUTE))


class Credentials(BaseModel):
    email: str = Field(regex=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)
    password: str = Field(min_length=8, max_length=200)


class Me(BaseModel):
    email: str


async def by_email(db: AsyncSession, email: str) -> Any:
    return (await db.execute(select(User).where(User.email == email.lower()))).scalar_one_or_none()


async def add_user(db: AsyncSession, email: str, password_hash: str | None) -> Any:
    user = User(email=email.lower(), password_hash=password_hash)
    db.add(user)
    await db.commit()
    return user


@router.post("/sign-up", status_code=201, dependencies=[limited])
async def sign_up(
    given: Credentials, request: Request, response: Response, db: AsyncSession = Depends(get_db)
) -> Me:
    try:
        user = await add_user(db, given.email, await passwords.hash_password(given.password))
    except IntegrityError:
        raise HTTPException(409, "This address already has an account") from None
    await sessions.begin(request, response, user.id)
    return Me(email=user.email)


@router.post("/sign-in", dependencies=[limited])
async def sign_in(
    given: Credentials, request: Request, response: Response, db: AsyncSession = Depends(get_db)
) -> Me:
    user = await by_email(db, given.email)
    stored = user.password_hash if user is not None and user.password_hash else passwords.NOBODY
    if not await passwords.matches(given.password, stored):
        raise HTTPException(401, "Wrong address or password")
    await sessions.begin(request, response, user.id)
    return Me(email=user.email)


@router.post("/sign-out", status_code=204)
async def sign_out(request: Request) -> Response:
    response = Response(status_code=204)
    await sessions.end(request, response)
    return response


@router.get("/me")
async def me(user: Any = Depends(sessions.current_user)) -> Me:
    return Me(email=user.email)


@router.get("/methods")
async def methods() -> dict[str, bool]:
    return {"password": True, "google": bool(settings.GOOGLE_CLIENT_ID)}


@router.get("/google", dependencies=[limited])
async def google(request: Request) -> Response:
    if not settings.GOOGLE_CLIENT_ID:
        raise HTTPException(404, "Google sign-in is not set up: GOOGLE_CLIENT_ID is empty")
    state = secrets.token_urlsafe(24)
    await request.app.state.redis.set(f"google:{state}", 1, ex=GOOGLE_STATE_SECONDS)
    query = {
        "client_id": settings.GOOGLE_CLIENT_ID,
        "redirect_uri": str(request.url_for("google_callback")),
        "response_type": "code",
        "scope": "openid email",
        "state": state,
    }
    response = RedirectResponse("https://accounts.google.com/o/oauth2/v2/auth?" + urlencode(query))
    # The state belongs to this browser: nobody can be signed in by a link somebody else began.
    response.set_cookie("orbit_google", state, max_age=GOOGLE_STATE_SECONDS, httponly=True)
    return response


@router.get("/google/callback", dependencies=[limited])
async def google_callback(
    code: str, state: str, request: Request, db: AsyncSession = Depends(get_db)
) -> Response:
    known = await request.app.state.redis.delete(f"google:{state}")
    if not known or request.cookies.get("orbit_google") != state:
        raise HTTPException(400, "This sign-in was not begun here, or too long ago")
    async with httpx.AsyncClient(timeout=GOOGLE_TIMEOUT_SECONDS) as client:
        token = await client.post(
            "https://oauth2.googleapis.com/token",
            data={
                "code": code,
                "client_id": settings.GOOGLE_CLIENT_ID,
                "client_secret": settings.GOOGLE_CLIENT_SECRET,
                "redirect_uri": str(request.url_for("google_callback")),
                "grant_type": "authorization_code",
            },
        )
        if token.status_code != 200:
            raise HTTPException(502, "Google did not accept the sign-in")
        info = await client.get(
            "https://openidconnect.googleapis.com/v1/userinfo",
            headers={"Authorization": f"Bearer {token.json()['access_token']}"},
        )
    profile = info.json()
    if info.status_code != 200 or not profile.get("email_verified"):
        raise HTTPException(502, "Google did not tell a verified address")
    user = await by_email(db, profile["email"]) or await add_user(db, profile["email"], None)
    response = RedirectResponse(settings.FRONTEND_URL)
    await sessions.begin(request, response, user.id)
    return response
