#!/bin/sh
# The wordsmith tidies prose and counts words.
. "$AOF_DATA_DIR/agents/newsroom.sh"

# words FILE: how many words a text has.
words() {
    wc -w <"$1" | tr -d ' '
}

# tidy FILE COLUMNS: single blanks, lines of limited width.
tidy() {
    tr -s ' ' <"$1" | fold -s -w "$2" | sed 's/ *$//'
}

# frequent FILE TOP: the most frequent words of four letters or more.
frequent() {
    echo "word,times"
    tr '[:upper:]' '[:lower:]' <"$1" | tr -cs '[:lower:]' '\n' | awk 'length($0) >= 4' |
        LC_ALL=C sort | uniq -c | LC_ALL=C sort -k1,1nr -k2,2 | head -n "$2" |
        awk '{ print $2 "," $1 }'
}

case $job in
tidy)
    tidy "$1" "$(field columns)" >"$output"
    if [ "$(words "$1")" != "$(words "$output")" ]; then
        stop_because "tidying would change the number of words"
    fi
    finish "$(words "$output") words on $(awk 'END { print NR }' "$output") lines, none lost"
    ;;
words)
    frequent "$1" "$(field top)" >"$output"
    finish "$(words "$1") words in all; most frequent: $(sed -n '2s/,.*//p' "$output")"
    ;;
*) stop_because "the wordsmith does not know the job \`$job\`" ;;
esac
