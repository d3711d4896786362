#!/bin/bash
# The official image's interface: POSTGRES_USER, _PASSWORD, _DB (each also as _FILE), _INITDB_ARGS, _HOST_AUTH_METHOD,
# PGDATA, and /docker-entrypoint-initdb.d run by a temporary server that only the unix socket reaches.
# https://hub.docker.com/_/postgres
set -euo pipefail

[ "${1:0:1}" != - ] || set -- postgres "$@"
[ "$1" = postgres ] || exec "$@"
for a in "$@"; do case $a in --version | -V | --help | -\? | --describe-config) exec "$@" ;; esac; done

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  chmod 700 "$PGDATA"
  find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
  find /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
  exec gosu postgres "$0" "$@"
fi

# from_file NAME [DEFAULT]: NAME from itself or from the file NAME_FILE tells
from_file() {
  local file=$1_FILE
  [ -z "${!1:-}" ] || [ -z "${!file:-}" ] || { echo "error: both $1 and $file are set (but are exclusive)" >&2; exit 1; }
  if [ -n "${!file:-}" ]; then export "$1=$(<"${!file}")"; else export "$1=${!1:-${2:-}}"; fi
}

# sql DATABASE OPTION...
sql() { psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password -U "$POSTGRES_USER" -d "$@"; }

run_init_scripts() {
  local f
  for f in /docker-entrypoint-initdb.d/*; do
    [ -e "$f" ] || continue
    echo "$0: running $f"
    case $f in
    *.sh) if [ -x "$f" ]; then "$f"; else . "$f"; fi ;;
    *.sql) sql "$POSTGRES_DB" -f "$f" ;;
    *.sql.gz) gunzip -c "$f" | sql "$POSTGRES_DB" ;;
    *.sql.xz) xz -dc "$f" | sql "$POSTGRES_DB" ;;
    *) echo "$0: ignoring $f" ;;
    esac
  done
}

init() {
  local passwords method=${POSTGRES_HOST_AUTH_METHOD:-}
  from_file POSTGRES_PASSWORD
  from_file POSTGRES_USER postgres
  from_file POSTGRES_DB "$POSTGRES_USER"
  from_file POSTGRES_INITDB_ARGS
  if [ -z "$POSTGRES_PASSWORD" ] && [ "$method" != trust ]; then
    echo "Error: Database is uninitialized and superuser password is not specified." \
      "You must specify POSTGRES_PASSWORD to a non-empty value for the superuser." >&2
    exit 1
  fi
  # A true file: initdb cannot open /dev/fd/N once the user has been switched.
  passwords=$(mktemp)
  printf '%s\n' "$POSTGRES_PASSWORD" >"$passwords"
  [ -n "$POSTGRES_PASSWORD" ] || printf 'unused\n' >"$passwords"
  # shellcheck disable=SC2086
  initdb --username "$POSTGRES_USER" --pwfile "$passwords" ${POSTGRES_INITDB_WALDIR:+--waldir "$POSTGRES_INITDB_WALDIR"} \
    $POSTGRES_INITDB_ARGS
  rm -f "$passwords"
  printf '\nhost all all all %s\n' "${method:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"

  export PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD}
  pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -p ${PGPORT:-5432}" -w start
  if [ "$POSTGRES_DB" != postgres ]; then
    sql postgres -v db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
  fi
  run_init_scripts
  pg_ctl -D "$PGDATA" -m fast -w stop
  unset PGPASSWORD
  printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

if [ -s "$PGDATA/PG_VERSION" ]; then
  printf '\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n'
else
  init
fi
exec "$@"
