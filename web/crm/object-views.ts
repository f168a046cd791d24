import type { QueryClient } from '@tanstack/react-query';
import { objectsQuery, type ObjectType } from '../api/object-queries.ts';
import { NOTHING_SPECIAL, type FindView, type ObjectView } from '../record/object-view.ts';
import { UNLISTED_OBJECTS } from './object-icons.ts';
import { OBJECT_VIEWS } from './objects.ts';

const views = new Map<string, ObjectView | Promise<ObjectView>>();
const failed = new Set<string>();

/** The view of an object, loaded with the first page that needs it. */
export const findView: FindView = (key) => {
  const known = views.get(key);
  if (known) return known;
  const load = OBJECT_VIEWS[key];
  if (!load) return NOTHING_SPECIAL;
  const loading = load().then(
    (view) => {
      views.set(key, view);
      return view;
    },
    (error: unknown) => {
      failed.add(key);
      throw error;
    },
  );
  views.set(key, loading);
  return loading;
};

/** For a new visit: after a failure, the connection may be back. A drawn page would load again without end. */
async function loadView(key: string): Promise<ObjectView> {
  if (failed.delete(key)) views.delete(key);
  return findView(key);
}

interface Params {
  plural?: string;
}

/** The view of the object in a path, before its list is drawn. */
export async function loadListView({ plural }: Params, queries: QueryClient): Promise<void> {
  const object = (await queries.ensureQueryData(objectsQuery)).find((item) => item.plural === plural);
  if (object) await loadView(object.key);
}

/** The views that the page of a record shows: that of its object, and those of the objects on both sides of references. */
export async function loadRecordViews({ plural }: Params, queries: QueryClient): Promise<void> {
  const objects = await queries.ensureQueryData(objectsQuery);
  const object = objects.find((item) => item.plural === plural);
  const keys = object ? [object.key, ...relatedTo(object, objects)] : [];
  await Promise.all(keys.map(loadView));
}

function relatedTo(object: ObjectType, objects: readonly ObjectType[]): string[] {
  const referenced = object.fields.flatMap(({ references }) => references ?? []);
  const referencing = objects.filter(
    ({ key, in_use: isUsed, fields }) =>
      isUsed && !UNLISTED_OBJECTS.has(key) && fields.some(({ references }) => references === object.key),
  );
  return [...new Set([...referenced, ...referencing.map(({ key }) => key)])];
}
