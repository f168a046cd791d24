-- What an event tells beside its record, such as the names of the stages that a deal moved between. Most have none.

alter table event add column context json;
