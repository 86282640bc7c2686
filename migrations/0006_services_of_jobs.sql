-- Jobs are left with more than one service: cutouts by the standard, images by ImageServ.

-- Which service runs it, in that service's own words. All jobs before this step were cutouts by SODA.
alter table job add column service text not null default 'soda';

-- A service lists its own jobs of a session.
create index job_by_service on job (service, session, created_ns);
drop index job_by_session;
