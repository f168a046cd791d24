// The floors of src, lowest first: a folder may import from lower floors only, not from its own floor or above
// (docs/architecture.md). Folders on one line share a floor. `npm run generate` writes the linter's rule and
// the picture in docs/architecture.md from this table; test/house.test.ts tests a forbidden import on every floor.
export const FLOORS = [
  ['base'],
  ['net'],
  ['db'],
  ['jobs', 'events', 'files'],
  ['mail'],
  ['account'],
  ['connections'],
  ['delivery'],
  ['http'],
  ['record'],
  ['crm', 'messaging', 'payments', 'scheduling', 'training', 'api'],
  ['integrations'],
  ['mcp', 'oauth'],
];

/** The files above all floors, as the linter matches them. */
export const ROOF = [
  '../app.ts',
  '../routes.ts',
  '../http-assembly.ts',
  '../accounts.ts',
  '../catalogue.ts',
  '../integrations.ts',
  '../foundation.ts',
  '../background-work.ts',
  '../module-assembly.ts',
  '../file-assembly.ts',
  '../job-assembly.ts',
  '../mail-assembly.ts',
  '../delivery-assembly.ts',
  '../modules.ts',
  '../version.ts',
  '../main.ts',
  'cli/**',
  '../serve.ts',
  '../start.ts',
  '../maintenance.ts',
  '../store.ts',
  '../data-directory.ts',
  '../first-start.ts',
  '../config.ts',
];

/** The linter's overrides, one for each folder. */
export function floorRules() {
  return FLOORS.flatMap((floor, at) =>
    floor.map((folder) => {
      const above = FLOORS.slice(at)
        .flat()
        .filter((other) => other !== folder);
      return {
        files: [`src/${folder}/**/*.ts`],
        rules: {
          'no-restricted-imports': [
            'error',
            {
              patterns: [
                {
                  group: [...above.map((other) => `**/${other}/**`), ...ROOF.map((roof) => `**/${roof}`)],
                  message: `Floor: src/${folder} may only import from lower floors (docs/architecture.md).`,
                },
              ],
            },
          ],
        },
      };
    }),
  );
}

/** The floors as a Mermaid picture, the highest first: each floor may import all below it. */
export function floorPicture() {
  const rows = [['app.ts, main.ts, cli'], ...FLOORS.toReversed()];
  const boxes = rows.map((floor, at) => `  f${at}["${floor.join(' · ')}"]`);
  return ['flowchart TB', ...boxes, `  ${rows.map((_floor, at) => `f${at}`).join(' --> ')}`].join('\n');
}
