// The floors of src, lowest first: a folder may import from lower floors only, not from its own floor or above
// (docs/architecture.md). Folders on one line share a floor. `npm run generate` writes the linter's rule from this
// table; test/house.test.ts tests a forbidden import on every floor.
export const FLOORS = [
  ['base'],
  ['net'],
  ['db'],
  ['jobs', 'events'],
  ['mail'],
  ['account'],
  ['connections'],
  ['delivery'],
  ['http'],
  ['record'],
  ['crm', 'api'],
  ['integrations'],
];

/** The files above all floors, as the linter matches them. */
export const ROOF = [
  '../app.ts',
  '../routes.ts',
  '../http-assembly.ts',
  '../accounts.ts',
  '../catalogue.ts',
  '../version.ts',
  '../main.ts',
  '../services.ts',
  'cli/**',
  '../serve.ts',
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
