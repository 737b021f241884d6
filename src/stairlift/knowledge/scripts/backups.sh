# How old and how large the newest backup is. Set before it: PATHS, globs, one a line.

export LC_ALL=C
echo @now
date -u +%s
echo @found
printf '%s\n' "$PATHS" | while IFS= read -r pattern; do
  newest=$(ls -1td -- $pattern 2>/dev/null | head -n 1)
  [ -n "$newest" ] || { printf '%s\t\t\t\n' "$pattern" && continue; }
  case $newest in
    *.gz) command -v gzip >/dev/null && gzip -t "$newest" 2>/dev/null && whole=yes || whole=no ;;
    *.xz) command -v xz >/dev/null && xz -t "$newest" 2>/dev/null && whole=yes || whole=no ;;
    *.zst) command -v zstd >/dev/null && zstd -tq "$newest" 2>/dev/null && whole=yes || whole=no ;;
    *.sql) tail -c 300 "$newest" | grep -q 'Dump completed' && whole=yes || whole=no ;;
    *) whole=unknown ;;
  esac
  printf '%s\t%s\t%s\t%s\n' "$newest" "$(stat -c %Y "$newest")" "$(du -sk -- "$newest" | cut -f 1)" "$whole"
done
echo @end
