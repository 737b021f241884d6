#!/usr/bin/env bash
source "$GRENADE_DIR/grenaderc"
echo "@NAME@ $*" >> "$STACK_ROOT/resources"
knob=$STACK_ROOT/knobs/$1${2:+-$2}-@NAME@
[[ -e $knob ]] && exit "$(cat "$knob")"
[[ $1 == create && -e $STACK_ROOT/knobs/hidden ]] && no-such-client token issue
exit 0
