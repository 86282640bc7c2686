-- Jobs of the Virtual Observatory (UWS 1.1). Unlike the rest of the catalogue they are not an index of files: what
-- is here was asked for by clients. Results lie in the work directory, one folder for each job.

create table job (
    -- Unguessable: who knows it may use the job.
    id text primary key,
    -- Who may list it: a client's session; empty for a client without one.
    session text not null,
    -- 'PENDING', 'QUEUED', 'EXECUTING', 'COMPLETED', 'ERROR' or 'ABORTED'.
    phase text not null check (phase in ('PENDING', 'QUEUED', 'EXECUTING', 'COMPLETED', 'ERROR', 'ABORTED')),
    -- The client's own name for the run.
    run_id text,
    created_ns integer not null,
    started_ns integer,
    ended_ns integer,
    -- Seconds it may run; 0 for as long as the service lets it.
    execution_s integer not null,
    -- When it and its results are forgotten.
    destruction_ns integer not null,
    -- Names and values in order, as a JSON array of pairs.
    parameters text not null,
    -- Why it failed, and whether the same again may succeed.
    error text,
    error_is_transient integer not null default 0 check (error_is_transient in (0, 1)),
    check ((phase = 'ERROR') = (error is not null))
) strict;

create index job_by_session on job (session, created_ns);
create index job_by_destruction on job (destruction_ns);
create index job_by_phase on job (phase, created_ns);

create table job_result (
    job_id text not null references job (id) on delete cascade,
    -- 1, 2, 3, … in the order of the request.
    number integer not null,
    bytes integer not null,
    media_type text not null,
    -- What the result is, in words.
    description text not null,
    primary key (job_id, number)
) strict, without rowid;
