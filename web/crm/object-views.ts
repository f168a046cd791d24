import type { LoadViews, ObjectViewsByKey } from '../record/object-view.ts';

let loaded: ObjectViewsByKey | Promise<ObjectViewsByKey> | undefined;

/** The views of objects, loaded once: pages without records do not need them. */
export const objectViews: LoadViews = () => {
  loaded ??= import('./objects.ts').then(
    ({ OBJECT_VIEWS }) => (loaded = OBJECT_VIEWS),
    (error: unknown) => {
      // The connection may be back the next time.
      loaded = undefined;
      throw error;
    },
  );
  return loaded;
};
