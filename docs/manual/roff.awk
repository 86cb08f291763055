# SPDX-License-Identifier: MIT
# roff.awk - text for man(7), for the other scripts here. Wants `version`, `date`.

# Text as it stands.
function plain(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    gsub(/'/, "\\(aq", text)
    gsub(/`/, "\\(ga", text)
    gsub(/\^/, "\\(ha", text)
    gsub(/~/, "\\(ti", text)
    return text
}
# A line of text; not a request, whatever it begins with.
function guarded(line) {
    return (line ~ /^[.']/ ? "\\&" : "") line "\n"
}
function title(name, section, about) {
    return ".TH " toupper(name) " " section " " date " \"yon " version "\" \"yon\"\n" \
        ".SH NAME\n" name " \\- " about "\n"
}
function verbatim(lines,   n, i, line, out) {
    n = split(lines, line, "\n")
    for (i = 1; i <= n; i++)
        out = out guarded(plain(line[i]))
    return ".PP\n.RS 4\n.nf\n" out ".fi\n.RE\n"
}
# A paragraph macro has nothing to do behind a heading.
function tidy(page) {
    while (sub(/\n\.PP\n\.PP\n/, "\n.PP\n", page)) ;
    gsub(/\n\.PP\n\.SH/, "\n.SH", page)
    while (match(page, /\n\.S[HS] [^\n]*\n\.PP\n/))
        page = substr(page, 1, RSTART + RLENGTH - 5) \
            substr(page, RSTART + RLENGTH)
    return page
}
# "yon-run(1)" and the like, with commas between, as a line of its own each.
function references(list,   n, i, name, out) {
    n = split(list, name, " ")
    for (i = 1; i <= n; i++) {
        sub(/\(/, " (", name[i])
        out = out ".BR " plain(name[i]) (i < n ? "," : "") "\n"
    }
    return out
}
