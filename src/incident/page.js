
"use strict";
/* Draws the page from the run and the certificates in #data. Text of the run is only ever set as text, never as markup. */
(() => {
const { run, certificates } = JSON.parse(document.getElementById("data").textContent);
const CLASS_MEANS = {
  "PROVEN": "Complete answers from the window before signing permit, for every name.",
  "PROVEN-DENY": "Evidence from before signing denies.",
  "UNUSED-PERMIT": "Evidence permits, but issuance did not consult it.",
  "NO-EVIDENCE": "Nothing on record.",
  "TAINTED": "Evidence is incomplete, out of its window, or about something else.",
};
const PROCESS_MEANS = { "consulted": "check was consulted", "not-consulted": "check was not consulted", "unknown": "not known" };
const IN_LINE = { yes: "\u2713 in line with the rules", no: "\u2715 not in line with the rules", arguable: "~ arguable under the rules" };
const GRADES = { A: "a signed proof", B: "complete DNS messages", C: "parsed records in a log", D: "a verdict or response code alone", E: "that a question was sent" };
/* Those that are known, in their order, and whatever else the run has. */
const CLASSES = [...new Set([...Object.keys(CLASS_MEANS), ...run.matrix.map((m) => m.class)])];
const PROCESSES = [...new Set([...Object.keys(PROCESS_MEANS), ...run.matrix.map((m) => m.process)])];
const SVG = "http://www.w3.org/2000/svg";
const INVISIBLE = /[\0-\x1f\x7f-\xa0\xad\u1680\u180e\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]|[\u{e0000}-\u{e007f}]/gu;

/* ---- small things */

const count = (n) => String(n ?? 0).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
const plural = (n, one, many) => count(n) + " " + (n === 1 ? one : many);
const visible = (text) => String(text).replace(INVISIBLE, (c) => "\\u{" + c.codePointAt(0).toString(16).toUpperCase() + "}");
const list = (value) => Array.isArray(value) ? value : [];
const known = (value) => value !== null && value !== undefined && value !== "";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}
const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
/* Text from outside: isolated, so that its direction stays its own, and nothing in it is hidden. */
const outside = (text, cls) => el("bdi", { class: cls }, known(text) ? visible(text) : "\u2013");
const tag = (text, cls) => el("span", { class: "tag " + cls }, visible(text));
const safe = (word) => String(word).replace(/[^A-Za-z-]/g, "");
const classTag = (cls) => tag(cls, "c-" + safe(cls));

const moment = (text) => known(text) ? Date.parse(text) : NaN;
function minute(text) {
  const t = moment(text);
  return Number.isNaN(t) ? (known(text) ? visible(text) : "\u2013") : new Date(t).toISOString().slice(0, 16).replace("T", " ");
}
const second = (text) => Number.isNaN(moment(text)) ? minute(text) : new Date(moment(text)).toISOString().slice(0, 19).replace("T", " ") + " UTC";
function span(ms) {
  const minutes = Math.floor(Math.abs(ms) / 60000), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
  if (minutes < 1) return Math.floor(Math.abs(ms) / 1000) + " s";
  if (days >= 2) return days + " d " + (hours % 24) + " h";
  return hours > 0 ? hours + " h " + (minutes % 60) + " min" : minutes + " min";
}
function left(deadline) {
  const ms = moment(deadline) - moment(run.made);
  if (Number.isNaN(ms)) return "";
  return ms >= 0 ? "in " + span(ms) : span(ms) + " ago";
}

/* columns: [title, class, cell of a row] */
function table(caption, columns, rows, foot) {
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, el("table", {},
    el("caption", {}, caption),
    el("thead", {}, el("tr", {}, columns.map(([title, cls]) => el("th", { scope: "col", class: cls }, title)))),
    el("tbody", {}, rows.map((row) => el("tr", {}, columns.map(([, cls, cell], i) => i === 0
      ? el("th", { scope: "row", class: cls }, cell(row)) : el("td", { class: cls }, cell(row)))))),
    foot ? el("tfoot", {}, foot) : null));
}

const parts = [];
function section(id, title, lead, ...children) {
  parts.push([id, title]);
  return el("section", { id, "aria-labelledby": id + "-h" }, el("h2", { id: id + "-h" }, title), lead ? el("p", { class: "lead" }, lead) : null, children);
}

/* ---- the run */

function head() {
  const o = run.options, own = list(o.own).map((d) => d.name).join(", ");
  const item = (name, value, cls) => el("div", { class: cls }, el("dt", {}, name), el("dd", {}, value));
  return [
    el("p", { class: "eyebrow" }, "CAA incident \u00b7 triage of certificates"),
    el("h1", {}, outside(run.title)),
    el("dl", { class: "meta" },
      item("CA became aware", second(o.aware)), item("Analysis made", second(run.made)),
      item("Issuer domain names", outside(own)), item("Profile", outside(o.profile)),
      item("Rules of", outside(o.rules_of)), item("Program", outside(run.program)),
      item("Run: same inputs, options and program give the same", outside(run.run, "mono"), "hash")),
  ];
}

function overview() {
  const c = run.counts, chosen = list(run.remedies).find((r) => r.remedy === run.default_remedy);
  const due = list(run.duties).filter((d) => known(d.first_deadline));
  const first = due.map((d) => d.first_deadline).sort((a, b) => moment(a) - moment(b))[0];
  const late = due.reduce((n, d) => n + (d.late || 0), 0);
  const tile = (what, big, more, cls) => el("div", { class: "card tile " + (cls || "") },
    el("div", { class: "what" }, what), el("div", { class: String(big).length > 8 ? "big long" : "big" }, big), el("div", { class: "more" }, more));
  return section("overview", "Overview", null, el("div", { class: "tiles" },
    tile("Certificates examined", count(c.certificates), plural(c.names, "name", "names") + ", " + plural(c.pairs, "pair", "pairs") + " with precertificate"),
    tile("Remaining valid", count(c.remaining_valid), count(c.expired) + " expired, " + count(c.revoked) + " revoked; " + count(c.short_lived) + " of the valid short-lived", "main"),
    chosen && chosen.available ? tile("To be revoked", count(chosen.revoke), "by \u201c" + visible(chosen.title) + "\u201d", "main") : null,
    first ? tile("First deadline", left(first), minute(first) + " UTC", moment(first) < moment(run.made) ? "bad" : "warn") : null,
    tile("Past their deadline", count(late), late ? "a missed deadline is an incident of its own" : "as of the analysis", late ? "bad" : ""),
    tile("Rows not readable", count(c.rejected), c.rejected ? "in no number here; read them first" : "every row was read", c.rejected ? "bad" : "")));
}

function statements() {
  const order = { proven: 0, likely: 1, unknown: 2 };
  const all = list(run.statements).slice().sort((a, b) => (order[a.mark] ?? 3) - (order[b.mark] ?? 3));
  return el("div", {}, el("h3", {}, "What can be said"), el("div", { class: "card" }, all.length === 0
    ? el("p", { class: "empty" }, "The run makes no statement.")
    : el("ul", { class: "statements" }, all.map((s) => el("li", {}, tag(s.mark, "m-" + safe(s.mark)), outside(s.text))))));
}

function duties() {
  const name = { "24h": "24 hours", "5d": "5 days", "none": "none" };
  return el("div", {}, el("h3", {}, "Revocation duties"), el("div", { class: "card" }, table("Counted down to when the analysis was made, " + minute(run.made) + " UTC", [
    ["Duty", "first", (d) => [outside(name[d.duty] || d.duty), known(d.rule) ? el("div", { class: "why" }, outside(d.rule)) : null]],
    ["Certificates", "num", (d) => count(d.certificates)],
    ["First deadline (UTC)", "", (d) => known(d.first_deadline) ? [el("span", { class: "nowrap" }, minute(d.first_deadline)), " ",
      el("span", { class: moment(d.first_deadline) < moment(run.made) ? "tag late" : "tag plain" }, left(d.first_deadline))] : "\u2013"],
    ["Last (UTC)", "", (d) => el("span", { class: "nowrap" }, minute(d.last_deadline))],
    ["Late", "num", (d) => d.late ? tag(count(d.late), "late") : "0"],
  ], list(run.duties))));
}

function matrix() {
  const cells = list(run.matrix), classes = CLASSES.filter((c) => cells.some((m) => m.class === c));
  const sum = (of, member) => cells.filter(of).reduce((n, m) => n + m[member], 0);
  const put = (of) => [el("b", {}, count(sum(of, "certificates"))), el("small", {}, count(sum(of, "remaining_valid")) + " valid")];
  const cell = (cls, process) => {
    const of = (m) => m.class === cls && m.process === process;
    if (!cells.some(of)) return el("td", { class: "sum soft" }, "\u00b7");
    return el("td", {}, el("button", { class: "pick", type: "button", title: "Show these certificates", onclick: () => grid.pick({ class: cls, process }) }, put(of)));
  };
  return el("div", { class: "card scroll matrix", tabindex: 0, role: "region", "aria-label": "Outcome by process" }, el("table", {},
    el("caption", {}, "Certificates, and how many of them are neither expired nor revoked. A number shows its certificates."),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "What the evidence shows"), PROCESSES.map((p) => el("th", { scope: "col" }, PROCESS_MEANS[p] || outside(p))), el("th", { scope: "col" }, "all"))),
    el("tbody", {}, classes.map((c) => el("tr", {}, el("th", { scope: "row" }, classTag(c), el("div", { class: "why" }, CLASS_MEANS[c] || "")), PROCESSES.map((p) => cell(c, p)),
      el("td", { class: "sum" }, put((m) => m.class === c))))),
    el("tfoot", {}, el("tr", {}, el("th", { scope: "row" }, "all"), PROCESSES.map((p) => el("td", { class: "sum" }, put((m) => m.process === p))), el("td", { class: "sum" }, put(() => true))))));
}

function bar(a, b) {
  const all = a + b || 1;
  return el("div", { class: "bar", "aria-hidden": "true" }, svg("svg", { viewBox: "0 0 100 6", preserveAspectRatio: "none" },
    svg("rect", { class: "a", x: 0, y: 0, width: 100 * a / all, height: 6 }), svg("rect", { class: "b", x: 100 * a / all, y: 0, width: 100 * b / all, height: 6 })));
}

function unused(r) {
  const parts = [[r.unused_permit, "revoked"], [r.unused_spared, "spared"]].filter(([n]) => n > 0).map(([n, what]) => count(n) + " of those " + what);
  return parts.length === 0 ? "no UNUSED-PERMIT among them" : parts.join(" and ") + ": UNUSED-PERMIT";
}

function remedy(r) {
  const chosen = r.remedy === run.default_remedy;
  const name = el("div", { class: "title" }, el("h3", {}, outside(r.title)), chosen ? tag("default", "plain") : null);
  if (!r.available) {
    return el("article", { class: "card remedy off" }, name, el("p", { class: "soft" }, "Not available. ", outside(r.why)));
  }
  return el("article", { class: "card remedy" + (chosen ? " chosen" : "") }, name,
    el("div", { class: "pair" }, el("div", {}, el("div", { class: "soft" }, "revokes"), el("div", { class: "big" }, count(r.revoke))),
      el("div", {}, el("div", { class: "soft" }, "spares"), el("div", { class: "big" }, count(r.spare)))),
    bar(r.revoke, r.spare),
    el("p", { class: "soft" }, unused(r)),
    el("div", {}, tag(IN_LINE[r.in_line] || r.in_line, "y-" + safe(r.in_line))),
    el("p", {}, outside(r.why)));
}

function remedies() {
  const titles = Object.fromEntries(list(run.remedies).map((r) => [r.remedy, r.title]));
  return [el("div", { class: "remedies" }, list(run.remedies).map(remedy)),
    list(run.differences).length === 0 ? null : el("div", { class: "card differences" }, table("Where two remedies differ: certificates that only one of them revokes", [
      ["Of", "", (d) => outside(titles[d.of] || d.of)],
      ["and", "", (d) => outside(titles[d.and] || d.and)],
      ["only the first revokes", "num", (d) => count(d.only_of)],
      ["only the second", "num", (d) => count(d.only_and)],
      ["both", "num", (d) => count(d.both)],
    ], list(run.differences)))];
}

/* ---- the chart: bars a day, or of more days where they would be too thin */

function buckets() {
  const day = 86400000, rows = list(run.days).filter((d) => !Number.isNaN(moment(d.day)));
  if (rows.length === 0) return null;
  const from = Math.min(...rows.map((d) => moment(d.day))), last = Math.max(...rows.map((d) => moment(d.day))), aware = moment(run.options.aware);
  const to = aware > last && aware - last < 60 * day ? aware : last, days = Math.floor((to - from) / day) + 1;
  const size = days <= 370 ? 1 : days <= 2600 ? 7 : 28, all = Array.from({ length: Math.ceil(days / size) }, (_, i) => ({ t: from + i * size * day, all: 0 }));
  for (const d of rows) {
    const b = all[Math.floor((moment(d.day) - from) / day / size)];
    b.all += d.certificates;
    for (const c of CLASSES) b[c] = (b[c] || 0) + (d[c] || 0);
  }
  return { all, from, step: size * day, size };
}

function nice(most) {
  const unit = 10 ** Math.floor(Math.log10(Math.max(most, 1)));
  return Math.max(1, [1, 2, 5, 10].map((f) => f * unit / 4).find((s) => s * 4 >= most) ?? most / 4);
}

function chart() {
  const data = buckets();
  if (data === null) return el("p", { class: "empty" }, "No certificate has a known moment of signing.");
  const W = 1160, H = 210, L = 46, R = 8, T = 16, B = 26, n = data.all.length, most = Math.max(...data.all.map((b) => b.all));
  const step = Math.ceil(nice(most)), top = Math.max(step, Math.ceil(most / step) * step), w = Math.min((W - L - R) / n, 60), y = (v) => H - B - v / top * (H - T - B);
  const date = (t) => new Date(t).toISOString().slice(0, 10), used = CLASSES.filter((c) => data.all.some((b) => b[c]));
  const drawing = svg("svg", { class: "chart", viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `Certificates by day of signing, ${date(data.from)} to ${date(data.all[n - 1].t)}, at most ${count(most)}` });
  for (let v = 0; v <= top; v += step) {
    drawing.append(svg("line", { class: "axis", x1: L, x2: W - R, y1: y(v), y2: y(v) }), svg("text", { x: L - 7, y: y(v) + 4, "text-anchor": "end" }, count(v)));
  }
  data.all.forEach((b, i) => {
    let base = 0;
    const group = svg("g", { class: "day" }, svg("title", {}, date(b.t) + (data.size > 1 ? " and the " + (data.size - 1) + " days after" : "") + ": " + used.filter((c) => b[c]).map((c) => count(b[c]) + " " + visible(c)).join(", ")));
    for (const c of used.filter((c) => b[c])) {
      group.append(svg("rect", { class: "f-" + safe(c), x: L + i * w + w * .1, width: w * .8, y: y(base + b[c]), height: Math.max(y(base) - y(base + b[c]), .75) }));
      base += b[c];
    }
    if (base) drawing.append(group);
  });
  const every = Math.max(1, Math.ceil(n / Math.max(1, Math.floor(n * w / 110))));
  for (let i = 0; i < n; i += every) {
    const x = L + (i + .5) * w;
    if (x < W - 34) drawing.append(svg("text", { x: Math.max(x, L + 30), y: H - 8, "text-anchor": "middle" }, date(data.all[i].t)));
  }
  const aware = (moment(run.options.aware) - data.from) / data.step;
  if (aware >= 0 && aware <= n) {
    const x = L + aware * w, right = x < W - 150;
    drawing.append(svg("line", { class: "aware", x1: x, x2: x, y1: T - 8, y2: H - B }), svg("text", { x: x + (right ? 5 : -5), y: T - 1, "text-anchor": right ? "start" : "end" }, "CA became aware"));
  }
  return [el("ul", { class: "legend" }, used.map((c) => el("li", {}, svg("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, svg("rect", { class: "f-" + safe(c), width: 10, height: 10, rx: 2 })), visible(c)))), drawing];
}

function days() {
  const used = CLASSES.filter((c) => list(run.days).some((d) => d[c]));
  return el("div", { class: "card pad" }, chart(), el("details", {}, el("summary", {}, "The same as a table"),
    el("div", { class: "tall" }, table("Certificates by day of signing (UTC)", [["Day", "nowrap", (d) => outside(d.day)], ["All", "num", (d) => count(d.certificates)],
      ...used.map((c) => [visible(c), "num", (d) => count(d[c])])], list(run.days)))));
}

/* ---- inputs, reasons, precedents */

function inputs() {
  const whole = (i) => i.observed + i.rejected + i.ignored === i.records;
  return el("div", { class: "card" }, table("Every record is observed, rejected or ignored; the hash is of the octets read", [
    ["Input", "first", (i) => [outside(i.path), el("div", { class: "mono soft" }, outside(i.sha256))]],
    ["Kind", "", (i) => outside(i.kind)], ["Format", "", (i) => outside(i.format)],
    ["Records", "num", (i) => count(i.records)], ["Observed", "num", (i) => count(i.observed)],
    ["Rejected", "num", (i) => i.rejected ? tag(count(i.rejected), "late") : "0"], ["Ignored", "num", (i) => count(i.ignored)],
    ["Adds up", "", (i) => whole(i) ? tag("yes", "y-yes") : tag("no", "late")],
    ["Tamper evident", "", (i) => i.tamper_evident ? tag("yes", "y-yes") : "no"],
    ["First and last (UTC)", "nowrap", (i) => known(i.first) ? [minute(i.first), el("br"), minute(i.last)] : "\u2013"],
  ], list(run.inputs)));
}

function reasons() {
  return el("div", {}, el("h3", {}, "Why certificates are in their class"), el("div", { class: "card" }, table("One certificate may have several reasons", [
    ["Reason", "nowrap", (r) => outside(r.reason)], ["Certificates", "num", (r) => count(r.certificates)], ["Meaning", "", (r) => outside(r.sentence)]], list(run.reasons))));
}

function grades() {
  const r = run.recheck;
  return el("div", {}, el("h3", {}, "How good the evidence is"), el("div", { class: "card" }, table("The worst grade among what a class rests on", [
    ["Grade", "", (g) => known(g.grade) ? outside(g.grade) : "none"], ["Certificates", "num", (g) => count(g.certificates)],
    ["Means", "", (g) => GRADES[g.grade] || "no evidence"]], list(run.grades))),
  el("h3", { class: "below" }, "DNS now"), el("div", { class: "card pad" }, r ? [
    el("p", { class: "tight" }, `${plural(r.asked, "certificate was", "certificates were")} checked again: `, tag(count(r.permits_now) + " permitted now", "y-yes"), " ",
      tag(count(r.denies_now) + " denied now", "late"), " ", tag(count(r.fails_now) + " failing now", "c-NO-EVIDENCE"), ` ${count(r.not_asked)} not asked.`),
    el("p", { class: "tight soft" }, "What DNS says now orders the work. It moves no certificate to another class.")] : el("p", { class: "tight soft" }, "No check against DNS was made.")));
}

function precedents() {
  const bug = (reference) => { const found = /^bug (\d{5,8})$/.exec(reference || ""); return found && found[1]; };
  if (list(run.precedents).length === 0) return el("div", { class: "card" }, el("p", { class: "empty" }, "None on record for this root cause, or no root cause was given."));
  return el("div", { class: "card" }, table("Root cause: " + visible(run.precedents[0].class) + ", by date", [
    ["Date", "nowrap", (p) => outside(p.date)], ["CA", "", (p) => outside(p.ca)],
    ["Reference", "nowrap", (p) => bug(p.reference) ? el("a", { href: "https://bugzilla.mozilla.org/show_bug.cgi?id=" + bug(p.reference), rel: "noreferrer noopener" }, p.reference) : outside(p.reference)],
    ["What", "", (p) => outside(p.what)], ["Remedy", "", (p) => outside(p.remedy)], ["How it was taken", "", (p) => outside(p.reaction)],
    ["Source read", "", (p) => p.verified ? "yes" : tag("no", "m-likely")],
  ], run.precedents));
}

/* ---- one certificate */

function sha(hash) {
  return /^[0-9a-f]{64}$/.test(hash || "") ? el("a", { class: "mono", href: "https://crt.sh/?sha256=" + hash, rel: "noreferrer noopener" }, hash) : outside(hash, "mono");
}

const sentences = Object.fromEntries(list(run.reasons).map((r) => [r.reason, r.sentence]));
const reasonList = (words) => list(words).length === 0 ? null : el("ul", { class: "plainlist" }, list(words).map((w) => el("li", {}, outside(w), sentences[w] ? [": ", outside(sentences[w])] : null)));

function facts(c) {
  const rows = [
    ["Certificate", sha(c.certificate)], ["Precertificate", sha(c.precertificate)], ["Serial", outside(c.serial, "mono")],
    ["Issuer", outside(c.issuer)], ["Subject", outside(c.subject)], ["Type", outside(c.type)],
    ["Valid", minute(c.not_before) + " to " + minute(c.not_after)],
    ["Signed", [second(c.signed), known(c.clock) ? [", by ", outside(c.clock)] : null]],
    ["Status", [visible(c.status), known(c.revoked) ? ", " + second(c.revoked) : "", known(c.revocation_reason) ? ", reason " + visible(c.revocation_reason) : ""]],
    ["Duty", known(c.duty) && c.duty !== "none" ? [visible(c.duty), " by ", outside(c.rule), ", until ", second(c.deadline), " ", tag(left(c.deadline), c.late ? "late" : "plain")] : "none"],
    ["CA aware of it", second(c.aware)],
    ["Account", outside(c.account)], ["Subscriber", outside(c.subscriber)],
    ["DNS now", c.now ? visible(c.now.state) : "not asked"],
    ["Listed in", [outside(c.source), known(c.line) ? ":" + c.line : ""]],
    ["Remedies", list(run.remedies).map((r) => { const v = (c.remedies || {})[r.remedy]; return [tag(r.remedy + ": " + (v === true ? "revoke" : v === false ? "spare" : "not available"), v === true ? "late" : v === false ? "y-yes" : ""), " "]; })],
  ];
  return el("div", {}, el("h3", {}, "Certificate"), el("dl", { class: "facts" }, rows.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
    list(c.reasons).length ? [el("h3", { class: "below" }, "Why " + visible(c.class)), reasonList(c.reasons)] : null);
}

/* R-PRF-5, drawn: the check, how long it may be used, and the moment of signing. */
function windowOf(c, name) {
  const a = moment(name.checked), b = moment(name.window_ends), s = moment(c.signed);
  if ([a, b, s].some(Number.isNaN)) return null;
  const from = Math.min(a, s), to = Math.max(b, s, from + 1), x = (t) => 6 + 408 * (t - from) / (to - from), inside = s >= a && s <= b;
  const text = s < a ? `Signed ${span(a - s)} before this answer, which therefore counts for nothing.`
    : `Signed ${span(s - a)} after the check, ` + (inside ? `within its window of ${span(b - a)}.` : `${span(s - b)} after its window of ${span(b - a)} had ended.`);
  return el("div", { class: "window" }, svg("svg", { viewBox: "0 0 420 16", "aria-hidden": "true" }, svg("line", { class: "rest", x1: 6, x2: 414, y1: 8, y2: 8 }),
    svg("line", { class: "span", x1: x(a), x2: x(b), y1: 8, y2: 8 }), svg("line", { class: inside ? "sign" : "sign out", x1: x(s), x2: x(s), y1: 1, y2: 15 })), text);
}

function step(s, name, last) {
  const records = last ? list(name.records) : [], bad = !/^(RECORDS|NODATA|NXDOMAIN)$/i.test(s.outcome || "");
  const grade = known(s.grade) ? [" ", el("span", { class: "tag", title: GRADES[s.grade] || "" }, "grade " + visible(s.grade))] : null;
  return el("li", { class: records.length ? "decides" : bad ? "bad" : "" },
    el("div", {}, outside(s.name, "mono"), " ", el("b", {}, visible(s.outcome ?? "not known")), grade),
    records.length ? el("div", { class: "records mono", "aria-label": "records that decide" }, records.map((r) => el("div", {}, outside(r)))) : null,
    el("div", { class: "where" }, second(s.time), known(s.ttl) ? ", TTL " + count(s.ttl) + " s" : "", known(s.source) ? [", ", outside(s.source), known(s.line) ? ":" + s.line : ""] : null));
}

function climbOf(c, name) {
  const steps = list(name.climb);
  return el("div", { class: "name" },
    el("div", { class: "head" }, outside(name.name), tag(name.state ?? "unknown", "s-" + safe(name.state)), known(name.verdict) ? tag("verdict then: " + name.verdict, "") : null,
      known(name.grade) ? tag("grade " + name.grade, "") : null, known(name.found_at) ? el("span", { class: "soft" }, "Relevant RRset at ", outside(name.found_at, "mono")) : null),
    windowOf(c, name),
    steps.length ? el("ol", { class: "climb", "aria-label": "Climb, label by label" }, steps.map((s, i) => step(s, name, i === steps.length - 1)))
      : el("p", { class: "tight soft" }, name.state === "not-bound" ? "CAA is not about this name." : "No answer about this name is on record for this certificate."),
    reasonList(name.reasons), list(name.rules).length ? el("div", { class: "where soft" }, "Rules: ", visible(list(name.rules).join(", "))) : null);
}

const NAMES_AT_ONCE = 25;
function climbs(c) {
  const names = list(c.names), rest = names.slice(NAMES_AT_ONCE), box = el("div", {}, el("h3", {}, "Evidence, name by name"), names.slice(0, NAMES_AT_ONCE).map((n) => climbOf(c, n)));
  if (rest.length) {
    const more = el("button", { type: "button", onclick: () => { more.replaceWith(...rest.map((n) => climbOf(c, n))); grid.measure(); } }, "Show the other " + plural(rest.length, "name", "names"));
    box.append(more);
  }
  return box;
}

/* ---- the table of certificates: only the rows in view exist */

const grid = (() => {
  const H = 34, STEP = 10, PRINTED = 1000;
  const first = (c) => list(c.names)[0] ? c.names[0].name : c.subject;
  const columns = [
    ["name", "Names", (c) => first(c) || "", (c, i) => el("button", { class: "toggle", type: "button", id: "t" + i, "aria-expanded": String(open.has(i)), title: visible(first(c) ?? "") },
      outside(first(c)), list(c.names).length > 1 ? el("span", { class: "soft" }, "+ " + (c.names.length - 1)) : null)],
    ["class", "Class", (c) => CLASSES.indexOf(c.class), (c) => classTag(c.class)],
    ["grade", "Grade", (c) => c.grade || "Z", (c) => outside(c.grade)],
    ["process", "Process", (c) => c.process, (c) => outside(c.process)],
    ["signed", "Signed (UTC)", (c) => moment(c.signed) || 0, (c) => minute(c.signed)],
    ["status", "Status", (c) => c.status, (c) => outside(c.status)],
    ["deadline", "Deadline (UTC)", (c) => moment(c.deadline) || 8e15, (c) => known(c.deadline) ? [minute(c.deadline), c.late ? [" ", tag("late", "late")] : null] : "\u2013"],
    ["now", "DNS now", (c) => c.now ? c.now.state : "", (c) => outside(c.now ? c.now.state : null)],
    ["issuer", "Issuer", (c) => c.issuer || "", (c) => outside(c.issuer)],
  ];
  const collator = new Intl.Collator("en");
  const state = { text: "", class: "", process: "", remedy: "", status: "", duty: "" }, open = new Set(), heights = new Map(), details = new Map();
  const hay = certificates.map((c) => [c.certificate, c.precertificate, c.serial, c.issuer, c.subject, c.account, c.subscriber, ...list(c.names).map((n) => n.name)].filter(known).join("\n").toLowerCase());
  let view = certificates.map((_, i) => i), sort = null, down = false, printing = false, waiting = 0;
  let box, body, counter, above, below, fields = {}, heads = {}, drawn = [0, 0];

  function fits(c, i) {
    const [remedy, revoked] = state.remedy.split("/"), words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
    return (!state.class || c.class === state.class) && (!state.process || c.process === state.process) && (!state.status || c.status === state.status) &&
      (!state.duty || c.duty === state.duty) && (!state.remedy || (c.remedies || {})[remedy] === (revoked === "revoke")) && words.every((w) => hay[i].includes(w));
  }

  function order() {
    if (sort === null) return;
    const key = columns.find(([id]) => id === sort)[2], keys = new Map(view.map((i) => [i, key(certificates[i])])), sign = down ? -1 : 1;
    view.sort((a, b) => {
      const x = keys.get(a), y = keys.get(b), by = typeof x === "number" ? x - y : collator.compare(x, y);
      return by === 0 ? a - b : sign * by;
    });
  }

  function apply() {
    view = certificates.map((_, i) => i).filter((i) => fits(certificates[i], i));
    order();
    const all = run.counts.certificates, shown = certificates.length;
    counter.textContent = (view.length === shown ? "All " + count(shown) : count(view.length) + " of " + count(shown)) + " certificates" +
      (sort === null ? ", most urgent first" : "") + (shown < all ? ". This page has the first " + count(shown) + " of the run's " + count(all) + "; all are in the run's lists" : "") + ".";
    for (const [id, th] of Object.entries(heads)) {
      th.setAttribute("aria-sort", id !== sort ? "none" : down ? "descending" : "ascending");
      th.querySelector(".arrow").textContent = id !== sort ? "" : down ? "\u2193" : "\u2191";
    }
    box.scrollTop = 0;
    render(true);
  }

  const tops = () => { const at = []; view.forEach((i, v) => { if (open.has(i)) at.push([v, heights.get(i) || 300]); }); return at; };
  const top = (v, opened) => v * H + opened.reduce((sum, [at, h]) => at < v ? sum + h : sum, 0);

  function rowOf(i, v) {
    const c = certificates[i];
    return el("tr", { class: "row" + (open.has(i) ? " open" : ""), "aria-rowindex": v + 2, onclick: (e) => toggle(i, e.target) }, columns.map(([, , , cell]) => el("td", {}, cell(c, i))));
  }

  /* Kept while it is open, so that what was unfolded in it stays so. */
  function detailOf(i) {
    if (!details.has(i)) details.set(i, el("tr", { class: "detail", id: "d" + i }, el("td", { colspan: columns.length }, el("div", { class: "panel" }, facts(certificates[i]), climbs(certificates[i])))));
    return details.get(i);
  }

  function spacer() {
    const td = el("td", { colspan: columns.length });
    return { row: el("tr", { class: "space", "aria-hidden": "true" }, td), set: (px) => { td.style.height = px + "px"; } };
  }

  /* The rows in view and some around them, in steps, so that most scrolling draws nothing. */
  function inView(opened) {
    const y = box.scrollTop, room = box.clientHeight || 600;
    let low = 0, high = view.length;
    while (low < high) { const mid = (low + high) >> 1; if (top(mid + 1, opened) <= y) low = mid + 1; else high = mid; }
    let to = low;
    while (to < view.length && top(to, opened) < y + room) to++;
    return printing ? [0, Math.min(view.length, PRINTED)] : [Math.max(0, Math.floor(low / STEP - 1) * STEP), Math.min(view.length, Math.ceil(to / STEP + 1) * STEP)];
  }

  function drawRows(from, to) {
    const focused = document.activeElement && document.activeElement.id, rows = [];
    for (let v = from; v < to; v++) {
      rows.push(rowOf(view[v], v));
      if (open.has(view[v])) rows.push(detailOf(view[v]));
    }
    if (view.length === 0) rows.push(el("tr", {}, el("td", { colspan: columns.length, class: "empty" }, "No certificate fits. Clear the search or a filter.")));
    if (printing && to < view.length) rows.push(el("tr", {}, el("td", { colspan: columns.length }, "Printed: the first " + count(to) + " of " + count(view.length) + ". All are in the run's lists.")));
    body.replaceChildren(...(printing ? rows : [above.row, ...rows, below.row]));
    box.querySelector("table").setAttribute("aria-rowcount", view.length + 1);
    if (focused && /^t\d+$/.test(focused) && document.activeElement.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  /* changed: other rows, or others open, than were drawn last. */
  function render(changed) {
    const opened = tops(), [from, to] = inView(opened);
    if (changed || from !== drawn[0] || to !== drawn[1]) {
      drawn = [from, to];
      drawRows(from, to);
    }
    above.set(top(from, opened));
    below.set(top(view.length, opened) - top(to, opened));
    for (const panel of body.querySelectorAll(".panel")) panel.style.width = printing ? "" : box.clientWidth + "px";
    measure();
  }

  /* What is open is as high as it is: known only once it is drawn. */
  function measure() {
    if (printing) return;
    let changed = false;
    for (const row of body.querySelectorAll("tr.detail")) {
      const i = Number(row.id.slice(1)), h = row.offsetHeight;
      if (heights.get(i) !== h) { heights.set(i, h); changed = true; }
    }
    if (changed) later();
  }

  function later() {
    if (!waiting) waiting = requestAnimationFrame(() => { waiting = 0; render(false); });
  }

  /* Who selects text of a row does not want it opened. */
  function toggle(i, target) {
    if (!target.closest(".toggle") && String(getSelection())) return;
    if (!open.delete(i)) open.add(i);
    else details.delete(i);
    render(true);
  }

  function pick(filters) {
    for (const id of Object.keys(state)) { state[id] = filters[id] || ""; fields[id].value = state[id]; }
    apply();
    document.getElementById("certificates").scrollIntoView();
    fields.class.focus({ preventScroll: true });
  }

  function choice(id, label, options) {
    fields[id] = el("select", { id: "f-" + id, onchange: (e) => { state[id] = e.target.value; apply(); } }, el("option", { value: "" }, "all"), options.map(([value, text]) => el("option", { value }, visible(text))));
    return el("label", { for: "f-" + id }, label, fields[id]);
  }

  function controls() {
    const has = (member) => [...new Set(certificates.map((c) => c[member]).filter(known))].sort().map((v) => [v, v]);
    const remedyChoices = list(run.remedies).filter((r) => r.available).flatMap((r) => [[r.remedy + "/revoke", "revoked by " + r.remedy], [r.remedy + "/spare", "spared by " + r.remedy]]);
    let timer = 0;
    fields.text = el("input", { id: "f-text", type: "search", autocomplete: "off", spellcheck: "false", placeholder: "name, serial, hash, issuer, account, subscriber",
      oninput: (e) => { clearTimeout(timer); timer = setTimeout(() => { state.text = e.target.value; apply(); }, 120); } });
    return el("div", { class: "controls", role: "search" }, el("label", { class: "search", for: "f-text" }, "Search", fields.text),
      choice("class", "Class", CLASSES.filter((c) => certificates.some((x) => x.class === c)).map((c) => [c, c])), choice("process", "Process", has("process")),
      choice("remedy", "Remedy", remedyChoices), choice("status", "Status", has("status")), choice("duty", "Duty", has("duty")),
      el("button", { type: "button", id: "clear", onclick: () => { sort = null; down = false; for (const id of Object.keys(state)) { state[id] = ""; fields[id].value = ""; } apply(); } }, "Clear"));
  }

  /* Ascending, descending, and back to the order of the run. */
  function sortBy(id) {
    if (sort !== id) { sort = id; down = false; } else if (!down) { down = true; } else { sort = null; down = false; }
    apply();
  }

  function print(is) {
    printing = is;
    render(true);
  }

  function draw() {
    body = el("tbody");
    above = spacer();
    below = spacer();
    counter = el("p", { class: "count", id: "count", role: "status", "aria-live": "polite" });
    box = el("div", { class: "grid", id: "grid", tabindex: 0, role: "region", "aria-label": "Certificates", onscroll: later }, el("table", {},
      el("thead", {}, el("tr", { "aria-rowindex": 1 }, columns.map(([id, title]) => (heads[id] = el("th", { scope: "col", class: "w-" + id, "aria-sort": "none" },
        el("button", { type: "button", id: "s-" + id, onclick: () => sortBy(id) }, title, " ", el("span", { class: "arrow", "aria-hidden": "true" }))))))), body));
    addEventListener("resize", () => { heights.clear(); later(); });
    addEventListener("beforeprint", () => print(true));
    addEventListener("afterprint", () => print(false));
    return el("div", { class: "card" }, controls(), counter, box);
  }

  return { draw, apply, pick, measure };
})();

/* ---- the page */

document.getElementById("head").append(...head());
document.getElementById("main").append(
  overview(),
  section("duties", "Duties and statements", null, el("div", { class: "two" }, duties(), statements())),
  section("outcome", "Outcome and process", "Two questions that are kept apart: what the evidence shows, and whether issuance waited for it.", matrix()),
  section("remedies", "Remedies", "What each would revoke of the certificates that are neither expired nor revoked, and whether it is in line with the rules at the time of awareness.", remedies()),
  section("timeline", "Timeline", null, days()),
  section("certificates", "Certificates", "Open a row for its evidence: the climb, label by label, with the record that decided and where it stands in the input.", grid.draw()),
  section("inputs", "Inputs", null, inputs()),
  section("reasons", "Reasons and evidence", null, el("div", { class: "two" }, reasons(), grades())),
  section("precedents", "Precedents", "Incidents on record with the same root cause. To be read by a person before anything is filed.", precedents()));
document.getElementById("parts").append(...parts.map(([id, title]) => el("a", { href: "#" + id }, title)));
document.getElementById("foot").append("Loads nothing from elsewhere. ", visible(run.program), ", run ", el("span", { class: "mono" }, visible(String(run.run).slice(0, 16))), ". See docs/formats/run.md for each member.");
grid.apply();
})();
