// npm run generate: the API's types as the dashboard sees them, out of the document that the tests hold.
// With --check it only says whether they are as they should be.
import { bin, run, setup } from './setup.mjs';

setup();
run(bin('openapi-typescript'), [
  'test/http/openapi.snap.json',
  '--output=web/api/schema.d.ts',
  // What has a default may be left out by a client.
  '--default-non-nullable=false',
  ...process.argv.slice(2),
]);
