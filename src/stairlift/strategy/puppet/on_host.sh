# One run of Puppet on a host, and then what Puppet says of it.
#
#   sh -c THIS stairlift-puppet TAGS FILES WORD...
#
# FILES is the command that tells where the summary and the report of a run are, WORD... the run itself, TAGS what to
# count: of each tag, the resources that were looked at rather than skipped. The summary may be one of an earlier run:
# its reader compares times.
tags=$1 files=$2
shift 2
PATH=$PATH:/opt/puppetlabs/bin
export PATH

section() {
    printf '\n>>> stairlift %s\n' "$1"
    cat
    printf '\n<<< stairlift %s\n' "$1"
}

# A report is YAML that only Ruby reads; of its resources only two fields are needed.
count() {
    awk -v wanted="$1" '
        function settle() { if (skipped == "false") for (tag in has) applied[tag]++; split("", has); skipped = "" }
        /^resource_statuses:/ { inside = 1; next }
        !inside { next }
        /^[^ ]/ { inside = 0; settle(); next }
        /^  [^ ]/ { settle() }
        /^    [^ -]/ { listing = /^    tags:/ }
        /^    skipped: / { skipped = $2 }
        listing && /^    - / { tag = $2; gsub(/["\047]/, "", tag); has[tag] = 1 }
        END { settle(); n = split(wanted, list, ","); for (i = 1; i <= n; i++) print list[i], applied[list[i]] + 0 }
    ' "$2"
}

"$@"
code=$?
told=$(eval "$files" 2>/dev/null)
summary=$(printf '%s\n' "$told" | sed -n 's/^lastrunfile = //p')
report=$(printf '%s\n' "$told" | sed -n 's/^lastrunreport = //p')
[ ! -r "$summary" ] || section summary <"$summary"
[ ! -r "$report" ] || count "$tags" "$report" | section applied
exit "$code"
