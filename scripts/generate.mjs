// npm run generate: writes openapi.json, the dashboard's API types, the paths of its pages for the server, and the linter's rule and the picture of the floors.
// With --check it writes nothing, and fails if one of them is out of date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { floorPicture, floorRules } from './floors.mjs';
import { root, setup } from './setup.mjs';

const isCheck = process.argv.includes('--check');

setup();
const document = await openApiDocument();
const generated = {
  'openapi.json': jsonText(document),
  'web/api/schema.d.ts': await apiTypes(document),
  'src/dashboard-pages.ts': await dashboardPages(),
  '.oxlintrc.json': linterRules(),
  'docs/architecture.md': architecture(),
};
const outdated = Object.entries(generated).filter(([file, text]) => textOf(file) !== text);
if (isCheck && outdated.length > 0) {
  const files = outdated.map(([file]) => file).join(', ');
  console.error(`generate: out of date: ${files}; run npm run generate`);
  process.exit(1);
}
for (const [file, text] of outdated) {
  writeFileSync(path.join(root, file), text);
  console.log(`generate: ${file}`);
}
process.exit(0);

/** The OpenAPI document of the built program, as the server returns it. Nothing connects to a database for it. */
async function openApiDocument() {
  const [{ assemble }, { readConfig }, { openDatabase }, { makeSealer }, { makeLog }] = await Promise.all(
    ['app', 'config', 'db/pool', 'base/seal', 'base/log'].map(
      (name) => import(new URL(`../dist/${name}.js`, import.meta.url).href),
    ),
  );
  const log = makeLog('silent');
  const db = openDatabase({ connectionString: 'postgres://none' }, { max: 1, log });
  const config = readConfig({ FAIRLEAD_SERVICES: 'api' });
  const server = await assemble({ config, db, sealer: makeSealer(Buffer.alloc(32)), log }).server();
  const { body, statusCode } = await server.inject('/api/v1/openapi.json');
  if (statusCode !== 200) throw new Error(`openapi.json: ${statusCode} ${body}`);
  return JSON.parse(body);
}

/** Types of the requests and responses. The payloads of webhooks are left out: the dashboard receives none. */
async function apiTypes(described) {
  const called = Object.fromEntries(Object.entries(described).filter(([name]) => name !== 'webhooks'));
  // Imported after the set-up, which installs it.
  const { default: openapiTS, astToString, COMMENT_HEADER } = await import('openapi-typescript');
  // A client may omit properties with a default.
  const types = await openapiTS(called, { defaultNonNullable: false, silent: true });
  return COMMENT_HEADER + astToString(types);
}

/** The first segments of the pages in web/pages.ts, except those of records: these have the names of their nouns. */
async function dashboardPages() {
  const { runnerImport } = await import('vite');
  const options = { root, configFile: false, logLevel: 'error' };
  const { module: pages } = await runnerImport(path.join(root, 'web/pages.ts'), options);
  const segments = Object.values(pages.PAGES).map((page) => page.path.split('/')[1]);
  const names = [...new Set(segments)].filter((segment) => !segment.startsWith('$'));
  return `// Made by npm run generate from web/pages.ts.
/** First segments of the dashboard's own paths. */
export const DASHBOARD_PAGES: readonly string[] = [
${names.map((name) => `  '${name}',\n`).join('')}];
`;
}

function linterRules() {
  const config = JSON.parse(textOf('.oxlintrc.json'));
  const others = config.overrides.filter(({ files }) => !/^src\/[^/]+\/\*\*\/\*\.ts$/.test(files[0]));
  const overrides = [...floorRules(), ...others];
  // The formatter lays this file out: an unchanged rule keeps its text.
  if (JSON.stringify(overrides) === JSON.stringify(config.overrides)) return textOf('.oxlintrc.json');
  return jsonText({ ...config, overrides });
}

/** The document with the picture of the floors, which stands between two comments. */
function architecture() {
  return textOf('docs/architecture.md').replace(
    /(?<=<!-- floors: by npm run generate -->\n).*?(?=<!-- floors end -->)/s,
    () => `\n\`\`\`mermaid\n${floorPicture()}\n\`\`\`\n\n`,
  );
}

function jsonText(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function textOf(file) {
  const full = path.join(root, file);
  return existsSync(full) ? readFileSync(full, 'utf8') : null;
}
