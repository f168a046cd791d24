import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const run = promisify(execFile);

/** Exactly as in the documentation; only the base URL is replaced. */
const PRINTED = {
  'AX4: GET /me': `curl https://www.axocrm.com/api/v1/me \\
-H "Authorization: Bearer $AXO_API_KEY"`,
  'AX5: POST /contacts': `curl -X POST https://www.axocrm.com/api/v1/contacts \\
-H "Authorization: Bearer $AXO_API_KEY" \\
-H "Content-Type: application/json" \\
-d '{
"first_name": "Jane",
"last_name": "Doe",
"email": "jane@example.com",
"source": "website"
}'`,
  'AX6: POST /companies': `curl -X POST https://www.axocrm.com/api/v1/companies \\
-H "Authorization: Bearer $AXO_API_KEY" \\
-H "Content-Type: application/json" \\
-d '{ "name": "Acme Ltd", "website": "https://acme.example" }'`,
  'AX7: POST /deals': `curl -X POST https://www.axocrm.com/api/v1/deals \\
-H "Authorization: Bearer $AXO_API_KEY" \\
-H "Content-Type: application/json" \\
-d '{
"name": "Acme — Q3 contract",
"value": 5000,
"currency": "GBP"
}'`,
  'AX8: POST /tasks': `curl -X POST https://www.axocrm.com/api/v1/tasks \\
-H "Authorization: Bearer $AXO_API_KEY" \\
-H "Content-Type: application/json" \\
-d '{ "title": "Follow up with Acme", "priority": "high" }'`,
};

const ANSWERED: Record<keyof typeof PRINTED, [status: number, body: object, events: string[]]> = {
  'AX4: GET /me': [200, { workspace: { name: 'Acme' }, scopes: ['*'] }, []],
  'AX5: POST /contacts': [
    201,
    { first_name: 'Jane', last_name: 'Doe', email: 'jane@example.com', source: 'website', status: 'lead' },
    ['contact.created'],
  ],
  'AX6: POST /companies': [201, { name: 'Acme Ltd', website: 'https://acme.example' }, ['company.created']],
  'AX7: POST /deals': [201, { name: 'Acme — Q3 contract', value: 5000, currency: 'GBP' }, ['deal.created']],
  'AX8: POST /tasks': [201, { title: 'Follow up with Acme', priority: 'high' }, ['task.created']],
};

describe("axoCRM's curl examples, exactly as in its documentation", () => {
  let s: Scenario;
  let key: string;
  beforeAll(async () => {
    s = await startScenario();
    key = (await s.person(['*'], 'axocrm')).key;
  });
  afterAll(() => s.stop());

  test.each(Object.keys(PRINTED) as (keyof typeof PRINTED)[])('%s', async (name) => {
    const [status, body, events] = ANSWERED[name];
    await s.newEvents();
    const command = PRINTED[name].replace('https://www.axocrm.com', s.url);
    const { stdout } = await run('bash', ['-c', `${command} --silent --write-out '\\n%{http_code}'`], {
      env: { ...process.env, AXO_API_KEY: key },
    });
    const [answer, code] = stdout.split('\n');
    expect(code, stdout).toBe(String(status));
    expect(JSON.parse(answer!)).toMatchObject(body);
    expect(await s.newEvents()).toEqual(events);
  });
});
