import type { Noun } from '../noun.ts';

/** A column that references records which can be merged: a merge moves its rows to the survivor (RC5). */
export interface MovedColumn {
  /** The object of the referenced records, as in `contact`. */
  object: string;
  /** A table with the columns `workspace_id` and `id`. */
  table: string;
  column: string;
  /** The object of the rows; their version rises, and they are indexed again. Left out: they are no records. */
  rows?: string;
}

/** A table without a noun whose rows a merge moves. */
export interface MergedTable extends MovedColumn {
  /** As in `submissions`. */
  label: string;
}

/**
 * Every column that a merge moves: the references in the fields of all nouns, and those of further tables. A test reads the
 * schema and fails on a column of ids that is neither here nor in `NOT_MOVED`.
 */
export function movedColumns(nouns: readonly Noun[], further: readonly MovedColumn[]): MovedColumn[] {
  const mergeable = new Set(nouns.filter(({ mergeRules }) => mergeRules).map(({ name }) => name));
  const fields = nouns.flatMap(({ name, fields: own }) =>
    Object.entries(own).flatMap(([column, { references: object }]) =>
      object !== undefined && mergeable.has(object) ? [{ object, table: name, column, rows: name }] : [],
    ),
  );
  return [...fields, ...further];
}

/** Columns of ids that no merge moves, by their names, with the reason. */
export const NOT_MOVED: Readonly<Record<string, string>> = {
  // History keeps the id of its record, and is read through `merged_ids`.
  'activity.record_id event.object_id queue.order_key connection_event.record_id': 'history',
  // Documents are made again.
  'search_document.record_id search_pending.record_id search_pending.ref_id search_pending.after_id':
    'search',
  // A number stays with its record: the survivor keeps its own.
  'record_number.record_id record_number_block.numbered_up_to': 'number',
  // The merge itself.
  'contact.merged_into contact.merged_ids company.merged_into company.merged_ids lead.merged_into lead.merged_ids':
    'merge',
  'record_merge.survivor_id record_merge.merged_id': 'merge',
  // References to objects whose records cannot be merged.
  'deal.pipeline_id deal.stage_id stage.pipeline_id task.deal_id lead.deal_id note.deal_id note.task_id payment.deal_id payment.subscription_id subscription.deal_id payment_refund.payment_id payment_dispute.payment_id':
    'other object',
  'course_run.course_id enrolment.course_run_id enrolment.course_id assessment.enrolment_id': 'other object',
  'appointment.deal_id appointment.booking_page_id appointment_block.appointment_id appointment_link.appointment_id booking_visitor.booking_page_id':
    'other object',
  'contact.owner_id company.owner_id deal.owner_id lead.owner_id form.owner_id task.assignee_id course_run.trainer_id assessment.assessor_id':
    'member',
  'appointment.host_id appointment.co_host_ids appointment.invited_host_ids appointment_block.host_id calendar_feed.user_id':
    'member',
  'form_address.form_id form_aside.form_id form_visitor.form_id lead_submission.form_id tag_change.tag_id':
    'other object',
  'api_key.maker_id link.user_id mail.user_id member.user_id session.user_id notice.user_id notice_dismissal.user_id notice_letter.user_id note.mentions':
    'member',
  'attempt.event_id attempt.delivery_id attempt.endpoint_id feed_floor.event_id queue.event_id queue.endpoint_id':
    'delivery',
  'lane.endpoint_id lane.token lane.suspect request_template.endpoint_id': 'delivery',
  'connection_event.connection_id connection_unverified_request.connection_id connection_unverified_request.event_id provider_event.connection_id payment_reconciliation.connection_id':
    'connection',
  'booking_page_host.page_id booking_page_host.schedule_id': 'other object',
  'booking_page_host.user_id schedule.user_id time_off.user_id busy_time.user_id calendar_sync.user_id':
    'member',
  'busy_time.connection_id calendar_sync.connection_id mailbox.connection_id mailbox_folder.connection_id mailbox.watcher':
    'connection',
  'received_email.email_id': 'other object',
  'email.template_id email.deal_id email_content.email_id email_send.email_id': 'other object',
  'email.topic_id email_tracking.email_id email_link.email_id email_hit.email_id email_soft_bounce.email_id suppression.email_id suppression.topic_id':
    'other object',
  'email.user_id email_thread.user_id': 'member',
  'email_send.connection_id email_account.connection_id email_send.claim': 'connection',
  'idempotency.api_key_id key_usage.api_key_id agent_writes.api_key_id oauth_code.api_key_id oauth_token.api_key_id oauth_visitor.endpoint_id quota.subject job.lease_token':
    'account',
  'message.deal_id call.deal_id message_send.message_id message_media.message_id message_media.file_id message_thread.read_id call.recording_file_id':
    'other object',
  'message.user_id call.user_id member_phone.user_id': 'member',
  'message_send.connection_id phone_lane.connection_id': 'connection',
  'message_send.claim': 'delivery',
  'mail.claim mail.object_id notice.object_id notice_dismissal.notice_id notice_letter.notice_id': 'notice',
  'inbox_request.inbox_id file_content.file_id workspace.logo_file_id': 'other object',
};
