-- What an image covers beside the sky and the time of its exposure, as far as its header tells. What the header does
-- not tell of the spectrum follows from the filter, which the settings describe.

-- 1 for a cube: more than one plane along a spectral, time or Stokes axis.
alter table image add column is_cube integer not null default 0 check (is_cube in (0, 1));
-- Shortest and longest vacuum wavelength of a spectral axis in metres, and its number of channels.
alter table image add column em_min_m real;
alter table image add column em_max_m real;
alter table image add column em_xel integer;
-- Stokes parameters or correlations between slashes in the order of ObsCore, '/I/Q/', and their number.
alter table image add column pol_states text;
alter table image add column pol_xel integer;
-- Number of steps of a time axis.
alter table image add column t_xel integer;
-- Full width at half maximum of the seeing.
alter table image add column resolution_arcsec real;

-- The captures are a dataset like those of archives, so that they can be named.
update source set dataset = 'captures' where kind = 'nina';
