//! The parameters of a search (SIA 2.0 §2.1): of one parameter any value may fit, of several all must.

use crate::catalogue::{ImageSearch, Interval, SearchedDataset};
use crate::protocol::vo::VoConfig;
use crate::protocol::vo::archives::{Archives, Holding};
use crate::protocol::vo::dali::{Fault, LiteralError, Parameters, position};
use crate::protocol::vo::obscore::{DATALINK, FITS};
use crate::protocol::vo::votable::TableFormat;

/// Values one request may have over all its parameters; every one of them costs a condition on every row.
const MOST_VALUES: usize = 500;

/// Characters of a value that an answer repeats.
const LONGEST_INPUT: usize = 200;

/// Names of all parameters that choose images.
const CHOOSING: [&str; 18] = [
    "POS",
    "BAND",
    "TIME",
    "POL",
    "FOV",
    "SPATRES",
    "SPECRP",
    "EXPTIME",
    "TIMERES",
    "ID",
    "COLLECTION",
    "FACILITY",
    "INSTRUMENT",
    "DPTYPE",
    "CALIB",
    "TARGET",
    "FORMAT",
    "MAXREC",
];

/// A search, understood.
#[derive(Clone, Debug)]
pub(super) struct SiaRequest {
    /// The datasets to be searched, in the order of the answer.
    pub(super) datasets: Vec<(Holding, SearchedDataset)>,
    /// What is wanted of their images.
    pub(super) search: ImageSearch,
    /// How many rows at most.
    pub(super) rows: usize,
    /// The form of the answer.
    pub(super) format: TableFormat,
    /// What was asked, to be repeated in the answer (DALI 1.1 §4.4).
    pub(super) inputs: Vec<(&'static str, String)>,
}

impl SiaRequest {
    /// Reads the parameters.
    ///
    /// # Errors
    /// A usage fault that names the parameter.
    pub(super) fn of(
        parameters: &Parameters,
        format: TableFormat,
        archives: &Archives,
        settings: &VoConfig,
    ) -> Result<Self, Fault> {
        parameters.run_id()?;
        let given: usize = CHOOSING.iter().map(|name| parameters.values(name).count()).sum();
        if given > MOST_VALUES {
            return Err(Fault::usage(format!("{given} values are more than the {MOST_VALUES} allowed")));
        }
        let is_cube = product_types(parameters);
        let search = ImageSearch {
            regions: each(parameters, "POS", position)?,
            wavelengths_m: intervals(parameters, "BAND")?,
            times_mjd: intervals(parameters, "TIME")?,
            polarisations: texts(parameters, "POL"),
            fields_of_view_deg: intervals(parameters, "FOV")?,
            resolutions_arcsec: intervals(parameters, "SPATRES")?,
            resolving_powers: intervals(parameters, "SPECRP")?,
            exposures_s: exposures(parameters)?,
            facilities: texts(parameters, "FACILITY"),
            instruments: texts(parameters, "INSTRUMENT"),
            targets: texts(parameters, "TARGET"),
            is_cube: is_cube.unwrap_or_default(),
        };
        for band in &search.wavelengths_m {
            if band.high < 0.0 {
                return Err(Fault::usage(format!(
                    "invalid BAND value {}: wavelengths are positive",
                    band.high
                )));
            }
        }
        let rows = rows(parameters, settings)?;
        let mut datasets = datasets(parameters, archives)?;
        if is_cube.is_none() || !is_offered(parameters) {
            datasets.clear();
        }
        Ok(Self { datasets, search, rows, format, inputs: inputs(parameters) })
    }
}

/// The parameters that chose, as they were understood by name; long values are cut off.
fn inputs(parameters: &Parameters) -> Vec<(&'static str, String)> {
    let shown = |value: &str| value.chars().take(LONGEST_INPUT).collect();
    let of = |name: &'static str| parameters.values(name).map(move |value| (name, shown(value)));
    CHOOSING.into_iter().flat_map(of).collect()
}

/// The datasets that `COLLECTION`, `CALIB` and `ID` leave: the most reduced first, then by name.
fn datasets(parameters: &Parameters, archives: &Archives) -> Result<Vec<(Holding, SearchedDataset)>, Fault> {
    let collections = texts(parameters, "COLLECTION");
    let levels = each(parameters, "CALIB", calibration_level)?;
    let named: Vec<_> = parameters.values("ID").map(|id| archives.named(id)).collect();
    let mut holdings: Vec<&Holding> = archives
        .holdings()
        .iter()
        .filter(|holding| {
            collections.is_empty() || collections.iter().any(|id| id == holding.archive.as_str())
        })
        .filter(|holding| levels.is_empty() || levels.contains(&holding.calibration_level))
        .collect();
    holdings.sort_by(|a, b| {
        let key = |holding: &Holding| (holding.archive.clone(), holding.dataset.as_str().to_owned());
        b.calibration_level.cmp(&a.calibration_level).then_with(|| key(a).cmp(&key(b)))
    });
    let searched = |holding: &Holding| {
        let of_this = named
            .iter()
            .flatten()
            .filter(|(named, _)| named.archive == holding.archive && named.dataset == holding.dataset);
        let science_ids: Vec<_> = of_this.map(|(_, id)| *id).collect();
        (named.is_empty() || !science_ids.is_empty())
            .then(|| (holding.clone(), holding.searched(science_ids)))
    };
    Ok(holdings.into_iter().filter_map(searched).collect())
}

/// What `DPTYPE` leaves: `Some(None)` for everything, `None` for nothing we have.
#[expect(clippy::option_option, reason = "nothing asked for and nothing left are different")]
fn product_types(parameters: &Parameters) -> Option<Option<bool>> {
    let types = texts(parameters, "DPTYPE");
    let has = |name: &str| types.iter().any(|kind| kind == name);
    match (types.is_empty(), has("image"), has("cube")) {
        (true, ..) | (_, true, true) => Some(None),
        (_, true, false) => Some(Some(false)),
        (_, false, true) => Some(Some(true)),
        (_, false, false) => None,
    }
}

/// Whether `FORMAT` allows what our access URLs lead to.
fn is_offered(parameters: &Parameters) -> bool {
    let mut formats = parameters.values("FORMAT").peekable();
    formats.peek().is_none() || formats.any(|format| format == DATALINK || format == FITS)
}

/// The length of an exposure is also what our images resolve in time: both parameters ask for the same.
fn exposures(parameters: &Parameters) -> Result<Vec<Interval>, Fault> {
    let (exposures, resolutions) = (intervals(parameters, "EXPTIME")?, intervals(parameters, "TIMERES")?);
    if exposures.is_empty() || resolutions.is_empty() {
        return Ok([exposures, resolutions].concat());
    }
    let both = exposures.iter().flat_map(|exposure| {
        resolutions.iter().map(|resolution| Interval {
            low: exposure.low.max(resolution.low),
            high: exposure.high.min(resolution.high),
        })
    });
    Ok(both.collect())
}

fn rows(parameters: &Parameters, settings: &VoConfig) -> Result<usize, Fault> {
    let Some(text) = parameters.single("MAXREC")? else { return Ok(settings.usual_rows) };
    let digits = text.trim();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::bad_value("MAXREC", text, "must be a whole number from 0"));
    }
    // More digits than a number holds are more rows than there will ever be.
    Ok(digits.parse().unwrap_or(usize::MAX).min(settings.most_rows))
}

fn calibration_level(text: &str) -> Result<u8, LiteralError> {
    text.trim().parse().ok().filter(|level| *level <= 4).ok_or(LiteralError::NotALevel)
}

fn texts(parameters: &Parameters, name: &str) -> Vec<String> {
    parameters.values(name).map(str::to_owned).collect()
}

fn intervals(parameters: &Parameters, name: &str) -> Result<Vec<Interval>, Fault> {
    each(parameters, name, str::parse)
}

fn each<T>(
    parameters: &Parameters,
    name: &str,
    read: impl Fn(&str) -> Result<T, LiteralError>,
) -> Result<Vec<T>, Fault> {
    let value = |text: &str| read(text).map_err(|error| Fault::bad_value(name, text, error));
    parameters.values(name).map(value).collect()
}
