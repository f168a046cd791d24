/**
 * How personal data in a column ends:
 * - `record`: with the record: its own row, by its fields (erasure.ts)
 * - `related`: with the record: rows of other tables (`ErasureRules.relatedTables`, and what erasure.ts redacts)
 * - `expires`: it is kept for a limited time, whatever it is about
 * - `account`: it belongs to the account of a member, and ends with it
 * - `workspace`: what members enter about their own workspace; they change or delete it
 * - `sealed`: encrypted or hashed; it ends with its row
 */
export type Ending = 'record' | 'related' | 'expires' | 'account' | 'workspace' | 'sealed';

type Columns = string;

/**
 * Every column that can hold personal data, with its ending (docs/requirements.md, "Erasure"). A test reads the schema and
 * fails on a column of text, JSON or bytes that is neither here nor in `NOT_PERSONAL`.
 */
export const PERSONAL_DATA: Readonly<Record<string, Partial<Record<Ending, Columns>>>> = {
  contact: {
    record:
      'first_name last_name email phone other_emails other_phones company job_title notes custom_fields tags',
  },
  company: { record: 'name website industry email phone address notes custom_fields tags' },
  deal: { record: 'name lost_reason notes custom_fields tags' },
  task: { record: 'title description custom_fields tags' },
  lead: { record: 'first_name last_name email phone event_type notes crm_lead_id custom_fields tags' },
  note: { record: 'title body custom_fields' },
  course: { record: 'name code description custom_fields tags' },
  course_run: { record: 'name venue notes custom_fields tags' },
  enrolment: { record: 'name notes custom_fields tags' },
  assessment: { record: 'unit_code unit_name outcome_code notes custom_fields' },
  payment: {
    record:
      'external_id description method_type method_last4 failure_code failure_message receipt_url customer_email customer_name customer_external_id invoice_external_id subscription_external_id custom_fields',
  },
  subscription: {
    record:
      'external_id plan_name price_external_id cancel_reason customer_email customer_name customer_external_id custom_fields',
  },
  message: {
    record: 'from to body external_id error_text peer custom_fields',
  },
  message_media: { related: 'url source_url problem' },
  message_thread: { related: 'peer' },
  message_send: { related: 'number' },
  call: {
    record: 'from to answered_by recording_url disposition notes external_id error_text custom_fields',
    related: 'recording_source',
  },
  member_phone: { account: 'phone' },
  // Kept after the erasure of the person: it says whom not to write to.
  consent: { workspace: 'address text' },
  payment_refund: { related: 'external_id reason' },
  payment_dispute: { related: 'external_id reason' },
  provider_object: { related: 'facts' },
  payment_reconciliation: { expires: 'differences error' },
  appointment: {
    record:
      'title guest_time_zone guest_name guest_email guest_phone guests location description answers external_id reschedule_reason cancel_reason custom_fields',
  },
  appointment_link: { sealed: 'hash' },
  calendar_feed: { sealed: 'hash' },
  booking_visitor: { sealed: 'subject' },
  lead_submission: { related: 'payload address referrer utm crm_lead_id consent' },
  crm_activity: { related: 'payload crm_lead_id' },
  activity: { related: 'changed changed_to' },
  event: { related: 'data context' },
  attempt: { related: 'request response detail' },
  idempotency: { related: 'body' },
  search_document: { related: 'text' },
  record_merge: { related: 'contribution' },
  tag: { related: 'name folded' },
  tag_change: { expires: 'folded' },
  form_aside: { expires: 'fields consent address referrer utm' },
  form_visitor: { sealed: 'subject' },
  inbox_request: { expires: 'query headers body', sealed: 'sealed' },
  mail: { expires: 'to_address message last_error' },
  job: { expires: 'last_error' },
  app_user: { account: 'email name', sealed: 'password' },
  link: { expires: 'email', sealed: 'hash' },
  session: { sealed: 'hash' },
  sign_in_failure: { sealed: 'subject' },
  audit: { workspace: 'details' },
  notice: { workspace: 'details' },
  file: { workspace: 'name' },
  file_content: { workspace: 'bytes' },
  workspace: { workspace: 'name slug' },
  workspace_slug: { workspace: 'slug' },
  connection: { workspace: 'name settings', expires: 'last_error', sealed: 'secrets old_secrets' },
  connection_event: { related: 'payload sealed_payload', expires: 'external_id reason' },
  connection_unverified_request: { expires: 'payload sealed_payload' },
  api_key: { workspace: 'name', sealed: 'hash' },
  endpoint: { workspace: 'name url filter filter_on filter_texts', sealed: 'secret old_secret headers' },
  request_template: { workspace: 'template' },
  inbound_secret: { workspace: 'name', sealed: 'hash' },
  inbox: { workspace: 'name', sealed: 'secret secret_hash sealed_secret' },
  custom_event_type: { workspace: 'name description schema sample' },
  form: {
    workspace: 'name title intro fields consent_text submit_label thanks_text redirect_url allowed_origins',
  },
  booking_page: {
    workspace:
      'slug title description location_text questions reminders submit_label thanks_text redirect_url allowed_origins',
  },
  schedule: { workspace: 'name overrides rules' },
  time_off: { workspace: 'reason' },
  pipeline: { workspace: 'name' },
  stage: { workspace: 'name' },
  lead_source: { workspace: 'name folded' },
  lead_event_type: { workspace: 'name folded' },
  lead_status: { workspace: 'name folded' },
};

/** Columns that hold keys, states, kinds, actors (`user:<id>`), counts and times only. */
export const NOT_PERSONAL: Readonly<Record<string, Columns>> = {
  // Fields that the summary of an event shows as well (AX12) stay after the erasure.
  contact: 'status source created_by',
  company: 'created_by',
  deal: 'currency status created_by',
  task: 'priority status created_by',
  lead: 'source status created_by',
  note: 'type created_by',
  course: 'kind status currency created_by',
  course_run: 'status currency created_by',
  enrolment: 'kind status currency created_by',
  assessment: 'status created_by',
  payment: 'provider status currency matched_by dispute_status connection_id created_by',
  subscription: 'provider status currency interval matched_by connection_id created_by',
  message: 'direction channel status encoding provider connection_id error_code opt_out_type created_by',
  message_media: 'content_type',
  phone_lane: 'number',
  call: 'direction status provider connection_id dial_state created_by',
  consent: 'channel status source changed_by',
  payment_refund: 'status created_by',
  payment_dispute: 'currency status',
  provider_object: 'provider kind external_id',
  provider_event: 'external_id',
  payment_reconciliation: 'source',
  appointment: 'time_zone status source ical_uid rescheduled_by canceled_by invited_as created_by',
  calendar_feed: 'created_by',
  activity: 'record_type type actor',
  event: 'type object_type actor reason filter_skipped',
  attempt: 'event_type kind failure state',
  queue: 'event_type kind last_failure',
  idempotency: 'key request_hash',
  crm_activity: 'event_type body_hash matched_by',
  lead_submission: 'channel',
  lead_counter: 'assignment assignment_set turns converted_status',
  lead_day: 'won tallies contacted',
  lead_source: 'created_by',
  lead_event_type: 'created_by',
  lead_status: 'key kind created_by',
  search_document: 'object_type',
  record_merge: 'object_type merged_by moved',
  search_form: 'object_type form',
  search_pending: 'object_type ref_field',
  tag: 'created_by',
  tag_change: 'actor',
  form: 'source proof_of_work created_by',
  form_aside: 'reasons',
  inbox: 'created_by',
  inbox_request: 'method',
  mail: 'kind key state message_id',
  job: 'type payload unique_key',
  link: 'kind role created_by',
  member: 'role',
  audit: 'actor action object_type object_id',
  notice: 'type object_type',
  file: 'purpose content_type sha256 storage created_by',
  workspace: 'plan currency default_country time_zone locale',
  connection: 'kind created_by',
  connection_event: 'outcome type record_type',
  api_key: 'style prefix salt scopes created_by',
  endpoint: 'format events state reason method content_type payload created_by ordering',
  request_template: 'id',
  inbound_secret: 'prefix salt created_by',
  custom_event_type: 'created_by',
  booking_page: 'host_mode location_kind confirmation time_zone_display proof_of_work created_by',
  schedule: 'time_zone created_by',
  time_off: 'created_by',
  calendar_sync: 'etag last_modified content_hash last_failure',
  pipeline: 'created_by',
  installation: 'sealed_check',
};
