// What the report does beyond standing there: filter, show why, walk by keyboard. Everything from the text goes in as text.
(() => {
  'use strict';
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const store = one('#data');
  if (!store) return;
  const data = JSON.parse(store.textContent);
  const marks = all('mark');
  const panel = one('#panel');
  const texts = marks.map((mark) => (mark.firstChild.nodeType === Node.TEXT_NODE ? mark.firstChild.data : ''));
  const codes = marks.map((mark) => all('abbr', mark));
  const ticks = marks.map(() => []);
  const place = (link) => link.getAttribute('href').slice(2) - 1;
  all('.strip a').forEach((tick) => { tick.setAttribute('tabindex', -1); ticks[place(tick)].push(tick); });
  document.documentElement.classList.add('js');

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

  const filter = () => {
    let shown = 0;
    let total = 0;
    marks.forEach((mark, at) => {
      const framings = data.units[at].f;
      const kept = framings.map(passes);
      const first = kept.indexOf(true);
      mark.classList.toggle('off', first < 0);
      const of = data.labels[framings[Math.max(first, 0)].l].tint;
      mark.className = mark.className.replace(/\bc\d+\b/, `c${of}`);
      kept.forEach((keep, n) => { codes[at][n].hidden = !keep; });
      ticks[at].forEach((tick) => {
        const label = +tick.closest('div').dataset.l;
        tick.classList.toggle('off', !framings.some((framing, n) => kept[n] && framing.l === label));
      });
      shown += kept.filter(Boolean).length;
      total += framings.length;
    });
    const narrowed = shown < total || wanted.labels.size + wanted.voices.size > 0 || wanted.who >= 0 || wanted.least > 0;
    one('#count').textContent = narrowed ? `${shown} of ${total} marks shown` : `${total} marks`;
    one('.filters summary span').textContent = one('#count').textContent;
    one('#clear').hidden = !narrowed;
    all('#labels button').forEach((button) => button.setAttribute('aria-pressed', wanted.labels.has(+button.dataset.l)));
    all('#voices button').forEach((button) => button.setAttribute('aria-pressed', wanted.voices.has(+button.dataset.v)));
    const who = one('#who');
    if (who) who.value = wanted.who;
    one('#least').value = 100 * wanted.least;
    one('#least-shown').textContent = percent(wanted.least);
    if (current >= 0 && marks[current].classList.contains('off')) leave();
    else if (current >= 0) show(current, true);
    rove();
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
  const visible = () => marks.map((_, at) => at).filter((at) => !marks[at].classList.contains('off'));
  const rove = () => {
    const shown = visible();
    const stop = shown.includes(current) ? current : shown[0];
    marks.forEach((mark, at) => { mark.tabIndex = at === stop ? 0 : -1; });
  };
  const step = (by) => {
    const shown = visible();
    if (shown.length === 0) return;
    const here = shown.indexOf(current);
    const next = here < 0 ? (by > 0 ? 0 : shown.length - 1) : Math.min(Math.max(here + by, 0), shown.length - 1);
    pin(shown[next], true);
  };

  // Words that speak for a framing shown are emphasised in the sentence itself.
  const emphasise = (at) => {
    const text = texts[at];
    const strong = ({ t }) => t.filter(([sum]) => sum > 0 && sum >= 0.3 * t[0][0]);
    const spans = data.units[at].f.filter(passes).flatMap(strong)
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
    const first = codes[at][0];
    while (marks[at].firstChild !== first) marks[at].firstChild.remove();
    first.before(node);
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
      const cell = make('td', '', words ? `“${words}”` : '');
      if (names.length) cell.append(make('small', '', `patterns: ${names.map((name) => data.names[name]).join(', ')}`));
      return make('tr', '', cell, make('td', '', bar), make('td', 'n', signed(sum)));
    };
    const rest = framing.r[1] ? [make('tr', 'sum', make('td', '', `${framing.r[1]} lighter ones`), make('td'), make('td', 'n', signed(framing.r[0])))] : [];
    const start = make('tr', 'sum', make('td', '', 'before any word'), make('td'), make('td', 'n', signed(framing.i)));
    return make('table', '', make('tbody', '', ...framing.t.map(row), ...rest, start));
  };
  const voice = (framing) => {
    if (framing.v < 0) return [];
    const share = framing.s;
    const parts = share ? ['author', 'quoted', 'reported'].map((name, at) => [name, share[at]]).filter((part) => part[1] >= 0.005) : [];
    const detail = parts.length > 1 ? ` (${parts.map(([name, part]) => `${percent(part)} ${name}`).join(', ')})` : '';
    const who = framing.w >= 0 && framing.v > 0 ? [' · ', make('b', '', data.who[framing.w])] : [];
    return [make('p', '', `Voice: ${data.voices[framing.v]}${detail}`, ...who)];
  };
  // Within rhetor's own page, that page has the codebook.
  const named = (label) => {
    const { name } = data.labels[label];
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
    const least = framing.h > 0 ? `marked from ${percent(framing.h)} on` : 'the most probable';
    return make('section', `c${label.tint}`, head, bar, make('p', 'soft', least), ...voice(framing), account(framing, text));
  };
  const hint = panel.firstElementChild;
  // What is shown already stays untouched: a click on a word that is being replaced would be lost.
  const show = (at, anew = false) => {
    if (current === at && !anew) return;
    if (current >= 0) withdraw();
    current = at;
    marks[at].setAttribute('aria-current', 'true');
    emphasise(at);
    const unit = data.units[at];
    const close = make('button', 'close', 'Close');
    close.addEventListener('click', leave);
    const known = make('p', 'soft', `Line ${unit.n}. The model knows ${percent(unit.k)} of the words.`);
    const why = unit.f.filter(passes).map((framing) => section(framing, texts[at]));
    panel.replaceChildren(close, make('div', 'why', ...why), known);
  };
  const withdraw = () => {
    marks[current].removeAttribute('aria-current');
    put(current, document.createTextNode(texts[current]));
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
  const index = (node) => marks.indexOf(node.closest('mark'));

  document.addEventListener('mouseover', (event) => {
    const at = index(event.target);
    if (at >= 0 && !pinned && !marks[at].classList.contains('off')) show(at);
  });
  document.addEventListener('click', (event) => {
    const at = index(event.target);
    if (at >= 0 && !marks[at].classList.contains('off')) {
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
  all('#labels button').forEach((button) => button.addEventListener('click', () => { toggle(wanted.labels, +button.dataset.l); filter(); }));
  all('#voices button').forEach((button) => button.addEventListener('click', () => { toggle(wanted.voices, +button.dataset.v); filter(); }));
  one('#who')?.addEventListener('change', (event) => { wanted.who = +event.target.value; filter(); });
  one('#least').addEventListener('input', (event) => { wanted.least = event.target.value / 100; filter(); });
  one('#clear').addEventListener('click', clear);
  if (matchMedia('(max-width: 61.99rem)').matches) one('.filters').open = false;
  filter();
})();
