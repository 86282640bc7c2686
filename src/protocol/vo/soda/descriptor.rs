//! How to call SODA, for the documents that describe it (SODA 1.0 §4): every parameter with its unit and UCD, and
//! for one dataset the values that make sense.

use crate::protocol::vo::votable::{Datatype, Param, Role, ServiceDescriptor, Values, double_text};
use crate::sky::SkyCoord;

/// The synchronous service.
pub const SYNC_STANDARD: &str = "ivo://ivoa.net/std/SODA#sync-1.0";
/// The service that runs jobs.
pub const ASYNC_STANDARD: &str = "ivo://ivoa.net/std/SODA#async-1.0";

/// What is known of a dataset's coverage, for the values of its parameters; what is not known is left out.
#[derive(Clone, Debug, Default)]
pub struct Extent {
    /// Centre and radius in degrees of a circle that covers it.
    pub circle: Option<(SkyCoord, f64)>,
    /// Its outline.
    pub outline: Vec<SkyCoord>,
    /// Wavelengths in metres.
    pub wavelength_m: Option<(f64, f64)>,
    /// Times as MJD, UTC.
    pub mjd: Option<(f64, f64)>,
    /// Polarisation states by name.
    pub polarizations: Vec<String>,
}

/// The parameters of a request, `id` first; with an extent those it can be cut by, and their values.
pub fn inputs(id: Param, extent: Option<&Extent>) -> Vec<Param> {
    let shape = "pos.outline;obs";
    let max = |text: Option<String>| text.map_or(Values::Any, Values::Max);
    let circle = extent.and_then(|extent| {
        let (centre, radius) = extent.circle?;
        Some(format!("{} {} {radius}", centre.ra_deg(), centre.dec_deg()))
    });
    let outline = extent.filter(|extent| !extent.outline.is_empty()).map(|extent| {
        let corners = extent.outline.iter().map(|at| format!("{} {}", at.ra_deg(), at.dec_deg()));
        corners.collect::<Vec<_>>().join(" ")
    });
    let mut inputs = vec![
        id,
        Param::input("POS", Datatype::Text, shape)
            .description("CIRCLE, RANGE, POLYGON or BRECT and its values"),
        Param::input("CIRCLE", Datatype::DoubleArray(3), shape)
            .unit("deg")
            .xtype("circle")
            .values(max(circle)),
        Param::input("POLYGON", Datatype::DoubleList, shape)
            .unit("deg")
            .xtype("polygon")
            .values(max(outline)),
    ];
    let between = |(low, high): (f64, f64)| Values::Between(double_text(low), double_text(high));
    let interval = |name: &'static str, ucd, unit, values| {
        Param::input(name, Datatype::DoubleArray(2), ucd).unit(unit).xtype("interval").values(values)
    };
    let band = |values| interval("BAND", "em.wl;stat.interval", "m", values);
    let time = |values| interval("TIME", "time.interval;obs.exposure", "d", values);
    let states = |values| Param::input("POL", Datatype::Text, "meta.code;phys.polarization").values(values);
    match extent {
        None => inputs.extend([band(Values::Any), time(Values::Any), states(Values::Any)]),
        Some(extent) => {
            inputs.extend(extent.wavelength_m.map(|range| band(between(range))));
            inputs.extend(extent.mjd.map(|range| time(between(range))));
            if !extent.polarizations.is_empty() {
                inputs.push(states(Values::Options(extent.polarizations.clone())));
            }
        }
    }
    inputs.extend(extensions());
    inputs
}

/// What this service takes beside the standard; without them it keeps to it.
fn extensions() -> [Param; 9] {
    let option = |name: &'static str, options: &[&str], description| {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        Param::input(name, Datatype::Text, "meta.code")
            .values(Values::Options(options))
            .description(description)
    };
    [
        Param::input("PIXEL", Datatype::DoubleArray(4), "pos.cartesian;instr.pixel")
            .unit("pixel")
            .description("x1 x2 y1 y2 in FITS pixels, inclusive"),
        option("EDGE", &["trim", "pad", "strict"], "what becomes of a box beyond the edge of the image"),
        option("MASK", &["NaN"], "makes pixels outside the region missing"),
        option("DETAIL", &["image", "maskedimage", "exposure"], "how much of a multi-extension file"),
        option("KIND", &["HEADER"], "headers without pixels"),
        option(
            "RESPONSEFORMAT",
            &["application/fits", "image/fits", "image/png", "image/jpeg"],
            "form of the answer",
        ),
        option("STRETCH", &["linear", "sqrt", "log", "asinh"], "brightness of a picture"),
        // As text: pyvo stumbles over a number without a value.
        Param::input("MIN_CUT", Datatype::Text, "stat.value")
            .description("percentile that becomes black, 0 to 100"),
        Param::input("MAX_CUT", Datatype::Text, "stat.value")
            .description("percentile that becomes white, 0 to 100"),
    ]
}

/// The description the synchronous service gives of itself.
pub fn itself(access_url: String) -> ServiceDescriptor {
    let id = Param::input("ID", Datatype::Text, "meta.ref.url;meta.curation");
    ServiceDescriptor {
        role: Role::This,
        id: String::new(),
        name: "this",
        description: "Cuts regions of the sky, wavelengths, times and polarizations out of a dataset"
            .to_owned(),
        access_url,
        standard_id: SYNC_STANDARD,
        content_type: "application/fits",
        example_url: None,
        inputs: inputs(id, None),
    }
}
