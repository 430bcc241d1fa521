#!/bin/sh
# The analyst turns tables into figures.
. "$AOF_DATA_DIR/agents/newsroom.sh"

# totals FILE GROUP SUM: the sum of one column for each value of another, greatest first.
totals() {
    echo "$2,$3"
    awk -F, -v group="$(column "$1" "$2")" -v sum="$(column "$1" "$3")" '
        NR > 1 { total[$group] += $sum }
        END { for (name in total) printf "%s,%d\n", name, total[name] }
    ' "$1" | LC_ALL=C sort -t, -k2,2nr -k1,1
}

# highest FILE GROUP COLUMN: the row with the greatest value for each value of another column.
highest() {
    head -n 1 "$1"
    awk -F, -v group="$(column "$1" "$2")" -v value="$(column "$1" "$3")" '
        NR == 1 || ($group in best && $value <= best[$group]) { next }
        { best[$group] = $value; row[$group] = $0 }
        END { for (name in row) print row[name] }
    ' "$1" | LC_ALL=C sort
}

# extremes FILE COLUMN: lowest, mean and highest of a column.
extremes() {
    echo "column,lowest,mean,highest,readings"
    awk -F, -v name="$2" -v value="$(column "$1" "$2")" '
        NR == 2 { low = high = $value }
        NR > 1 { sum += $value; if ($value < low) low = $value; if ($value > high) high = $value }
        END { printf "%s,%s,%.1f,%s,%d\n", name, low, sum / (NR - 1), high, NR - 1 }
    ' "$1"
}

# movement FILE: by how many per cent each price changed.
movement() {
    echo "species,cents,change_percent"
    awk -F, 'NR > 1 { printf "%s,%d,%+.1f\n", $1, $3, ($3 - $2) * 100 / $2 }' "$1" | LC_ALL=C sort
}

case $job in
totals)
    totals "$1" "$(field group)" "$(field sum)" >"$output"
    all=$(awk -F, 'NR > 1 { all += $2 } END { print all }' "$output")
    finish "$all $(field sum) in $(rows "$output") groups by $(field group)"
    ;;
highest)
    highest "$1" "$(field group)" "$(field column)" >"$output"
    finish "the highest $(field column) for $(rows "$output") values of $(field group)"
    ;;
extremes)
    extremes "$1" "$(field column)" >"$output"
    finish "$(tail -n 1 "$output" | awk -F, '{ print $1 " from " $2 " to " $4 ", mean " $3 }')"
    ;;
movement)
    movement "$1" >"$output"
    rose=$(awk -F, 'NR > 1 && $3 > 0 { up++ } END { print up + 0 }' "$output")
    finish "$rose of $(rows "$output") prices rose"
    ;;
*) stop_because "the analyst does not know the job \`$job\`" ;;
esac
