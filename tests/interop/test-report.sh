#!/usr/bin/env bash
# Reports as they are met in a browser: on a phone and a wide screen, in light
# and dark, by keyboard, by assistive technology, on paper.  Each check first
# has to see what is wrong with a page that was broken on purpose.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

there() {
	command -v chromedriver && "$PYTHON" -c 'import selenium'
} >/dev/null 2>&1

there || "$TOP/scripts/bootstrap" --dry-run python3-selenium chromium-driver | grep -E 'selenium|chromium' >/dev/null ||
	skip "optional: this release has no packages 'python3-selenium' and 'chromium-driver'"
there || skip "no chromedriver, or no selenium for $PYTHON (scripts/bootstrap --test)"
BROWSER=$TOP/tests/browser
export HOME=$TMP TMPDIR=$TMP/lab SE_OFFLINE=true
mkdir lab

# --- one page broken in many ways ----------------------------------------------

# The check that has to fail, and what sed makes of the good page.
broken() {
	cat <<-'END'
	quiet     s|<main>|&<img src="other.png" alt="other">|
	quiet     s|</main>|&<script>document.title = "run"</script>|
	markup    s|</table>||
	markup    s|<tbody>||
	markup    s|<ol id="steps">|<p>&|; s|</ol>|&</p>|
	markup    s|<dl id="urls">|<dl id="urls" id="urls">|
	frame     s| lang="en"||
	frame     s|<title>A.*</title>|<title></title>|
	frame     s|<main>|<main></main>&|
	frame     /DOCTYPE/d
	frame     /viewport/d
	frame     s|img-src data:|img-src *|
	frame     s|color-scheme: light dark|color-scheme: light|
	frame     s|</style>|@keyframes in { to { margin: 0 } } h1 { animation: in 9s infinite } &|
	inert     s|</main>|&<script>document.title = "run"</script>|
	inert     s|<main>|&<img src="https://example.com/x.png" alt="other">|
	inert     s|href="#flow"|href="javascript:alert(1)"|
	inert     s|<main>|<main onclick="alert(1)">|
	inert     s|</style>|body { background: url(https://example.com/x.png) }&|
	steps     s|<section class="enrolment"|<section class="other"|
	steps     /id="step-G"/d
	steps     /id="flow-G"/d
	steps     s|id="step-G"|& hidden|
	steps     s|class="step failed"|class="step ok"|
	steps     s|: failed, 0.2 ms|, 0.2 ms|
	steps     s|passed, 6.3 ms|passed|
	steps     /"step-A"/{h;d}; /"step-B"/G
	steps     s|class="ok">A\(.*\)passed|class="failed">A\1failed|; s|step ok" id="flow-A"|step failed" id="flow-A"|
	parts     s|id="wire"|id="wires"|
	parts     s|<text [^>]*>CSME.*</text>||
	parts     s|class="cert"|class="box"|
	content   s|<text [^>]*>b124.*</text>||
	parts     s|<summary>GetCACaps: GET, 404|<summary>GetCACaps 404|
	parts     s|BEGIN CERTIFICATE|BEGIN|
	urls      s|<mark>\(b066[^<]*\)</mark>|\1|
	urls      s|<mark>b124|b124<mark>|
	content   s|class="failed">C|class="ok">C|
	content   s|id="url-built">https|id="url-built">http|
	content   s|id="url-right">https|id="url-right">http|
	content   s|<summary>GetCACaps: GET, 404|<summary>GetCACaps: GET, 403|
	content   s|operation=GetCACaps&amp;|operation=GetCACaps\&|; s|HTTP/1.1 404 Not Found|HTTP/1.1 404|
	content   s|4d 65 73 73|4d 65 73 74|
	content   s|6 bytes more||
	content   s|TUlJQnRlc3Q=|TUlJQnRlc3R=|
	content   s|CSME TGL SVN01 Kernel CA||
	content   s|0x80190194||
	content   s|certificates in the TPM|certificates|
	ids       s|id="step-H"|id="step-G"|
	ids       s|href="#flow"|href="#flows"|
	ids       s|aria-labelledby="wire-heading"|aria-labelledby="wires"|
	ids       s|class="line"|& marker-end="url(#arrow)"|
	headings  s|<h3>The chain</h3>|<h5>The chain</h5>|
	headings  s|<h2>\(.*\)</h2>|<h1>\1</h1>|
	headings  s|<h3 id="wire-heading">.*</h3>||
	tables    s| scope="row"||
	tables    s|<th scope="row">\([^<]*\)</th>|<td>\1</td>|
	tables    s|<dt>The right one</dt>|<p>The right one</p>|
	tables    s|<figcaption>Twelve.*||
	tables    s|<summary>CSME.*</summary>|<summary></summary>|
	names     s| aria-labelledby="chain-title"||; s|<title id="chain-title">.*</title>||
	names     s|<caption>.*</caption>||
	names     s|>the way again<|><|
	contrast  s|--text: #1a1a1a|--text: #949494|
	contrast  s|--skipped: #9ea7b3|--skipped: #58616c|
	contrast  s|--mark: #5c4400|--mark: #c9a200|
	contrast  s|</style>|.failed rect.box { fill: #a40e26 } &|
	contrast  s|</style>|.skipped { opacity: .5 } &|
	contrast  s|</style>|.ok::before { content: "+ "; color: #9ca } &|
	contrast  s|</style>|svg path.line { stroke: #aaa } &|
	contrast  s|</style>|main { background: linear-gradient(white, gray) } &|
	contrast  s|<text x="160" y="22">|<text x="160" y="22" opacity=".4">|
	scheme    s|prefers-color-scheme: dark|prefers-contrast: more|
	width     s|^body {|& min-width: 420px;|
	width     s|^pre {.*|pre { white-space: pre }|
	width     s|^dd {.*|dd { overflow: hidden; white-space: nowrap }|
	drawings  s|font: 12px monospace|font: 8px monospace|
	drawings  s|<text x="160" y="44">|<text x="260" y="44">|
	drawings  s|<text x="160" y="44">|<text x="160" y="26">|
	drawings  s|<text x="21" y="23">A|&, the TPM|
	scrollers s| tabindex="0"||
	scrollers s| aria-label="Request"||
	scrollers s| role="group"||
	targets   s|^summary {.*|summary { line-height: 1 }|
	keyboard  s|^:focus-visible {.*|:focus-visible { outline: none }|
	keyboard  s|--focus: #0550ae|--focus: #ddd|
	keyboard  s|--focus: #79c0ff|--focus: #223|
	keyboard  s|<summary>CSME|<summary tabindex="-1">CSME|
	keyboard  s|<summary>CSME|<summary tabindex="1">CSME|
	keyboard  s|<details class="request">|<details class="request" inert>|
	print     s|details::details-content|p|
	print     s|^@media print {|& body { color: #999 }|
	print     s|^@media print {|& body { min-width: 900px }|
	spacing   s|^summary {|& width: 310px; overflow: hidden; white-space: nowrap;|
	END
}

# Look at pages; a line a verdict in the file.
look() { # FILE PAGE:ENROLMENTS[:CHECK]...
	"$PYTHON" -B "$BROWSER/pages.py" "$TMP/profile" "${@:2}" >"$1"
}

# One verdict a line, whose findings stand after tabs.
verdicts() { # FILE
	local line words
	while IFS= read -r line; do
		tr '\t' '\n' <<<"$line" >why
		words=${line%%$'\t'*}
		[ "${words%% *}" = ok ]
		verdict $? "${words#*ok }"
	done <"$1"
}

# What was broken was seen.
seen() { # FILE
	local line check edit
	paste -d '\n' "$1" <(broken) >both
	while IFS= read -r line && read -r check edit; do
		echo "$line" >why
		[[ $line == "not ok "*" $check"$'\t'* ]]
		verdict $? "$check sees $edit"
	done <both
}

pages=("$BROWSER/good.html:1")
while read -r check edit; do
	page=broken-${#pages[@]}
	sed "$edit" "$BROWSER/good.html" >"$page.html"
	ln -s "$BROWSER/good.json" "$page.json"
	pages+=("$page.html:1:$check")
done < <(broken)

ok "a browser looks at a page, and at what was broken of it" look fixtures "${pages[@]}"
grep -E '^(not )?ok good ' fixtures >good
grep -vE '^(not )?ok good ' fixtures >broken
verdicts good
is "a good page is good in all" "$(grep -c ^ok good)" "$(grep -c '^def check_' "$BROWSER/checks.py")"
seen broken

# --- pages of the program -------------------------------------------------------

page() { # EXIT-STATUS NAME COMMAND...
	exits "$1" "$2: a page, and JSON" sh -c '"$@" >"$0"' "$2.json" "$ODCASIM" "${@:3}" --json --report "$2.html"
}

page 0 wrong-aik-url reproduce wrong-aik-url
page 0 tpm-not-ready reproduce tpm-not-ready
page 0 story reproduce --story
ok "mint" "$ODCASIM" mint --state tgl --family tgl --seed report
page 0 accepted verify --state tgl
page 3 rejected verify --state tgl --time 2060-01-01
# Where a server says that it listens.
at() {
	grep -oE '127\.0\.0\.1:[0-9]+' <<<"$READY"
}

launch "$ODCASIM" cloud --listen 127.0.0.1:0
page 0 enrolled enroll --state tgl --connect-to "$(at)"
launch "$PYTHON" -B "$BROWSER/hostile.py"
page 3 hostile enroll --state tgl --http --connect-to "$(at)"
ok "the markup came" grep -q "<script>document.title = 'run'</script>" hostile.json
# What takes long is not done again with more of the same.
QUICK=quiet,markup,frame,inert,steps,parts,urls,content,ids,headings,tables,scheme,drawings,targets
LAYOUT=contrast,width,scrollers,spacing
# All modes are for 'make check-pages': they take as long as all else here.
all=()
if [ -n "${ALL_MODES:-}" ]; then
	page 0 all reproduce --all --timeout 1
	all=("all.html:$(grep -c '"mode":' all.json):$QUICK,contrast")
fi
ok "a browser looks at them" look real wrong-aik-url.html:1 rejected.html:0 accepted.html:0:$QUICK enrolled.html:1:$QUICK \
	"tpm-not-ready.html:1:$QUICK,$LAYOUT" "hostile.html:1:$QUICK,$LAYOUT" story.html:6:$QUICK,contrast ${all[@]+"${all[@]}"}
verdicts real
is "nothing is left" "$(ls lab)" ""
finish
