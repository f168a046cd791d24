import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';

/** Numbers that a process reserves at once; what it has not used when it ends stays unused. */
const BLOCK_SIZE = 100;
/** Blocks that a process keeps, one for each object of a workspace; the oldest is dropped with its numbers. */
const MAX_BLOCKS = 5_000;

const RESERVE = {
  name: 'record_number.reserve',
  text: `
insert into record_number_block (workspace_id, object, next) values ($1, $2, 1 + $3)
on conflict (workspace_id, object) do update set next = record_number_block.next + $3
returning next - $3 as first`,
};

interface Block {
  next: number;
  end: number;
}

/**
 * Numbers within a workspace and an object, from 1. A process reserves them in blocks, each by a statement that commits
 * before one of its numbers is used: a process that is killed leaves a gap, and no number is given twice.
 */
export class NumberBlocks {
  readonly #db: Pick<Database, 'pool'>;
  readonly #blocks = new Map<string, Block>();

  constructor(db: Pick<Database, 'pool'>) {
    this.#db = db;
  }

  /** @returns that many numbers, ascending */
  async draw(workspaceId: Uuid, object: string, count: number): Promise<number[]> {
    const key = `${workspaceId}/${object}`;
    const drawn = take(this.#blocks.get(key), count);
    const missing = count - drawn.length;
    if (missing === 0) return drawn;
    const size = Math.max(missing, BLOCK_SIZE);
    const values = [workspaceId, object, size];
    const { rows } = await this.#db.pool.query<{ first: number }>({ ...RESERVE, values });
    const { first } = rows[0]!;
    const block = { next: first, end: first + size };
    drawn.push(...take(block, missing));
    this.#keep(key, block);
    return drawn;
  }

  #keep(key: string, block: Block): void {
    this.#blocks.delete(key);
    this.#blocks.set(key, block);
    if (this.#blocks.size > MAX_BLOCKS) this.#blocks.delete(this.#blocks.keys().next().value!);
  }
}

function take(block: Block | undefined, count: number): number[] {
  if (!block) return [];
  const first = block.next;
  block.next = Math.min(block.end, first + count);
  return Array.from({ length: block.next - first }, (_, n) => first + n);
}
