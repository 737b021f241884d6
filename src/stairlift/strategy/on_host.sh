# One command on a host, which ends with the connection that brought it: all of it, also what made a session of its own.
#
#   sh -c THIS stairlift LOCK SECONDS FOLDER WORD...
#
# LOCK is a name, or - for none: a second command of that name waits SECONDS for the first, then leaves with 75.
# FOLDER is where the command starts, or - for where the login begins. Linux with util-linux; standard output only.
lock=$1 seconds=$2 folder=$3
shift 3
child= known=

section() {
    printf '\n>>> stairlift %s\n%s\n<<< stairlift %s\n' "$1" "$2" "$1"
}

# Adds to `known` what descends from the command or is of a session that one of these began, and finds what `lives`.
family() {
    grew=yes
    while [ -n "$grew" ]; do
        grew= lives=
        for stat in /proc/[0-9]*/stat; do
            { read -r line <"$stat"; } 2>/dev/null || continue
            consider "${line%% *}" ${line##*) }
        done
    done
}

consider() { # pid state parent group session ...
    case $known in
        *" $1 "*) ;;
        *)
            case $known in
                *" $3 "* | *" $5 "*) known="$known$1 " grew=yes ;;
                *) return ;;
            esac
            ;;
    esac
    [ "$2" = Z ] || lives="$lives $1"
}

end_all() {
    trap '' HUP INT TERM
    [ -n "$child" ] || exit 143
    known=" $child " left=8
    family
    kill -s TERM $lives 2>/dev/null
    while family && [ -n "$lives" ]; do
        [ "$left" -gt 0 ] || kill -s KILL $lives 2>/dev/null
        left=$((left - 1))
        sleep 1
    done
    exit 143
}

if [ "$lock" != - ]; then
    where=/run/lock
    [ -w "$where" ] || where=${TMPDIR:-/tmp}
    exec 9>>"$where/$lock-$(id -u).lock" || exit 75
    flock -w "$seconds" 9 || {
        code=$? # 1 is for held (flock(1)); without flock, the shell's 127
        [ "$code" -eq 1 ] || exit "$code"
        echo "another command of Stairlift's holds $where/$lock-$(id -u).lock on this host"
        exit 75
    }
fi
[ "$folder" = - ] || cd "$folder" || exit 66
trap end_all HUP INT TERM
section begun "$(date +%s)"
setsid "$@" </dev/null 9>&- &
child=$!
wait "$child"
code=$?
section ended "$code"
exit "$code"
