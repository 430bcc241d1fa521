# What every agent of the newsroom does the same way. Sourced by the others, never run.
#
# AOF tells an agent where it is: AOF_CARD (its task), AOF_WORK_DIR (where it works), AOF_TASK_ID,
# AOF_RUN_ID, AOF_AGENT_ID, AOF_PROJECT, AOF_DATA_DIR. It answers with the `aof` command.
set -eu

work=$AOF_DATA_DIR/projects/$AOF_PROJECT/work
outputs=$AOF_WORK_DIR/outputs

# field NAME: the values of "- NAME: value" lines of the card, one per line.
field() {
    sed -n "s/^- $1: //p" "$AOF_CARD"
}

# inputs: the files that the card names, one per line. TASK-…/file is the output of another task.
inputs() {
    field input | while read -r name; do
        case $name in
        TASK-*) printf '%s\n' "$work/${name%%/*}/outputs/${name#*/}" ;;
        *) printf '%s\n' "$AOF_DATA_DIR/$name" ;;
        esac
    done
}

# ledger WORD: one line in the newsroom's book of hours.
ledger() {
    printf '%s %s %s %s\n' "$AOF_TASK_ID" "$AOF_RUN_ID" "$AOF_AGENT_ID" "$1" \
        >>"$AOF_DATA_DIR/ledger.txt"
}

# finish SUMMARY: the task is done.
finish() {
    aof task complete "$AOF_TASK_ID" --summary "$1"
    ledger done
    exit 0
}

# stop_because REASON: the task cannot go on; a person has to look.
stop_because() {
    aof task block "$AOF_TASK_ID" --reason "$1"
    ledger blocked
    exit 0
}

# rows FILE: how many rows a CSV file has, without its heading.
rows() {
    awk 'END { print NR - 1 }' "$1"
}

# column FILE NAME: the number of the column with that heading.
column() {
    awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) print i }' "$1"
}

ledger begins
mkdir -p "$outputs"
job=$(field job)
output=$outputs/$(field output)

# The inputs become $1, $2, …; a file name may contain blanks.
set -f
IFS='
'
# shellcheck disable=SC2046
set -- $(inputs)
unset IFS
set +f

# The work itself takes milliseconds. It is slowed down so that you can watch.
sleep "${NEWSROOM_PACE_S:-1}"
