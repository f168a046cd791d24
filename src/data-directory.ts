import { fileURLToPath } from 'node:url';
import { StartError } from './base/errors.ts';
import type { Config } from './config.ts';
import { findPlace, type Place } from './db/embedded/data-dir-location.mjs';
import { keepPlace } from './db/embedded/data-dir-record.mjs';

/** The root folder of the program: of the clone, or of the package. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));

type Environment = Record<string, string | undefined>;

/**
 * The settings with the data directory of this start, and a line for people if it is not the expected one. A
 * choice that is made now is recorded.
 * @throws StartError if there is no place for the data, or if it is unclear which one is right
 */
export function settleDataDir(config: Config, env: Environment): { config: Config; note: string | null } {
  const place = findPlace({ root: ROOT, cwd: process.cwd(), env });
  if ('problem' in place) throw new StartError(place.problem);
  try {
    keepPlace(place);
  } catch (error) {
    throw new StartError(
      `${place.dir} cannot be created (${(error as NodeJS.ErrnoException).code}): set FAIRLEAD_DATA_DIR to another directory.`,
      { cause: error },
    );
  }
  const dataDirChosen = place.kind === 'chosen' && !config.databaseUrl;
  return {
    config: { ...config, dataDir: place.dir, dataDirChosen },
    note: dataDirChosen ? noteOn(place) : null,
  };
}

/** The data directory for a client that looks for the first key: nothing is created, and it may be missing. */
export function lookUpDataDir(config: Config, env: Environment): Config {
  const place = findPlace({ root: ROOT, cwd: process.cwd(), env });
  return 'problem' in place ? config : { ...config, dataDir: place.dir };
}

function noteOn({ dir, why, temporary }: Place): string {
  const because = why === null ? '' : `, because ./data cannot be used: ${why}`;
  const warning = temporary
    ? ' The system may empty that directory: set FAIRLEAD_DATA_DIR to a permanent one.'
    : '';
  return `The data is kept in ${dir}${because}.${warning}`;
}
