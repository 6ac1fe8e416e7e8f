// What a reader meets on a page.  Each question gives a list of findings, each
// a sentence; an empty list is a good page.  Nothing here changes the page but
// open() and spaceOut().
var probe = (() => {
	const STEPS = [..."ABCDEFGHIJKL"];
	const WORDS = { ok: /passed/, failed: /failed/, skipped: /not reached/ };
	const GRAPHICS = "path, line, polyline, polygon, rect, circle, ellipse";

	const all = (selector, root = document) => [...root.querySelectorAll(selector)];
	const shown = (element) => element.checkVisibility({ visibilityProperty: true });
	const words = (element) => element.textContent.replace(/\s+/g, " ").trim();
	const number = (text) => parseFloat(text) || 0;

	function name(element) {
		const id = element.id ? `#${element.id}` : "";
		const text = words(element).slice(0, 40);
		return `${element.tagName.toLowerCase()}${id}${text && ` '${text}'`}`;
	}

	function findings(elements, wrong, what) {
		return elements.filter(wrong).map((element) => `${name(element)} ${what}`);
	}

	// --- colours -----------------------------------------------------------

	const paper = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
	const colours = new Map();

	// Whatever CSS calls a colour, as [red, green, blue, opacity].
	function colour(css) {
		if (!colours.has(css)) {
			paper.clearRect(0, 0, 1, 1);
			paper.fillStyle = css;
			paper.fillRect(0, 0, 1, 1);
			const [r, g, b, a] = paper.getImageData(0, 0, 1, 1).data;
			colours.set(css, [r, g, b, a / 255]);
		}
		return colours.get(css);
	}

	function over([r, g, b, a], below) {
		const mix = (top, bottom) => top * a + bottom * (1 - a);
		return [mix(r, below[0]), mix(g, below[1]), mix(b, below[2]), 1];
	}

	const faded = ([r, g, b, a], opacity) => [r, g, b, a * opacity];

	// WCAG 2.2, relative luminance and contrast ratio.
	function luminance(rgb) {
		const [r, g, b] = rgb.slice(0, 3).map((value) => {
			const part = value / 255;
			return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
		});
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	}

	function contrast(one, other) {
		const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
		return (high + 0.05) / (low + 0.05);
	}

	// The browser's own background, where the page paints none.
	function canvas() {
		const { style } = document.documentElement;
		const before = style.outlineColor;
		style.outlineColor = "Canvas";
		const css = getComputedStyle(document.documentElement).outlineColor;
		style.outlineColor = before;
		return colour(css);
	}

	function memo(compute) {
		const known = new Map();
		return (key) => {
			if (!known.has(key)) known.set(key, compute(key));
			return known.get(key);
		};
	}

	function shapeOf(shape, opacity) {
		const style = getComputedStyle(shape);
		return {
			shape,
			box: shape.getBoundingClientRect(),
			inverse: shape.getScreenCTM().inverse(),
			ink: faded(colour(style.fill), number(style.fillOpacity) * opacity(shape)),
		};
	}

	function filled(svg) {
		return all(GRAPHICS, svg)
			.filter((shape) => shown(shape) && !shape.closest("defs, marker"))
			.filter((shape) => !/^(none|url)/.test(getComputedStyle(shape).fill));
	}

	// What is painted behind an element, how much of it shows, and the shapes of
	// a drawing; of the page as it is now.
	function painter() {
		const base = canvas();
		const back = memo((e) => (e ? over(colour(getComputedStyle(e).backgroundColor), back(e.parentElement)) : base));
		const opacity = memo((e) => (e ? number(getComputedStyle(e).opacity) * opacity(e.parentElement) : 1));
		const shapes = memo((svg) => filled(svg).map((shape) => shapeOf(shape, opacity)));
		return { back, opacity, shapes };
	}

	function covers({ shape, box, inverse }, [x, y]) {
		const near = x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
		return near && shape.isPointInFill(new DOMPoint(x, y).matrixTransform(inverse));
	}

	// What of a drawing is painted below its text at a point.
	function underlay(text, shapes, point, below) {
		return shapes
			.filter(({ shape }) => shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING)
			.filter((shape) => covers(shape, point))
			.reduce((back, { ink }) => over(ink, back), below);
	}

	// --- text --------------------------------------------------------------

	function boxes(node) {
		const range = document.createRange();
		range.selectNodeContents(node);
		return [...range.getClientRects()].filter((box) => box.width > 0 && box.height > 0);
	}

	// Every piece of text that can be seen: {element, boxes}.
	function texts(root = document.body) {
		const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
		const found = [];
		while (walker.nextNode()) {
			const node = walker.currentNode;
			if (!node.data.trim() || !shown(node.parentElement)) continue;
			const at = boxes(node);
			if (at.length) found.push({ element: node.parentElement, boxes: at });
		}
		return found;
	}

	const drawing = (element) => (element instanceof SVGElement ? element.closest("svg") : null);

	function scale(element) {
		const matrix = drawing(element) && element.getScreenCTM();
		return matrix ? Math.hypot(matrix.a, matrix.b) : 1;
	}

	// WCAG 2.2, 1.4.3: large text may have less.
	function wanted(element) {
		const style = getComputedStyle(element);
		const size = number(style.fontSize) * scale(element);
		return size >= 24 || (size >= 18.66 && number(style.fontWeight) >= 700) ? 3 : 4.5;
	}

	// The middle, and near the ends.
	function points(box) {
		const y = box.top + box.height / 2;
		return [0.05, 0.5, 0.95].map((part) => [box.left + box.width * part, y]);
	}

	function worst(text, { back, opacity, shapes }) {
		const style = getComputedStyle(text.element);
		const svg = drawing(text.element);
		const ink = svg ? faded(colour(style.fill), number(style.fillOpacity)) : colour(style.color);
		const top = faded(ink, opacity(text.element));
		const behind = back(svg || text.element);
		const below = svg
			? text.boxes.flatMap(points).map((point) => underlay(text.element, shapes(svg), point, behind))
			: [behind];
		return Math.min(...below.map((colours) => contrast(over(top, colours), colours)));
	}

	function textContrast(paint = painter()) {
		return texts().flatMap((text) => {
			const ratio = worst(text, paint);
			const least = wanted(text.element);
			return ratio < least ? [`${name(text.element)} has contrast ${ratio.toFixed(2)}, wanted ${least}`] : [];
		});
	}

	// What ::before and ::after write.
	function addedContrast({ back, opacity }) {
		const boxed = all("body *").filter((element) => !drawing(element) && shown(element));
		return boxed.flatMap((element) => ["::before", "::after"].flatMap((part) => {
			const style = getComputedStyle(element, part);
			if (!/^"\s*\S/.test(style.content)) return [];
			const behind = over(colour(style.backgroundColor), back(element));
			const ratio = contrast(over(faded(colour(style.color), opacity(element)), behind), behind);
			return ratio < 4.5 ? [`${name(element)}${part} has contrast ${ratio.toFixed(2)}`] : [];
		}));
	}

	// WCAG 2.2, 1.4.11: lines that mean something, which are not hidden from
	// those who cannot see them.
	function lineContrast({ back, opacity }) {
		return all("svg[role=img] path, svg[role=img] line, svg[role=img] polyline").filter(shown).flatMap((line) => {
			const style = getComputedStyle(line);
			if (style.stroke === "none" || line.closest("defs, marker, [aria-hidden=true]")) return [];
			const behind = back(line.closest("svg"));
			const ink = faded(colour(style.stroke), number(style.strokeOpacity) * opacity(line));
			const ratio = contrast(over(ink, behind), behind);
			return ratio < 3 ? [`${name(line)} in ${name(line.closest("svg"))} has contrast ${ratio.toFixed(2)}`] : [];
		});
	}

	// A picture behind text makes its contrast unknown.
	function pictures() {
		return findings(all("body, body *"), (e) => getComputedStyle(e).backgroundImage !== "none", "has a background image");
	}

	function contrasts() {
		const paint = painter();
		return [...textContrast(paint), ...addedContrast(paint), ...lineContrast(paint), ...pictures()];
	}

	// Dark is dark, and light is light.
	function scheme(want) {
		const light = luminance(painter().back(document.body));
		const right = want === "dark" ? light < 0.1 : light > 0.8;
		return right ? [] : [`the background's luminance is ${light.toFixed(2)} in ${want}`];
	}

	// --- room --------------------------------------------------------------

	function scrolled(element) {
		for (let e = element.parentElement; e && e !== document.body; e = e.parentElement) {
			if (/auto|scroll/.test(getComputedStyle(e).overflowX)) return true;
		}
		return false;
	}

	function overflow(width) {
		const root = document.documentElement;
		const have = Math.max(root.clientWidth, root.scrollWidth, Math.round(visualViewport.width * visualViewport.scale));
		if (have <= width) return [];
		const out = all("body *").filter((e) => shown(e) && e.getBoundingClientRect().right > width + 0.5 && !scrolled(e));
		return [`the page is ${have} px wide`, ...out.slice(-3).map((e) => `${name(e)} reaches too far`)];
	}

	// Text that its box cuts off, with no way to scroll to it.
	function cut() {
		const clips = (e) => /hidden|clip/.test(getComputedStyle(e).overflowX);
		const boxes = all("body *").filter((e) => !drawing(e) && shown(e) && clips(e) && e.clientWidth > 1);
		return findings(boxes, (e) => e.scrollWidth > e.clientWidth + 1, "is cut off");
	}

	// Who has only a keyboard, and a browser that does not help, scrolls too.
	function scrollers() {
		const scrolls = (e) =>
			(/auto|scroll/.test(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth) ||
			(/auto|scroll/.test(getComputedStyle(e).overflowY) && e.scrollHeight > e.clientHeight);
		const boxes = all("body *").filter((e) => !drawing(e) && shown(e) && scrolls(e));
		return [
			...findings(boxes, (e) => e.tabIndex < 0 || !e.hasAttribute("tabindex"), "scrolls, but has no tabindex"),
			...findings(boxes, (e) => !e.ariaLabel && !e.hasAttribute("aria-labelledby"), "scrolls, but has no name"),
			...findings(boxes, (e) => !e.role && !/FIGURE|SECTION/.test(e.tagName), "scrolls, but has no role"),
		];
	}

	const inside = (box, frame, slack) =>
		box.left >= frame.left - slack && box.right <= frame.right + slack &&
		box.top >= frame.top - slack && box.bottom <= frame.bottom + slack;

	function middle(box, frame) {
		const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
		return x > frame.left && x < frame.right && y > frame.top && y < frame.bottom;
	}

	const meet = (one, other) =>
		Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 &&
		Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 3;

	function drawn(svg) {
		const found = texts(svg);
		const frame = svg.getBoundingClientRect();
		const rects = all("rect", svg).filter(shown).map((rect) => rect.getBoundingClientRect());
		const said = [];
		found.forEach((text, i) => {
			const out = (box) => !inside(box, frame, 1) ||
				rects.some((rect) => middle(box, rect) && (box.left < rect.left - 1 || box.right > rect.right + 1));
			if (text.boxes.some(out)) said.push(`${name(text.element)} is outside its box`);
			const size = number(getComputedStyle(text.element).fontSize) * scale(text.element);
			if (size < 9) said.push(`${name(text.element)} is ${size.toFixed(1)} px small`);
			found.slice(i + 1).forEach((other) => {
				if (text.boxes.some((a) => other.boxes.some((b) => meet(a, b)))) {
					said.push(`${name(text.element)} and ${name(other.element)} overlap`);
				}
			});
		});
		return said;
	}

	const drawings = () => all("svg").filter(shown).flatMap(drawn);

	// WCAG 2.2, 2.5.8.
	function targets() {
		const small = (e) => e.getBoundingClientRect().height < 24;
		return findings(all("summary, button").filter(shown), small, "is lower than 24 px");
	}

	// WCAG 2.2, 1.4.12: a reader may want more space.
	function spaceOut() {
		const style = document.createElement("style");
		style.textContent = "body :not(svg, svg *) { line-height: 1.5 !important;" +
			" letter-spacing: .12em !important; word-spacing: .16em !important }" +
			" p { margin-bottom: 2em !important }";
		document.head.append(style);
	}

	// --- structure ---------------------------------------------------------

	function meta(key, value) {
		const element = document.querySelector(`meta[${key}]`);
		return element ? element.getAttribute(value) : "";
	}

	function frame() {
		const csp = meta("http-equiv='Content-Security-Policy' i", "content").split(";").map((part) => part.trim()).sort();
		const facts = {
			"the language is English": document.documentElement.lang === "en",
			"there is a title": document.title.trim() !== "",
			"there is one main": all("main").length === 1,
			"it is in standards mode": document.compatMode === "CSS1Compat",
			"it is UTF-8": document.characterSet === "UTF-8",
			"it fits a phone": /width=device-width/.test(meta("name=viewport", "content")),
			"and can be magnified": !/user-scalable|maximum-scale/.test(meta("name=viewport", "content")),
			"it is for light and dark": getComputedStyle(document.documentElement).colorScheme === "light dark",
			"nothing from elsewhere": csp.filter(Boolean).join("; ") ===
				"default-src 'none'; img-src data:; style-src 'unsafe-inline'",
			"nothing moves": document.getAnimations().length === 0,
		};
		return Object.keys(facts).filter((fact) => !facts[fact]).map((fact) => `not so: ${fact}`);
	}

	function active(element) {
		return [...element.attributes].some(({ name: key, value }) =>
			/^on/i.test(key) ||
			(/^(xlink:)?href$/i.test(key) && !/^(#|https:\/\/)/.test(value)) ||
			(/^(src|srcset|data|poster|background|action)$/i.test(key) && !/^data:image/.test(value)) ||
			(key === "style" && /url\(/i.test(value)));
	}

	function inert() {
		const foreign = "script, link, base, iframe, frame, object, embed, form, img:not([src^='data:']), audio, video, foreignObject, animate, set";
		const styles = all("style").filter((e) => /@import|url\((?!["']?(#|data:))/i.test(e.textContent));
		return [
			...findings(all(foreign), () => true, "does not belong here"),
			...findings(all("*"), active, "has an attribute that loads or runs something"),
			...findings(styles, () => true, "loads something"),
		];
	}

	function ids() {
		const count = new Map();
		all("[id]").forEach(({ id }) => count.set(id, (count.get(id) || 0) + 1));
		const said = [...count].filter(([, n]) => n > 1).map(([id, n]) => `id '${id}' is there ${n} times`);
		const gone = (element, key) => (element.getAttribute(key) || "").split(/\s+/).filter((id) => id && !count.has(id));
		const lists = ["aria-labelledby", "aria-describedby", "aria-controls", "aria-details", "for", "headers"];
		all("*").forEach((element) => {
			lists.flatMap((key) => gone(element, key)).forEach((id) => said.push(`${name(element)}: no id '${id}'`));
			[...element.attributes].forEach(({ value }) => {
				const [, id] = /^(?:#|url\(["']?#)([^"')]+)/.exec(value) || [];
				if (id && !count.has(decodeURIComponent(id))) said.push(`${name(element)}: no anchor '${id}'`);
			});
		});
		return said;
	}

	function headings() {
		const levels = all("h1, h2, h3, h4, h5, h6");
		const first = all("h1").length === 1 && levels[0].tagName === "H1" ? [] : ["not one h1, and first"];
		const skips = levels.filter((h, i) => i > 0 && h.tagName[1] - levels[i - 1].tagName[1] > 1);
		return [
			...first,
			...findings(skips, () => true, "skips a level"),
			...findings(levels, (h) => !words(h), "is empty"),
			...findings(all("section"), (e) => !e.querySelector("h1, h2, h3, h4, h5, h6"), "has no heading"),
		];
	}

	function tables() {
		const heads = all("th");
		return [
			...findings(all("table"), (table) => !table.querySelector("th"), "has no th"),
			...findings(heads, (th) => !/^(col|row)(group)?$/.test(th.scope), "has no scope"),
			...findings(all("dl"), (dl) => [...dl.children].some((e) => !/^(DT|DD|DIV)$/.test(e.tagName)), "has more than dt and dd"),
			...findings(all("figure"), (e) => !e.querySelector("figcaption") && !e.ariaLabel, "has no caption"),
			...findings(all("details"), (e) => e.firstElementChild.tagName !== "SUMMARY" || !words(e.firstElementChild), "has no summary"),
			...findings(all("ol, ul"), (list) => [...list.children].some((e) => e.tagName !== "LI"), "has more than li"),
		];
	}

	// The browser repairs what is no HTML; then its elements are others.
	const elements = () => all("*").map((element) => element.localName.toLowerCase());

	// --- what a page of ours has --------------------------------------------

	// Each enrolment, and what its ids begin with.
	function enrolments() {
		const sections = all("section.enrolment");
		return sections.map((section) => ({ section, prefix: sections.length > 1 ? `${section.id}-` : "" }));
	}

	const state = (element) => Object.keys(WORDS).filter((word) => element.classList.contains(word)).join("+");

	function step(section, prefix, letter) {
		const item = section.querySelector(`ol[id="${prefix}steps"] > li[id="${prefix}step-${letter}"]`);
		const mark = section.querySelector(`figure[id="${prefix}flow"] svg[role=img] g.step[id="${prefix}flow-${letter}"]`);
		if (!item || !mark) return [`${prefix}${letter}: not there`];
		const is = state(item);
		const facts = {
			"has one state": is in WORDS,
			"is drawn with the same": state(mark) === is,
			"says it in words": is in WORDS && WORDS[is].test(words(item)),
			"names itself": words(item).includes(letter) && words(mark).includes(letter),
			"can be seen": shown(item) && item.getBoundingClientRect().height > 0,
			"can be seen in the drawing": shown(mark) && mark.getBoundingClientRect().width > 0,
			"tells its time": is === "skipped" || /\d\s?(us|µs|ms|s)\b/.test(words(item)),
		};
		return Object.keys(facts).filter((fact) => !facts[fact]).map((fact) => `${prefix}${letter}: not so: ${fact}`);
	}

	function order(section, prefix) {
		const items = all(`ol[id="${prefix}steps"] > li`, section);
		const letters = items.map(({ id }) => id.slice(-1)).join("");
		const states = items.map(state).join(" ");
		const right = letters === STEPS.join("") && /^(ok ?)*(failed)?( ?skipped)*$/.test(states);
		return right ? [] : [`${prefix}steps: ${letters}, ${states}`];
	}

	function steps(count) {
		const found = enrolments();
		return [
			...(found.length === count ? [] : [`${found.length} enrolments, wanted ${count}`]),
			...found.flatMap(({ section, prefix }) => STEPS.flatMap((letter) => step(section, prefix, letter))),
			...found.flatMap(({ section, prefix }) => order(section, prefix)),
		];
	}

	const fails = (root, selector, wrong, what) => findings(all(selector, root), wrong, what);

	function parts() {
		return enrolments().flatMap(({ section, prefix }) => {
			const there = ["flow", "steps", "wire"]
				.filter((part) => !section.querySelector(`[id="${prefix}${part}"]`))
				.map((part) => `no '${prefix}${part}'`);
			const half = (e) => !e.querySelector("table") || !/-----BEGIN CERTIFICATE-----/.test(e.textContent);
			const summary = (e) => !/^[^:]+: (GET|POST), .+, [\d.]+ (us|µs|ms|s)$/.test(words(e));
			return [
				...there,
				...fails(section, `[id="${prefix}chain"] svg:not([role=img])`, () => true, "is no image"),
				...fails(section, ".cert", (e) => !words(e), "says nothing"),
				...(section.querySelector(`[id="${prefix}chain"] svg:not(:has(.cert))`) ? [`${prefix}chain is empty`] : []),
				...fails(section, "details.request", (e) => !e.querySelector("pre, dl"), "shows nothing"),
				...fails(section, "details.request > summary", summary, "is not 'name: method, status, time'"),
				...fails(section, "details.certificate", half, "lacks a table or PEM"),
			];
		});
	}

	// Where two URLs differ is marked, and nothing else.
	function urls() {
		const same = (dd) => [...dd.childNodes].filter((node) => node.nodeName !== "MARK").map(words).join("|");
		const rest = (dd) => same(dd).replace("-NameId-", "-KeyId-");
		return enrolments().flatMap(({ section, prefix }) => {
			const [built, right] = ["url-built", "url-right"].map((id) => section.querySelector(`dd[id="${prefix}${id}"]`));
			if (!built && !right) return [];
			if (!built || !right) return [`${prefix}urls: only one`];
			const digits = [built, right].every((dd) => all("mark", dd).every((mark) => /^[0-9a-f]+$/.test(words(mark))));
			const both = [built, right].every((dd) => /https:/.test(dd.textContent));
			return !both || (digits && rest(built) === rest(right)) ? [] : [`${prefix}urls: unmarked is '${rest(built)}' and '${rest(right)}'`];
		});
	}

	// What the page says, to be held against what it was made of.
	function told() {
		const text = (element) => (element ? element.textContent : null);
		const certificates = (root) => all("details.certificate", root).map(text);
		const request = (details) => ({ summary: words(details.querySelector("summary")), text: text(details) });
		const enrolment = ({ section, prefix }) => ({
			id: section.id,
			text: text(section),
			steps: Object.fromEntries(all(`ol[id="${prefix}steps"] > li`, section).map((li) => [li.id.slice(-1), state(li)])),
			chain: text(section.querySelector(`[id="${prefix}chain"]`)),
			built: text(section.querySelector(`[id="${prefix}url-built"]`)),
			right: text(section.querySelector(`[id="${prefix}url-right"]`)),
			requests: all("details.request", section).map(request),
			certificates: certificates(section),
		});
		return { text: text(document.body), certificates: certificates(document), enrolments: enrolments().map(enrolment) };
	}

	// --- doing something ---------------------------------------------------

	function open(yes) {
		all("details").forEach((details) => { details.open = yes; });
	}

	let stops = [];

	// What the Tab key has to come to, in this order; how many.
	function tour() {
		const always = "a[href], summary, button, input";
		stops = all(`${always}, [tabindex]`).filter((e) => shown(e) && (e.tabIndex >= 0 || e.matches(always)));
		return stops.length;
	}

	const tabbed = () => findings(all("[tabindex]"), (e) => e.tabIndex > 0, "has its own place among Tab's");

	// Which stop has the focus (-1: another element), whether it opens something,
	// and what is wrong with it.
	function stop() {
		const element = document.activeElement;
		const wrong = element === document.body ? [] : ring(element);
		return [stops.indexOf(element), element.matches("details > summary"), wrong];
	}

	// The focus can be seen: WCAG 2.2, 2.4.7 and 1.4.11.
	function ring(element) {
		const style = getComputedStyle(element);
		const box = element.getBoundingClientRect();
		if (style.outlineStyle === "none" || number(style.outlineWidth) < 1) return [`${name(element)} has no outline`];
		const back = painter().back(element.parentElement);
		const ratio = contrast(over(colour(style.outlineColor), back), back);
		if (ratio < 3) return [`${name(element)}: the outline's contrast is ${ratio.toFixed(2)}`];
		const seen = box.bottom > 0 && box.top < innerHeight;
		return seen ? [] : [`${name(element)} has the focus out of sight`];
	}

	const opened = () => document.activeElement.parentElement.open;

	// On paper nothing opens: either it is open, or the page says so.
	function closed() {
		const hidden = all("details > :not(summary)").filter((e) => !shown(e));
		const says = all("body *").some((e) => shown(e) && /open .*print|print.*open/i.test(e.textContent) && !e.children.length);
		return says ? [] : findings(hidden, () => true, "is not printed");
	}

	return {
		contrasts, scheme,
		overflow, cut, scrollers, drawings, targets, spaceOut,
		frame, inert, ids, headings, tables, elements, tabbed,
		steps, parts, urls, told, open, tour, stop, opened, closed,
	};
})();
