"""Password hashes: scrypt, its cost and salt written beside the hash."""

import asyncio
import hashlib
import hmac
import secrets

N, R, P = 2**14, 8, 1


def _hash(password: str, salt: bytes) -> str:
    return hashlib.scrypt(password.encode(), salt=salt, n=N, r=R, p=P).hex()


async def hash_password(password: str) -> str:
    salt = secrets.token_bytes(16)
    digest = await asyncio.to_thread(_hash, password, salt)
    return f"scrypt${N}${salt.hex()}${digest}"


# Compared with when there is no such user, so that both answers take equally long.
NOBODY = f"scrypt${N}${'00' * 16}${'00' * 64}"


async def matches(password: str, stored: str) -> bool:
    _, _, salt, digest = stored.split("$")
    given = await asyncio.to_thread(_hash, password, bytes.fromhex(salt))
    return hmac.compare_digest(given, digest)
