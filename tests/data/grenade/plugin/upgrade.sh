#!/usr/bin/env bash
# Starts the new @NAME@. Files in STACK_ROOT/knobs make it go wrong.
source "$GRENADE_DIR/grenaderc"
knobs=$STACK_ROOT/knobs

function abort {
    trap - INT TERM HUP
    echo "ERROR: Abort $0"
    kill -INT $$
}
trap abort INT TERM HUP
echo "Begin $0"
echo "ADMIN_PASSWORD=$(grep -h -o 'ADMIN_PASSWORD=.*' "$TARGET_DEVSTACK_DIR/local.conf" | cut -d= -f2)"
echo "new migrating" > "$STACK_ROOT/services/@NAME@"
if [[ -e $knobs/die-@NAME@ ]]; then
    echo "[ERROR] $0:17 no room for the database of @NAME@"
    exit "$(cat "$knobs/die-@NAME@")"
fi
if [[ -e $knobs/sleep-@NAME@ ]]; then
    touch "$STACK_ROOT/asleep"
    sleep "$(cat "$knobs/sleep-@NAME@")"
fi
[[ -e $knobs/byte-@NAME@ ]] && printf 'caf\xe9\n' && sleep 1 && echo "still here" && sleep 1 && echo "and here"
if [[ -e $knobs/hold-@NAME@ ]]; then
    sleep "$(cat "$knobs/hold-@NAME@")" &
fi
[[ $OPERATORS == yes ]] && touch "$STACK_ROOT/operators"
echo "new running" > "$STACK_ROOT/services/@NAME@"
echo "@NAME@" >> "$STACK_ROOT/upgraded"
echo "SUCCESS: End $0"
