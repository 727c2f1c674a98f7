// Bundles the console into dist/: index.html and assets/* with hashed names.
// Everything is served by the Shequn binary itself: nothing is loaded from elsewhere at run time.
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

const PUBLIC_PATH = '/console/assets/';

const shared = {
  bundle: true,
  minify: true,
  target: 'es2022',
  outdir: 'dist/assets',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  metafile: true,
  logLevel: 'warning',
};

await rm('dist', { recursive: true, force: true });

// The editor starts each worker from a file of its own: the page's policy allows no blob: workers.
const workers = await build({
  ...shared,
  format: 'iife',
  entryPoints: {
    'worker-editor': 'monaco-editor/esm/vs/editor/editor.worker.js',
    'worker-json': 'monaco-editor/esm/vs/language/json/json.worker.js',
    'worker-graphql': 'monaco-graphql/esm/graphql.worker.js',
  },
});

const page = await build({
  ...shared,
  format: 'esm',
  splitting: true,
  entryPoints: { console: 'src/main.tsx' },
  publicPath: PUBLIC_PATH,
  loader: { '.graphql': 'text', '.ttf': 'file' },
  define: {
    'process.env.NODE_ENV': '"production"',
    WORKER_EDITOR: JSON.stringify(address(workers, /^worker-editor-.*\.js$/)),
    WORKER_JSON: JSON.stringify(address(workers, /^worker-json-.*\.js$/)),
    WORKER_GRAPHQL: JSON.stringify(address(workers, /^worker-graphql-.*\.js$/)),
  },
});

// The entry's style sheet holds those of the parts loaded later too; the copies made beside them are never asked for.
const styles = Object.keys(page.metafile.outputs).filter((output) => output.endsWith('.css'));
const copies = styles.filter((output) => !path.basename(output).startsWith('console-'));
await Promise.all(copies.map((copy) => rm(copy)));

const template = await readFile('src/index.html', 'utf8');
const html = template
  .replace('{{style}}', address(page, /^console-.*\.css$/))
  .replace('{{script}}', address(page, /^console-.*\.js$/));
await writeFile('dist/index.html', html);

/** The public address of the one built file whose name matches. */
function address({ metafile }, pattern) {
  const names = Object.keys(metafile.outputs).map((output) => path.basename(output));
  const matching = names.filter((name) => pattern.test(name));
  if (matching.length !== 1) throw new Error(`expected one file for ${pattern}, found: ${matching}`);
  return PUBLIC_PATH + matching[0];
}
