# How many lines of trouble the logs of some services have. Set before it: SERVICES, PROJECTS (of each the project, in the
# same order), FROM and UNTIL (the time before the work), SINCE (when it ended) and LATELY, in seconds since 1970; GRAVE, an
# extended regular expression. Of what was logged only counts and the words of GRAVE itself are told.

export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
command -v timeout >/dev/null || timeout() { shift; "$@"; }
TROUBLE='(ERROR|CRITICAL) [^ ]+ \['
export TROUBLE GRAVE
local_time() { date -d "@$1" '+%Y-%m-%d %H:%M:%S'; } # the logs' own

file_of() {
  for file in "/var/log/$2/$1.log" "/var/log/kolla/$2/$1.log" "/var/log/$1/$1.log" "/var/log/$1.log" "/var/log/$2/$2.log" \
    "/var/log/apache2/$1.log" "/var/log/apache2/$2.log" "/var/log/apache2/$2_error.log" "/var/log/kolla/$2/$2.log"; do
    [ -s "$file" ] && echo "$file" && return
  done
}

counted() {
  awk -v from="$(local_time "$FROM")" -v until="$(local_time "$UNTIL")" -v since="$(local_time "$SINCE")" \
    -v lately="$(local_time "$LATELY")" '
    BEGIN { trouble = ENVIRON["TROUBLE"]; grave = ENVIRON["GRAVE"] } # -v would take their backslashes
    match($0, /[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]/) { at = substr($0, RSTART, 19) }
    at >= from && at <= until && $0 ~ trouble { before++ }
    at >= lately && at > since && $0 ~ trouble { after++ }
    at > since && match($0, grave) { words[substr($0, RSTART, RLENGTH)] = 1 }
    END { for (word in words) list = list (list ? "," : "") word; printf "%d\t%d\t%s\n", before, after, list }'
}

in_journal() {
  command -v journalctl >/dev/null || return 1
  [ -n "$(timeout 10 journalctl -q --no-pager -n 1 -u "$1" 2>/dev/null)" ] || return 1
  before=$(timeout 20 journalctl -q --no-pager -o cat -u "$1" --since "@$FROM" --until "@$UNTIL" | grep -cE "$TROUBLE")
  after=$(timeout 20 journalctl -q --no-pager -o cat -u "$1" --since "@$LATELY" | grep -cE "$TROUBLE")
  words=$(timeout 20 journalctl -q --no-pager -o cat -u "$1" --since "@$((SINCE + 1))" | grep -oE "$GRAVE" | sort -u | tr '\n' ',')
  printf '%s\t%s\t%s\n' "$before" "$after" "${words%,}"
}

set -- $PROJECTS
for service in $SERVICES; do
  project=$1
  shift
  file=$(file_of "$service" "$project")
  if [ -n "$file" ]; then
    printf 'log\t%s\t%s\t%s\n' "$service" "$file" "$(tail -c 20000000 "$file" | counted)"
  elif told=$(in_journal "$service"); then
    printf 'log\t%s\tjournal\t%s\n' "$service" "$told"
  fi
done
echo @end
