-- What was sent with an attempt: URL, method, headers (custom values masked), the payload and a digest of the body. The
-- body itself is made again from the event where somebody looks. Null where nothing was sent. See delivery/sent.ts.

alter table attempt add column request json;
