-- A submission is written by the statement that writes its lead or holds it, and leads stay where they are. Checking the
-- key took each of them again, and, planned while the table was empty, by an index over all leads of the workspace.
alter table lead_submission drop constraint lead_submission_workspace_id_lead_id_fkey;
