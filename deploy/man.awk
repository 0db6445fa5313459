# The manual page of a library out of its public headers: awk -v name=libob_vnfm -v about="..." -f deploy/man.awk HEADER...
# The comment at a header's top is the description, one that begins a line is a paragraph, "/* --- word --- */" a heading, what is indented
# in a comment and every declaration is code.
function roff(text) { gsub(/\\/, "\\e", text); gsub(/-/, "\\-", text); return text ~ /^[.']/ ? "\\&" text : text }
function mode(wanted) {
    if (wanted == now) return
    if (now == "code") print ".fi\n.RE"
    if (wanted == "code") print ".PP\n.RS 4\n.nf"
    if (wanted == "text") print ".PP"
    now = wanted
}
function comment_line(text) {
    sub(/[ \t]+$/, "", text)
    if (text == "") { if (now == "code") print ""; else now = "" }
    else if (text ~ /^    /) { mode("code"); print roff(substr(text, 5)) }
    else { mode("text"); sub(/^ +/, "", text); print roff(text) }
}
BEGIN {
    printf ".TH %s 3 \"\" \"Baton\"\n.SH NAME\n%s \\- %s\n.SH SYNOPSIS\n.nf\n", toupper(name), name, roff(about)
    for (i = 1; i < ARGC; i++) { base = ARGV[i]; sub(/.*\//, "", base); printf "#include <baton/%s>\n", base }
    if (is_library) printf "\ncc file.c $(pkg\\-config \\-\\-cflags \\-\\-libs %s)\n", name
    print ".fi"
}
FNR == 1 { mode(""); base = FILENAME; sub(/.*\//, "", base); printf ".SH %s\n", toupper(base) }
/^#ifdef __cplusplus/ { is_skipped = 1 }
is_skipped { if (/^#endif/) is_skipped = 0; next }
/^\/\* --- .* --- \*\/$/ { mode(""); sub(/^\/\* --- /, ""); sub(/ --- \*\/$/, ""); printf ".SS %s\n", roff($0); next }
/^\/\*/ && !in_comment { in_comment = 1; sub(/^\/\* ?/, "") ; is_first = 1 }
in_comment {
    ends = sub(/ ?\*\/$/, "")
    if (!is_first) sub(/^ \* ?/, "")
    is_first = 0
    comment_line($0)
    if (ends) { in_comment = 0; if (now == "text") now = "" }
    next
}
/^#(include|ifndef|endif)/ || /^#define OB_[A-Z]+_H$/ { next }
/^$/ { if (now == "code") mode(""); next }
{ mode("code"); print roff($0) }
END { mode(""); printf ".SH SEE ALSO\n%s.BR baton (1),\n.BR nfvo (8)\n", is_library ? ".BR ob_base (3),\n" : "" }
