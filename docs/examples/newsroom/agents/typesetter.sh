#!/bin/sh
# The typesetter makes a page out of texts and tables.
. "$AOF_DATA_DIR/agents/newsroom.sh"

# table FILE: a CSV table as a Markdown table.
table() {
    awk -F, '
        { printf "|"; for (i = 1; i <= NF; i++) printf " %s |", $i; print "" }
        NR == 1 { printf "|"; for (i = 1; i <= NF; i++) printf " --- |"; print "" }
    ' "$1"
}

case $job in
page)
    {
        echo "# $(field heading)"
        for file in "$@"; do
            echo
            case $file in
            *.csv) table "$file" ;;
            *) cat "$file" ;;
            esac
        done
    } >"$output"
    finish "a page of $(awk 'END { print NR }' "$output") lines from $# piece(s)"
    ;;
*) stop_because "the typesetter does not know the job \`$job\`" ;;
esac
