import path from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const SOURCES = path.resolve('src');

/**
 * Modules find files (migrations, pages, workers) by their own place. In a bundle they keep the place that the compiler
 * gives them in dist/.
 */
const ownPlace: Plugin = {
  name: 'own-place',
  transform(code, id) {
    if (!id.startsWith(SOURCES) || !code.includes('import.meta.url')) return null;
    const fromChunk = path.posix.join('..', path.relative(SOURCES, id).replace(/\.ts$/, '.js'));
    return code.replaceAll('import.meta.url', `new URL('${fromChunk}', import.meta.url).href`);
  },
};

/**
 * The program: src/ to dist/main.js and dist/bundle/, because Node takes half a second to load 390 modules. Dependencies
 * stay outside, so that npm can update them alone. dist/ also has every module by itself, as the compiler makes it: for
 * worker threads, and for measurements and tests that use one.
 */
export default defineConfig({
  plugins: [ownPlace],
  build: {
    ssr: 'src/main.ts',
    target: 'node20',
    outDir: 'dist',
    emptyOutDir: false,
    minify: false,
    rolldownOptions: {
      output: {
        entryFileNames: 'main.js',
        chunkFileNames: 'bundle/[name].js',
        comments: false,
        // Only local names get shorter: a stack trace names functions and classes as in src/.
        minify: {
          compress: { keepNames: { function: true, class: true } },
          mangle: { keepNames: true },
          codegen: { removeWhitespace: true },
        },
      },
    },
  },
});
