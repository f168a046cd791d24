import { LEASE_MS, leaseKey, type ClaimedJob } from './job-lease.ts';
import { runJob, type ActiveRun, type JobKind, type RunParts } from './job-run.ts';

export interface ActiveRunsParts extends RunParts {
  /** Job types and recurring jobs, by name. */
  kinds: ReadonlyMap<string, JobKind>;
  /** Called when the run of a job has ended. */
  onEnd(job: ClaimedJob): void;
}

const RENEW_MS = 4_000;

/** The jobs that run in this process. Extends their leases, and aborts those that have lost theirs. */
export class ActiveRuns {
  readonly #parts: ActiveRunsParts;
  readonly #runs = new Map<ActiveRun, Promise<void>>();
  #heartbeat: NodeJS.Timeout | undefined;
  #renewing = false;
  #stopping = false;

  constructor(parts: ActiveRunsParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#runs.size;
  }

  get jobs(): ClaimedJob[] {
    return [...this.#runs.keys()].map(({ job }) => job);
  }

  begin(job: ClaimedJob): void {
    const controller = new AbortController();
    const run = { job, controller, renewedAt: performance.now(), stopping: false };
    if (this.#stopping) abortFor(run);
    const done = runJob(this.#parts, this.#parts.kinds.get(job.type)!, run).then(() => {
      this.#runs.delete(run);
      this.#parts.onEnd(job);
    });
    this.#runs.set(run, done);
    this.#heartbeat ??= setInterval(() => this.#beat(), RENEW_MS).unref();
  }

  /** Resolves when one of the runs has ended. */
  async nextEnd(): Promise<void> {
    await Promise.race(this.#runs.values());
  }

  /** Resolves when all runs have ended. */
  async allEnds(): Promise<void> {
    await Promise.all(this.#runs.values());
  }

  /** Aborts the runs, and those that begin later: the process stops. */
  abort(): void {
    this.#stopping = true;
    for (const run of this.#runs.keys()) abortFor(run);
  }

  /** Extends no more leases. */
  stopHeartbeat(): void {
    clearInterval(this.#heartbeat);
  }

  #beat(): void {
    // By our own clock: a database that does not answer ends leases too.
    for (const run of this.#runs.keys()) if (performance.now() - run.renewedAt > LEASE_MS) lose(run);
    if (this.#renewing || this.#runs.size === 0) return;
    this.#renewing = true;
    this.#renew()
      .catch((error: Error) =>
        this.#parts.log.debug({ err: error.message }, 'the leases of jobs were not extended'),
      )
      .finally(() => {
        this.#renewing = false;
      });
  }

  async #renew(): Promise<void> {
    const runs = [...this.#runs.keys()];
    const began = performance.now();
    const held = await this.#parts.leases.renew(runs.map(({ job }) => job));
    for (const run of runs) {
      if (held.has(leaseKey(run.job))) run.renewedAt = began;
      else lose(run);
    }
  }
}

/** The process stops. */
function abortFor(run: ActiveRun): void {
  run.stopping = true;
  run.controller.abort(new Error('The process stops.'));
}

/** Another process may have the job by now. */
function lose(run: ActiveRun): void {
  run.controller.abort(
    new Error('Its lease ended: the process stood still, or the database did not answer.'),
  );
}
