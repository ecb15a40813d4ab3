/*
 * Bundles the notebook widgets into one ES module and one style sheet inside the Python package.
 * Nothing of JupyterLab goes in, and nothing is fetched when they run.
 */
import { readFile } from 'node:fs/promises';

import { build } from 'esbuild';

const OUT = '../jupyter_persian_ai/widgets/static';

/** A widget has no address from which a font could be taken; JupyterLab's panel brings it. */
const withoutFonts = {
  name: 'without-fonts',
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(/@font-face\s*\{[^}]*\}/g, ''),
      loader: 'css'
    }));
  }
};

const result = await build({
  entryPoints: { widget: 'src/widget/index.tsx', style: 'src/widget/style.css' },
  outdir: OUT,
  entryNames: '[name]',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  jsx: 'transform',
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [withoutFonts],
  metafile: true,
  logLevel: 'warning'
});

for (const input of Object.keys(result.metafile.inputs)) {
  if (input.includes('node_modules/@jupyterlab/')) {
    throw new Error(`${input} must not be in the widgets`);
  }
}
for (const [file, { bytes }] of Object.entries(result.metafile.outputs)) {
  console.log(`${file}  ${(bytes / 1024).toFixed(0)} KiB`);
}
