// What the report does beyond standing there: filter, show why, walk by keyboard. Everything from the text goes in as text.
(() => {
  'use strict';
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const store = one('#data');
  if (!store) return;
  const data = JSON.parse(store.textContent);
  // Without marks there is nothing to filter or to explain.
  if (data.count === 0) return;
  const panel = one('#panel');
  document.documentElement.classList.add('js');

  // A text may have tens of thousands of marks: nothing is done for all of them before somebody asks, and then slice by slice.
  const marks = all('mark');
  const more = all('.more');
  const chunks = [data.units];
  const framings = (at) => unit(at).f;
  const unit = (at) => {
    const chunk = Math.floor(at / data.chunk);
    chunks[chunk] ??= JSON.parse(more[chunk - 1].textContent);
    return chunks[chunk][at % data.chunk];
  };
  const SLICE = 24;
  const timers = new Map();
  // Does `act` for 0, 1, … in slices of so many milliseconds, then what comes after; a later call for the same purpose takes its place.
  const sliced = (purpose, count, act, then) => {
    clearTimeout(timers.get(purpose));
    let at = 0;
    const go = () => {
      const end = performance.now() + SLICE;
      while (at < count) {
        act(at);
        at += 1;
        if (at % 32 === 0 && performance.now() > end) {
          timers.set(purpose, setTimeout(go));
          return;
        }
      }
      then();
    };
    go();
  };
  const place = (link) => link.getAttribute('href').slice(2) - 1;
  const codes = (at) => all('abbr', marks[at]);

  const make = (name, className, ...kids) => {
    const node = document.createElement(name);
    if (className) node.className = className;
    node.append(...kids);
    return node;
  };
  const draw = (name, attributes, ...kids) => {
    const node = document.createElementNS('http://www.w3.org/2000/svg', name);
    Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
    node.append(...kids);
    return node;
  };
  const say = (key, values = {}) => data.say[key].replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  const percent = (share) => `${Math.round(100 * share)}%`;
  const signed = (number) => (number < 0 ? '−' : '+') + Math.abs(number).toFixed(2);

  // One of the marks is shown; once pinned, others do not take its place when the pointer passes them.
  let current = -1;
  let pinned = false;
  const wanted = { labels: new Set(), voices: new Set(), who: -1, least: 0 };

  const passes = (framing) =>
    (wanted.labels.size === 0 || wanted.labels.has(framing.l)) &&
    (wanted.voices.size === 0 || wanted.voices.has(framing.v)) &&
    (wanted.who < 0 || framing.w === wanted.who) &&
    framing.p >= wanted.least;

  // Marks that do not pass.
  const off = new Uint8Array(marks.length);
  const isNarrowed = () => wanted.labels.size + wanted.voices.size > 0 || wanted.who >= 0 || wanted.least > 0;
  const tell = (shown) => {
    const narrowed = isNarrowed();
    one('#count').textContent = narrowed ? say('shown', { n: shown, of: data.count }) : say('marks', { n: data.count });
    one('.filters summary span').textContent = one('#count').textContent;
    one('#clear').hidden = !narrowed;
    all('#labels button').forEach((button) => button.setAttribute('aria-pressed', wanted.labels.has(+button.dataset.l)));
    all('#voices button').forEach((button) => button.setAttribute('aria-pressed', wanted.voices.has(+button.dataset.v)));
    const who = one('#who');
    if (who) who.value = wanted.who;
    one('#least').value = 100 * wanted.least;
    one('#least-shown').textContent = percent(wanted.least);
  };
  const sift = (at) => {
    const kept = framings(at).map(passes);
    const first = kept.indexOf(true);
    const mark = marks[at];
    off[at] = first < 0;
    mark.classList.toggle('off', first < 0);
    mark.className = mark.className.replace(/\bc\d+\b/, `c${data.labels[framings(at)[Math.max(first, 0)].l].tint}`);
    codes(at).forEach((code, n) => { code.hidden = !kept[n]; });
    return kept.filter(Boolean).length;
  };
  // A tick stands for its framing in one mark, or in several beside each other.
  const siftTick = (tick) => {
    const label = +tick.closest('div').dataset.l;
    const [from, to] = [place(tick), tick.dataset.to - 1 || place(tick)];
    const inside = Array.from({ length: to - from + 1 }, (_, n) => framings(from + n));
    tick.classList.toggle('off', !inside.some((own) => own.some((framing) => framing.l === label && passes(framing))));
  };
  const filter = () => {
    let shown = 0;
    const ticks = all('.strip a');
    if (isNarrowed()) tell('…');
    const end = () => {
      tell(shown);
      if (current >= 0 && off[current]) leave();
      else if (current >= 0) show(current, true);
      rove();
    };
    const thenTicks = () => { end(); sliced('ticks', ticks.length, (n) => siftTick(ticks[n]), () => {}); };
    sliced('marks', marks.length, (at) => { shown += sift(at); }, thenTicks);
  };
  const clear = () => {
    wanted.labels.clear();
    wanted.voices.clear();
    wanted.who = -1;
    wanted.least = 0;
    filter();
  };
  const toggle = (set, value) => { if (!set.delete(value)) set.add(value); };

  // Only one mark is a stop of the tab key; arrows lead from one to the next.
  let stop = -1;
  const rove = () => {
    if (stop >= 0) marks[stop].tabIndex = -1;
    stop = current >= 0 && !off[current] ? current : off.indexOf(0);
    if (stop >= 0) marks[stop].tabIndex = 0;
  };
  const step = (by) => {
    let next = current < 0 && by < 0 ? marks.length - 1 : current + by;
    while (off[next]) next += by;
    if (next >= 0 && next < marks.length) pin(next, true);
    else if (current >= 0) pin(current, true);
  };

  // Words that speak for a framing shown are emphasised in the sentence itself.
  let text = '';
  const emphasise = (at) => {
    const strong = ({ t }) => t.filter(([sum]) => sum > 0 && sum >= 0.3 * t[0][0]);
    const spans = framings(at).filter(passes).flatMap(strong)
      .flatMap((term) => pairs(term[1]))
      .filter(({ start, end }) => end - start <= 32)
      .sort((a, b) => a.start - b.start || b.end - a.end);
    const parts = document.createDocumentFragment();
    let done = 0;
    spans.forEach(({ start, end }) => {
      const from = Math.max(start, done);
      if (end <= from) return;
      parts.append(text.slice(done, from), make('b', '', text.slice(from, end)));
      done = end;
    });
    parts.append(text.slice(done));
    put(at, parts);
  };
  const pairs = (flat) => flat.flatMap((start, n) => (n % 2 ? [] : [{ start, end: flat[n + 1] }]));
  const put = (at, node) => {
    const first = one('abbr', marks[at]);
    while (marks[at].firstChild !== first) marks[at].firstChild.remove();
    first.before(node);
  };

  // The text's words among ours: each in its own direction, and in the text's language.
  const own = (words) => {
    const node = make('bdi', '', words);
    if (data.lang) node.lang = data.lang;
    return node;
  };

  // Quotation marks of the text's own would double ours.
  const clipped = (text) => (text.length > 48 ? `${text.slice(0, 47)}…` : text).replace(/^["“”«»]+|["“”«»]+$/g, '');

  const account = (framing, text) => {
    const most = Math.max(...framing.t.map((term) => Math.abs(term[0])), 0.01);
    const row = ([sum, spans, names = []]) => {
      const words = spans.length ? clipped(text.slice(spans[0], spans[1])) : '';
      const width = (60 * Math.abs(sum)) / most;
      const bar = draw('svg', { width: 60, height: 8, 'aria-hidden': true },
        draw('rect', { width, height: 8, class: sum < 0 ? 'against' : 'bar' }));
      const cell = words ? make('td', '', '“', own(words), '”') : make('td');
      if (names.length) cell.append(make('small', '', say('patterns', { names: names.map((name) => data.names[name]).join(', ') })));
      return make('tr', '', cell, make('td', '', bar), make('td', 'n', signed(sum)));
    };
    const rest = framing.r[1] ? [make('tr', 'sum', make('td', '', say('lighter', { n: framing.r[1] })), make('td'), make('td', 'n', signed(framing.r[0])))] : [];
    const start = make('tr', 'sum', make('td', '', say('before')), make('td'), make('td', 'n', signed(framing.i)));
    return make('table', '', make('tbody', '', ...framing.t.map(row), ...rest, start));
  };
  const voice = (framing) => {
    if (framing.v < 0) return [];
    const share = framing.s;
    const parts = share ? ['author', 'quoted', 'reported'].map((name, at) => [say(name), share[at]]).filter((part) => part[1] >= 0.005) : [];
    const detail = parts.length > 1 ? ` (${parts.map(([name, part]) => `${percent(part)} ${name}`).join(', ')})` : '';
    const who = framing.w >= 0 && framing.v > 0 ? [' · ', make('b', '', make('bdi', '', data.who[framing.w]))] : [];
    return [make('p', '', say('voice', { voice: say(data.voices[framing.v]) }) + detail, ...who)];
  };
  // Within rhetor's own page, that page has the codebook.
  const named = (label) => {
    const name = make('bdi', '', data.labels[label].name);
    if (parent === window) return name;
    const button = make('button', 'plain', name);
    button.addEventListener('click', () => parent.postMessage({ label }, '*'));
    return button;
  };
  const section = (framing, text) => {
    const label = data.labels[framing.l];
    const voiced = framing.v > 0 ? ` ${data.voices[framing.v]}` : '';
    const head = make('h2', '', make('span', `code${voiced}`, label.code), named(framing.l), make('span', 'n', percent(framing.p)));
    const bar = draw('svg', { width: '100%', height: 6, viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': true },
      draw('rect', { width: 100 * framing.p, height: 6, class: 'bar' }));
    const least = framing.h > 0 ? say('from', { percent: percent(framing.h) }) : say('most');
    return make('section', `c${label.tint}`, head, bar, make('p', 'soft', least), ...voice(framing), account(framing, text));
  };
  const hint = panel.firstElementChild;
  // What is shown already stays untouched: a click on a word that is being replaced would be lost.
  const show = (at, anew = false) => {
    if (current === at && !anew) return;
    if (current >= 0) withdraw();
    current = at;
    marks[at].setAttribute('aria-current', 'true');
    text = marks[at].firstChild.nodeType === Node.TEXT_NODE ? marks[at].firstChild.data : '';
    emphasise(at);
    const own = unit(at);
    const close = make('button', 'close', say('close'));
    close.addEventListener('click', leave);
    const known = make('p', 'soft', say('line', { n: own.n, percent: percent(own.k) }));
    const why = own.f.filter(passes).map((framing) => section(framing, text));
    panel.replaceChildren(close, make('div', 'why', ...why), known);
  };
  const withdraw = () => {
    marks[current].removeAttribute('aria-current');
    put(current, document.createTextNode(text));
  };
  const pin = (at, focus) => {
    show(at);
    pinned = true;
    panel.classList.add('open');
    rove();
    if (focus) marks[at].focus();
  };
  const leave = () => {
    if (current >= 0) withdraw();
    current = -1;
    pinned = false;
    panel.classList.remove('open');
    panel.replaceChildren(hint);
  };
  const index = (node) => (node.closest('mark')?.id.slice(1) ?? 0) - 1;

  document.addEventListener('mouseover', (event) => {
    const at = index(event.target);
    if (at >= 0 && !pinned && !off[at]) show(at);
  });
  document.addEventListener('click', (event) => {
    const at = index(event.target);
    if (at >= 0 && !off[at]) {
      if (pinned && current === at) leave();
      else pin(at, false);
      return;
    }
    const link = event.target.closest('a[href^="#u"]');
    if (!link) return;
    if (link.dataset.l) {
      clear();
      wanted.labels.add(+link.dataset.l);
      if (link.dataset.w) wanted.who = +link.dataset.w;
      filter();
    }
    pin(place(link), false);
  });
  document.addEventListener('focusin', (event) => {
    const at = index(event.target);
    if (at >= 0 && !pinned) show(at);
  });
  document.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest('input, select')) return;
    const inText = index(event.target) >= 0;
    const keys = {
      j: () => step(1),
      k: () => step(-1),
      ArrowDown: inText && (() => step(1)),
      ArrowRight: inText && (() => step(1)),
      ArrowUp: inText && (() => step(-1)),
      ArrowLeft: inText && (() => step(-1)),
      Enter: inText && (() => pin(index(event.target), false)),
      ' ': inText && (() => pin(index(event.target), false)),
      Escape: leave,
    };
    if (!keys[event.key]) return;
    keys[event.key]();
    event.preventDefault();
  });
  // Within rhetor's own page, another report may take the place of this one, and is then shown from the same line on.
  if (parent !== window) {
    addEventListener('scroll', () => parent.postMessage({ scroll: scrollY }, '*'), { passive: true });
    addEventListener('message', ({ source, data }) => { if (source === parent && Number.isFinite(data?.scroll)) scrollTo(0, data.scroll); });
  }
  all('#labels button').forEach((button) => button.addEventListener('click', () => { toggle(wanted.labels, +button.dataset.l); filter(); }));
  all('#voices button').forEach((button) => button.addEventListener('click', () => { toggle(wanted.voices, +button.dataset.v); filter(); }));
  one('#who')?.addEventListener('change', (event) => { wanted.who = +event.target.value; filter(); });
  one('#least').addEventListener('input', (event) => { wanted.least = event.target.value / 100; filter(); });
  one('#clear').addEventListener('click', clear);
  if (matchMedia('(max-width: 61.99rem)').matches) one('.filters').open = false;
  tell(data.count);
  rove();
})();
