# SPDX-License-Identifier: MIT
# markdown.awk - a document of docs as a page, or, without a name, as sections for one.
#
#   awk -v name=yon-limits -v version=V -v see="yon(1)"
#
# Knows what these documents use: headings, paragraphs, lists, tables, code. Use with
# roff.awk.

# Code, *emphasis*, **bold** and [links](file.md).
function inline(text,   out, word, before) {
    while (match(text, /`[^`]*`|\*\*[^*]+\*\*|\*[^* ][^*]*\*|\[[^]]*\]\([^)]*\)/)) {
        before = substr(text, 1, RSTART - 1)
        word = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        out = out text_of(before)
        if (word ~ /^`/)
            out = out "\\fB" plain(substr(word, 2, length(word) - 2)) "\\fR"
        else if (word ~ /^\*\*/)
            out = out "\\fB" text_of(substr(word, 3, length(word) - 4)) "\\fR"
        else if (word ~ /^\*/)
            out = out "\\fI" text_of(substr(word, 2, length(word) - 2)) "\\fR"
        else
            out = out link(word)
    }
    return out text_of(text)
}
function text_of(text) {
    return plain(unescaped(text))
}
function unescaped(text,   out) {
    while (match(text, /\\[*<|_]/)) {
        out = out substr(text, 1, RSTART - 1) substr(text, RSTART + 1, 1)
        text = substr(text, RSTART + 2)
    }
    return out text
}
# To another page by its name, else the text alone.
function link(word,   text, target) {
    text = word
    sub(/^\[/, "", text)
    sub(/\].*/, "", text)
    target = word
    sub(/.*\(/, "", target)
    sub(/[#)].*/, "", target)
    sub(/.*\//, "", target)
    sub(/\.md$/, "", target)
    if (index(" " pages " ", " " target " "))
        return "\\fByon\\-" plain(target) "\\fR(7)"
    return target == "reference" ? "\\fBlibyon\\fR(3)" : inline(text)
}

function end_text() {
    if (item != "")
        body = body item
    else if (text != "")
        body = body ".PP\n"
    if (text != "") body = body guarded(inline(text))
    text = item = ""
}
# One line for a paragraph: `code` may be broken over lines.
function add_text(line) {
    sub(/^ +/, "", line)
    text = text (text == "" ? "" : " ") line
}
# The first cell names the row, the others say more under the titles of their columns.
function table_row(line,   n, i, cell, rest) {
    gsub(/\\\|/, "\001", line)
    sub(/^\| */, "", line)
    sub(/ *\| *$/, "", line)
    n = split(line, cell, / *\| */)
    if (!in_table) {
        in_table = 1
        n_columns = n
        for (i = 1; i <= n; i++) head[i] = cell[i]
        return
    }
    if (cell[1] ~ /^:?--/) return
    for (i = 1; i <= n; i++) gsub(/\001/, "|", cell[i])
    body = body ".TP\n" guarded(cell[1] == "" ? "\\&" : inline(cell[1]))
    for (i = 2; i <= n; i++) {
        if (cell[i] == "") continue
        rest = (n_columns > 2 && head[i] != "" ? "\\fI" inline(head[i]) "\\fR: " : "") \
            inline(cell[i])
        body = body (i > 2 && shown ? ".br\n" : "") guarded(rest)
        shown = 1
    }
    if (!shown) body = body "\\&\n"
    shown = 0
}

/^```/ {
    if (in_code) {
        body = body verbatim(code)
        in_code = 0
    } else {
        end_text()
        in_code = 1
        code = ""
        n_lines = 0
    }
    next
}
in_code { code = code (n_lines++ ? "\n" : "") $0; next }
!/^\|/ { in_table = 0 }
/^\|/ { end_text(); table_row($0); next }
/^# / { about = substr($0, 3); next }
/^## / { end_text(); body = body ".SH " toupper(plain(substr($0, 4))) "\n"; next }
/^### / { end_text(); body = body ".SS " plain(substr($0, 5)) "\n"; next }
/^[-*] / { end_text(); item = ".IP \\- 2\n"; add_text(substr($0, 3)); next }
/^[0-9]+[.] / {
    end_text()
    item = ".IP " $1 " 4\n"
    add_text(substr($0, length($1) + 2))
    next
}
/^$/ { end_text(); next }
{ add_text($0) }
END {
    end_text()
    if (name == "") { # without what stands above the first section
        body = substr(body, index(body, ".SH "))
        printf "%s", body
    } else {
        if (body !~ /^[.]SH/) body = ".SH DESCRIPTION\n" body
        printf "%s", tidy(title(name, 7, inline(about)) body \
            ".SH SEE ALSO\n" references(see))
    }
}
