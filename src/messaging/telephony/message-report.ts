import { isoTime, type Clock } from '../../base/clock.ts';
import { isUuid, type Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { LaneKey } from '../../events/outbox.ts';
import type { RecordService } from '../../record/record-service.ts';
import { setConsent } from './consent.ts';
import type { Message } from './message-fields.ts';
import { messageAfter, type MessageReport } from './message-status.ts';
import type { MessageInput } from './message.ts';
import type { TakenReport } from './phone-call.ts';
import type { PhoneLine } from './received-message.ts';
import { changeRecord } from './telephony-change.ts';

export interface MessageReportParts {
  db: Database;
  clock: Clock;
  notify(lanes: LaneKey[]): void;
  messages: RecordService<Message, MessageInput>;
}

const FIND = {
  name: 'message.find-reported',
  text: `select id, "to" from message
         where workspace_id = $1 and connection_id = $2 and direction = 'out'
           and (external_id = $3 or (id = $4::uuid and external_id is null))
         order by external_id is null limit 1`,
};

/** Takes what a provider says about a message that was sent, in any order and any number of times. */
export function makeMessageReports({ db, clock, notify, messages }: MessageReportParts) {
  /** @param ownId the id of the message, where the report has it: for one whose provider's id is not known yet */
  return async function take(
    { workspaceId, id: connectionId }: PhoneLine,
    ownId: string | null,
    report: MessageReport & { isOptOut: boolean },
  ): Promise<TakenReport> {
    const own = ownId !== null && isUuid(ownId) ? ownId : null;
    const [found] = await db.read<{ id: Uuid; to: string }>(FIND, [
      workspaceId,
      connectionId,
      report.externalId,
      own,
    ]);
    if (!found) return { outcome: 'ignored', id: null };
    let isChanged = false;
    const lanes = await db.transaction(async (trx) => {
      if (report.isOptOut)
        await setConsent(trx, workspaceId, {
          channel: 'sms',
          address: found.to,
          status: 'opted_out',
          source: 'carrier',
          text: report.errorText,
          changed_by: 'system',
        });
      return changeRecord(trx, messages, { workspaceId, id: found.id }, (current) => {
        const next = messageAfter(current, report, isoTime(clock.now()));
        isChanged = JSON.stringify(next) !== JSON.stringify(current);
        return next;
      });
    });
    notify(lanes);
    return { outcome: isChanged ? 'accepted' : 'duplicate', id: found.id };
  };
}
