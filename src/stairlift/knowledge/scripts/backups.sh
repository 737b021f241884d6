# How old and how large the newest backup is. Set before it: PATHS, globs, one a line.

export LC_ALL=C
command -v timeout >/dev/null || timeout() { shift; "$@"; }

# Whether a file reads to its end; unknown where nobody can tell in time, or the program for it is not here.
whole() {
  command -v "$1" >/dev/null || { echo unknown && return; }
  timeout 40 "$@" 2>/dev/null
  case $? in 0) echo yes ;; 124 | 137) echo unknown ;; *) echo no ;; esac
}

dumped() { # dumps of MariaDB and MySQL say so at their end, if they say at their beginning what they are
  head -c 300 "$1" | grep -q ' dump ' || { echo unknown && return; }
  tail -c 300 "$1" | grep -q 'Dump completed' && echo yes || echo no
}

echo @now
date -u +%s
echo @found
printf '%s\n' "$PATHS" | while IFS= read -r pattern; do
  newest=$(IFS= && ls -1td -- $pattern 2>/dev/null | head -n 1)
  [ -n "$newest" ] || { printf '%s\t\t\t\n' "$pattern" && continue; }
  case $newest in
    *.gz) whole=$(whole gzip -t -- "$newest") ;;
    *.xz) whole=$(whole xz -t -- "$newest") ;;
    *.zst) whole=$(whole zstd -tq -- "$newest") ;;
    *.sql) whole=$(dumped "$newest") ;;
    *) whole=unknown ;;
  esac
  printf '%s\t%s\t%s\t%s\n' "$newest" "$(stat -c %Y -- "$newest")" "$(timeout 20 du -sk -- "$newest" | cut -f 1)" "$whole"
done
echo @end
