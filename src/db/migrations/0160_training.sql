-- Courses, when they are held, who is enrolled, and their results. See training/.

create table course (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  name text not null,
  code text,
  kind text not null check (kind in ('workshop', 'class', 'unit', 'activity')),
  status text not null check (status in ('active', 'archived')),
  description text,
  price numeric(16, 4),
  currency text not null,
  tags text[] not null default '{}',
  custom_fields jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  erase_requested_at timestamptz(3),
  expunged_at timestamptz(3),
  primary key (workspace_id, id)
);
create index course_updated on course (workspace_id, updated_at, id);
create index course_code on course (workspace_id, code) where code is not null;
create index course_tags_caseless on course using gin (caseless_tags(tags)) where tags <> '{}';
create index course_trash on course (workspace_id, updated_at, id) where deleted_at is not null and expunged_at is null;
create index course_to_erase on course (deleted_at, id) where erase_requested_at is not null and expunged_at is null;
create index course_unexpunged on course (deleted_at, id) where deleted_at is not null and expunged_at is null;

create table course_run (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  course_id uuid not null,
  name text,
  starts_at timestamptz(3),
  ends_at timestamptz(3),
  venue text,
  trainer_id uuid,
  places integer,
  status text not null check (status in ('scheduled', 'completed', 'canceled')),
  price numeric(16, 4),
  currency text not null,
  notes text,
  tags text[] not null default '{}',
  custom_fields jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  erase_requested_at timestamptz(3),
  expunged_at timestamptz(3),
  primary key (workspace_id, id),
  foreign key (workspace_id, course_id) references course (workspace_id, id)
);
create index course_run_updated on course_run (workspace_id, updated_at, id);
create index course_run_course on course_run (workspace_id, course_id, id);
create index course_run_starts on course_run (workspace_id, starts_at, id);
create index course_run_trainer on course_run (workspace_id, trainer_id, id) where trainer_id is not null;
create index course_run_tags_caseless on course_run using gin (caseless_tags(tags)) where tags <> '{}';
create index course_run_trash on course_run (workspace_id, updated_at, id) where deleted_at is not null and expunged_at is null;
create index course_run_to_erase on course_run (deleted_at, id) where erase_requested_at is not null and expunged_at is null;
create index course_run_unexpunged on course_run (deleted_at, id) where deleted_at is not null and expunged_at is null;

create table enrolment (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  name text,
  contact_id uuid not null,
  course_run_id uuid,
  course_id uuid,
  kind text,
  status text not null check (status in ('tentative', 'enrolled', 'in_progress', 'completed', 'withdrawn', 'canceled')),
  enrolled_at timestamptz(3),
  commenced_at timestamptz(3),
  completed_at timestamptz(3),
  payer_id uuid,
  amount numeric(16, 4),
  currency text not null,
  notes text,
  tags text[] not null default '{}',
  custom_fields jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  erase_requested_at timestamptz(3),
  expunged_at timestamptz(3),
  primary key (workspace_id, id),
  foreign key (workspace_id, contact_id) references contact (workspace_id, id),
  foreign key (workspace_id, payer_id) references contact (workspace_id, id),
  foreign key (workspace_id, course_run_id) references course_run (workspace_id, id),
  foreign key (workspace_id, course_id) references course (workspace_id, id)
);
create index enrolment_updated on enrolment (workspace_id, updated_at, id);
create index enrolment_contact on enrolment (workspace_id, contact_id, id);
create index enrolment_payer on enrolment (workspace_id, payer_id, id) where payer_id is not null;
create index enrolment_course_run on enrolment (workspace_id, course_run_id, id) where course_run_id is not null;
create index enrolment_course on enrolment (workspace_id, course_id, id) where course_id is not null;
create index enrolment_tags_caseless on enrolment using gin (caseless_tags(tags)) where tags <> '{}';
create index enrolment_trash on enrolment (workspace_id, updated_at, id) where deleted_at is not null and expunged_at is null;
create index enrolment_to_erase on enrolment (deleted_at, id) where erase_requested_at is not null and expunged_at is null;
create index enrolment_unexpunged on enrolment (deleted_at, id) where deleted_at is not null and expunged_at is null;

create table assessment (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  enrolment_id uuid not null,
  contact_id uuid,
  unit_code text,
  unit_name text not null,
  status text not null check (status in
    ('not_started', 'submitted', 'competent', 'not_yet_competent', 'credit_transfer', 'recognised', 'withdrawn')),
  outcome_code text,
  assessed_at timestamptz(3),
  assessor_id uuid,
  notes text,
  custom_fields jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  erase_requested_at timestamptz(3),
  expunged_at timestamptz(3),
  primary key (workspace_id, id),
  foreign key (workspace_id, enrolment_id) references enrolment (workspace_id, id),
  foreign key (workspace_id, contact_id) references contact (workspace_id, id)
);
create index assessment_updated on assessment (workspace_id, updated_at, id);
create index assessment_enrolment on assessment (workspace_id, enrolment_id, id);
create index assessment_contact on assessment (workspace_id, contact_id, id) where contact_id is not null;
create index assessment_assessor on assessment (workspace_id, assessor_id, id) where assessor_id is not null;
create index assessment_trash on assessment (workspace_id, updated_at, id) where deleted_at is not null and expunged_at is null;
create index assessment_to_erase on assessment (deleted_at, id) where erase_requested_at is not null and expunged_at is null;
create index assessment_unexpunged on assessment (deleted_at, id) where deleted_at is not null and expunged_at is null;
