# Which options the configuration files of this host set, by name: PROJECT, FILE, SECTION, OPTION. A file without any is
# a line as well. Set before it: FILES, such as `nova:nova.conf`, patterns below /etc/PROJECT, and MEASURED, such as
# `heat:DEFAULT:auth_encryption_key`. Of values nothing is shown but how many characters the measured ones have.

export LC_ALL=C

files() { # PROJECT:FILE for each that there is
  for one in $FILES; do
    project=${one%%:*} pattern=${one#*:}
    set +f
    for file in /etc/"$project"/$pattern; do echo "$project:$file"; done
    case $pattern in */*) ;; *) for file in /etc/kolla/*/$pattern; do echo "$project:$file"; done ;; esac
    set -f
  done | sort -u | while IFS= read -r one; do [ -f "${one#*:}" ] && echo "$one"; done
}

settings() { # of one file
  awk -v project="$1" -v file="$2" -v measured=" $MEASURED " -v OFS='\t' '
    function plain(value) { # as oslo.config takes it: without the quotes around it
      sub(/^[ \t]+/, "", value); sub(/[ \t\r]+$/, "", value)
      if (value ~ /^".*"$/ || value ~ /^\047.*\047$/) value = substr(value, 2, length(value) - 2)
      return value
    }
    BEGIN { print project, file, "", "", "" }
    /^[ \t\r]*$/ || /^[#; \t]/ { next } # nothing, a comment, or the value before goes on
    /^\[/ { section = $0; sub(/^\[/, "", section); sub(/\][ \t\r]*$/, "", section); next }
    match($0, /[:=]/) {
      option = substr($0, 1, RSTART - 1); sub(/[ \t]+$/, "", option)
      value = plain(substr($0, RSTART + 1)); size = ""
      if (index(measured, " " project ":" section ":" option " ") && value !~ /[^ -~]/) size = length(value)
      if (section != "" && option != "") print project, file, section, option, size
    }' "$2"
}

set -f
there=$(files)
echo @options
echo "$there" | while IFS= read -r one; do [ -r "${one#*:}" ] && settings "${one%%:*}" "${one#*:}"; done
echo @hidden
echo "$there" | while IFS= read -r one; do [ -n "$one" ] && [ ! -r "${one#*:}" ] && echo "$one"; done
echo @end
