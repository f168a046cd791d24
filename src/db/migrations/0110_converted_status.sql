-- The key of the status that converted leads get; null: the first status of the kind won (crm/leads/lead-settings.ts).
alter table lead_counter add column converted_status text;
