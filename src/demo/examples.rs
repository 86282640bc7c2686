//! The ImageServ examples that must find an image here, and the file each of them finds.

use super::geometry::Direction;

/// A request of the ImageServ documentation, as it prints it, and the file that answers it.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// Its row in the documentation.
    pub row: &'static str,
    /// What follows the repository's URL.
    pub query: &'static str,
    /// The file, below the archive's directory.
    pub file: &'static str,
    /// For a cutout, or for the nearest image: the position asked for.
    pub position: Option<Direction>,
    /// For a cutout: width and height in pixels of the file, `None` for the whole image.
    pub cutout_px: Option<(usize, usize)>,
}

const RAW_2708: &str = "raw/fpC-002708-r3-0103.fit.gz";
const RAW_3325: &str = "raw/fpC-003325-z1-0171.fit.gz";
const RAW_5646_G: &str = "raw/fpC-005646-g4-0694.fit";
const RAW_5646_R: &str = "raw/fpC-005646-r4-0694.fit";
const CALEXP_3325: &str = "calexp/calexp-003325-z1-0171.fits";
const CALEXP_5646_G: &str = "calexp/calexp-005646-g4-0694.fits";
const CALEXP_5646_R: &str = "calexp/calexp-005646-r4-0694.fits";
const COADD_366: &str = "deepCoadd/coadd-u-0-366,0.fits";
const COADD_225: &str = "deepCoadd/coadd-i-0-225,1.fits";
const COADD_321: &str = "deepCoadd/coadd-r-0-321,4.fits";

const fn whole(row: &'static str, query: &'static str, file: &'static str) -> Example {
    Example { row, query, file, position: None, cutout_px: None }
}

const fn nearest(
    row: &'static str,
    query: &'static str,
    file: &'static str,
    (ra, dec): (f64, f64),
) -> Example {
    Example { row, query, file, position: Some(Direction::new(ra, dec)), cutout_px: None }
}

const fn cutout(
    row: &'static str,
    query: &'static str,
    file: &'static str,
    (ra, dec): (f64, f64),
    size: (usize, usize),
) -> Example {
    Example { row, query, file, position: Some(Direction::new(ra, dec)), cutout_px: Some(size) }
}

/// Every example, in the documentation's order.
pub const EXAMPLES: [Example; 22] = [
    nearest("I_1", "ds=raw&ra=359.195&dec=-0.1055&filter=r", RAW_2708, (359.195, -0.1055)),
    whole("I_2", "ds=raw&run=5646&camcol=4&field=694&filter=g", RAW_5646_G),
    whole("I_3", "ds=raw&sid=3325410171", RAW_3325),
    cutout(
        "I_4",
        "ds=raw&ra=359.195&dec=-0.1055&filter=r&width=30.0&height=45.0&unit=arcsec",
        RAW_2708,
        (359.195, -0.1055),
        (76, 114),
    ),
    cutout(
        "I_5",
        "ds=raw&ra=359.195&dec=-0.1055&filter=r&width=30&height=45&unit=pixel",
        RAW_2708,
        (359.195, -0.1055),
        (30, 45),
    ),
    nearest("I_6", "ds=calexp&ra=37.644598&dec=0.104625&filter=r", CALEXP_5646_R, (37.644_598, 0.104_625)),
    whole("I_7", "ds=calexp&run=5646&camcol=4&field=694&filter=g", CALEXP_5646_G),
    whole("I_8", "ds=calexp&sid=3325410171", CALEXP_3325),
    cutout(
        "I_9",
        "ds=calexp&ra=37.644598&dec=0.104625&filter=r&width=30.0&height=45.0&unit=arcsec",
        CALEXP_5646_R,
        (37.644_598, 0.104_625),
        (76, 114),
    ),
    cutout(
        "I_10",
        "ds=calexp&ra=37.644598&dec=0.104625&filter=r&width=100&height=100&unit=pixel",
        CALEXP_5646_R,
        (37.644_598, 0.104_625),
        (100, 100),
    ),
    cutout(
        "I11",
        "ds=calexp&sid=5646240694&ra=37.6292&dec=0.104625&width=30.0&height=45.0&unit=arcsec",
        CALEXP_5646_R,
        (37.6292, 0.104_625),
        (76, 114),
    ),
    cutout(
        "I12",
        "ds=calexp&sid=5646240694&ra=37.6292&dec=0.104625&width=100&height=100&unit=pixel",
        CALEXP_5646_R,
        (37.6292, 0.104_625),
        (100, 100),
    ),
    nearest("I_13", "ds=deepcoadd&ra=19.37995&dec=-0.3146&filter=r", COADD_321, (19.379_95, -0.3146)),
    whole("I_14", "ds=deepcoadd&tract=0&patch=225,1&filter=i", COADD_225),
    whole("I_15", "ds=deepcoadd&sid=23986176", COADD_366),
    cutout(
        "I_16",
        "ds=deepcoadd&ra=19.36995&dec=-0.3147&filter=r&width=115&height=235&unit=arcsec",
        COADD_321,
        (19.369_95, -0.3147),
        (290, 593),
    ),
    cutout(
        "I_17",
        "ds=deepcoadd&ra=19.36995&dec=-0.3147&filter=r&width=115&height=235&unit=pixel",
        COADD_321,
        (19.369_95, -0.3147),
        (115, 235),
    ),
    cutout(
        "I18",
        "ds=raw&sid=5646240694&ra=37.6292&dec=0.104625&width=30.0&height=45.0&unit=arcsec",
        RAW_5646_R,
        (37.6292, 0.104_625),
        (76, 114),
    ),
    cutout(
        "I19",
        "ds=raw&sid=5646240694&ra=37.6292&dec=0.104625&width=100&height=100&unit=pixel",
        RAW_5646_R,
        (37.6292, 0.104_625),
        (100, 100),
    ),
    cutout(
        "I20",
        "ds=deepcoadd&sid=23986176&ra=9.47103&dec=-1.181766&width=30.0&height=45.0&unit=arcsec",
        COADD_366,
        (9.471_03, -1.181_766),
        (76, 114),
    ),
    cutout(
        "I21",
        "ds=deepcoadd&sid=23986176&ra=9.47103&dec=-1.181766&width=100&height=100&unit=pixel",
        COADD_366,
        (9.471_03, -1.181_766),
        (100, 100),
    ),
    cutout(
        "I22",
        "ds=deepcoadd&tract=0&patch=225,1&filter=i&ra=40.49055&dec=-0.946593&width=100&height=100&unit=arcsec",
        COADD_225,
        (40.490_55, -0.946_593),
        (253, 253),
    ),
];
