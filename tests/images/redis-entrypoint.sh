#!/bin/bash
# The official image's interface: options or a configuration file alone mean redis-server; runs as user redis;
# reachable from other containers without a password, as upstream's image is. https://hub.docker.com/_/redis
set -euo pipefail

case ${1:-} in -* | *.conf) set -- redis-server "$@" ;; esac
if [ "$1" = redis-server ]; then
  if [ "$(id -u)" = 0 ]; then
    find . \! -user redis -exec chown redis '{}' +
    exec gosu redis "$0" "$@"
  fi
  # Debian compiles protected mode in; a configuration file that names it keeps its say.
  if ! { [ -f "${2:-}" ] && grep -q '^ *protected-mode' "$2"; }; then set -- "$@" --protected-mode no; fi
  [ "$(umask)" != 0022 ] || umask 0077
fi
exec "$@"
