import type { LoadViews, ObjectViewsByKey } from '../record/object-view.ts';
import { callView } from './call-view.tsx';
import { messageView } from './message-view.tsx';

const made = new WeakMap<ObjectViewsByKey, ObjectViewsByKey>();

/** The views of all objects, those of messages and calls in full. */
export function withTelephonyViews(load: LoadViews): LoadViews {
  return () => {
    const views = load();
    return views instanceof Promise ? views.then(completed) : completed(views);
  };
}

function completed(views: ObjectViewsByKey): ObjectViewsByKey {
  const known = made.get(views);
  if (known) return known;
  const all = {
    ...views,
    message: { ...messageView, ...views['message'] },
    call: { ...callView, ...views['call'] },
  };
  made.set(views, all);
  return all;
}
