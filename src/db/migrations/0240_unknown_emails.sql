-- When a mail was first handed over without an answer to a provider that ignores a second request with the same id.
-- Providers forget ids after a day, so it must not be sent again then (messaging/emails/email-sender.ts).
alter table email_send add column unknown_since timestamptz(3);
