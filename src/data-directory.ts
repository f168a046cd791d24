import { fileURLToPath } from 'node:url';
import { StartError } from './base/errors.ts';
import type { Config } from './config.ts';
import { findPlace, keepPlace, type Place } from './db/data-place.mjs';

/** The folder that holds the program: of a clone, or of the package. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));

type Environment = Record<string, string | undefined>;

/**
 * The settings with the data directory that this start is to use, and a line about it for people where it is not the
 * one they would expect. What is chosen now is kept.
 * @throws StartError where there is no place for the data, or no telling which one is right
 */
export function settleDataDir(config: Config, env: Environment): { config: Config; note: string | null } {
  const place = findPlace({ root: ROOT, cwd: process.cwd(), env });
  if ('problem' in place) throw new StartError(place.problem);
  try {
    keepPlace(place);
  } catch (error) {
    throw new StartError(
      `${place.dir} cannot be made (${(error as NodeJS.ErrnoException).code}): set FAIRLEAD_DATA_DIR to another directory.`,
      { cause: error },
    );
  }
  const dataDirChosen = place.kind === 'chosen' && !config.databaseUrl;
  return {
    config: { ...config, dataDir: place.dir, dataDirChosen },
    note: dataDirChosen ? noteOn(place) : null,
  };
}

/** The data directory as a client wants it, to look for the first key: nothing is made, and none may be found. */
export function lookUpDataDir(config: Config, env: Environment): Config {
  const place = findPlace({ root: ROOT, cwd: process.cwd(), env });
  return 'problem' in place ? config : { ...config, dataDir: place.dir };
}

function noteOn({ dir, why, temporary }: Place): string {
  const because = why === null ? '' : `, since ./data cannot be used: ${why}`;
  const warning = temporary
    ? ' The system may empty that directory one day: set FAIRLEAD_DATA_DIR to one that stays.'
    : '';
  return `The data is kept in ${dir}${because}.${warning}`;
}
