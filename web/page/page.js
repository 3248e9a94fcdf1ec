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
  const state = { program: null, model: null, about: null, name: null, files: [], shown: null, busy: false };
  const cuts = new Map();
  const left = new Set();

  const say = (text) => { one('status').textContent = text; };
  const fail = (text) => {
    one('fault').textContent = text ? words.failed + text : '';
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
    const packed = state.program ? null : one('program').textContent;
    const { program, about } = await ask('start', { program: state.program, packed, model });
    one('program').textContent = '';
    state.program = program;
    state.about = about;
    state.model = model;
    return about;
  };
  const busy = (text) => {
    state.busy = Boolean(text);
    one('busy').hidden = !text;
    one('busy-words').textContent = text || '';
    one('progress').removeAttribute('value');
    one('cancel').hidden = text !== words.reading;
    ['find', 'show-example', 'own', 'embedded'].forEach((id) => { one(id).disabled = state.busy; });
  };
  let ready = null;
  const begin = (model) => {
    busy(words.loading);
    ready = start(model).then(introduce).finally(() => busy(''));
    return ready;
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
    const [right, found] = [make('td', 'n'), make('td', 'n')];
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
    range.addEventListener('input', () => { cuts.set(at, range.value / 100); tell(); });
    check.addEventListener('change', () => { if (check.checked) left.delete(at); else left.add(at); });
    tell();
    const more = make('button', 'plain', words.meaning);
    more.type = 'button';
    more.setAttribute('aria-label', `${label.name}: ${words.meaning}`);
    more.addEventListener('click', () => explain(label));
    const head = make('th', '', name);
    head.scope = 'row';
    return make('tr', '', head, make('td', '', range, value), right, found, make('td', '', ...(label.entry ? [more] : [])));
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
  const read = async () => {
    if (state.busy) return;
    fail('');
    say('');
    try {
      await ready;
      const all = await texts();
      if (all.length === 0) {
        say(words.nothing);
        one('text').focus();
        return;
      }
      busy(words.reading);
      const bar = one('progress');
      const answer = await ask('read', { texts: all, wanted: wanted() }, (done, of) => { bar.max = of; bar.value = done; });
      state.shown = { names: all.map(({ name }) => name), ...answer };
      show();
    } catch (error) {
      if (error.message === words.cancelled) say(words.cancelled);
      else fail(error.message);
      // Whatever stopped in the middle of its work is not asked again.
      if (error.message !== words.cancelled) await begin(state.model).catch((again) => fail(again.message));
    } finally {
      busy('');
    }
  };

  let frame = null;
  const show = () => {
    const { report, remarks, difference } = state.shown;
    if (frame) URL.revokeObjectURL(frame);
    frame = URL.createObjectURL(report);
    one('report').src = frame;
    one('remarks').textContent = remarks;
    one('remarks').hidden = !remarks;
    one('tab-difference').hidden = !difference;
    if (difference) compare(difference);
    document.body.classList.add('shown');
    one('entry').hidden = true;
    ['bar', 'shown'].forEach((id) => { one(id).hidden = false; });
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
  const back = () => {
    document.body.classList.remove('shown');
    one('entry').hidden = false;
    ['bar', 'shown', 'remarks'].forEach((id) => { one(id).hidden = true; });
    say('');
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
    one('files-names').textContent = state.files.map((file) => file.name).join(', ');
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
  // A click on a framing's name in the report.
  addEventListener('message', ({ source, data }) => {
    const label = state.about?.labels[data?.label];
    if (source === one('report').contentWindow && label?.entry) explain(label);
  });
  on('form', 'submit', (event) => { event.preventDefault(); read(); });
  on('text', 'input', () => { state.name = null; });
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
  on('reset', 'click', reset);
  on('back', 'click', back);
  on('tab-report', 'click', () => tab('report'));
  on('tab-difference', 'click', () => tab('difference'));
  on('save', 'click', () => download(state.shown.report, 'rhetor-report.html'));
  on('jsonl', 'click', () => copy('jsonl'));
  on('csv', 'click', () => copy('csv'));
  on('cancel', 'click', () => { begin(state.model).catch((error) => fail(error.message)); });
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
