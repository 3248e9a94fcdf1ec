// Runs rhetor beside the page, so that the page stays at hand. Each message asks for one thing and is answered by one, or by an error in words.
(() => {
  'use strict';
  const PIECE = 1 << 16;
  let rhetor = null;

  const bytes = (text) => {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const letters = atob(text);
    const packed = new Uint8Array(letters.length);
    // Some ten times as fast as `Uint8Array.from` with a function.
    for (let at = 0; at < letters.length; at += 1) packed[at] = letters.charCodeAt(at);
    return packed;
  };
  // Compiled while it is being unpacked.
  const unpacked = (text) => {
    const stream = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream('gzip'));
    return WebAssembly.compileStreaming(new Response(stream, { headers: { 'Content-Type': 'application/wasm' } }));
  };
  const open = (name, bytes, progress) => {
    rhetor.open(name, bytes.subarray(0, 4096));
    for (let at = 0; at < bytes.length; at += PIECE) {
      const piece = bytes.subarray(at, at + PIECE);
      rhetor.push(piece);
      progress(at + piece.length);
    }
    rhetor.close();
  };
  // What is read first takes longest: that is done while the user looks for a text.
  let isUsed = false;
  const warm = (example) => {
    if (isUsed) return;
    rhetor.begin('{}');
    open('', new TextEncoder().encode(example), () => {});
    rhetor.report();
    rhetor.begin('{}');
  };
  const tasks = {
    // The compiled program goes back, so that the next worker starts at once.
    start: async ({ program, packed, model, example }) => {
      const module = program ?? await unpacked(packed);
      await wasm_bindgen({ module_or_path: module });
      rhetor = model ? wasm_bindgen.Rhetor.of_file(new Uint8Array(model.bytes), model.name) : wasm_bindgen.Rhetor.embedded();
      setTimeout(warm, 0, example);
      return { program: module, about: JSON.parse(rhetor.about()) };
    },
    read: ({ texts, wanted, id }) => {
      const of = texts.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
      let done = 0;
      isUsed = true;
      rhetor.begin(JSON.stringify(wanted));
      texts.forEach(({ name, bytes }) => {
        const all = new Uint8Array(bytes);
        const before = done;
        open(name, all, (own) => { done = before + own; postMessage({ id, done, of }); });
      });
      // A blob is handed over without being copied.
      const report = new Blob([rhetor.report()], { type: 'text/html' });
      return { report, marks: [...rhetor.marks()], remarks: JSON.parse(rhetor.remarks()), difference: JSON.parse(rhetor.difference()) };
    },
    jsonl: () => ({ text: new TextDecoder().decode(rhetor.jsonl()) }),
    csv: () => ({ text: new TextDecoder().decode(rhetor.csv()) }),
  };
  onmessage = async ({ data }) => {
    try {
      postMessage({ id: data.id, answer: await tasks[data.task](data) });
    } catch (error) {
      postMessage({ id: data.id, error: String(error?.message ?? error) });
    }
  };
})();
