// npm run generate: the API's types as the dashboard sees them, out of the document that the tests hold, and the
// linter's rule for the floors, out of floors.mjs. With --check it only says whether they are as they should be.
import { readFileSync, writeFileSync } from 'node:fs';
import { floorRules } from './floors.mjs';
import { bin, run, setup } from './setup.mjs';

const LINTER = new URL('../.oxlintrc.json', import.meta.url);

setup();
writeFloors(process.argv.includes('--check'));
run(bin('openapi-typescript'), [
  'test/http/openapi.snap.json',
  '--output=web/api/schema.d.ts',
  // What has a default may be left out by a client.
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
