import { lazy, Suspense, useSyncExternalStore, type ReactNode } from 'react';

/** What a confirmation dialog asks. */
export interface Confirmation {
  title: string;
  text: ReactNode;
  /** The label of the confirm button. */
  action: string;
  /** The action loses no data; the button is not red. */
  isHarmless?: boolean;
  onConfirm: () => void;
  /** Also called when the dialog is closed. */
  onCancel?: () => void;
}

/** Loaded with the first confirmation. */
const Dialog = lazy(async () => ({ default: (await import('./confirm-dialog.tsx')).ConfirmDialog }));

let requested: (Confirmation & { id: number }) | null = null;
let last = 0;
let redraw = () => {};

/** Opens a confirmation dialog for an action that cannot be undone. */
export function confirm(confirmation: Confirmation): void {
  last += 1;
  requested = { ...confirmation, id: last };
  redraw();
}

/** Where the dialog of `confirm` is drawn; once in the application. A closed one stays until the next, and returns the focus. */
export function ConfirmArea() {
  const confirmation = useSyncExternalStore(subscribe, () => requested);
  return (
    confirmation && (
      <Suspense>
        <Dialog key={confirmation.id} {...confirmation} />
      </Suspense>
    )
  );
}

function subscribe(changed: () => void): () => void {
  redraw = changed;
  return () => (redraw = () => {});
}
