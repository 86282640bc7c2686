//! Images in the terms of ObsCore 1.1: the columns and what an image has in them.

use super::archives::Holding;
use super::resources::Resources;
use super::votable::{Datatype, Field, ICRS, UTC, Value};
use crate::catalogue::{ArchiveImage, DataId, SpectralBand};

/// The media type of a links document, exactly as clients compare it.
pub const DATALINK: &str = "application/x-votable+xml;content=datalink";
/// The media type of the files behind the links.
pub const FITS: &str = "application/fits";
/// The ID of the column with the dataset identifier, to which descriptors refer.
pub const PRIMARY_ID: &str = "primaryID";

use Datatype::{Double, DoubleList, Int, Long, Text};

/// The columns, in the order of [`row`].
pub static COLUMNS: [Field; 33] = [
    Field::new("dataproduct_type", Text, "meta.code.class")
        .utype("obscore:ObsDataset.dataProductType")
        .description("Image or cube"),
    Field::new("dataproduct_subtype", Text, "meta.code.class")
        .utype("obscore:ObsDataset.dataProductSubtype")
        .description("What the archive calls this kind of image"),
    Field::new("calib_level", Int, "meta.code;obs.calib")
        .utype("obscore:ObsDataset.calibLevel")
        .description("How far it is reduced: 0 raw to 4 analysed"),
    Field::new("obs_collection", Text, "meta.id")
        .utype("obscore:DataID.collection")
        .description("The archive it belongs to"),
    Field::new("obs_id", Text, "meta.id")
        .utype("obscore:DataID.observationID")
        .description("The observation, shared by its products"),
    Field::new("obs_title", Text, "meta.title;obs").utype("obscore:DataID.title").description("A title"),
    Field::new("obs_publisher_did", Text, "meta.ref.ivoid")
        .utype("obscore:Curation.publisherDID")
        .identified(PRIMARY_ID)
        .description("The identifier of the dataset"),
    Field::new("access_url", Text, "meta.ref.url")
        .utype("obscore:Access.reference")
        .description("Where its links are"),
    Field::new("access_format", Text, "meta.code.mime")
        .utype("obscore:Access.format")
        .description("The media type of what is there"),
    Field::new("access_estsize", Long, "phys.size;meta.file")
        .unit("kbyte")
        .utype("obscore:Access.size")
        .description("Size of the file"),
    Field::new("target_name", Text, "meta.id;src")
        .utype("obscore:Target.name")
        .description("What was aimed at"),
    Field::new("s_ra", Double, "pos.eq.ra")
        .unit("deg")
        .utype("obscore:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C1")
        .reference(ICRS)
        .description("Right ascension of the centre"),
    Field::new("s_dec", Double, "pos.eq.dec")
        .unit("deg")
        .utype("obscore:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C2")
        .reference(ICRS)
        .description("Declination of the centre"),
    Field::new("s_fov", Double, "phys.angSize;instr.fov")
        .unit("deg")
        .utype("obscore:Char.SpatialAxis.Coverage.Bounds.Extent.diameter")
        .description("Diameter of the circle that covers it"),
    Field::new("s_region", DoubleList, "pos.outline;obs.field")
        .unit("deg")
        .utype("obscore:Char.SpatialAxis.Coverage.Support.Area")
        .xtype("polygon")
        .reference(ICRS)
        .description("Its outline at the outer edges of its pixels"),
    Field::new("s_resolution", Double, "pos.angResolution")
        .unit("arcsec")
        .utype("obscore:Char.SpatialAxis.Resolution.Refval.value")
        .description("Full width at half maximum of the seeing"),
    Field::new("s_xel1", Long, "meta.number")
        .utype("obscore:Char.SpatialAxis.numBins1")
        .description("Pixels along the first axis"),
    Field::new("s_xel2", Long, "meta.number")
        .utype("obscore:Char.SpatialAxis.numBins2")
        .description("Pixels along the second axis"),
    Field::new("s_pixel_scale", Double, "phys.angSize;instr.pixel")
        .unit("arcsec")
        .utype("obscore:Char.SpatialAxis.Sampling.RefVal.SamplingPeriod")
        .description("Side of a pixel"),
    Field::new("t_min", Double, "time.start;obs.exposure")
        .unit("d")
        .utype("obscore:Char.TimeAxis.Coverage.Bounds.Limits.StartTime")
        .reference(UTC)
        .description("Begin of the exposure"),
    Field::new("t_max", Double, "time.end;obs.exposure")
        .unit("d")
        .utype("obscore:Char.TimeAxis.Coverage.Bounds.Limits.StopTime")
        .reference(UTC)
        .description("End of the exposure"),
    Field::new("t_exptime", Double, "time.duration;obs.exposure")
        .unit("s")
        .utype("obscore:Char.TimeAxis.Coverage.Support.Extent")
        .description("Length of the exposure"),
    Field::new("t_resolution", Double, "time.resolution")
        .unit("s")
        .utype("obscore:Char.TimeAxis.Resolution.Refval.value")
        .description("What changes within this time is not resolved"),
    Field::new("t_xel", Long, "meta.number")
        .utype("obscore:Char.TimeAxis.numBins")
        .description("Samples along the time axis"),
    Field::new("em_min", Double, "em.wl;stat.min")
        .unit("m")
        .utype("obscore:Char.SpectralAxis.Coverage.Bounds.Limits.LoLimit")
        .description("Shortest wavelength"),
    Field::new("em_max", Double, "em.wl;stat.max")
        .unit("m")
        .utype("obscore:Char.SpectralAxis.Coverage.Bounds.Limits.HiLimit")
        .description("Longest wavelength"),
    Field::new("em_res_power", Double, "spect.resolution")
        .utype("obscore:Char.SpectralAxis.Resolution.ResolPower.refVal")
        .description("Wavelength divided by the range of wavelengths"),
    Field::new("em_xel", Long, "meta.number")
        .utype("obscore:Char.SpectralAxis.numBins")
        .description("Samples along the spectral axis"),
    Field::new("o_ucd", Text, "meta.ucd")
        .utype("obscore:Char.ObservableAxis.ucd")
        .description("What the pixels measure"),
    Field::new("pol_states", Text, "meta.code;phys.polarization")
        .utype("obscore:Char.PolarizationAxis.stateList")
        .description("Stokes parameters or correlations"),
    Field::new("pol_xel", Long, "meta.number")
        .utype("obscore:Char.PolarizationAxis.numBins")
        .description("Samples along the polarisation axis"),
    Field::new("facility_name", Text, "meta.id;instr.tel")
        .utype("obscore:Provenance.ObsConfig.Facility.name")
        .description("The telescope"),
    Field::new("instrument_name", Text, "meta.id;instr")
        .utype("obscore:Provenance.ObsConfig.Instrument.name")
        .description("The instrument"),
];

/// What an image has in the columns.
pub fn row<'a>(resources: &Resources, holding: &'a Holding, image: &'a ArchiveImage) -> Vec<Value<'a>> {
    let facts = &image.frame.facts;
    let coverage = &image.coverage;
    let place = image.place.as_ref();
    let text = |text: String| Value::Text(text.into());
    let observation = observation(image);
    let did = holding.publisher_did(image.science_id);
    let band = holding.wavelengths_m(image);
    let named = |name: &'a Option<String>, usual: &'a Option<String>| {
        Value::text(name.as_deref().or(usual.as_deref()))
    };
    let outline = place.map(|place| &place.outline).filter(|outline| outline.len() >= 3);
    vec![
        Value::Text(product_type(image).into()),
        Value::text(holding.subtype.as_deref()),
        Value::Integer(holding.calibration_level.into()),
        Value::Text(holding.archive.as_str().into()),
        text(observation.clone()),
        text(title(holding, image, &observation)),
        text(did.clone()),
        text(resources.links_of(&did)),
        Value::Text(DATALINK.into()),
        Value::integer(Some(facts.stamp.bytes.div_ceil(1000))),
        Value::text(facts.target.as_deref()),
        Value::double(place.map(|place| place.centre.ra_deg())),
        Value::double(place.map(|place| place.centre.dec_deg())),
        Value::double(place.map(|place| 2.0 * place.radius_deg)),
        outline.map_or(Value::Null, |outline| {
            let angles = outline.iter().flat_map(|vertex| [vertex.ra_deg(), vertex.dec_deg()]);
            Value::Doubles(angles.collect())
        }),
        Value::double(coverage.resolution_arcsec),
        Value::integer(Some(facts.columns)),
        Value::integer(Some(facts.rows)),
        Value::double(place.map(|place| place.pixel_scale_arcsec)),
        Value::double(image.time_mjd.map(|(begin, _)| begin)),
        Value::double(image.time_mjd.map(|(_, end)| end)),
        Value::double(facts.exposure_s),
        Value::double(facts.exposure_s),
        Value::integer(coverage.time_steps.or(image.time_mjd.map(|_| 1))),
        Value::double(band.map(|(shortest, _)| shortest)),
        Value::double(band.map(|(_, longest)| longest)),
        Value::double(band.map(SpectralBand::resolving_power)),
        Value::integer(coverage.em_channels.or(band.map(|_| 1))),
        Value::Text("phot.count".into()),
        Value::text(coverage.polarisations.as_deref()),
        Value::integer(Some(coverage.polarisation_planes.unwrap_or(0))),
        named(&facts.telescope, &holding.facility),
        named(&facts.instrument, &holding.instrument),
    ]
}

/// `image` or `cube`.
pub fn product_type(image: &ArchiveImage) -> &'static str {
    if image.coverage.is_cube { "cube" } else { "image" }
}

/// The observation an image was made from.
pub fn observation(image: &ArchiveImage) -> String {
    match image.data_id {
        DataId::Ccd { run, camcol, field, filter } => {
            format!("{run}-{}-{camcol}-{field:04}", filter.as_str())
        }
        DataId::Coadd { tract, patch_x, patch_y, filter } => {
            format!("{tract}-{patch_x},{patch_y}-{}", filter.as_str())
        }
        DataId::Sequence(number) => number.to_string(),
    }
}

fn title(holding: &Holding, image: &ArchiveImage, observation: &str) -> String {
    let subject = image.frame.facts.target.as_deref().unwrap_or(observation);
    if image.filter.is_empty() {
        format!("{} {subject}", holding.dataset)
    } else {
        format!("{} {subject} {}", holding.dataset, image.filter)
    }
}
