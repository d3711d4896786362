"""Rate limits, counted in Redis so that all instances count together."""

import logging
import time
from collections.abc import Awaitable, Callable

from fastapi import HTTPException, Request
from redis.exceptions import RedisError

WINDOW_SECONDS = 60

logger = logging.getLogger("orbit")


def limit(what: str, per_minute: int) -> Callable[[Request], Awaitable[None]]:
    """A dependency that answers 429 once one client address has done `what` too often in this minute."""

    async def check(request: Request) -> None:
        now = int(time.time())
        client = request.client.host if request.client else "unknown"
        key = f"limit:{what}:{client}:{now // WINDOW_SECONDS}"
        try:
            count = await request.app.state.redis.incr(key)
            if count == 1:
                await request.app.state.redis.expire(key, 2 * WINDOW_SECONDS)
        except RedisError as e:
            # Without Redis nobody is counted; better than nobody being served.
            logger.warning(f"rate limit {what} not checked: {e}")
            return
        if count > per_minute:
            wait = WINDOW_SECONDS - now % WINDOW_SECONDS
            raise HTTPException(
                429, f"Too many requests, try again in {wait} s", {"Retry-After": str(wait)}
            )

    return check
