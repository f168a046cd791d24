import type { Uuid } from '../../base/id.ts';
import type { Transaction } from '../../db/query.ts';
import type { LaneKey } from '../../events/outbox.ts';
import type { BaseRecord } from '../../record/noun.ts';
import type { RecordService } from '../../record/record-service.ts';
import type { Call } from './call-fields.ts';
import type { Message } from './message-fields.ts';

/** Writes a task in a transaction. @returns the lanes to notify after the commit */
export type TaskWrite = (trx: Transaction, contactId: Uuid | null) => Promise<LaneKey[]>;

/** Tasks for what a person has to look at. */
export interface FollowUpTasks {
  /** Somebody asks for no more messages in other words than a keyword. */
  prepareStopWish(workspaceId: Uuid, message: Message): TaskWrite;
  /** Nobody took a call. */
  prepareMissedCall(workspaceId: Uuid, call: Call): TaskWrite;
}

const ACTOR = 'system';

/** @param tasks the service of tasks, which belong to another module */
export function makeFollowUpTasks(tasks: RecordService<BaseRecord, object>): FollowUpTasks {
  function prepare(
    workspaceId: Uuid,
    { title, description, record }: { title: string; description: string | null; record: Message | Call },
  ): TaskWrite {
    const writer = { workspaceId, actor: ACTOR };
    const { lead_id: leadId, user_id: userId } = record;
    return async (trx, contactId) => {
      const input = {
        title: title.slice(0, 200),
        description,
        priority: 'high',
        contact_id: contactId,
        lead_id: leadId,
        assignee_id: userId,
      };
      const plan = tasks.planEnriched(writer, input);
      return tasks.store.createWithin(trx, writer, [plan]);
    };
  }

  return {
    prepareStopWish: (workspaceId, message) =>
      prepare(workspaceId, {
        title: `${message.from} may want no more messages`,
        description: `They wrote: “${message.body ?? ''}”. If they mean it, set their consent to “opted out”.`,
        record: message,
      }),
    prepareMissedCall: (workspaceId, call) =>
      prepare(workspaceId, {
        title: `Call back ${call.from ?? 'a caller'}`,
        description: 'Nobody took their call.',
        record: call,
      }),
  };
}
