# SPDX-License-Identifier: MIT
# headers.awk - a page for each public function, and libyon(3) with all of them, from
# what docs/reference --blocks says of the headers.
#
#   awk -v out=DIR -v version=V
#
# Use with roff.awk.

# Names of the code are bold.
function inline(text,   out, word) {
    while (match(text, /`[^`]*`|<yon\/[a-z]+[.]h>|[$]?[A-Za-z]*(yon|YON)_[A-Za-z0-9_]+(\(\))?/)) {
        word = substr(text, RSTART, RLENGTH)
        out = out plain(substr(text, 1, RSTART - 1))
        gsub(/`/, "", word)
        out = out "\\fB" plain(word) "\\fR"
        text = substr(text, RSTART + RLENGTH)
    }
    return out plain(text)
}
# A comment: indented lines are code.
function prose(doc,   n, i, line, out, code) {
    n = split(doc, line, "\n")
    for (i = 1; i <= n; i++) {
        if (line[i] ~ /^  /) {
            code = code (code == "" ? "" : "\n") substr(line[i], 3)
            continue
        }
        if (line[i] == "" && code != "" && line[i + 1] ~ /^  /) {
            code = code "\n"
            continue
        }
        if (code != "") {
            out = out verbatim(code) ".PP\n"
            code = ""
        }
        out = out (line[i] == "" ? ".PP\n" : guarded(inline(line[i])))
    }
    if (code != "") out = out verbatim(code)
    return out
}
# The first sentence, for the line of the name.
function first_sentence(doc,   line) {
    gsub(/\n/, " ", doc)
    sub(/[.:;] .*/, "", doc)
    sub(/[.:]$/, "", doc)
    return doc
}
# What the codes in a text are, each once.
function errors_of(doc,   out, code) {
    delete seen
    while (match(doc, /YON_E[A-Z]+/)) {
        code = substr(doc, RSTART, RLENGTH)
        doc = substr(doc, RSTART + RLENGTH)
        if (code in meaning && !(code in seen)) {
            seen[code]
            out = out ".TP\n.B " code "\n" meaning[code] "\n"
        }
    }
    return out
}
# Types that a prototype names, as blocks.
function types_of(code,   i, word, out) {
    for (i = 1; i <= n; i++) {
        if (kind[i] != "type" || text[i, "C"] !~ /[{]|_fn\(|\.\.\./) continue
        word = type_name(text[i, "C"])
        if (word != "" && (" " code) ~ ("[^a-z_]" word "[^a-z_]")) {
            out = out verbatim(text[i, "C"]) ".PP\n" prose(text[i, "D"])
            # Its macro stands behind it.
            if (text[i + 1, "C"] ~ /^YON_/)
                out = out verbatim(text[i + 1, "C"]) ".PP\n" prose(text[i + 1, "D"])
        }
    }
    return out
}
function type_name(code) {
    if (match(code, /struct yon_[a-z_]+ [{]|struct yon_[a-z_]+\n[{]/)) {
        code = substr(code, RSTART, RLENGTH)
        sub(/[ \n][{]/, "", code)
        return code
    }
    if (match(code, /yon_[a-z_]+_fn\(|yon_fn\(/))
        return substr(code, RSTART, RLENGTH - 1)
    return ""
}
# A comment that begins with "The same" continues that of the block before.
function whole_comment(i,   doc) {
    doc = text[i, "D"]
    while (text[i, "D"] ~ /^The same/ && kind[i - 1] == "function") {
        i--
        doc = doc "\n\n`" first_name(i) "`: " text[i, "D"]
    }
    return doc
}

# A block is a page, by the name of each of its functions.
function write_page(i,   n_names, name, page, doc, types, notes, errors, see, j) {
    n_names = split(names[i], name, " ")
    doc = whole_comment(i)
    page = title(name[1], 3, inline(first_sentence(text[i, "D"])))
    for (j = 2; j <= n_names; j++)
        sub(/ \\- /, ", " name[j] " \\\\- ", page)
    page = page \
        ".SH SYNOPSIS\n.nf\n" plain("#include <yon/" header[i] ">") "\n.PP\n" \
        prototype(text[i, "C"]) ".fi\n" \
        ".SH DESCRIPTION\n" prose(doc)
    page = page ".PP\nWhat all of " plain("<yon/" header[i] ">") \
        " have in common, errors as well, is in\n.BR libyon (3).\n"
    types = types_of(text[i, "C"])
    if (types != "") page = page ".SH TYPES\n" types
    notes = section[i] == "" ? "" : text[section[i], "D"]
    if (notes != "") page = page ".SH NOTES\n" prose(notes)
    # The comment of a section has the errors that come with the await.
    errors = errors_of(doc (doc ~ /[Ss]uspends/ ? " YON_ECANCELLED YON_ETIMEOUT" : "") \
        (text[i, "C"] ~ /^yon_future/ ? notes : ""))
    if (errors != "") page = page ".SH ERRORS\n" errors
    see = "libyon(3) yon-in-your-program(7)"
    for (j = n; j > 0; j--)
        if (kind[j] == "function" && section[j] == section[i] && j != i && header[j] == header[i])
            see = first_name(j) "(3) " see
    page = tidy(page ".SH SEE ALSO\n" references(see))
    for (j = 1; j <= n_names; j++) {
        printf "%s", page >(out "/" name[j] ".3")
        close(out "/" name[j] ".3")
    }
}
function first_name(i,   name) {
    split(names[i], name, " ")
    return name[1]
}
function prototype(code,   k, line, out, j) {
    k = split(code, line, "\n")
    for (j = 1; j <= k; j++) out = out guarded("\\fB" plain(line[j]) "\\fR")
    return out
}

function write_index(   i, j, k, name, page) {
    page = title("libyon", 3, "all functions of libyon, and what they have in common")
    page = page ".SH SYNOPSIS\n.nf\n"
    for (i = 1; i <= n; i++)
        if (kind[i] == "header") page = page plain("#include <yon/" header[i] ">") "\n"
    page = page ".PP\n" plain("cc ... $(pkg-config --cflags --libs yon)") "\n.fi\n"
    for (i = 1; i <= n; i++) {
        if (kind[i] == "header") {
            page = page ".SH " toupper(plain(header[i])) "\n" prose(text[i, "D"])
        } else if (kind[i] == "section") {
            page = page ".SS " plain(text[i, "T"]) "\n" prose(text[i, "D"])
        } else if (kind[i] == "function") {
            k = split(names[i], name, " ")
            for (j = 1; j <= k; j++)
                page = page ".TP\n.BR " name[j] " (3)\n" \
                    guarded(inline(first_sentence(text[i, "D"])))
        }
    }
    page = page ".SH ERRORS\n"
    for (i = 1; i <= n_codes; i++)
        page = page ".TP\n.B " codes[i] "\n" meaning[codes[i]] "\n"
    page = page ".SH SEE ALSO\n" references("yon(1) yon-in-your-program(7) yon-misuse(7)")
    printf "%s", tidy(page) >(out "/libyon.3")
}

function begin(what) {
    kind[++n] = what
    header[n] = file
    section[n] = in_section
    names[n] = ""
}
/^H / {
    in_section = ""
    file = $2
    sub(/:$/, "", file)
    begin("header")
    next
}
/^S / {
    begin("section")
    in_section = n
    text[n, "T"] = substr($0, 3)
    next
}
/^F$/ { begin("type"); next }
/^F / {
    begin("function")
    names[n] = substr($0, 3)
    next
}
/^E / {
    codes[++n_codes] = $2
    code = $2
    sub(/^E [^ ]* /, "")
    meaning[code] = $0
    next
}
/^[CD]( |$)/ {
    tag = substr($0, 1, 1)
    text[n, tag] = (n_lines[n, tag]++ ? text[n, tag] "\n" : "") substr($0, 3)
}
END {
    for (i = 1; i <= n; i++)
        if (kind[i] == "function") write_page(i)
    write_index()
}
