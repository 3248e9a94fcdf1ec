// The page around the report: takes texts, has a worker read them, shows what the program's own page writer makes of it. What comes from a text goes
// in as text, or into a frame that can reach neither this page nor the network.
(() => {
  'use strict';
  const one = (id) => document.getElementById(id);
  const words = JSON.parse(one('words').textContent);
  const make = (name, className, ...kids) => {
    const node = document.createElement(name);
    if (className) node.className = className;
    node.append(...kids);
    return node;
  };
  const draw = (name, attributes) => {
    const node = document.createElementNS('http://www.w3.org/2000/svg', name);
    Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
    return node;
  };
  const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)}%`;
  const signed = (share) => `${share < 0 ? '−' : '+'}${percent(Math.abs(share), 1)}`;
  const filled = (phrase, values) => phrase.replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);
  const megabytes = (bytes) => filled(words.megabytes, { n: (bytes / 1e6).toFixed(1) });
  const state = { program: null, model: null, about: null, name: null, files: [], texts: [], shown: null, busy: false, isStale: false, scroll: 0 };
  const cuts = new Map();
  const left = new Set();

  // A paste longer than this many characters is kept as a file: a field that shows all of it would stand still for a while.
  const LONG = 300000;

  const say = (text) => { one('status').textContent = text; };
  // A problem that the program has found: its kind, and what the phrase for it needs.
  const told = (problem) => filled(words[`problem-${problem.is}`] ?? problem.is, problem);
  const inWords = (text) => {
    try { return told(JSON.parse(text)); } catch { return text; }
  };
  const fail = (text) => {
    one('fault').textContent = text ? words.failed + inWords(text) : '';
    one('fault').hidden = !text;
  };

  // The worker. Whoever cancels ends it; the next one has the compiled program at once.
  let worker = null;
  let asked = 0;
  const waiting = new Map();
  const address = URL.createObjectURL(new Blob([one('worker').textContent], { type: 'text/javascript' }));
  const hire = () => {
    worker?.terminate();
    waiting.forEach(({ no }) => no(new Error(words.cancelled)));
    waiting.clear();
    worker = new Worker(address);
    worker.onmessage = ({ data }) => {
      const own = waiting.get(data.id);
      if (!own) return;
      if (data.of !== undefined) return own.progress?.(data.done, data.of);
      waiting.delete(data.id);
      if (data.error === undefined) own.yes(data.answer);
      else own.no(new Error(data.error));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      waiting.forEach(({ no }) => no(new Error(event.message || words.tooOld)));
      waiting.clear();
    };
  };
  const ask = (task, more = {}, progress) => new Promise((yes, no) => {
    asked += 1;
    waiting.set(asked, { yes, no, progress });
    worker.postMessage({ task, id: asked, ...more });
  });
  const start = async (model) => {
    hire();
    state.isStale = true;
    const packed = state.program ? null : one('program').textContent;
    const { program, about } = await ask('start', { program: state.program, packed, model, example: JSON.parse(one('example').textContent) });
    one('program').textContent = '';
    state.program = program;
    state.about = about;
    state.model = model;
    return about;
  };
  const busy = (text) => {
    state.busy = text === words.reading;
    one('busy').hidden = !text;
    one('busy-words').textContent = text || '';
    one('progress').removeAttribute('value');
    one('cancel').hidden = !state.busy;
    ['find', 'show-example', 'own', 'embedded'].forEach((id) => { one(id).disabled = state.busy; });
  };
  let ready = null;
  const begin = (model) => {
    busy(words.loading);
    delete document.body.dataset.ready;
    const own = start(model).then(introduce).then(() => { document.body.dataset.ready = ''; }).finally(() => { if (!state.busy) busy(''); });
    ready = own;
    return own;
  };

  // The model, its labels, and what each cut would give.
  let introduced = null;
  const introduce = ({ fingerprint, note, single }) => {
    const name = state.model ? state.model.name : words.builtin;
    one('model').textContent = `${name}, ${fingerprint}${note ? ` (${note})` : ''}`;
    one('embedded').hidden = !state.model;
    one('cuts').hidden = single;
    // After a cancelled run the same model comes again, and the user's cuts stay.
    if (introduced !== fingerprint) reset();
    introduced = fingerprint;
  };
  const reset = () => {
    cuts.clear();
    left.clear();
    one('labels').replaceChildren(...state.about.labels.map(labelRow));
    count(null);
  };
  // How often each framing is marked in the texts that are shown.
  const count = (marks) => {
    [...one('labels').rows].forEach((row, at) => { row.querySelector('.marks').textContent = marks ? marks[at] : '–'; });
  };
  const predicted = (curve, cut) => {
    if (!curve?.length) return null;
    const after = curve.findIndex((point) => point[0] >= cut);
    if (after < 0) return curve.at(-1);
    if (after === 0) return curve[0];
    const [from, to] = [curve[after - 1], curve[after]];
    const part = to[0] > from[0] ? (cut - from[0]) / (to[0] - from[0]) : 1;
    return from.map((value, at) => value + part * (to[at] - value));
  };
  const labelRow = (label, at) => {
    const check = Object.assign(make('input'), { type: 'checkbox', checked: true });
    const name = make('label', '', check, ' ', make('span', `code c${label.tint}`, label.code), ` ${label.name}`);
    const range = Object.assign(make('input'), { type: 'range', min: 1, max: 99, step: 1, value: Math.round(100 * label.threshold) });
    range.setAttribute('aria-label', `${label.name}: ${words.cut}`);
    const value = make('output');
    const [right, found, marks] = [make('td', 'n'), make('td', 'n'), make('td', 'n marks')];
    marks.dataset.name = words.marks;
    right.dataset.name = words.right;
    found.dataset.name = words.found;
    const tell = () => {
      const cut = cuts.get(at) ?? label.threshold;
      value.textContent = percent(cut);
      range.setAttribute('aria-valuetext', percent(cut));
      const point = predicted(label.curve, cut);
      right.textContent = point ? (100 * point[1]).toFixed(0) : words.untested;
      found.textContent = point ? (100 * point[2]).toFixed(0) : words.untested;
    };
    range.addEventListener('input', () => { cuts.set(at, range.value / 100); tell(); decideAgain(); });
    check.addEventListener('change', () => { if (check.checked) left.delete(at); else left.add(at); decideAgain(); });
    tell();
    const more = make('button', 'plain', words.meaning);
    more.type = 'button';
    more.setAttribute('aria-label', `${label.name}: ${words.meaning}`);
    more.addEventListener('click', () => explain(label));
    const head = make('th', '', name);
    head.scope = 'row';
    return make('tr', '', head, make('td', '', range, value), right, found, marks, make('td', '', ...(label.entry ? [more] : [])));
  };
  const wanted = () => {
    const { labels } = state.about;
    const only = labels.map((_, at) => at).filter((at) => !left.has(at));
    return {
      thresholds: cuts.size ? labels.map((label, at) => cuts.get(at) ?? label.threshold) : null,
      only: left.size ? only : null,
    };
  };
  const explain = ({ name, entry }) => {
    one('entry-name').textContent = name;
    const list = (title, items) => (items.length ? [make('h3', '', title), make('ul', '', ...items.map((item) => make('li', '', item)))] : []);
    one('entry-words').replaceChildren(
      make('p', 'lead', `${words.sentence} ${entry.definition}.`),
      ...(entry.published ? [make('p', 'soft', `${words.published}: ${entry.published}.`)] : []),
      ...list(words.performs, entry.examples), ...list(words.misses, entry.near_misses), ...list(words.rules, entry.rules));
    one('entry-of').showModal();
    one('entry-of').scrollTop = 0;
  };

  // What is to be read.
  const encoded = (text) => new TextEncoder().encode(text).buffer;
  const texts = async () => {
    const [text, other] = [one('text').value, one('second').hidden ? '' : one('other').value];
    const both = Boolean(other.trim());
    const pasted = [];
    if (text.trim()) pasted.push({ name: both ? words.textA : state.name ?? words.pasted, bytes: encoded(text) });
    if (both) pasted.push({ name: words.textB, bytes: encoded(other) });
    const files = await Promise.all(state.files.map(async (file) => ({ name: file.name, bytes: await file.arrayBuffer() })));
    return [...pasted, ...files];
  };
  // Has the worker read the texts; screen readers hear of every quarter.
  const work = async () => {
    busy(words.reading);
    const [bar, asked] = [one('progress'), wanted()];
    let quarter = 0;
    const answer = await ask('read', { texts: state.texts, wanted: asked }, (done, of) => {
      bar.max = of;
      bar.value = done;
      const now = Math.floor((4 * done) / of);
      if (now > quarter && now < 4) one('spoken').textContent = filled(words.progress, { percent: percent(now / 4) });
      quarter = now;
    });
    state.shown = { names: state.texts.map(({ name }) => name), asked, ...answer };
    state.isStale = false;
  };
  const failed = async (error) => {
    if (error.message === words.cancelled) return say(words.cancelled);
    fail(error.message);
    // Whatever stopped in the middle of its work is not asked again.
    return begin(state.model).catch((again) => fail(again.message));
  };
  const read = async () => {
    if (state.busy) return;
    fail('');
    say('');
    try {
      state.texts = await texts();
      if (state.texts.length === 0) {
        say(words.nothing);
        one('text').focus();
        return;
      }
      busy(words.reading);
      await ready;
      await work();
      state.scroll = 0;
      show();
    } catch (error) {
      await failed(error);
    } finally {
      busy('');
    }
  };

  // A cut that is moved while a report is shown changes it at once.
  let timer = null;
  let isAwaited = false;
  const decideAgain = () => {
    if (!document.body.classList.contains('shown')) return;
    clearTimeout(timer);
    timer = setTimeout(decide, 150);
  };
  const decide = async () => {
    isAwaited = state.busy;
    if (isAwaited) return;
    try {
      await work();
      put(state.shown.report, true);
      found();
    } catch (error) {
      isAwaited = false;
      await failed(error);
    } finally {
      busy('');
    }
    if (isAwaited) decide();
  };

  // A new report takes the old one's place once it is there, scrolled to where the old one was.
  let shownAt = null;
  const put = (report, isAgain) => {
    document.querySelectorAll('.coming').forEach((frame) => frame.remove());
    if (shownAt) URL.revokeObjectURL(shownAt);
    shownAt = URL.createObjectURL(report);
    const old = one('report');
    if (!isAgain) {
      old.src = shownAt;
      return;
    }
    const next = old.cloneNode();
    next.removeAttribute('id');
    next.classList.add('coming');
    next.src = shownAt;
    next.addEventListener('load', () => {
      next.contentWindow.postMessage({ scroll: state.scroll }, '*');
      next.id = 'report';
      next.classList.remove('coming');
      next.hidden = old.hidden;
      old.remove();
    }, { once: true });
    old.after(next);
  };
  const found = () => {
    const { marks, remarks, difference } = state.shown;
    const all = marks.reduce((sum, own) => sum + own, 0);
    one('spoken').textContent = filled(all === 1 ? words.markFound : words.marksFound, { n: all });
    one('remarks').textContent = remarks.map(told).join('\n');
    one('remarks').hidden = remarks.length === 0;
    one('tab-difference').hidden = !difference;
    if (difference) compare(difference);
    count(marks);
  };
  const show = () => {
    put(state.shown.report, false);
    found();
    document.body.classList.add('shown');
    one('entry').hidden = true;
    ['bar', 'shown'].forEach((id) => { one(id).hidden = false; });
    one('tune').append(one('choices'));
    tab('report');
    one('back').focus();
    scrollTo(0, 0);
  };
  const tab = (name) => {
    ['report', 'difference'].forEach((id) => {
      one(id).hidden = id !== name;
      one(`tab-${id}`).setAttribute('aria-pressed', id === name);
    });
  };
  const tune = (isOpen) => {
    one('tune').hidden = !isOpen;
    one('tune-shown').setAttribute('aria-expanded', isOpen);
  };
  const back = () => {
    document.body.classList.remove('shown');
    one('entry').hidden = false;
    ['bar', 'shown', 'remarks'].forEach((id) => { one(id).hidden = true; });
    one('cuts').append(one('choices'));
    say('');
    one('spoken').textContent = '';
    one('text').focus();
  };

  // Two texts, framing by framing.
  const compare = ({ units, labels }) => {
    const table = one('difference').querySelector('table');
    const cell = (text, className = 'n') => make('td', className, text);
    const named = (node, name) => { node.dataset.name = name; return node; };
    const names = units.map((count, at) => `${state.shown.names[at]} (${count})`);
    const head = (text, className) => Object.assign(make('th', className, text), { scope: 'col' });
    const most = Math.max(...labels.flatMap(({ difference }) => difference[1].map(Math.abs)), 0.01);
    const x = (share) => 80 + (78 * share) / most;
    table.tHead.replaceChildren(make('tr', '', head(words.framing), ...names.map((name) => head(name, 'n')), head(words.more, 'n'), head(''), head('')));
    labels.sort((a, b) => Math.abs(b.difference[0]) - Math.abs(a.difference[0]));
    const rows = labels.map(({ label, shares, difference: [difference, [low, high]] }) => {
      const { name, code, tint } = state.about.labels[label];
      const differs = low > 0 || high < 0;
      const picture = draw('svg', { width: 160, height: 14, 'aria-hidden': true });
      picture.append(
        draw('line', { x1: 80, x2: 80, y1: 0, y2: 14, class: 'zero' }),
        draw('line', { x1: x(low), x2: x(high), y1: 7, y2: 7, class: 'range' }),
        draw('circle', { cx: x(difference), cy: 7, r: 4, class: 'dot' }));
      const first = make('th', '', make('span', 'code', code), ` ${name}`);
      first.scope = 'row';
      const share = ([own, ends], at) => named(cell(`${percent(own, 1)} [${ends.map((end) => percent(end, 1)).join(', ')}]`), names[at]);
      return make('tr', `c${tint}`, first, ...shares.map(share), named(cell(`${signed(difference)} [${signed(low)}, ${signed(high)}]`), words.more),
        make('td', '', picture), cell(differs ? words.differs : words.same, differs ? 'differs' : 'soft'));
    });
    table.tBodies[0].replaceChildren(...(rows.length ? rows : [make('tr', '', cell(words.noDifference, ''))]));
  };

  // Save and copy.
  const download = (blob, name) => {
    const url = URL.createObjectURL(blob);
    Object.assign(make('a'), { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
    say(words.saved);
  };
  const copy = async (kind) => {
    fail('');
    try {
      if (state.isStale) await work().finally(() => busy(''));
      const { text } = await ask(kind);
      try {
        await navigator.clipboard.writeText(text);
        say(words.copied);
      } catch {
        // Some browsers keep the clipboard from pages on disk.
        download(new Blob([text], { type: 'text/plain' }), `rhetor.${kind}`);
      }
    } catch (error) {
      fail(error.message);
    }
  };

  const take = (files) => {
    state.files = [...state.files, ...files];
    one('files').hidden = state.files.length === 0;
    one('files-names').textContent = state.files.map((file) => `${file.name} (${megabytes(file.size)})`).join(', ');
  };
  const useModel = async (file) => {
    fail('');
    const before = state.model;
    try {
      await begin(file && { name: file.name, bytes: await file.arrayBuffer() });
    } catch (error) {
      await begin(before).catch(() => {});
      fail(error.message);
    }
  };

  const on = (id, event, act) => one(id).addEventListener(event, act);
  const cancel = () => { begin(state.model).catch((error) => fail(error.message)); };
  // A click on a framing's name in the report, or how far it is scrolled.
  addEventListener('message', ({ source, data }) => {
    if (source !== one('report').contentWindow) return;
    const label = state.about?.labels[data?.label];
    if (label?.entry) explain(label);
    if (Number.isFinite(data?.scroll)) state.scroll = data.scroll;
  });
  addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || one('entry-of').open) return;
    if (state.busy) cancel();
    else if (one('tune').contains(document.activeElement)) {
      tune(false);
      one('tune-shown').focus();
    }
  });
  const keepLong = (event) => {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (text.length <= LONG) return;
    event.preventDefault();
    take([new File([text], words.pasted, { type: 'text/plain' })]);
    say(filled(words.keptLong, { size: megabytes(state.files.at(-1).size) }));
  };
  on('form', 'submit', (event) => { event.preventDefault(); read(); });
  on('text', 'input', () => { state.name = null; });
  ['text', 'other'].forEach((id) => on(id, 'paste', keepLong));
  on('text', 'keydown', (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) read(); });
  on('show-example', 'click', () => {
    one('text').value = JSON.parse(one('example').textContent);
    state.name = words.exampleName;
    read();
  });
  on('open', 'click', () => one('pick').click());
  on('pick', 'change', (event) => { take(event.target.files); event.target.value = ''; });
  on('remove', 'click', () => { state.files = []; take([]); });
  on('compare', 'click', () => {
    one('second').hidden = !one('second').hidden;
    one('compare').setAttribute('aria-expanded', !one('second').hidden);
    if (!one('second').hidden) one('other').focus();
  });
  on('own', 'click', () => one('pick-model').click());
  on('pick-model', 'change', (event) => { const [file] = event.target.files; event.target.value = ''; if (file) useModel(file); });
  on('embedded', 'click', () => useModel(null));
  on('reset', 'click', () => { reset(); decideAgain(); });
  on('tune-shown', 'click', () => { tune(one('tune').hidden); if (!one('tune').hidden) one('tune').querySelector('input')?.focus(); });
  on('back', 'click', back);
  on('tab-report', 'click', () => tab('report'));
  on('tab-difference', 'click', () => tab('difference'));
  on('save', 'click', () => download(state.shown.report, 'rhetor-report.html'));
  on('jsonl', 'click', () => copy('jsonl'));
  on('csv', 'click', () => copy('csv'));
  on('cancel', 'click', cancel);
  addEventListener('dragover', (event) => { event.preventDefault(); document.body.classList.add('dropping'); });
  addEventListener('dragleave', (event) => { if (!event.relatedTarget) document.body.classList.remove('dropping'); });
  addEventListener('drop', (event) => {
    event.preventDefault();
    document.body.classList.remove('dropping');
    if (document.body.classList.contains('shown')) back();
    if (event.dataTransfer.files.length) take(event.dataTransfer.files);
  });

  if (typeof WebAssembly !== 'object' || typeof Worker !== 'function' || typeof DecompressionStream !== 'function') fail(words.tooOld);
  else begin(null).catch((error) => fail(error.message));
})();
