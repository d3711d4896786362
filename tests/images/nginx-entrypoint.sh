#!/bin/sh
# The official image's interface: /docker-entrypoint.d/*.sh and *.envsh before nginx, and templates filled from the
# environment. https://hub.docker.com/_/nginx
set -e
if [ "$1" = nginx ] || [ "$1" = nginx-debug ]; then
  for t in /etc/nginx/templates/*.template; do
    [ -e "$t" ] || continue
    # Only variables that exist are filled in: nginx's own $host and the like stay.
    # shellcheck disable=SC2016
    envsubst "$(env | sed 's/=.*//; s/^[A-Za-z_][A-Za-z_0-9]*$/${&}/' | tr '\n' ' ')" <"$t" \
      >"/etc/nginx/conf.d/$(basename "$t" .template)"
  done
  for f in /docker-entrypoint.d/*; do
    case $f in
    *.envsh) [ ! -x "$f" ] || . "$f" ;;
    *.sh) [ ! -x "$f" ] || "$f" ;;
    esac
  done
fi
exec "$@"
