#!/bin/sh
# The editor puts the issue together and seals it.
. "$AOF_DATA_DIR/agents/newsroom.sh"

case $job in
assemble)
    {
        echo "# $(field heading)"
        echo
        for page in "$@"; do sed -n '1s/^# /- /p' "$page"; done
        for page in "$@"; do
            echo
            sed 's/^#/##/' "$page"
        done
    } >"$output"
    finish "$# pages, $(wc -w <"$output" | tr -d ' ') words"
    ;;
seal)
    cd "$work"
    for file in "$@"; do sha256sum "${file#"$work"/}"; done >"$output"
    if ! sha256sum -c "$output"; then
        stop_because "a page changed while it was being sealed"
    fi
    finish "$# files listed and verified"
    ;;
*) stop_because "the editor does not know the job \`$job\`" ;;
esac
