import redis.asyncio
import sentry_sdk
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from sentry_sdk.integrations.fastapi import FastApiIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration

from app.db import create_tables, open_engine
from app.middleware.logging import log_requests, print_log_lines
from app.routers import auth, health, items
from app.settings import settings

settings.check()
print_log_lines()

if settings.SENTRY_DSN:
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        # At this version of the SDK FastAPI's integration wants Starlette's beside it.
        integrations=[StarletteIntegration(), FastApiIntegration()],
        traces_sample_rate=0.1,  # 10% of transactions
        environment=settings.ENV,
    )

app = FastAPI(title="Orbit", description="The API of the Orbit example; try it here.")
app.middleware("http")(log_requests)
app.add_middleware(
    CORSMiddleware,
    allow_origins=settings.cors_origins,
    allow_credentials=True,
    allow_methods=["GET", "POST"],
    allow_headers=["Content-Type", "sentry-trace", "baggage"],
)
app.include_router(health.router)
app.include_router(auth.router)
app.include_router(items.router)


@app.on_event("startup")
async def start() -> None:
    app.state.redis = redis.asyncio.from_url(settings.REDIS_URL, decode_responses=True)
    app.state.engine = open_engine(settings.async_database_url)
    await create_tables(app.state.engine)


@app.on_event("shutdown")
async def stop() -> None:
    await app.state.redis.close()
    await app.state.engine.dispose()


if not settings.production:

    @app.get("/debug/error", tags=["debug"])
    async def fail() -> None:
        """Fails, to see how a failure is reported."""
        raise RuntimeError("this error was asked for")
