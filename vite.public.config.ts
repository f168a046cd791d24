import { defineConfig } from 'vite';
import { compressed } from './vite.config.ts';

/**
 * Scripts and styles of public pages: web/public/ to dist/web/public, from where src/http/public/public-routes.ts serves
 * them. Apart from the dashboard, of which a visitor loads nothing. Names and the path /f/assets/ stay: other people's
 * pages load embed.js.
 */
export default defineConfig({
  root: 'web/public',
  publicDir: false,
  base: '/f/assets/',
  plugins: [compressed],
  worker: { format: 'es', rolldownOptions: { output: { entryFileNames: '[name].js' } } },
  build: {
    outDir: '../../dist/web/public',
    emptyOutDir: false,
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: false,
    rolldownOptions: {
      input: {
        form: 'web/public/form.ts',
        booking: 'web/public/booking.ts',
        embed: 'web/public/embed.ts',
      },
      output: { entryFileNames: '[name].js', assetFileNames: '[name][extname]' },
    },
  },
});
