-- What all requests to a webhook share until it is changed: URL, method, payload and headers (custom values masked). An
-- attempt names its template in `request`, a list: the template's id, the digest of the body, and the values of the
-- headers that the template has as null. Attempts of 0.1.0 hold the whole request, an object. See
-- delivery/log/attempt-request.ts.

create table request_template (
  workspace_id uuid not null,
  endpoint_id uuid not null,
  -- The beginning of the SHA-256 of `template`, in base64.
  id text not null,
  template json not null,
  primary key (workspace_id, endpoint_id, id)
);
