-- Integer ids of records for systems that have no UUIDs. See events/record-number.ts and decisions/0052.

-- The number of each object that has one; it never changes and is never given again.
create table record_number (
  workspace_id uuid not null,
  object text not null,
  record_id uuid not null,
  number bigint not null,
  primary key (workspace_id, object, record_id),
  unique (workspace_id, object, number)
);

-- Where the next block of numbers begins, and up to which id existing records are numbered.
create table record_number_block (
  workspace_id uuid not null,
  object text not null,
  next bigint not null default 1,
  numbered_up_to uuid,
  primary key (workspace_id, object)
);

-- Whether a webhook has the type names and integer ids of its format's own system; existing ones keep ours.
alter table endpoint add column own_names boolean not null default false;

-- Names of systems differ by the kind of a course.
alter table course_run add column kind text;
update course_run r set kind = c.kind from course c where c.workspace_id = r.workspace_id and c.id = r.course_id;
