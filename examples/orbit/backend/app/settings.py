"""What the environment decides. Every name here is a variable; see .env.example at the root of the project."""

from pydantic import BaseSettings

DEVELOPMENT_KEY = "development only"


class Settings(BaseSettings):
    ENV: str = "development"
    SECRET_KEY: str = DEVELOPMENT_KEY
    DATABASE_URL: str = "postgresql://orbit:orbit_dev_password@localhost:5432/orbit"
    REDIS_URL: str = "redis://localhost:6379"
    # Origins that may call this API with cookies, separated by commas.
    CORS_ORIGINS: str = "http://localhost:3000,http://127.0.0.1:3000"
    # Where a browser finds the frontend, to return there from Google.
    FRONTEND_URL: str = "http://localhost:3000"
    SENTRY_DSN: str = ""
    GOOGLE_CLIENT_ID: str = ""
    GOOGLE_CLIENT_SECRET: str = ""
    SIGN_INS_PER_MINUTE: int = 10
    WRITES_PER_MINUTE: int = 60

    @property
    def production(self) -> bool:
        return self.ENV == "production"

    @property
    def cors_origins(self) -> list[str]:
        return [origin.strip() for origin in self.CORS_ORIGINS.split(",") if origin.strip()]

    @property
    def async_database_url(self) -> str:
        """DATABASE_URL as SQLAlchemy wants it.

        Everybody else writes postgresql:// (Compose, Supabase, psql); without the driver's name SQLAlchemy would look
        for psycopg2, which cannot wait. asyncpg calls libpq's sslmode just ssl.
        """
        for plain in ("postgresql://", "postgres://"):
            if self.DATABASE_URL.startswith(plain):
                url = "postgresql+asyncpg://" + self.DATABASE_URL[len(plain) :]
                return url.replace("sslmode=", "ssl=")
        return self.DATABASE_URL

    def check(self) -> None:
        """Refuses to serve in production with the key everybody knows."""
        if self.production and self.SECRET_KEY == DEVELOPMENT_KEY:
            raise RuntimeError("SECRET_KEY is not set: production needs one of its own")


settings = Settings()
