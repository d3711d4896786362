#!/usr/bin/env python3
"""Nobody starts too early: PostgreSQL with an init script of three seconds, whose temporary server answers `pg_isready`
on the unix socket meanwhile. A dependant that connects once, without trying again, must not be refused (decision 20)."""
import bench

COMPOSE = """
services:
  db:
    image: postgres:15-alpine
    environment: {POSTGRES_PASSWORD: secret}
    volumes: ["./init:/docker-entrypoint-initdb.d:ro"]
    healthcheck: {test: [CMD-SHELL, pg_isready -U postgres], interval: 5s, timeout: 5s, retries: 5}
  once:
    image: python:3.11-slim
    environment: {DATABASE_URL: "postgresql://postgres:secret@db:5432/postgres"}
    command: ["python", "-u", "-c", "import socket, time; socket.create_connection(('db', 5432), 2); print('connected at once'); time.sleep(600)"]
    stop_signal: SIGKILL
    depends_on: {db: {condition: service_healthy}}
"""


def main():
    bench.need_engine("postgres:15-alpine", "python:3.11-slim")
    home = bench.Bench(COMPOSE)
    try:
        (home.folder / "init").mkdir()
        (home.folder / "init/10-slow.sql").write_text("select pg_sleep(3);\ncreate table proof (id int);\n")
        home.orbit("up", "-d")
        log = home.orbit("logs", "--no-log-prefix", "once").stdout
        assert "connected at once" in log and "refused" not in log, log
        count = home.orbit("exec", "-T", "db", "psql", "-U", "postgres", "-Atc", "select count(*) from proof").stdout
        assert count.strip() == "0", count
        print("the init script ran for three seconds, and the dependant connected at its first try")
    finally:
        home.close()


if __name__ == "__main__":
    main()
