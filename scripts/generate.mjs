// npm run generate: generates the dashboard's API types from the OpenAPI snapshot of the tests, and the linter's
// rule for the floors from floors.mjs. With --check it only reports whether they are up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { floorRules } from './floors.mjs';
import { bin, run, setup } from './setup.mjs';

const LINTER = new URL('../.oxlintrc.json', import.meta.url);

setup();
writeFloors(process.argv.includes('--check'));
run(bin('openapi-typescript'), [
  'test/http/openapi.snap.json',
  '--output=web/api/schema.d.ts',
  // A client may omit properties with a default.
  '--default-non-nullable=false',
  ...process.argv.slice(2),
]);

/** @param {boolean} isCheck */
function writeFloors(isCheck) {
  const config = JSON.parse(readFileSync(LINTER, 'utf8'));
  const others = config.overrides.filter(({ files }) => !/^src\/[^/]+\/\*\*\/\*\.ts$/.test(files[0]));
  const overrides = [...floorRules(), ...others];
  if (JSON.stringify(overrides) === JSON.stringify(config.overrides)) return;
  if (isCheck) {
    console.error(
      'generate: .oxlintrc.json does not have the floors of scripts/floors.mjs; run npm run generate',
    );
    process.exit(1);
  }
  writeFileSync(LINTER, `${JSON.stringify({ ...config, overrides }, null, 2)}\n`);
}
