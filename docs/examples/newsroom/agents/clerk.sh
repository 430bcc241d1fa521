#!/bin/sh
# The clerk checks tables and merges them.
. "$AOF_DATA_DIR/agents/newsroom.sh"

# faults FILE: what is wrong with a table, one line each.
faults() {
    awk -F, '
        NR == 1 { width = NF }
        NF != width { printf "line %d has %d fields, the heading has %d: %s\n", NR, NF, width, $0 }
        { for (i = 1; i <= NF; i++) if ($i == "") printf "line %d, field %d is empty\n", NR, i }
    ' "$1"
}

# sorted FILE…: the rows of the tables in order, without headings.
sorted() {
    for file in "$@"; do tail -n +2 "$file"; done | LC_ALL=C sort
}

case $job in
check | merge)
    for file in "$@"; do
        found=$(faults "$file")
        if [ -n "$found" ]; then
            stop_because "${file#"$AOF_DATA_DIR"/}: $(printf '%s\n' "$found" | head -n 1)"
        fi
        if [ "$(head -n 1 "$file")" != "$(head -n 1 "$1")" ]; then
            stop_because "${file#"$AOF_DATA_DIR"/} has another heading than ${1#"$AOF_DATA_DIR"/}"
        fi
    done
    { head -n 1 "$1" && sorted "$@"; } >"$output"
    finish "$(rows "$output") rows from $# file(s), all of them whole, sorted"
    ;;
*) stop_because "the clerk does not know the job \`$job\`" ;;
esac
