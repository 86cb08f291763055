# SPDX-License-Identifier: MIT
# help.awk - what a program says to --help, as a page. That is made from the table of
# its options, so the page is, too.
#
#   awk -v name=yon-run -v section=1 -v version=V -v more=FILE -v see="yon(1)"
#
# more: sections to put behind it; see: references. Use with roff.awk.

function option_row(line,   at, names, value) {
    sub(/^ +/, "", line)
    # Names, then two blanks or the end of the line, then the text.
    at = match(line, /  +/)
    names = at ? substr(line, 1, at - 1) : line
    text = at ? substr(line, at + RLENGTH) : ""
    options = options ".TP\n" option_names(names) \
        (text == "" ? "" : guarded(plain(text)))
}
# "-n, --name NAME": the names bold, the value in italics.
function option_names(names,   value) {
    value = ""
    if (match(names, /--[a-z-]+ /)) {
        value = substr(names, RSTART + RLENGTH)
        names = substr(names, 1, RSTART + RLENGTH - 2)
    }
    gsub(/, /, "\\fR, \\fB", names)
    gsub(/-/, "\\-", names)
    return "\\fB" names "\\fR" (value == "" ? "" : " \\fI" plain(value) "\\fR") "\n"
}
function command_row(line) {
    sub(/^ +/, "", line)
    match(line, /^[a-z]+/)
    commands = commands ".TP\n.BR yon\\-" substr(line, 1, RLENGTH) " (1)\n"
    line = substr(line, RLENGTH + 1)
    sub(/^ +/, "", line)
    commands = commands guarded(plain(line))
}
function flush_lines() {
    if (lines != "") examples = examples verbatim(lines)
    lines = ""
}

FNR == 1 {
    about = $0
    sub(/^[^-]*- /, "", about)
    next
}
/^Usage: / {
    usage = substr($0, 8)
    heading = ""
    next
}
/^[A-Z][A-Za-z ]*$/ {
    heading = $0
    is_commands = name == "yon" && heading !~ /^(Start here|Global options)$/
    if (is_commands) commands = commands ".SS " heading "\n"
    next
}
/^$/ {
    if (heading == "" && notes != "") notes = notes ".PP\n"
    next
}
heading == "" || /^[^ ]/ {
    heading = ""
    notes = notes guarded(plain($0))
    next
}
heading == "Global options" && name != "yon" { next }
heading ~ /ptions$/ && /^ +-/ { option_row($0); next }
heading ~ /ptions$/ {
    sub(/^ +/, "")
    options = options guarded(plain($0))
    next
}
is_commands { command_row($0); next }
{
    sub(/^  /, "")
    lines = lines (lines == "" ? "" : "\n") $0
}
END {
    flush_lines()
    page = title(name, section, plain(about)) ".SH SYNOPSIS\n" guarded(plain(usage))
    if (notes != "") page = page ".SH DESCRIPTION\n" notes
    if (commands != "") page = page ".SH COMMANDS\n" commands
    if (name ~ /^yon-/ && section == 1)
        options = options ".PP\nThe options of all commands stand in\n.BR yon (1).\n"
    page = page ".SH OPTIONS\n" options
    if (examples != "") page = page ".SH EXAMPLES\n" examples
    while (more != "" && (getline line <more) > 0) page = page line "\n"
    printf "%s", tidy(page ".SH SEE ALSO\n" references(see))
}
