#!/usr/bin/env bash
# The driver. See ../README.md.

GRENADE_DIR=$(cd "$(dirname "$0")" && pwd)
export GRENADE_DIR
source "$GRENADE_DIR/grenaderc"

while getopts bqs:t flag; do
    case $flag in
        b) RUN_TARGET=False ;;
        t) RUN_BASE=False ;;
        q) VERBOSE=False ;;
        s) STOP=$2 ;;  # the second word of the command line, whatever it is
    esac
done

# Logs: the full one takes everything, the summary what echo_summary says. Both pass a filter that stamps them.
export LOGDIR=$STACK_ROOT/logs
echo "Creating $LOGDIR...."
mkdir -p "$LOGDIR"
find "$LOGDIR" -maxdepth 1 -name 'grenade.sh.log.*' -mtime +1 -delete
stamp=$(date +%F-%H%M%S)
full=$LOGDIR/grenade.sh.log.$stamp
short=$full.$stamp.summary
exec 3>&1
if [[ $VERBOSE == True ]]; then
    echo "Running in verbose mode:"
    echo "  Full logs found at => $full"
    exec 1> >(./tools/outfilter.py -v -o "$full" >&3) 2>&1
    echo "  Summary logs at => $short"
    exec 6> >(./tools/outfilter.py -o "$short")
else
    echo "Running in summary mode:"
    echo "  Full logs found at => $full"
    echo "  Summary logs at => $short"
    exec 1> >(./tools/outfilter.py -o "$full") 2>&1
    exec 6> >(./tools/outfilter.py -v -o "$short" >&3)
fi
ln -sf "$full" "$LOGDIR/grenade.sh.log"
ln -sf "$short" "$LOGDIR/grenade.sh.log.summary"

source "$GRENADE_DIR/functions"
trap the_end EXIT

echo_summary "grenade.sh log $full"
set -o errexit
set -o xtrace

if [[ $GRENADE_USE_EXTERNAL_DEVSTACK != True ]]; then
    cat "$TARGET_DEVSTACK_DIR/local.conf"
fi
cat "$BASE_DEVSTACK_DIR/local.conf"
export TOP_DIR=$TARGET_DEVSTACK_DIR
fetch_plugins
load_settings

if [[ $RUN_BASE == True ]]; then
    mkdir -p "$SAVE_DIR"
    : > "$SAVE_DIR/grenade_db.ini"
    if [[ $GRENADE_USE_EXTERNAL_DEVSTACK != True ]]; then
        echo_summary "Running base stack.sh"
        (cd "$BASE_DEVSTACK_DIR" && ./stack.sh)
        stop stack.sh 10
        echo_summary "Running post-stack.sh"
    fi
    echo_summary "Caching downloaded images"
    stop image-cache 20
    if [[ $BASE_RUN_SMOKE == True ]]; then
        echo_summary "Running base smoke test"
    fi
    stop base-smoke 110
    resources early_create
    resources create
    resources verify pre-upgrade
    echo_summary "Saving current state information"
    "$GRENADE_DIR/save-state"
    stop save-state 130
    echo_summary "Shutting down all services on base devstack..."
    shutdown_services
    resources verify_noapi pre-upgrade
fi

if [[ $RUN_TARGET == True ]]; then
    echo_summary "Preparing the target devstack environment"
    "$GRENADE_DIR/prep-target"
    echo "Upgrade projects: $UPGRADE_PROJECTS"
    for project in $UPGRADE_PROJECTS; do
        echo "Upgrading project: $project"
        upgrade_service "$project"
    done
    if [[ $ENABLE_TEMPEST == True ]]; then
        echo_summary "Running upgrade-tempest"
        stop upgrade-tempest 290
    fi
    resources verify post-upgrade
    if [[ $TARGET_RUN_SMOKE == True ]]; then
        echo_summary "Running tempest smoke tests"
        stop run-smoke 330
    fi
    echo_summary "Dumping $TARGET_RELEASE databases"
    echo_summary "TODO: save state for none databases"
    resources destroy
fi

set +o xtrace
echo_summary "Grenade has completed the pre-programmed upgrade scripts."
echo_summary "grenade.sh completed in $SECONDS seconds."
