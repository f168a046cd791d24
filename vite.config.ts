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

/** The renderer of notes, with what it depends on: loaded where there are notes. */
const MARKDOWN = [
  'react-markdown',
  'remark-',
  'micromark',
  'mdast-',
  'hast',
  'unist-',
  'unified',
  'vfile',
  'devlop',
  'bail',
  'trough',
  'trim-lines',
  'decode-named',
  'character-',
  'html-url-',
  'property-information',
  'style-to-',
  'inline-style-parser',
  'comma-separated',
  'space-separated',
  'ccount',
  'longest-streak',
  'markdown-table',
  'estree-util',
  'zwitch',
  'is-plain-obj',
  'extend',
  'escape-string-regexp',
  '@ungap',
  'stringify-entities',
];

/** Other libraries that not every page needs: the calendar, number inputs, tables, what drags cards, and what edits JSON. */
const ON_DEMAND = [
  '@mantine/dates',
  'dayjs',
  '@dnd-kit',
  'jsonc-parser',
  '@tanstack/react-table',
  '@tanstack/table-core',
  'react-number-format',
  '@mantine/core/esm/components/NumberInput',
  // The command palette.
  '@mantine/spotlight',
  '@mantine/store',
  // Forms.
  '@mantine/form',
  '@mantine/notifications',
  'react-transition-group',
  'klona',
  'fast-deep-equal',
  ...[
    'Accordion',
    'Autocomplete',
    'Fieldset',
    'FloatingIndicator',
    'Highlight',
    'Mark',
    'MultiSelect',
    'PasswordInput',
    'Pill',
    'PillsInput',
    'Radio',
    'SegmentedControl',
    'SimpleGrid',
    'Switch',
    'Table',
    'Tabs',
    'TagsInput',
    'Textarea',
  ].map((name) => `@mantine/core/esm/components/${name}/`),
];

const packageOf = (id: string) => id.replaceAll('\\', '/').split('/node_modules/').at(-1)!;
const isPackage = (id: string) => /[\\/]node_modules[\\/]/.test(id);
const isOneOf = (names: readonly string[], id: string) =>
  names.some((name) => packageOf(id).startsWith(name));
const isMarkdown = (id: string) => isPackage(id) && isOneOf(MARKDOWN, id);
const isLibrary = (id: string) =>
  /web[\\/]mantine\.css/.test(id) || (isPackage(id) && !isOneOf([...MARKDOWN, ...ON_DEMAND], id));

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
            { name: 'libraries', test: isLibrary, priority: 2 },
            { name: 'markdown', test: isMarkdown, priority: 2 },
            // Without what needs libraries that are loaded on demand.
            {
              name: 'pieces',
              test: /web[\\/](api|ui)[\\/](?!webhook-q|delivery-|inbox-|connection-|api-key-|egress-|integration-|inbound-|retention-|audit-|form-q|booking-page-|availability-|appointment-q|lead-analytics-|lead-settings-|key-style-|exact-json|json-|data-table|calendar|number-box|form-drawer|use-api-form|decimal-input|view-switch|developer-fold|secret-modal|notif)/,
              priority: 1,
            },
          ],
        },
      },
    },
  },
});
