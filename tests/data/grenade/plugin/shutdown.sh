#!/usr/bin/env bash
source "$GRENADE_DIR/grenaderc"
set -o errexit
[[ -e $STACK_ROOT/knobs/shutdown-@NAME@ ]] && exit "$(cat "$STACK_ROOT/knobs/shutdown-@NAME@")"
echo "old stopped" > "$STACK_ROOT/services/@NAME@"
