import type { TakenHit } from './hit-batch.ts';

/** Hits that wait to be written, in the order of their arrival, and by visitor. */
export class WaitingHits {
  readonly #hits = new Set<TakenHit>();
  readonly #byVisitor = new Map<string, Set<TakenHit>>();

  get size(): number {
    return this.#hits.size;
  }

  add(hit: TakenHit): void {
    this.#hits.add(hit);
    const group = this.#byVisitor.get(hit.visitorKey);
    if (group) group.add(hit);
    else this.#byVisitor.set(hit.visitorKey, new Set([hit]));
  }

  /** The first hits that were taken by a time. One whose time is ahead, since the clock was set back, holds up no other. */
  upTo(at: number, limit: number): TakenHit[] {
    const found: TakenHit[] = [];
    for (const hit of this.#hits) {
      if (found.length === limit) break;
      if (hit.at <= at) found.push(hit);
    }
    return found;
  }

  listFor(visitorKey: string): Iterable<TakenHit> {
    return this.#byVisitor.get(visitorKey) ?? [];
  }

  remove(hit: TakenHit): void {
    this.#hits.delete(hit);
    const group = this.#byVisitor.get(hit.visitorKey)!;
    group.delete(hit);
    if (group.size === 0) this.#byVisitor.delete(hit.visitorKey);
  }
}
