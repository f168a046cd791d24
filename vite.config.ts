import react from '@vitejs/plugin-react';
import mantine from 'postcss-preset-mantine';
import variables from 'postcss-simple-vars';
import { defineConfig } from 'vite';

/** The dashboard: web/ to dist/web, from where src/http/pages.ts serves it. */
export default defineConfig({
  root: 'web',
  plugins: [react()],
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
    // The pages of forms are beside it (vite.forms.config.ts); scripts/setup.mjs empties both.
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
          // have, and our own pieces.
          groups: [
            { name: 'libraries', test: /node_modules[\\/](?!@mantine[\\/]dates|dayjs)/, priority: 2 },
            { name: 'pieces', test: /web[\\/](api|ui)[\\/]/, priority: 1 },
          ],
        },
      },
    },
  },
});
