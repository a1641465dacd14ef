"use strict";
/* The share pages' script. Python wrote every link whole, for the words in its box. Here the words of whoever reads this take
   their place, between what stands before and after them; nothing else of a network is known here. Whatever does not work in
   this browser is said, and the page works without this script, too. */

const all = (what, inside = document) => [...inside.querySelectorAll(what)];
const parsed = text => { try { return JSON.parse(text); } catch { return null; } };
const say = parsed(document.body.dataset.say) || {};
const counting = parsed(document.body.dataset.counting) || {};
// Where the page's language lacks our words, they stand in another.
const {speaks} = document.body.dataset, spoken = speaks ? {lang: speaks, dir: "ltr"} : {};
const told = (key, value) => say[key].replace("%s", value);

// --- words --------------------------------------------------------------------------------------

// White space as Python knows it.
const BLANK = "\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const blanks = new RegExp(`[${BLANK}]+`, "u");
const ends = new RegExp(`^[${BLANK}]+|[${BLANK}]+$`, "gu");
const AROUND = /^[.,;:!?()"'“”‘’«»…]+|[.,;:!?()"'“”‘’«»…]+$/gu;
const MARK = "\ue000";

// No link can carry half an emoji, and nobody sees a control sign.
const carried = text => text.replace(/[\p{Cs}\0-\x08\x0b-\x1f\x7f]/gu, "");
const encode = text => encodeURIComponent(text).replace(/[!'()*]/g, sign => "%" + sign.charCodeAt(0).toString(16).toUpperCase());
const stands = (link, words) => words.split(blanks).some(word => word === link || word.replace(AROUND, "") === link);

// What will be said: the words with link and hashtags, but the link only once.
const composed = (text, link, words) => {
  if (link && stands(link, words)) text = text.replace(link + "\n", "").replace("\n" + link, "").replace(link, "");
  const [before, after] = text.split(MARK);
  return before + words + after;
};

// A fact as one short row of plain words: nothing unseen, no @ or #, nothing that makes a link.
const DROP = /[\p{Cs}\p{Co}\p{NChar}\ufffd\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffc@＠#＃]/gu;
const tidy = value => value.replace(DROP, "").normalize("NFC").replace(/[$＄]+(?=\p{L})/gu, "").replaceAll("://", ": ")
  .replace(/\.(?=[\p{L}\p{N}][\p{L}\p{N}\p{M}])/gu, ". ").replace(/[\p{Cc}\s]+/gu, " ")
  .replace(/^[\p{M}\s\u200c\u200d]+|[\s\u200c\u200d]+$/gu, "");

// --- counting: advice, rather too much than too little ------------------------------------------

const segmenter = globalThis.Intl?.Segmenter && new Intl.Segmenter("en");
const graphemes = text => segmenter ? Array.from(segmenter.segment(text), one => one.segment) : [...text];
const EMOJI = /\p{RI}{2}|[0-9#*]\ufe0f?\u20e3|\u{1f3f4}[\u{e0020}-\u{e007e}]+\u{e007f}|(?![0-9#*])\p{Emoji}(?:\p{EMod}|\ufe0f)?(?:\u200d(?![0-9#*])\p{Emoji}(?:\p{EMod}|\ufe0f)?)*/gu;
const LIGHT = /[\0-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]/gu;
const points = text => [...text].length;
const bytes = text => new TextEncoder().encode(text).length;
const units = {
  characters: points,
  graphemes: text => graphemes(text).length,
  weighted: text => { const rest = text.replace(EMOJI, "oo"); return 2 * points(rest) - (rest.match(LIGHT) || []).length; },
  "emoji bytes": text => points(text.replace(EMOJI, "")) + (text.match(EMOJI) || []).reduce((sum, one) => sum + bytes(one), 0),
  utf16: text => text.length,
  segments: text => text.length,
};
// A link as people write it, alone between spaces. Whatever else may become one costs its own letters and a link's price.
const ENDING = "(?:[a-z]{2}|com|org|net|edu|gov|info|app|news|page|site)";
const PLAIN = `(?:[a-z0-9-]+\\.)+${ENDING}(?:[/?#](?:[\\w/?#&=%+.~-]*[\\w/=])?)?(?=[.,;:!?)]*(?:\\s|$))`;
const WITH_SCHEME = new RegExp(`(?<![^\\s(])https?://(${PLAIN})`, "gi");
const BARE = new RegExp(`(?<![^\\s(])${PLAIN}`, "gi");
const short = (whole, link) => {
  if (!whole.startsWith("http")) return whole;           // in capitals a composer sees no link
  const [, host, path] = /^([^/?#]*)(.*)$/.exec(link);
  return host + (path.length > 15 ? path.slice(0, 13) + "..." : path === "/" ? "" : path);
};
const counted = (text, how) => {
  if (how.link === "shortened") return text.replace(WITH_SCHEME, short).replace(/\S*:\/\/\S*[^\0-\x7f]\S*/gu, word => word + word);
  if (typeof how.link !== "number") return text;
  const price = "o".repeat(how.link), found = text.replace(WITH_SCHEME, price);
  return (how.bare_links ? found.replace(BARE, price) : found).replace(/\.(?=\p{L}[\p{L}\p{M}])/gu, "." + price);
};
const measure = (text, how) => units[how.unit](counted(text.normalize("NFC"), how));
const width = value => /^[\0-\x7f]*$/.test(value) ? value.length : Math.max(units.weighted(value), value.length, units["emoji bytes"](value));

// --- links --------------------------------------------------------------------------------------

const answers = {};

// What stands around the words in a link, learnt from the link as Python wrote it.
const taken = link => {
  const {cut, whole} = link.dataset;
  if (whole) return whole.split(MARK);
  const href = link.getAttribute("href"), [head, tail] = cut.split(" ").map(Number);
  return [href.slice(0, head), href.slice(href.length - tail)];
};

const less = ([head, tail], address, newline) => {
  const row = encode(address);
  return [head.endsWith(row + newline) ? head.slice(0, -(row + newline).length) : head, tail.replace(newline + row, "")];
};

// One way to share: show() puts words into its link, says how much room is left, and gives that back.
const way = (link, words) => {
  const data = link.dataset, newline = data.break || "%0A", address = data.link || "";
  const left = all(".left", link)[0], how = counting[data.net];
  const pattern = (data.cut || data.whole) && taken(link);
  const without = pattern && (data.other ? data.other.split(MARK) : less(pattern, address, newline));
  const count = (text, there) => {
    const rooms = data.room.split(" ").map(Number), most = (data.bytes || "").split(" ").map(Number);
    const room = Math.min(rooms[+there] - measure(text, how), data.bytes ? most[+there] - bytes(text) : Infinity);
    left.textContent = room > 500 ? "" : room < 0 ? told("over", -room) : told("left", room);
    link.classList.toggle("over", room < 0);
    return room;
  };
  const show = () => {
    const text = words(), there = address !== "" && stands(address, text);
    const room = data.room ? count(text, there) : Infinity;
    if (!pattern) return room;
    let [head, tail] = there ? without : pattern;
    if (answers[data.ask]) head = data.asked.replace(MARK, answers[data.ask]);
    if (text) link.setAttribute("href", head + encode(text).replaceAll("%0A", newline) + tail);
    else link.removeAttribute("href");                   // nothing to say, nowhere to go
    for (const [name, value] of [["role", "link"], ["aria-disabled", "true"]]) {
      if (text) link.removeAttribute(name); else link.setAttribute(name, value);
    }
    return room;
  };
  return {show, said: () => composed(data.text, address, words())};
};

// --- copying, honestly --------------------------------------------------------------------------

// At once, as long as the tap lasts; another page may open right after.
const copied = text => {
  const area = document.createElement("textarea"), before = document.activeElement;
  area.value = text;
  area.className = "sr";
  document.body.append(area);
  area.select();
  let done = false;
  try { done = document.execCommand("copy"); } catch { /* said by the caller */ }
  area.remove();
  before?.focus?.({preventScroll: true});
  return done;
};
const PATIENCE = 1000;                                   // some browsers never say whether they copied
const late = () => new Promise((_, fail) => { setTimeout(fail, PATIENCE); });
const copy = async text => {
  try { await Promise.race([navigator.clipboard.writeText(text), late()]); return true; } catch { return copied(text); }
};
const pass = async text => {
  try { await navigator.share({text}); return true; } catch { return false; }
};

// --- a box with its buttons ---------------------------------------------------------------------

const facts = {};
const filled = template => template.replace(/\ue000(\w+)\ue001([^\ue002]*)\ue002/g, (_, fact, usual) => facts[fact] || usual);
const thank = () => all(".next").forEach(next => { next.hidden = false; });

const NEAR = 20;                                         // so near to a limit a count is spoken, too
const box = element => {
  const [area] = all("textarea", element), [status] = all(".status", element), [near] = all(".near", element);
  const words = () => carried(area.value).replace(ends, "");
  const ways = new Map(all("a.to", element).map(link => [link, way(link, words)]));
  let last = area.defaultValue;                         // some browsers put back what stood here before this runs
  area.readOnly = false;
  const show = () => {
    if (carried(area.value) !== area.value) area.value = carried(area.value);
    const rooms = [...ways].map(([link, one]) => [one.show(), link]);
    const [room, link] = rooms.reduce((least, one) => one[0] < least[0] ? one : least);
    const words = room < NEAR ? `${link.firstChild.textContent}: ${all(".left", link)[0].textContent}` : "";
    if (document.activeElement === area && near.textContent !== words) near.textContent = words;
  };
  const fill = () => {
    const {template} = area.dataset;
    if (template && [last, filled(template)].includes(area.value)) area.value = last = filled(template);
    show();                                              // a box with somebody's own words keeps them
  };
  // What could not be copied stands there whole, with link and hashtags, marked for copying by hand.
  const whole = Object.assign(document.createElement("textarea"), {readOnly: true});
  const tell = (text, done, words) => {
    status.textContent = words;
    if (done) return whole.remove();
    whole.value = text;
    whole.setAttribute("aria-label", words);
    status.after(whole);
    whole.focus();
    whole.select();
  };
  area.addEventListener("input", show);
  ways.forEach((one, link) => link.addEventListener("click", () => {
    if (!link.hasAttribute("href")) return;
    const text = one.said(), done = copied(text);
    const bare = !link.dataset.cut && !link.dataset.whole;
    tell(text, done, !done ? say.missing : bare ? told("steps", link.firstChild.textContent) : say.opened);
    thank();
  }));
  all("button[data-do]", element).forEach(button => {
    const shares = button.dataset.do === "share";
    button.hidden = shares && !navigator.share;
    button.addEventListener("click", async () => {
      const text = composed(button.dataset.text, button.dataset.link, words());
      const done = shares ? await pass(text) : await copy(text);
      if (shares) tell(text, true, done ? say.shared : say.unshared);
      else tell(text, done, done ? say.copied : say.failed);
      if (done) thank();
    });
  });
  all(".hand", element).forEach(hand => { hand.hidden = false; });
  return {show, fill};
};

// --- wordings and posts: each visitor sees another, and nobody knows who ------------------------

const any = list => list[Math.floor(Math.random() * list.length)];

const wordings = share => {
  const found = all(".wording", share), [others] = all(".others", share);
  if (!others) return;
  found.forEach(one => others.before(one));
  others.remove();
  let now = any(found);
  const turn = to => { now = to; found.forEach(one => { one.hidden = one !== now; }); };
  turn(now);
  all(".another", share).forEach(button => button.addEventListener("click", () => {
    turn(found[(found.indexOf(now) + 1) % found.length]);
    all(".another", now)[0].focus();
  }));
};

// One post stands first and open, chosen by chance; where none is left, that is said.
const feature = () => {
  const [now] = all("#now"), [list] = all("#list"), [shown] = all("#now > details.post");
  if (!shown) return;
  const posts = all("details.post:not([hidden])");
  if (!posts.length) now.replaceChildren(Object.assign(document.createElement("p"), {className: "empty", textContent: say.empty, ...spoken}));
  else if (list) {
    const chosen = any(posts);
    if (shown !== chosen) {
      shown.open = false;
      list.prepend(shown);
    }
    chosen.open = true;
    now.append(chosen);
  }
};
const settle = () => {
  if (all("#now > details.post").some(post => post.hidden)) feature();
  all(".all").forEach(section => { section.hidden = !all("#list > .post:not([hidden])").length; });
};

// --- days: what has ended goes ------------------------------------------------------------------

const today = () => { const now = new Date(); return new Date(now - now.getTimezoneOffset() * 60000).toISOString().slice(0, 10); };
const withdraw = post => {
  post.hidden = true;
  if (post.tagName === "DETAILS" || post.dataset.gone) return;
  post.dataset.gone = "yes";
  post.before(Object.assign(document.createElement("p"), {className: "empty", textContent: say.gone, ...spoken}));
};
const end = () => {
  const day = today(), {until} = document.body.dataset;
  all(".post[data-until]").filter(post => post.dataset.until < day).forEach(withdraw);
  settle();
  if (!until) return;
  const left = Math.round((Date.parse(until) - Date.parse(day)) / 864e5);
  all(".days").forEach(place => { place.textContent = left < 0 ? say.ended : left === 0 ? say.today : left === 1 ? say.one : told("days", left); });
};
// Which posts still are, asked of the page's own host only; from disk there is nobody to ask.
const ask = async () => {
  if (location.protocol === "file:") return;
  try {
    const answer = await fetch(document.body.dataset.posts, {cache: "no-cache", credentials: "omit"});
    const names = await answer.json();
    if (!answer.ok || !Array.isArray(names)) return;
    all(".post").filter(post => !names.includes(post.dataset.name)).forEach(withdraw);
    settle();
  } catch { /* the page stays as it was made */ }
};

// --- who you are: in this page only -------------------------------------------------------------

const KEY = "handbill";
// Names and values as they were kept; whatever else somebody put there is nobody's.
const named = value => typeof value !== "object" || Array.isArray(value) ? {}
  : Object.fromEntries(Object.entries(value ?? {}).filter(([, one]) => typeof one === "string"));
const memory = {
  read() { try { return named(parsed(localStorage.getItem(KEY))); } catch { return {}; } },
  write(value) {
    try {
      if (value) localStorage.setItem(KEY, JSON.stringify(value));
      else localStorage.removeItem(KEY);
      return true;
    } catch { return false; }
  },
};

const decoded = text => {
  const plain = text.replaceAll("+", " ");
  try { return decodeURIComponent(plain); } catch { return plain.replace(/(?:%[0-9a-f]{2})+/gi, part => { try { return decodeURIComponent(part); } catch { return part; } }); }
};
// A mailing may not have filled its place: *|CITY|*, <<City>>, {{city}}, %%city%% anywhere, or nothing but [city].
const unmerged = value => /\*\|.*\|\*|<<.*>>|\{\{.*\}\}|%%.*%%|^\s*\[.*\]\s*$/s.test(value);
// What mailings and networks add to an address to follow people: no words of anybody.
const TRACKING = "utm_\\w+|mc_[ce]id|fbclid|gclid|dclid|gbraid|wbraid|msclkid|twclid|ttclid|yclid|igshid|igsh|li_fat_id|mkt_tok|vero_id|"
  + "_hs(?:enc|mi)|__hs\\w+|_ga|_gl|_ke|_kx|oly_(?:enc|anon)_id|ml_subscriber(?:_hash)?|ck_subscriber_id|s_cid|wickedid|sourceid|akid|emci|emdi|ceid";
// Names and values as a mailing writes them, whether or not it encoded "&" and "=".
const fragment = names => {
  const found = {}, hash = location.hash.slice(1);
  const place = new RegExp(`(?:^|&)(${names.join("|")})=|(?:^|[&?])(?:${TRACKING})=`, "giu");
  const starts = [...hash.matchAll(place)];
  starts.forEach((start, number) => {
    const value = decoded(hash.slice(start.index + start[0].length, starts[number + 1]?.index));
    if (start[1] && !unmerged(value)) found[start[1].toLowerCase()] = value;
  });
  return starts.length ? found : null;
};

const host = typed => {
  const name = typed.trim().replace(/^https?:\/\/|^@?[^@\s]*@/i, "").replace(/\/$/, "").toLowerCase();
  return /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z0-9-]*[a-z][a-z0-9-]*(:\d{1,5})?$/.test(name) ? name : "";
};

const form = refresh => {
  const [me] = all(".me"), [remember] = all("#remember"), [kept] = all("#kept");
  const inputs = me ? all("[name]", me) : [];
  const fault = (input, words) => {
    input.setAttribute("aria-invalid", words ? "true" : "false");
    const place = all(".fault", input.parentElement)[0];
    if (place.textContent !== words) place.textContent = words;
  };
  const take = input => {
    if ("answer" in input.dataset) {
      answers[input.name] = host(input.value);
      return fault(input, input.value.trim() && !answers[input.name] ? say.server : "");
    }
    if (input.tagName === "SELECT") return void (facts[input.name] = input.value && input.selectedOptions[0].textContent);
    const value = tidy(input.value), long = value.length > input.dataset.longest || width(value) > input.dataset.longest;
    facts[input.name] = long ? "" : value;
    fault(input, long ? told("long", input.dataset.longest) : "");
  };
  const put = (input, value) => {
    const same = text => text.trim().normalize("NFC").toLowerCase() === value.trim().normalize("NFC").toLowerCase();
    const option = input.tagName === "SELECT" && [...input.options].find(one => same(one.value) || same(one.textContent));
    if (input.tagName === "SELECT") input.value = option ? option.value : "";
    else input.value = "answer" in input.dataset ? value.trim() : tidy(value);
  };
  const values = () => Object.fromEntries(inputs.filter(one => one.value).map(one => [one.name, one.value]));
  const carry = () => {
    const rest = Object.entries(values()).map(([name, value]) => `${name}=${encode(carried(value))}`).join("&");
    all("a[data-own]").forEach(link => link.setAttribute("href", link.getAttribute("href").replace(/#.*|$/, rest && "#" + rest)));
    return rest;
  };
  const keep = () => { if (remember) kept.textContent = memory.write(remember.checked ? values() : null) || !remember.checked ? "" : say.unkept; };
  const update = () => { inputs.forEach(take); carry(); refresh(); };
  const note = (...address) => { try { history.replaceState({me: values()}, "", ...address); } catch { /* it is as it was */ } };
  const saved = memory.read(), past = named(history.state?.me ?? saved);
  inputs.forEach(input => {
    if (past[input.name]) put(input, past[input.name]);
    input.addEventListener("input", () => { take(input); carry(); note(); refresh(); if (remember.checked) keep(); });
  });
  // Who the address tells of; that leaves the address bar, and this visit's Back finds it again.
  const accept = () => {
    const given = inputs.length && fragment(inputs.map(one => one.name));
    if (!given) return note();
    inputs.forEach(input => { const value = given[input.name.toLowerCase()]; if (value !== undefined) put(input, value); });
    note(location.pathname + location.search);
  };
  accept();
  addEventListener("hashchange", () => { accept(); update(); });
  if (me) {
    me.hidden = false;
    me.open = inputs.some(one => one.value);
    all("form", me)[0].addEventListener("submit", event => event.preventDefault());
    remember.checked = Object.keys(saved).length > 0;
    remember.addEventListener("change", keep);
  }
  update();
  return {update, carry};
};

// A page that only leads to others carries along what came with its address.
const door = () => {
  const links = all("a[data-own]");
  links.forEach(link => { link.href = link.getAttribute("href") + location.hash; });
  const spoken = navigator.languages.map(one => one.split("-")[0]);
  const tongues = links.filter(link => link.hreflang);
  const mine = spoken.map(one => tongues.find(link => link.hreflang.split("-")[0] === one)).find(Boolean);
  const only = tongues.length === 1 && tongues[0];
  if (mine || only) location.replace((mine || only).href);
};

// --- inside another app -------------------------------------------------------------------------

// Browsers inside apps, by what they call themselves; there share links often end at a sign-in.
const IN_APP = /FBA[NV]|Instagram|Messenger|\bLine\/|LinkedInApp|Twitter|Pinterest|Snapchat|TikTok|musical_ly|GSA\/|; wv\)|Telegram/;
// What Android opens in the browser that people chose; it reads from the last "#": https://developer.chrome.com/docs/android/intents
const outside = address => {
  const [, scheme, rest] = /^(https?):(.*)$/.exec(address) || [];
  return scheme && /Android/.test(navigator.userAgent) ? `intent:${rest}#Intent;scheme=${scheme};action=android.intent.action.VIEW;end` : "";
};
const inApp = carry => {
  if (!IN_APP.test(navigator.userAgent)) return;
  document.body.classList.add("in-app");
  all(".hand").forEach(hand => hand.parentElement.querySelector(".status").after(hand));
  const [leave] = all(".leave"), [address] = all(".leave input"), [way] = all(".leave a");
  if (!leave) return;
  leave.hidden = false;
  const here = () => { const rest = carry(); return location.href.replace(/#.*/, "") + (rest && "#" + rest); };
  const show = () => { address.value = here(); way.href = outside(here()); };
  show();
  way.hidden = !outside(here());
  addEventListener("input", show);
  all("button", leave)[0].addEventListener("click", async () => {
    all("[role=status]", leave)[0].textContent = await copy(here()) ? say.copied : (address.select(), say.failed);
  });
};

// --- begin --------------------------------------------------------------------------------------

if (document.body.classList.contains("door")) door();
else {
  end();
  all(".share").forEach(wordings);
  feature();
  all("[role=status], [role=alert], .left, .days").forEach(place => Object.assign(place, spoken));
  const boxes = all(".box").map(box);
  const shown = all(".words[data-template]");
  const refresh = () => { boxes.forEach(one => one.fill()); shown.forEach(one => { one.textContent = filled(one.dataset.template); }); };
  const mine = form(refresh);
  inApp(mine.carry);
  ask();
  // A browser may put back what stood in a form after this ran: Back, reload.
  addEventListener("pageshow", () => { mine.update(); boxes.forEach(one => one.show()); end(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { end(); ask(); } });
}
