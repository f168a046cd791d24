import type { Extension } from './extension.ts';
import type { InsertGate } from './insert-gate.ts';
import type { AfterMerge } from './merge/record-merge.ts';
import type { OptionLists } from './object-routes.ts';
import type { ExpandedKinds } from './record-expansion.ts';
import type { ServiceOptions } from './record-service.ts';

/** What a noun needs besides its definition. */
export interface NounOptions extends ServiceOptions {
  gate?: InsertGate;
}

/** What a module's records do besides what their definitions say. */
export interface RecordOptions {
  /** By noun. */
  services?: Readonly<Record<string, NounOptions>>;
  /** What it adds to objects, its own or another module's. */
  extensions?: readonly Extension[];
  /** The lists that `select` fields take their options from. */
  optionLists?: OptionLists;
  /** What `expand` adds for references that are to no record. */
  expandedKinds?: ExpandedKinds;
  /** Runs in the transaction of a merge, by noun. */
  afterMerge?: Readonly<Record<string, AfterMerge>>;
}
