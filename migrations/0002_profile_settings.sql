-- What clients of the N.I.N.A. dialect changed in the profile; what is not here is as the settings file says.
create table profile_setting (
    -- Path in the profile, for instance 'ImageSettings-BlackClipping'.
    path text primary key,
    -- The value as the client wrote it; it was understood then.
    value text not null
) strict, without rowid;
