// Hugging Face tokenizers by its npm package. Run in the folder where the package is installed; prints seconds and the peak of memory in MiB.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const library = createRequire(path.join(process.cwd(), 'package.json'))('tokenizers');
const [task, ...rest] = process.argv.slice(2);
const now = () => Number(process.hrtime.bigint()) / 1e9;
const time = async (action) => { const start = now(); await action(); return now() - start; };
const lines = (file) => { const all = fs.readFileSync(file, 'utf8').split('\n'); if (all.at(-1) === '') all.pop(); return all; };

// The package gives no way to choose the size: its trainers learn 30,000 tokens, Unigram 8,000.
async function train(kind, file) {
  const { BPE, WordPiece, Unigram, Tokenizer } = library;
  const tokenizer = new Tokenizer({ bpe: BPE, wordpiece: WordPiece, unigram: Unigram }[kind].empty());
  if (kind === 'bpe') tokenizer.setPreTokenizer(library.byteLevelPreTokenizer(false));
  if (kind === 'unigram') tokenizer.setPreTokenizer(library.metaspacePreTokenizer());
  if (kind === 'wordpiece') {
    tokenizer.setNormalizer(library.bertNormalizer());
    tokenizer.setPreTokenizer(library.bertPreTokenizer());
  }
  return time(() => tokenizer.train([file]));
}

async function passes(warm, pass) {
  await warm();
  let least = Infinity;
  for (let i = 0; i < 3; i++) least = Math.min(least, await time(pass));
  return least;
}

async function one(tokenizer, texts) {
  for (const text of texts) (await tokenizer.encode(text, null, { addSpecialTokens: false })).getIds();
}

async function batch(tokenizer, texts) {
  for (let i = 0; i < texts.length; i += 1000) {
    for (const encoding of await tokenizer.encodeBatch(texts.slice(i, i + 1000), { addSpecialTokens: false })) encoding.getIds();
  }
}

async function encode(file, textFile, way) {
  const tokenizer = library.Tokenizer.fromFile(file);
  const texts = lines(textFile);
  const run = way === 'batch' ? batch : one;
  return passes(() => run(tokenizer, texts.slice(0, 2000)), () => run(tokenizer, texts));
}

async function decode(file, textFile) {
  const tokenizer = library.Tokenizer.fromFile(file);
  const ids = [];
  for (const text of lines(textFile)) ids.push((await tokenizer.encode(text, null, { addSpecialTokens: false })).getIds());
  const run = async (all) => { for (let i = 0; i < all.length; i += 1000) await tokenizer.decodeBatch(all.slice(i, i + 1000), true); };
  return passes(() => run(ids.slice(0, 2000)), () => run(ids));
}

const tasks = { train, encode, decode, load: (file) => time(() => library.Tokenizer.fromFile(file)) };
const seconds = await tasks[task](...rest);
console.log(`${seconds.toFixed(4)}\t${(process.resourceUsage().maxRSS / 1024).toFixed(0)}`);
