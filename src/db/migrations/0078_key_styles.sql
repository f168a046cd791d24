-- Key styles come with the integrations (src/integrations.ts), which check the name of a new key's style.
alter table api_key drop constraint api_key_style_check;
