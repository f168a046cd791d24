// The floors of src, from the ground up: a folder imports from the floors below its own, and from nothing beside it or
// above it (docs/architecture.md). Folders on one line are siblings. `npm run generate` writes the linter's rule from
// this table; test/house.test.ts plants a crossing on every floor.
export const FLOORS = [
  ['base'],
  ['db'],
  ['jobs', 'events'],
  ['mail'],
  ['account'],
  ['delivery'],
  ['http'],
  ['record'],
  ['crm', 'settings'],
  ['formats', 'integrations'],
];

/** What stands above them all, as the linter matches it. */
export const ROOF = [
  '../app.ts',
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
                  message: `Floor: src/${folder} may import only what stands below it (docs/architecture.md).`,
                },
              ],
            },
          ],
        },
      };
    }),
  );
}
