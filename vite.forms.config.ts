import { defineConfig } from 'vite';
import { compressed } from './vite.config.ts';

/**
 * The pages of public forms: web/forms/ to dist/web/forms, from where src/crm/forms/form-site.ts serves it. Apart from the
 * dashboard, of which a visitor loads nothing. Names stay, since pages of other people name embed.js.
 */
export default defineConfig({
  root: 'web/forms',
  base: '/f/assets/',
  plugins: [compressed],
  worker: { format: 'es', rolldownOptions: { output: { entryFileNames: '[name].js' } } },
  build: {
    outDir: '../../dist/web/forms',
    emptyOutDir: false,
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: false,
    rolldownOptions: {
      input: { form: 'web/forms/form.ts', embed: 'web/forms/embed.ts' },
      output: { entryFileNames: '[name].js', assetFileNames: '[name][extname]' },
    },
  },
});
