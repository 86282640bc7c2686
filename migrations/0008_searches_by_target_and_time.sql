-- Searches that name a target, or a time without a place, find the few images they mean without reading all of a
-- dataset.

-- Frames by target, exactly as the header spells it.
create index frame_by_target on frame (target, source_id) where target is not null;

-- Images by the end of their exposure; with the longest exposure of a dataset, which the second index knows at once,
-- an interval of time becomes a range of this one.
create index image_by_end on image (source_id, end_mjd) where end_mjd is not null;
create index image_by_duration on image (source_id, end_mjd - begin_mjd) where end_mjd is not null;
