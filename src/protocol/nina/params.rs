//! How the plugin's web server binds query parameters, and the two requests made of them.
//!
//! Names are looked up without regard to case, but whether a parameter was *given* is asked with its exact
//! spelling; the last of several values wins; a bracketed suffix of a name is dropped; names nobody asks for
//! are ignored.

use actix_web::HttpRequest;
use actix_web::web::Query;

use super::NinaConfig;
use super::error::Failure;
use crate::pixel::{BayerPattern, Format, Reduction};
use crate::render::{Finite, Linkage, StretchRequest};

/// The query string, bound by name.
#[derive(Clone, Debug)]
pub struct QueryParameters(Vec<(String, String)>);

impl QueryParameters {
    /// Reads the query string of a request.
    ///
    /// # Errors
    /// 400 when it is not a query string.
    pub fn of(request: &HttpRequest) -> Result<Self, Failure> {
        Query::<Vec<(String, String)>>::from_query(request.query_string())
            .map(|pairs| Self(pairs.into_inner()))
            .map_err(|_| Failure::bad_request("Invalid query string"))
    }

    fn value(&self, name: &str) -> Option<&str> {
        let bare = |given: &str| given.find('[').map_or(given.len(), |bracket| bracket);
        let named = |(given, _): &&(String, String)| given[..bare(given)].eq_ignore_ascii_case(name);
        self.0.iter().rev().find(named).map(|(_, value)| value.as_str())
    }

    /// The value, if the parameter was given with its exact spelling.
    fn given(&self, name: &str) -> Option<&str> {
        self.0.iter().any(|(given, _)| given == name).then(|| self.value(name)).flatten()
    }

    fn boolean(&self, name: &str) -> Result<Option<bool>, Failure> {
        let parse = |text: &str| match text.trim() {
            word if word.eq_ignore_ascii_case("true") => Ok(true),
            word if word.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(Failure::unreadable(name, text)),
        };
        self.value(name).map(parse).transpose()
    }

    fn integer(&self, name: &str) -> Result<Option<i32>, Failure> {
        self.value(name).map(|text| integer(text).ok_or_else(|| Failure::unreadable(name, text))).transpose()
    }

    fn real(&self, name: &str) -> Result<Option<f64>, Failure> {
        self.value(name).map(|text| real(text).ok_or_else(|| Failure::unreadable(name, text))).transpose()
    }
}

/// A decimal integer with optional sign and blanks, or hexadecimal after `0x` or `#`.
pub fn integer(text: &str) -> Option<i32> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).or_else(|| text.strip_prefix('#')) {
        Some(digits) if digits.starts_with(['+', '-']) => None,
        Some(digits) => i32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

fn real(text: &str) -> Option<f64> {
    let text = text.trim();
    let spelled = match text {
        "NaN" => return Some(f64::NAN),
        "Infinity" => return Some(f64::INFINITY),
        "-Infinity" => return Some(f64::NEG_INFINITY),
        _ => text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)),
    };
    if spelled { text.parse().ok() } else { None }
}

/// `GET /image-history`: which entries, or only how many.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryRequest {
    /// Only entries of the type spelled exactly like this.
    pub image_type: Option<String>,
    /// What is wanted of them.
    pub wanted: HistoryWanted,
}

/// What `/image-history` answers with, in order of precedence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HistoryWanted {
    /// Their number.
    Count,
    /// All of them.
    All,
    /// The one at a position among those that pass the filter; never negative from the end.
    Index(i32),
    /// The last one.
    Newest,
}

impl HistoryRequest {
    /// Binds the parameters.
    ///
    /// # Errors
    /// 400 for a value that is not of its type.
    pub fn of(parameters: &QueryParameters) -> Result<Self, Failure> {
        let count = parameters.boolean("count")?.unwrap_or(false);
        let all = parameters.boolean("all")?.unwrap_or(false);
        let index = parameters.integer("index")?;
        let given = parameters.given("index").is_some();
        let wanted = match (count, all, index) {
            (true, ..) => HistoryWanted::Count,
            (_, true, _) => HistoryWanted::All,
            (_, _, Some(index)) if given => HistoryWanted::Index(index),
            _ => HistoryWanted::Newest,
        };
        Ok(Self { image_type: parameters.given("imageType").map(str::to_owned), wanted })
    }
}

/// `GET /image/{index}`: which frame, and how it shall look.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageRequest {
    /// Only entries of the type spelled exactly like this are counted by the index.
    pub image_type: Option<String>,
    /// Bytes instead of an envelope.
    pub stream: bool,
    /// The file itself instead of a picture of it.
    pub raw_fits: bool,
    /// How the picture is made.
    pub look: Look,
    /// How large it is.
    pub scaling: Scaling,
    /// How it is encoded.
    pub format: Format,
}

/// How a picture is made of the samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Whether colours are interpolated.
    pub debayer: Debayering,
    /// The stretch.
    pub stretch: StretchRequest,
}

/// Whether, and by which pattern, colours are interpolated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Debayering {
    /// Grey, as the sensor saw it.
    Off,
    /// By the frame's own pattern, if it has one.
    AsRecorded,
    /// By a given pattern, whatever the frame says.
    By(BayerPattern),
    /// By a sensor layout that cannot be interpolated.
    Unsupported,
}

/// The size of a picture relative to its frame: never larger, never below a tenth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scaling {
    /// As large as the frame.
    Full,
    /// This many columns wide.
    Columns(u32),
    /// This fraction of the frame.
    Fraction(Finite),
}

impl Scaling {
    /// How much a frame of so many columns is reduced.
    pub fn of_columns(self, columns: usize) -> Reduction {
        match self {
            Self::Full => Reduction::NONE,
            Self::Columns(wanted) => Reduction::to_columns(wanted as usize, columns),
            Self::Fraction(fraction) => Reduction::by(fraction.get()).unwrap_or(Reduction::NONE),
        }
    }

    fn of(parameters: &QueryParameters) -> Result<Self, Failure> {
        let size = parameters.value("size");
        let scale = parameters.real("scale")?.unwrap_or(0.0);
        if !parameters.boolean("resize")?.unwrap_or(false) {
            return Ok(Self::Full);
        }
        let invalid = || Failure::bad_request("Invalid size");
        if scale != 0.0 {
            return Finite::new(scale).map(Self::Fraction).ok_or_else(invalid);
        }
        let size = size.filter(|text| !text.is_empty()).unwrap_or("640x480");
        let (width, height) = size.split_once('x').ok_or_else(invalid)?;
        let _: u32 = height.trim().parse().map_err(|_| invalid())?;
        width.trim().parse().map(Self::Columns).map_err(|_| invalid())
    }
}

impl ImageRequest {
    /// Binds the parameters; what is absent comes from the settings.
    ///
    /// # Errors
    /// 400 for a value that is not of its type or an unknown Bayer pattern.
    pub fn of(parameters: &QueryParameters, settings: &NinaConfig) -> Result<Self, Failure> {
        let auto_prepare = parameters.boolean("autoPrepare")?.unwrap_or(false);
        let quality = parameters.integer("quality")?.unwrap_or(0).clamp(-1, 100);
        Ok(Self {
            image_type: parameters.given("imageType").map(str::to_owned),
            stream: parameters.boolean("stream")?.unwrap_or(false),
            raw_fits: parameters
                .given("raw_fits")
                .is_some_and(|value| !value.trim().eq_ignore_ascii_case("false")),
            look: if auto_prepare { Look::prepared(settings) } else { Look::of(parameters, settings)? },
            scaling: Scaling::of(parameters)?,
            format: if quality > 0 { Format::Jpeg { quality: quality as u8 } } else { Format::Png },
        })
    }
}

impl Look {
    /// As the capture program itself would show the frame.
    pub fn prepared(settings: &NinaConfig) -> Self {
        Self {
            debayer: if settings.debayer { Debayering::AsRecorded } else { Debayering::Off },
            stretch: stretch(settings.stretch_factor, settings.black_clipping, settings.unlinked),
        }
    }

    fn of(parameters: &QueryParameters, settings: &NinaConfig) -> Result<Self, Failure> {
        let factor = parameters.real("factor")?.filter(|_| parameters.given("factor").is_some());
        let clipping =
            parameters.real("blackClipping")?.filter(|_| parameters.given("blackClipping").is_some());
        let unlinked = parameters.boolean("unlinked")?.filter(|_| parameters.given("unlinked").is_some());
        let pattern = parameters.given("bayerPattern").map(Debayering::by_name).transpose()?;
        let debayer = parameters.boolean("debayer")?.unwrap_or(false);
        for (name, value) in [("factor", factor), ("blackClipping", clipping)] {
            if value.is_some_and(|value| !value.is_finite()) {
                return Err(Failure::unreadable(name, "not a finite number"));
            }
        }
        Ok(Self {
            debayer: if debayer { pattern.unwrap_or(Debayering::AsRecorded) } else { Debayering::Off },
            stretch: stretch(
                factor.unwrap_or(settings.stretch_factor).clamp(0.0, 1.0),
                clipping.unwrap_or(settings.black_clipping),
                unlinked.unwrap_or(settings.unlinked),
            ),
        })
    }
}

fn stretch(factor: f64, clipping: f64, unlinked: bool) -> StretchRequest {
    let finite = |value| Finite::new(value).expect("settings and parameters were checked to be finite");
    StretchRequest {
        target_background: finite(factor),
        shadows_clipping: finite(clipping),
        linkage: if unlinked { Linkage::Unlinked } else { Linkage::Linked },
    }
}

impl Debayering {
    /// A sensor type by the capture program's name or number for it.
    fn by_name(word: &str) -> Result<Self, Failure> {
        let pattern = match word {
            "Monochrome" | "0" | "Color" | "1" => return Ok(Self::Off),
            "CMYG" | "3" | "CMYG2" | "4" | "LRGB" | "5" => return Ok(Self::Unsupported),
            "2" => "RGGB",
            "20" => "BGGR",
            "21" => "GBRG",
            "22" => "GRBG",
            "23" => "GRGB",
            "24" => "GBGR",
            "25" => "RGBG",
            "26" => "BGRG",
            name => name,
        };
        BayerPattern::try_from(pattern).map(Self::By).map_err(|_| Failure::invalid_bayer_pattern())
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn parameters(query: &str) -> QueryParameters {
        QueryParameters::of(&TestRequest::with_uri(&format!("/?{query}")).to_http_request()).unwrap()
    }

    fn image(query: &str) -> Result<ImageRequest, Failure> {
        ImageRequest::of(&parameters(query), &NinaConfig::default())
    }

    #[test]
    fn names_are_found_in_any_case_but_given_only_as_spelled() {
        let odd = parameters("IMAGETYPE=LIGHT&COUNT=true");
        let request = HistoryRequest::of(&odd).unwrap();
        assert_eq!(request.wanted, HistoryWanted::Count);
        assert_eq!(request.image_type, None);
        let empty = HistoryRequest::of(&parameters("imageType=")).unwrap();
        assert_eq!(empty.image_type.as_deref(), Some(""));
    }

    #[test]
    fn the_last_of_several_values_wins_and_brackets_are_dropped() {
        assert_eq!(parameters("index=1&index[0]=2").integer("index").unwrap(), Some(2));
    }

    #[test]
    fn count_beats_all_beats_index_beats_nothing() {
        let wanted = |query| HistoryRequest::of(&parameters(query)).unwrap().wanted;
        assert_eq!(wanted("index=1&all=true&count=true"), HistoryWanted::Count);
        assert_eq!(wanted("index=1&all=true"), HistoryWanted::All);
        assert_eq!(wanted("index=1&all=false"), HistoryWanted::Index(1));
        assert_eq!(wanted("index=-1"), HistoryWanted::Index(-1));
        assert_eq!(wanted(""), HistoryWanted::Newest);
    }

    #[test]
    fn values_that_are_not_of_their_type_are_refused() {
        for query in ["all=1", "count=yes", "index=80.5", "index=", "index=99999999999", "all="] {
            assert!(HistoryRequest::of(&parameters(query)).is_err(), "{query}");
        }
        for query in
            ["quality=x", "resize=0", "scale=", "factor=1,5", "stream=maybe", "factor=inf", "factor=NaN"]
        {
            assert!(image(query).is_err(), "{query}");
        }
        assert!(HistoryRequest::of(&parameters("all=%20TRUE&index=%2B0x1F")).is_err());
        assert_eq!(parameters("index=0x1F").integer("index").unwrap(), Some(31));
    }

    #[test]
    fn quality_chooses_the_format() {
        let format = |query| image(query).unwrap().format;
        assert_eq!(format(""), Format::Png);
        assert_eq!(format("quality=0"), Format::Png);
        assert_eq!(format("quality=-5"), Format::Png);
        assert_eq!(format("quality=80"), Format::Jpeg { quality: 80 });
        assert_eq!(format("quality=500"), Format::Jpeg { quality: 100 });
    }

    #[test]
    fn sizes_follow_the_plugins_rules() {
        let columns = |query: &str, width| image(query).unwrap().scaling.of_columns(width).side(width);
        assert_eq!(columns("resize=true&size=800x600", 6248), 800);
        assert_eq!(columns("resize=true&size=640x480", 9576), 958);
        assert_eq!(columns("resize=true&size=4000x1", 1936), 1936);
        assert_eq!(columns("resize=true&size=320x1", 640), 320);
        assert_eq!(columns("resize=true&scale=0.05", 640), 64);
        assert_eq!(columns("resize=true&scale=7", 640), 640);
        assert_eq!(columns("resize=true&scale=-1", 640), 64);
        assert_eq!(columns("resize=false&size=10x10", 640), 640);
        assert_eq!(columns("resize=true", 6248), 640);
        assert_eq!(columns("resize=true", 320), 320);
        for size in ["800", "800X600", "axb", "80.5x1", "x", "-1x1"] {
            assert!(image(&format!("resize=true&size={size}")).is_err(), "{size}");
        }
        assert!(image("resize=true&scale=NaN").is_err());
    }

    #[test]
    fn patterns_are_case_sensitive_and_ignored_when_all_is_left_to_us() {
        assert!(image("bayerPattern=rggb").is_err());
        assert!(image("bayerPattern=rggb&autoPrepare=true").is_ok());
        let debayer = |query| image(query).unwrap().look.debayer;
        assert_eq!(debayer("bayerPattern=RGGB"), Debayering::Off);
        assert!(matches!(debayer("bayerPattern=GRBG&debayer=true"), Debayering::By(_)));
        assert_eq!(debayer("bayerPattern=22&debayer=true"), debayer("bayerPattern=GRBG&debayer=true"));
        assert_eq!(debayer("bayerPattern=Monochrome&debayer=true"), Debayering::Off);
        assert_eq!(debayer("bayerPattern=LRGB&debayer=true"), Debayering::Unsupported);
        assert_eq!(debayer("debayer=true"), Debayering::AsRecorded);
    }

    #[test]
    fn stretch_parameters_are_clamped_and_default_to_the_settings() {
        let stretch = |query| image(query).unwrap().look.stretch;
        assert_eq!(stretch("factor=7").target_background, Finite::new(1.0).unwrap());
        assert_eq!(stretch("FACTOR=0.5").target_background, Finite::new(0.2).unwrap());
        assert_eq!(stretch("blackClipping=-1.5").shadows_clipping, Finite::new(-1.5).unwrap());
        assert_eq!(stretch("unlinked=false").linkage, Linkage::Linked);
        assert_eq!(stretch("").linkage, Linkage::Unlinked);
    }
}
