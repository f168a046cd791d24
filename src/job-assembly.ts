import type { Registry } from 'prom-client';
import type { FileStore } from './files/file-store.ts';
import type { Foundation } from './foundation.ts';
import type { JobQueue } from './jobs/job-queue.ts';
import { makeJobWorker, type JobWorker } from './jobs/job-worker.ts';
import type { MailQueue } from './mail/mail-queue.ts';
import { maintenanceTasks } from './maintenance.ts';
import { listModules, type Modules } from './modules.ts';

export interface JobParts {
  queue: JobQueue;
  mail: MailQueue;
  files: FileStore;
  sendsMail: boolean;
  modules: Modules;
  registry: Registry;
}

/** What runs the jobs of all modules, and the maintenance of the installation. */
export function assembleJobWorker(foundation: Foundation, { modules, ...parts }: JobParts): JobWorker {
  const all = listModules(modules);
  const { retentionDays } = foundation.config;
  return makeJobWorker({
    ...foundation,
    ...parts,
    types: all.flatMap(({ jobTypes }) => jobTypes),
    recurring: [
      ...maintenanceTasks({ ...foundation, ...parts, retentionDays }),
      ...all.flatMap(({ recurring = [] }) => recurring),
    ],
  });
}
