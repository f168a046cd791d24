import { dropOldAnswers } from './account/idempotency.ts';
import { moveNoticeLetters } from './account/notice-mail.ts';
import type { Uuid } from './base/id.ts';
import type { Logger } from './base/log.ts';
import { dropOldConnectionEvents } from './connections/connection-event-retention.ts';
import type { Database } from './db/pool.ts';
import { analyzeGrown } from './db/statistics.ts';
import { dropOldInboxes } from './delivery/inbox/inbox.ts';
import { trimToTerms } from './delivery/log/workspace-retention.ts';
import { dropOld, dropUnusedTemplates } from './delivery/log/retention.ts';
import { settleOverdue } from './delivery/queue/sweep.ts';
import type { FileStore } from './files/file-store.ts';
import { dropOldJobs } from './jobs/job-backlog.ts';
import type { RecurringJob } from './jobs/recurring-job.ts';
import { dropOldOperations } from './mcp/operation-store.ts';
import type { MailQueue } from './mail/mail-queue.ts';
import { moduleTasks } from './modules.ts';
import { dropOldOAuth } from './oauth/oauth-retention.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface MaintenanceParts {
  db: Database;
  log: Logger;
  retentionDays: number;
  mail: MailQueue;
  files: FileStore;
  /** Whether the installation has a mail server. */
  sendsMail: boolean;
  /** The page of a webhook. */
  webhookUrl(id: Uuid): string;
}

/**
 * Every recurring task, one line each, and those of the modules. One worker at a time runs each of them, whatever the number of processes; what a
 * process must do for itself is in delivery/engine-timers.ts. Names are stored and never change.
 */
export function maintenanceTasks(parts: MaintenanceParts): RecurringJob[] {
  const { db, log, mail, files, sendsMail, webhookUrl } = parts;
  const keepFrom = () => Date.now() - parts.retentionDays * DAY;
  const task = (name: string, everyMs: number, run: RecurringJob['run']) => ({ name, everyMs, run });
  return [
    ...moduleTasks({ db, log }),
    task('maintenance.statistics', 5 * SECOND, async () => void (await analyzeGrown(db.side))),
    ...(sendsMail
      ? [task('maintenance.notice_letters', MINUTE, () => moveNoticeLetters(db, { mail, webhookUrl }))]
      : []),
    task('maintenance.connection_events', HOUR, () => dropOldConnectionEvents(db)),
    task('maintenance.files', HOUR, () => files.removeOrphans()),
    task('maintenance.idempotency', HOUR, () => dropOldAnswers(db)),
    task('maintenance.inboxes', HOUR, () => dropOldInboxes(db)),
    task('maintenance.jobs', HOUR, () => dropOldJobs(db.pool)),
    task('maintenance.mcp_operations', HOUR, () => dropOldOperations(db)),
    task('maintenance.oauth', HOUR, () => dropOldOAuth(db)),
    task('maintenance.old_mail', HOUR, () => mail.prune()),
    task('maintenance.overdue_deliveries', HOUR, () => settleOverdue(db.pool)),
    task('maintenance.retention', HOUR, async () => {
      const partitions = await dropOld(db.pool, keepFrom());
      return partitions.length + (await dropUnusedTemplates(db.pool));
    }),
    task('maintenance.retention_terms', HOUR, async () => {
      const { events, attempts } = await trimToTerms(db, Date.now());
      return events + attempts;
    }),
  ];
}
