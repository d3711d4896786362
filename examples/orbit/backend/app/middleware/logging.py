import logging
import time
from collections.abc import Awaitable, Callable

from fastapi import Request, Response

logger = logging.getLogger("orbit")


def print_log_lines() -> None:
    """Gives the `orbit` logger a handler: uvicorn sets up its own loggers only, so these lines would not print."""
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(levelname)s:     %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)


async def log_requests(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    start_time = time.time()
    # What an unhandled error becomes further out; without this a request that fails would leave no line.
    status = 500

    try:
        response = await call_next(request)
        status = response.status_code
        return response
    finally:
        process_time = time.time() - start_time
        logger.info(
            f"{request.method} {request.url.path} status={status} duration={process_time:.3f}s"
        )
