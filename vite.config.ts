import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';
import react from '@vitejs/plugin-react';
import mantine from 'postcss-preset-mantine';
import variables from 'postcss-simple-vars';
import { defineConfig, type Plugin } from 'vite';

const compress = promisify(brotliCompress);

/** Compresses every script, style and picture by Brotli, and keeps only that; src/http/assets.ts derives other codings. */
export const compressed: Plugin = {
  name: 'compressed-assets',
  apply: 'build',
  async writeBundle({ dir }, bundle) {
    const files = Object.keys(bundle).filter((name) => !name.endsWith('.html'));
    await Promise.all(
      files.map(async (name) => {
        const file = path.join(dir!, name);
        await writeFile(`${file}.br`, await compress(await readFile(file)));
        await rm(file);
      }),
    );
  },
};

/** The dashboard: web/ to dist/web, from where src/http/pages.ts serves it. */
export default defineConfig({
  root: 'web',
  // web/public has sources, which are not to be copied.
  publicDir: false,
  plugins: [react(), compressed],
  css: {
    postcss: {
      plugins: [
        mantine(),
        // The breakpoints of web/theme.ts: media queries can not read custom properties.
        variables({
          variables: {
            'mantine-breakpoint-xs': '36em',
            'mantine-breakpoint-sm': '48em',
            'mantine-breakpoint-md': '62em',
            'mantine-breakpoint-lg': '75em',
            'mantine-breakpoint-xl': '88em',
          },
        }),
      ],
    },
  },
  build: {
    outDir: '../dist/web',
    // The files of public pages are next to it (vite.public.config.ts); scripts/setup.mjs empties both.
    emptyOutDir: false,
    sourcemap: false,
    // Nothing inline: the pages' Content-Security-Policy lets scripts come from files alone.
    assetsInlineLimit: 0,
    // In kB, before compression; the libraries are 740.
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Few files, each of which every page needs most of: the libraries but for the calendar, which forms alone
          // have, what drags cards, and our own pieces.
          groups: [
            {
              name: 'libraries',
              test: /web[\\/]mantine\.css|node_modules[\\/](?!@mantine[\\/]dates|dayjs|@dnd-kit)/,
              priority: 2,
            },
            { name: 'pieces', test: /web[\\/](api|ui)[\\/]/, priority: 1 },
          ],
        },
      },
    },
  },
});
