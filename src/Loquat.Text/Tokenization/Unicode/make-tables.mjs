// Makes UnicodeTables.br and UnicodeProperties.br, the two tables beside this script:
//
//   dir=$PWD; cd $(mktemp -d) && npm install tokenizers@0.23.2 && node $dir/src/Loquat.Text/Tokenization/Unicode/make-tables.mjs
//
// (node 20 or later; 2 to 3 minutes.) Everything in the tables is what that package does: each of its parts is asked about each code point, for the parts are
// fixed to different versions of Unicode. Node's own tables only name candidates for case folds, and the class numbers below only name the places between which marks are sorted.
// The script says of each table whether its content has changed; the packed bytes may differ with node's brotli.
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(path.join(process.cwd(), 'anywhere.js'));
const T = require('tokenizers');
const folder = path.dirname(fileURLToPath(import.meta.url));

// ---- What is asked

// Planes 4 to 13 are empty and 15 and 16 are private: there every 256th code point and the edges stand for the rest.
const points = [];
for (let c = 0; c < 0x110000; c++) {
  if (c >= 0xD800 && c < 0xE000) continue;
  const edge = (c & 0xFFFF) < 4 || (c & 0xFFFF) >= 0xFFFC;
  if (c < 0x40000 || (c >= 0xE0000 && c < 0xE1000) || edge || c % 256 === 0) points.push(c);
}
const S = String.fromCodePoint;
const CP = text => [...text].map(s => s.codePointAt(0));
let everything = '';
for (let i = 0; i < points.length; i += 4096) everything += S(...points.slice(i, i + 4096));
const place = new Map(points.map((c, i) => [c, i]));

// Ranges of code points from ranges of places in `points`; what lies between two neighbors there is taken as they are.
function ranges(places) {
  const result = [];
  for (const [first, last] of places) {
    const before = result.at(-1);
    if (before && before[2] + 1 === first) [before[1], before[2]] = [points[last], last];
    else result.push([points[first], points[last], last]);
  }
  return result.map(([first, last]) => [first, last]);
}

const pointsWhere = test => ranges(points.flatMap((c, i) => test(c) ? [[i, i]] : []));

function component(kind, fields) {
  const json = { version: '1.0', truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, model: { type: 'WordLevel', vocab: { a: 0 }, unk_token: 'a' } };
  return T.Tokenizer.fromString(JSON.stringify({ ...json, [kind]: fields }));
}

const splitter = regex => component('pre_tokenizer', { type: 'Split', pattern: { Regex: regex }, behavior: 'Removed', invert: true }).getPreTokenizer();

const matches = (regex, text) => splitter(regex).preTokenizeString(text).map(([piece]) => piece);

const matched = regex => ranges(matches(`${regex}+`, everything).map(piece => {
  const first = place.get(piece.codePointAt(0));
  return [first, first + CP(piece).length - 1];
}));

// ---- How it is written: variable-length integers, differences in code-point order

function writer() {
  const bytes = [];
  const number = n => {
    for (; n > 127; n >>>= 7) bytes.push((n & 127) | 128);
    bytes.push(n);
  };
  const signed = n => number(n >= 0 ? n * 2 : -n * 2 - 1);
  const rangeList = (list, value) => {
    number(list.length);
    let from = 0;
    for (const range of list) {
      number(range[0] - from);
      number(range[1] - range[0]);
      if (value) number(range[2]);
      from = range[1] + 1;
    }
  };
  return { bytes, number, signed, rangeList };
}

// Each section with its length before it; the whole, packed, with its own length in three bytes before it.
function save(name, ...sections) {
  const file = path.join(folder, name);
  const whole = writer();
  for (const write of sections) {
    const section = writer();
    write(section);
    whole.number(section.bytes.length);
    for (const byte of section.bytes) whole.bytes.push(byte);
  }
  const content = Buffer.from(whole.bytes);
  const before = fs.existsSync(file) ? zlib.brotliDecompressSync(fs.readFileSync(file).subarray(3)) : null;
  const packed = zlib.brotliCompressSync(content, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 11, [zlib.constants.BROTLI_PARAM_LGWIN]: 22, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: content.length } });
  const same = before?.equals(content);
  if (!same) fs.writeFileSync(file, Buffer.concat([Buffer.from([content.length & 255, content.length >> 8 & 255, content.length >> 16]), packed]));
  console.log(`${name}: ${content.length} bytes, packed ${packed.length}; ${same ? 'as before' : before ? 'CHANGED' : 'new'}`);
}

// ---- UnicodeTables.br: what every tokenizer may need

// In the order of .NET's UnicodeCategory.
const categories = ['Lu', 'Ll', 'Lt', 'Lm', 'Lo', 'Mn', 'Mc', 'Me', 'Nd', 'Nl', 'No', 'Zs', 'Zl', 'Zp', 'Cc', 'Cf', 'Cs', 'Co', 'Pc', 'Pd', 'Ps', 'Pe', 'Pi', 'Pf', 'Po', 'Sm', 'Sc', 'Sk', 'So', 'Cn'];

function writeCategoriesAndSets(w) {
  const of = new Uint8Array(0x110000).fill(categories.indexOf('Cn'));
  categories.forEach((name, i) => { if (name !== 'Cs') for (const [first, last] of matched(`\\p{${name}}`)) of.fill(i, first, last + 1); });
  of.fill(categories.indexOf('Cs'), 0xD800, 0xE000);

  const pieces = (part, text) => part.preTokenizeString(text).length;
  const cuts = (part, count) => pointsWhere(c => pieces(part, `a${S(c)}a`) === count);
  const removes = part => pointsWhere(c => part.normalizeString(S(c)) === '');
  const bert = options => T.bertNormalizer({ cleanText: false, handleChineseChars: false, stripAccents: false, lowercase: false, ...options });
  // In the order of the bits of CodePointSets.
  const sets = [
    cuts(T.whitespacePreTokenizer(), 1),
    removes(bert({ cleanText: true })),
    removes(bert({ stripAccents: true })),
    cuts(T.punctuationPreTokenizer('isolated'), 3),
    removes(T.stripAccentsNormalizer()),
    cuts(T.digitsPreTokenizer(false), 3),
    matched('\\p{Alphabetic}'),
  ];
  const bits = new Uint8Array(0x110000);
  sets.forEach((list, bit) => { for (const [first, last] of list) for (let c = first; c <= last; c++) bits[c] |= 1 << bit; });

  // The different pages of 256 code points one behind the other, in runs; then the page of each 256.
  const [numbers, order] = [new Map(), []];
  const pages = Array.from({ length: 0x1100 }, (_, page) => {
    const [from, to] = [page * 256, page * 256 + 256];
    const key = `${of.slice(from, to)} ${bits.slice(from, to)}`;
    if (!numbers.has(key)) numbers.set(key, order.push(page) - 1);
    return numbers.get(key);
  });
  const codePoints = order.flatMap(page => Array.from({ length: 256 }, (_, i) => page * 256 + i));
  const runs = [];
  for (const c of codePoints) {
    const run = runs.at(-1);
    if (run && run[1] === of[c] && run[2] === bits[c]) run[0]++;
    else runs.push([1, of[c], bits[c]]);
  }
  w.number(order.length);
  runs.forEach(run => run.forEach(w.number));
  pages.forEach(w.number);
  console.log(`${order.length} pages, ${runs.length} runs`);
}

// A script has the number of its first code point's turn; what neither Latin nor Cyrillic is cut from belongs to any script.
function writeScripts(w) {
  const part = component('pre_tokenizer', { type: 'UnicodeScripts' }).getPreTokenizer();
  const apart = (a, b) => part.preTokenizeString(a + b).length > 1;
  const examples = [];
  let last = 0;
  const scripts = points.map(c => {
    const s = S(c);
    if (!apart('a', s) && !apart('б', s)) return -1;
    if (!examples.length || apart(examples[last], s)) last = examples.findIndex(example => !apart(example, s));
    return last >= 0 ? last : last = examples.push(s) - 1;
  });
  const runs = [];
  points.forEach((c, i) => {
    if (scripts[i] < 0) return;
    const run = runs.at(-1);
    if (run?.[2] === scripts[i] && run[1] === c - 1) run[1] = c;
    else runs.push([c, c, scripts[i]]);
  });
  w.rangeList(runs, true);
  console.log(`${examples.length} scripts of UnicodeScripts`);
}

const changed = part => new Map(points.flatMap(c => {
  const text = part.normalizeString(S(c));
  return text === S(c) ? [] : [[c, CP(text)]];
}));

function writeNormalization(w) {
  const isHangul = c => c >= 0xAC00 && c < 0xD7A4;
  const [nfd, nfkd, nfc] = [changed(T.nfdNormalizer()), changed(T.nfkdNormalizer()), changed(T.nfcNormalizer())];
  const all = [...new Set([...nfd.keys(), ...nfkd.keys()])].filter(c => !isHangul(c)).sort((a, b) => a - b);
  const sequence = (c, parts) => parts.forEach(part => w.signed(part - c));
  w.number(all.length);
  let from = 0;
  for (const c of all) {
    const [canonical, compatible] = [nfd.get(c), nfkd.get(c)];
    const same = canonical && String(canonical) === String(compatible);
    w.number(c - from);
    w.number(canonical ? canonical.length * 2 + (same ? 0 : 1) : 0);
    if (canonical) sequence(c, canonical);
    if (!same) w.number(compatible.length), sequence(c, compatible);
    from = c;
  }
  w.rangeList(combiningClasses(), true);

  const compose = T.nfcNormalizer();
  const pairs = [];
  for (const [c, parts] of nfd) {
    if (isHangul(c) || nfc.has(c) || parts.length < 2) continue;
    const first = CP(compose.normalizeString(S(...parts.slice(0, -1))));
    if (first.length === 1 && compose.normalizeString(S(first[0], parts.at(-1))) === S(c)) pairs.push([c, first[0], parts.at(-1)]);
  }
  pairs.sort((a, b) => a[0] - b[0]);
  w.number(pairs.length);
  from = 0;
  for (const [c, first, second] of pairs) {
    w.number(c - from), w.signed(first - c), w.signed(second - c);
    from = c;
  }
}

// One mark of each class of Unicode 12.1: marks are sorted between them.
const classes = [[1, 0x334], [7, 0x93C], [8, 0x3099], [9, 0x94D], [10, 0x5B0], [11, 0x5B1], [12, 0x5B2], [13, 0x5B3], [14, 0x5B4], [15, 0x5B5], [16, 0x5B6], [17, 0x5B7], [18, 0x5B8], [19, 0x5B9],
  [20, 0x5BB], [21, 0x5BC], [22, 0x5BD], [23, 0x5BF], [24, 0x5C1], [25, 0x5C2], [26, 0xFB1E], [27, 0x64B], [28, 0x64C], [29, 0x64D], [30, 0x64E], [31, 0x64F], [32, 0x650], [33, 0x651], [34, 0x652],
  [35, 0x670], [36, 0x711], [84, 0xC55], [91, 0xC56], [103, 0xE38], [107, 0xE48], [118, 0xEB8], [122, 0xEC8], [129, 0xF71], [130, 0xF72], [132, 0xF74], [202, 0x321], [214, 0x1DCE], [216, 0x31B],
  [218, 0x302A], [220, 0x316], [222, 0x59A], [224, 0x302E], [226, 0x1D16D], [228, 0x5AE], [230, 0x300], [232, 0x315], [233, 0x35C], [234, 0x35D], [240, 0x345]];

function combiningClasses() {
  const nfd = T.nfdNormalizer();
  const swaps = (a, b) => {
    const [x, y] = [nfd.normalizeString(S(a)), nfd.normalizeString(S(b))];
    return x !== y && nfd.normalizeString(`a${S(a, b)}`) === `a${y}${x}`;
  };
  const classOf = c => {
    const parts = CP(nfd.normalizeString(S(c)));
    if (parts.length > 1) return parts.map(classOf).reduce((a, b) => a === b ? a : 0); // marks of two classes have none together
    if (!swaps(c, classes[0][1]) && !swaps(classes.at(-1)[1], c)) return 0;
    const i = classes.findLastIndex(([, mark]) => swaps(c, mark)) + 1;
    if (i < classes.length && !swaps(classes[i][1], c)) return classes[i][0];
    throw new Error(`U+${c.toString(16)} has a class of its own`);
  };
  const runs = [];
  for (const c of points) {
    const k = classOf(c);
    if (k === 0) continue;
    const run = runs.at(-1);
    if (run?.[2] === k && run[1] === c - 1) run[1] = c;
    else runs.push([c, c, k]);
  }
  return runs;
}

// U+0130 alone has two code points and is left to the code.
function writeLowerCase(w) {
  const lower = changed(T.lowercase());
  lower.delete(0x130);
  w.number(lower.size);
  let [from, delta] = [0, 0];
  for (const [c, parts] of lower) {
    if (parts.length !== 1) throw new Error(`U+${c.toString(16)} has ${parts.length} code points in lower case`);
    w.number(c - from), w.signed(parts[0] - c - delta);
    [from, delta] = [c, parts[0] - c];
  }
}

// ---- UnicodeProperties.br: what regular expressions may ask for by name or with (?i)

// The names are those that the package's own file holds and takes; equal properties share a set.
const properties = new Map();

function writeNames(w) {
  const main = path.dirname(require.resolve('tokenizers'));
  const platform = `tokenizers.${process.platform}-${process.arch}`;
  const binary = fs.readdirSync(main).find(file => file.startsWith(platform) && file.endsWith('.node'));
  const words = new Set(fs.readFileSync(path.join(main, binary)).toString('latin1').match(/(?<=\0)[a-z0-9]+(?=\0)/g));
  const names = [...words].filter(word => {
    try { return splitter(`\\p{${word}}`); } catch { return false; }
  }).sort();
  w.number(names.length);
  for (const name of names) {
    const list = matched(`\\p{${name}}`);
    const key = String(list);
    if (!properties.has(key)) properties.set(key, { number: properties.size, list });
    w.number(name.length);
    w.bytes.push(...Buffer.from(name, 'ascii'));
    w.number(properties.get(key).number);
  }
  console.log(`${names.length} names of ${properties.size} properties`);
}

function writeProperties(w) {
  w.number(properties.size);
  for (const { list } of properties.values()) w.rangeList(list);
}

// Each set of code points that match one another under (?i), as its smallest member and the others; then those that match a sequence.
function writeFolds(w) {
  const candidates = new Set();
  const around = s => [s.toLowerCase(), s.toUpperCase(), s.toUpperCase().toLowerCase(), s.toLowerCase().toUpperCase().toLowerCase()];
  for (const c of points) {
    const forms = around(S(c)).flatMap(CP);
    if (forms.length > 4 || forms.some(x => x !== c)) [c, ...forms].forEach(x => candidates.add(x));
  }
  const list = [...candidates].sort((a, b) => a - b);
  const text = list.map(c => S(c)).join('\n');
  const literal = c => `(?i:\\x{${c.toString(16)}})`;
  const others = new Map();
  const sequences = [];
  for (const c of list) {
    const same = matches(literal(c), text).flatMap(CP).filter(x => x !== c);
    if (same.every(x => x > c)) same.forEach(x => others.set(x, c));
    else if (same.some(x => (others.get(x) ?? x) !== others.get(c))) throw new Error(`the folds of U+${c.toString(16)} are no equivalence`);
    const longer = around(S(c)).find(s => CP(s).length > 1 && matches(literal(c), s)[0] === s);
    if (longer) sequences.push([c, CP(longer)]);
  }
  const pairs = [...others].sort((a, b) => a[0] - b[0]);
  w.number(pairs.length);
  let [from, delta] = [0, 0];
  for (const [c, first] of pairs) {
    w.number(c - from), w.signed(c - first - delta);
    [from, delta] = [c, c - first];
  }
  w.number(sequences.length);
  from = 0;
  for (const [c, parts] of sequences) {
    w.number(c - from), w.number(parts.length), parts.forEach(part => w.number(others.get(part) ?? part));
    from = c;
  }
  console.log(`${pairs.length} folds to one code point, ${sequences.length} to more`);
}

save('UnicodeTables.br', writeCategoriesAndSets, writeScripts, writeNormalization, writeLowerCase);
save('UnicodeProperties.br', writeNames, writeProperties, writeFolds);
