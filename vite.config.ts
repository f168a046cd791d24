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
  // Those of web/mantine.css are a part of that file.
  '@mantine/core/styles/',
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
  '@mantine/hooks/esm/use-hotkeys',
  // The calendar, folds, and notifications.
  '@mantine/hooks/esm/use-collapse',
  '@mantine/hooks/esm/use-drag',
  // Home.
  '@tanstack/query-core/build/modern/queriesObserver',
  '@tanstack/react-query/build/modern/useQueries',
  // Forms.
  '@mantine/form',
  '@mantine/notifications',
  'react-transition-group',
  'klona',
  'fast-deep-equal',
  ...[
    'Accordion',
    'Autocomplete',
    'Collapse',
    'Combobox/use-pills-reorder',
    'Fieldset',
    'FileButton',
    'Highlight',
    'Mark',
    'MultiSelect',
    'Notification',
    'PasswordInput',
    'Pill',
    'PillsInput',
    'Radio',
    'SimpleGrid',
    'Switch',
    'Table',
    'Tabs',
    'TagsInput',
    'Textarea',
  ].map((name) => `@mantine/core/esm/components/${name}/`),
];

/** Drawers and modals, with what locks the page below them: loaded with the first. */
const DIALOGS = [
  ...['Drawer', 'Modal', 'ModalBase'].map((name) => `@mantine/core/esm/components/${name}/`),
  'react-remove-scroll',
  'react-style-singleton',
  'use-callback-ref',
  'use-sidecar',
  'get-nonce',
  'tslib',
];

/** Our own code that nearly every page needs, by the starts of its names. What is not here is loaded where it is shown. */
const PIECES: Readonly<Record<string, readonly string[]>> = {
  api: ['client', 'list-query', 'member-', 'notice-', 'object-', 'query-client', 'record-', 'session-'],
  record: ['actor', 'object-view', 'person', 'record-link', 'record-title'],
};
/** Of web/ui, it is all but these. */
const SPECIAL_PIECES = [
  'calendar',
  'confirm-dialog',
  'data-table',
  'decimal-input',
  'developer-fold',
  'filters',
  'form-drawer',
  'json-',
  'notification',
  'number-box',
  'row-chunk',
  'secret-modal',
  'time-filter',
  'use-api-form',
  'view-switch',
];

const packageOf = (id: string) => id.replaceAll('\\', '/').split('/node_modules/').at(-1)!;
const isPackage = (id: string) => /[\\/]node_modules[\\/]/.test(id);
const isOneOf = (names: readonly string[], id: string) =>
  names.some((name) => packageOf(id).startsWith(name));
const isMarkdown = (id: string) => isPackage(id) && isOneOf(MARKDOWN, id);
const isDialog = (id: string) => isPackage(id) && isOneOf(DIALOGS, id);
const isLibrary = (id: string) =>
  /web[\\/]mantine\.css/.test(id) || (isPackage(id) && !isOneOf([...MARKDOWN, ...DIALOGS, ...ON_DEMAND], id));

const isPiece = (id: string) => {
  const [, folder = '', name = ''] = /[\\/]web[\\/](api|record|ui)[\\/]([^\\/]+)$/.exec(id) ?? [];
  const startsWith = (start: string) => name.startsWith(start);
  return folder === 'ui' ? !SPECIAL_PIECES.some(startsWith) : (PIECES[folder] ?? []).some(startsWith);
};
/** What lists and pages of records have in common. */
const isField = (id: string) => /[\\/]web[\\/]fields[\\/](?!form-inputs)/.test(id);

/** The style sheets of Mantine's components that are loaded on demand come with them; web/mantine.css has the others. */
const componentStyles: Plugin = {
  name: 'component-styles',
  enforce: 'pre',
  async transform(code, id) {
    const name = /@mantine[\\/]core[\\/]esm[\\/]components[\\/].*?([A-Za-z]+)\.module\.mjs$/.exec(id)?.[1];
    if (name === undefined || isLibrary(id)) return null;
    const sheet = await this.resolve(`@mantine/core/styles/${name}.css`, id);
    return sheet && { code: `import '@mantine/core/styles/${name}.css';\n${code}`, moduleSideEffects: true };
  },
};

/** The dashboard: web/ to dist/web, from where src/http/pages.ts serves it. */
export default defineConfig({
  root: 'web',
  // web/public has sources, which are not to be copied.
  publicDir: false,
  plugins: [react(), componentStyles, compressed],
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
    // In kB, before compression; the libraries are 605.
    chunkSizeWarningLimit: 650,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Few files, each of which the pages that load it need most of. Many small files would be larger: each is
          // compressed on its own.
          groups: [
            { name: 'libraries', test: isLibrary, priority: 2 },
            { name: 'markdown', test: isMarkdown, priority: 2 },
            { name: 'dialogs', test: isDialog, priority: 2 },
            { name: 'pieces', test: isPiece, priority: 1 },
            { name: 'fields', test: isField },
          ],
        },
      },
    },
  },
});
