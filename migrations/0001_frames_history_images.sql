-- The catalogue is an index over files: everything in it but positions in the history and recorded events can be
-- read again from disk. Times are nanoseconds since 1970-01-01T00:00:00 UTC. Tables are strict: a value of the
-- wrong type is refused, not stored.

-- Where frames come from: the N.I.N.A. captures or one dataset of one archive.
create table source (
    -- Number used by the other tables; also a dimension of footprint_index.
    id integer primary key,
    -- 'nina' or 'archive'.
    kind text not null check (kind in ('nina', 'archive')),
    -- Id of the archive, case-sensitive; 'nina' for the captures.
    db text not null,
    -- Name of the dataset, in any case; empty for the captures.
    dataset text not null collate nocase,
    -- How headers were turned into rows when this source was last scanned to its end. When the rules of the
    -- running service differ, the next scan reads every file again, changed or not.
    rules text not null default '',
    unique (kind, db, dataset)
) strict;

-- One file that is, was or could not become an image.
create table frame (
    -- Never given twice (autoincrement): caches and clients hold it.
    id integer primary key autoincrement,
    source_id integer not null references source (id),
    -- Absolute path of the file.
    path text not null,
    -- 'ok', 'missing' (file gone, entry kept) or 'rejected'.
    state text not null check (state in ('ok', 'missing', 'rejected')),
    -- Why a rejected file is not shown: for the operator, never part of an answer.
    rejection text,
    -- 1 when the reason lies outside the file (another file has the same identity, no permission): it is read
    -- again by the next scan although it did not change.
    retry integer not null default 0 check (retry in (0, 1)),
    -- When the file was first seen.
    added_ns integer not null,
    -- File size and modification time at the last reading: a file that differs is read again.
    bytes integer not null,
    modified_ns integer not null,
    -- First 64 bits of the SHA-256 of the header cards; null when the header could not be read.
    header_digest integer,
    -- The HDU that holds the pixels: 0 is the primary.
    hdu integer,
    -- NAXIS1, NAXIS2 and number of planes.
    columns integer,
    rows integer,
    planes integer,
    -- BITPIX of the stored samples.
    bitpix integer,
    -- Where the samples of an uncompressed image begin in the file, in bytes.
    data_offset integer,
    -- Start of the exposure, UTC.
    started_ns integer,
    -- Length of the exposure in seconds.
    exposure_s real,
    -- Filter, target, instrument and telescope as the header spells them.
    filter text,
    target text,
    instrument text,
    telescope text,
    -- Bayer pattern at pixel (0, 0) of the picture as it is shown, e.g. 'RGGB'.
    bayer_pattern text,
    unique (source_id, path),
    check ((state = 'rejected') = (rejection is not null))
) strict;

-- Finds a renamed file again: same bytes under another name.
create index frame_by_content on frame (header_digest, bytes, modified_ns);

-- Sample statistics of a frame, computed once when it is read.
create table statistics (
    frame_id integer not null references frame (id) on delete cascade,
    -- 0: the frame as stored. 1, 2, 3: red, green, blue after debayering or of a colour frame.
    plane integer not null check (plane between 0 and 3),
    -- Number of samples.
    samples integer not null,
    -- In ADU of the 16-bit picture; the standard deviation is that of the population.
    mean real not null,
    standard_deviation real not null,
    median real not null,
    mad real not null,
    min real not null,
    max real not null,
    primary key (frame_id, plane)
) strict, without rowid;

-- The N.I.N.A. image history: one entry per saved frame. Entries are never removed, so a position is for ever.
create table history_entry (
    frame_id integer primary key references frame (id),
    -- 0, 1, 2, … in save order.
    position integer not null unique,
    -- 'LIGHT', 'FLAT', 'DARK', 'BIAS' or 'SNAPSHOT'.
    image_type text not null,
    -- 0, 1, 2, … in save order among the entries of this type.
    type_position integer not null,
    -- When the file was saved, and the distance of the observatory's clock from UTC then, in seconds.
    saved_ns integer not null,
    saved_offset_s integer not null,
    -- Sensor temperature in degrees Celsius.
    temperature_c real,
    -- Gain and offset in the units of the camera's driver.
    gain integer,
    offset_setting integer,
    -- Focal length of the telescope in millimetres.
    focal_length_mm real,
    -- 1 when the frame holds a colour mosaic.
    is_bayered integer not null check (is_bayered in (0, 1)),
    -- Guiding error during the exposure as the original spells it; null when nothing recorded it.
    rms_text text,
    -- Detected stars, their mean half-flux radius in pixels and its scatter; null when detection has not run.
    stars integer,
    hfr real,
    hfr_standard_deviation real,
    unique (image_type, type_position)
) strict;

-- Filter names of archive images.
create table band (
    -- Also a dimension of footprint_index.
    id integer primary key,
    -- Compared in any case.
    name text not null unique collate nocase
) strict;

-- What makes a frame an image of an archive: identity and place on the sky.
create table image (
    frame_id integer primary key references frame (id) on delete cascade,
    source_id integer not null references source (id),
    band_id integer not null references band (id),
    -- How science_id was made: 'sdss-ccd', 'sdss-coadd' or 'sequence'.
    scheme text not null,
    -- The number that names this image within its dataset; it holds the whole data id.
    science_id integer not null,
    -- Centre of the image, ICRS degrees; null for an image without celestial coordinates.
    ra_deg real,
    dec_deg real,
    -- Outline at the outer pixel edges: ra, dec, ra, dec, … as little-endian IEEE doubles in ICRS degrees.
    outline blob,
    -- Radius of a circle around the centre that covers the image, in degrees; 180 for a map of the sky.
    radius_deg real,
    -- Side of a square pixel of the same area at the reference point.
    pixel_scale_arcsec real,
    -- Begin and end of the exposure as MJD, UTC.
    begin_mjd real,
    end_mjd real,
    unique (source_id, science_id)
) strict;

-- Where images are: boxes of unit vectors, so that neither RA 0 nor the poles are special. Source and filter are
-- dimensions too (number to number + 0.5), so that one descent finds only what was asked for.
create virtual table footprint_index using rtree (
    frame_id,
    x_min, x_max,
    y_min, y_max,
    z_min, z_max,
    source_min, source_max,
    band_min, band_max
);

-- The N.I.N.A. event history.
create table event (
    id integer primary key,
    -- For instance 'IMAGE-SAVE'.
    name text not null,
    -- When it happened, and the distance of the observatory's clock from UTC then, in seconds.
    at_ns integer not null,
    at_offset_s integer not null,
    -- Further members of the event as a JSON object; null for none.
    details text
) strict;

create index event_by_time on event (at_ns, id);
