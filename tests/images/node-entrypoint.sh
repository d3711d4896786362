#!/bin/sh
# The official image's interface: what is no command is node's. https://hub.docker.com/_/node
set -e
if [ "${1#-}" != "$1" ] || [ -z "$(command -v "$1")" ] || { [ -f "$1" ] && ! [ -x "$1" ]; }; then set -- node "$@"; fi
exec "$@"
