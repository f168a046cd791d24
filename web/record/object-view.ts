import { createContext, use, useContext, type ComponentType, type ReactNode } from 'react';
import type { Query } from '../api/client.ts';
import type { ObjectType } from '../api/object-queries.ts';
import type { BaseRecord, ObjectRecord } from '../api/record-queries.ts';
import type { FieldKind, FormValues, ShownProps } from '../fields/field-kind.ts';

/** What differs from the kind of a field; null: not shown there. */
export interface FieldView<R = ObjectRecord> extends Partial<Pick<FieldKind, 'isShort' | 'column'>> {
  /** On pages and in lists, where it differs from that of the form. */
  label?: string;
  /** Left out of a page while it is empty. */
  isRare?: boolean;
  /** Fields that are edited together with it, as a currency is with an amount. */
  editedWith?: readonly string[];
  /** False: a page leaves it out for this record. */
  isShown?: (record: R) => boolean;
  Input?: FieldKind['Input'] | null;
  /** Changes the field of several records at once; default: as in a form. Null: it cannot be. */
  BulkInput?: FieldKind['Input'] | null;
  /** True: the API does not let this record change the field. */
  isFixed?: (record: R) => boolean;
  Cell?: ComponentType<ShownProps<R>> | null;
  /** In a table, in place of an empty value. */
  EmptyCell?: ComponentType<{ record: R }>;
  Value?: ComponentType<ShownProps<R>> | null;
  Filter?: NonNullable<FieldKind['Filter']> | null;
}

/** What is special about an object in the dashboard. The rest is drawn from its fields. */
export interface ObjectView<R extends BaseRecord = ObjectRecord> {
  fields?: Readonly<Record<string, FieldView<R>>>;
  /** True: the list has no column for the last change. */
  hidesUpdated?: boolean;
  /** Under the title of an empty list. */
  emptyText?: ReactNode;
  /** Below the create button of an empty list. */
  emptyExample?: ReactNode;
  /** The title in a list, with what belongs to it; the children are the link to the record. */
  Title?: ComponentType<{ record: R; children: ReactNode }>;
  /** Whether a record is completed: its title is crossed out in the list. */
  isDone?: (record: R) => boolean;
  /** After the title of a page. */
  Badge?: ComponentType<{ record: R }>;
  /** Buttons of a page, before Edit. */
  Actions?: ComponentType<{ record: R }>;
  /** Below the title of a page, such as a stage bar. */
  Progress?: ComponentType<{ record: R }>;
  /** Panels of a page by their keys. */
  panels?: Readonly<Record<string, ComponentType<{ record: R }>>>;
  /** What happened last to a record, as in `Call logged`. Default: the name of the object, and created or changed. */
  lastChange?: (record: R) => string;
  /** Errors of a form that is about to create a record, by field. */
  check?: (values: FormValues) => Readonly<Record<string, string>>;
  /** What a record starts with that is created from the page of another one. */
  initialFor?: (other: { object: ObjectType; record: ObjectRecord; title: string }) => FormValues;
  /**
   * The filter that finds its records on the page of another one which they do not reference, such as the leads with the
   * email of a contact; null for none. Those that reference no other record are listed there, and can be created.
   */
  matchedBy?: (other: { object: ObjectType; record: ObjectRecord }) => Query | null;
  /** The fields that a form starts with, in this order. */
  formOrder?: readonly string[];
  /** The action that creates a record; default: `New payment`. */
  createLabel?: string;
  /** Objects whose records its own parts of the page list: they are not among the related records. */
  listsItself?: readonly string[];
  /** Above the records that reference another one, on its page. @param filter selects them */
  RelatedSummary?: ComponentType<{ object: ObjectType; record: ObjectRecord; filter: Query }>;
  /** False: a record needs more than a name, so that a picker cannot create one. */
  isNameEnough?: boolean;
  /** Replaces the list page. */
  List?: ComponentType<{ object: ObjectType }>;
  /** Replaces the page of a record. */
  Page?: ComponentType<{ object: ObjectType; id: string }>;
}

/** A view whose components know the type of the record. */
export function viewOf<R extends BaseRecord>(view: ObjectView<R>): ObjectView {
  return view as unknown as ObjectView;
}

export const NOTHING_SPECIAL: ObjectView = {};

/** The view of an object by its key, or the promise of it until it is loaded; the same one for each call. */
export type FindView = (key: string) => ObjectView | Promise<ObjectView>;

export const ObjectViews = createContext<FindView>(() => NOTHING_SPECIAL);

/**
 * Suspends until the view is loaded. Pages load those that they show before they are drawn (`crm/object-views.ts`); parts
 * that show records of other objects have a boundary of their own.
 * @param key null: no view is needed now
 */
export function useObjectView(key: string | null): ObjectView {
  const find = useContext(ObjectViews);
  const view = key === null ? NOTHING_SPECIAL : find(key);
  return view instanceof Promise ? use(view) : view;
}
