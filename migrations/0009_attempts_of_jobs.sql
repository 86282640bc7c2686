-- A job that takes the service down with it is not tried for ever.

-- How often a worker took it. One that had to be given back, because a stop was asked for, does not count.
alter table job add column attempts integer not null default 0;
