//! What a request for a picture wants: `GET /image/{index}`, `/prepared-image` and their kin.

use super::error::Failure;
use super::parameters::QueryParameters;
use super::profile::ImageSettings;
use super::sensor::{PatternSetting, SensorType};
use crate::catalogue::HistoryEntry;
use crate::pixel::{BayerPattern, Format, Reduction};
use crate::render::{Finite, FrameSource, Linkage, Rendition, StretchRequest};

/// How a frame shall look, how large, in which format.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PictureRequest {
    /// How the picture is made.
    pub look: Look,
    /// How large it is.
    pub scaling: Scaling,
    /// How it is encoded.
    pub format: Format,
}

/// `GET /image/{index}`: which frame, as what.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageRequest {
    /// Only entries of the type spelled exactly like this are counted by the index.
    pub image_type: Option<String>,
    /// Bytes instead of an envelope.
    pub stream: bool,
    /// The file itself instead of a picture of it.
    pub raw_fits: bool,
    /// The picture.
    pub picture: PictureRequest,
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
    /// By a given pattern if the frame is a mosaic, grey if not.
    MosaicBy(BayerPattern),
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
        if scale != 0.0 {
            return Finite::new(scale).map(Self::Fraction).ok_or_else(Failure::invalid_size);
        }
        let size = size.filter(|text| !text.is_empty()).unwrap_or("640x480");
        let (width, height) = size.split_once('x').ok_or_else(Failure::invalid_size)?;
        let _: u32 = height.trim().parse().map_err(|_| Failure::invalid_size())?;
        width.trim().parse().map(Self::Columns).map_err(|_| Failure::invalid_size())
    }
}

impl ImageRequest {
    /// Binds the parameters; what is absent comes from the settings.
    ///
    /// # Errors
    /// 400 for a value that is not of its type or an unknown Bayer pattern.
    pub fn of(parameters: &QueryParameters, settings: &ImageSettings) -> Result<Self, Failure> {
        Ok(Self {
            image_type: parameters.given("imageType").map(str::to_owned),
            stream: parameters.boolean("stream")?.unwrap_or(false),
            raw_fits: parameters
                .given("raw_fits")
                .is_some_and(|value| !value.trim().eq_ignore_ascii_case("false")),
            picture: PictureRequest::of(parameters, settings)?,
        })
    }
}

impl PictureRequest {
    /// Binds the parameters; what is absent comes from the settings.
    ///
    /// # Errors
    /// 400 for a value that is not of its type or an unknown Bayer pattern.
    pub fn of(parameters: &QueryParameters, settings: &ImageSettings) -> Result<Self, Failure> {
        let auto_prepare = parameters.boolean("autoPrepare")?.unwrap_or(false);
        let quality = parameters.integer("quality")?.unwrap_or(0).clamp(-1, 100);
        Ok(Self {
            look: if auto_prepare { Look::prepared(settings) } else { Look::of(parameters, settings)? },
            scaling: Scaling::of(parameters)?,
            format: if quality > 0 { Format::Jpeg { quality: quality as u8 } } else { Format::Png },
        })
    }

    /// What that is for the frame of an entry.
    ///
    /// # Errors
    /// `Unknown error` for a sensor layout that cannot be interpolated.
    pub fn rendition(&self, entry: &HistoryEntry) -> Result<Rendition, Failure> {
        let facts = &entry.frame.facts;
        let reduction = self.scaling.of_columns(facts.columns as usize);
        Ok(Rendition {
            is_spread: false,
            is_turned_over: false,
            debayer: self.look.debayer.pattern_for(entry)?,
            stretch: Some(self.look.stretch),
            columns: reduction.side(facts.columns as usize),
            rows: reduction.side(facts.rows as usize),
            format: self.format,
        })
    }
}

impl Look {
    /// As the capture program itself would show the frame.
    pub fn prepared(settings: &ImageSettings) -> Self {
        let debayer = match settings.pattern {
            _ if !settings.debayer => Debayering::Off,
            PatternSetting::Auto => Debayering::AsRecorded,
            PatternSetting::Always(SensorType::Mosaic(pattern)) => Debayering::MosaicBy(pattern),
            PatternSetting::None | PatternSetting::Always(_) => Debayering::Off,
        };
        Self {
            debayer,
            stretch: stretch(settings.stretch_factor, settings.black_clipping, settings.unlinked),
        }
    }

    fn of(parameters: &QueryParameters, settings: &ImageSettings) -> Result<Self, Failure> {
        let factor = parameters.real("factor")?.filter(|_| parameters.given("factor").is_some());
        let clipping =
            parameters.real("blackClipping")?.filter(|_| parameters.given("blackClipping").is_some());
        let unlinked = parameters.boolean("unlinked")?.filter(|_| parameters.given("unlinked").is_some());
        let word = parameters.given("bayerPattern");
        let pattern = word
            .map(|word| SensorType::by_word(word).ok_or_else(Failure::invalid_bayer_pattern))
            .transpose()?;
        let debayer = parameters.boolean("debayer")?.unwrap_or(false);
        for (name, value) in [("factor", factor), ("blackClipping", clipping)] {
            if value.is_some_and(|value| !value.is_finite()) {
                return Err(Failure::unreadable(name, "not a finite number"));
            }
        }
        let pattern = pattern.map_or(settings.pattern, PatternSetting::Always);
        Ok(Self {
            debayer: if debayer { Debayering::from(pattern) } else { Debayering::Off },
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

impl From<PatternSetting> for Debayering {
    fn from(setting: PatternSetting) -> Self {
        match setting {
            PatternSetting::Auto => Self::AsRecorded,
            PatternSetting::None | PatternSetting::Always(SensorType::Monochrome | SensorType::Color) => {
                Self::Off
            }
            PatternSetting::Always(SensorType::Mosaic(pattern)) => Self::By(pattern),
            PatternSetting::Always(SensorType::Cmyg | SensorType::Cmyg2 | SensorType::Lrgb) => {
                Self::Unsupported
            }
        }
    }
}

impl Debayering {
    /// The pattern colours of a frame are interpolated by; `None` for a grey picture.
    ///
    /// # Errors
    /// `Unknown error` when the layout cannot be interpolated.
    pub fn pattern_for(self, entry: &HistoryEntry) -> Result<Option<BayerPattern>, Failure> {
        match self {
            Self::Off => Ok(None),
            Self::AsRecorded => Ok(recorded_pattern(entry)),
            Self::MosaicBy(pattern) => Ok(entry.saved.is_bayered.then_some(pattern)),
            Self::By(pattern) => Ok(Some(pattern)),
            Self::Unsupported => Err(Failure::unknown()),
        }
    }
}

/// The frame's own Bayer pattern, if it has one.
pub fn recorded_pattern(entry: &HistoryEntry) -> Option<BayerPattern> {
    entry.frame.facts.bayer_pattern.filter(|_| entry.saved.is_bayered)
}

/// What the renderer needs to know of an entry's frame.
pub fn frame_source(entry: &HistoryEntry) -> FrameSource {
    FrameSource {
        identity: entry.frame.identity(),
        path: entry.frame.path.clone(),
        hdu: entry.frame.facts.hdu,
        statistics: Some(entry.statistics.clone()),
        recorded_pattern: recorded_pattern(entry),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::nina::NinaConfig;
    use crate::protocol::nina::parameters::tests::parameters;

    fn settings() -> ImageSettings {
        ImageSettings::from(&NinaConfig::default())
    }

    fn picture(query: &str) -> Result<PictureRequest, Failure> {
        PictureRequest::of(&parameters(query), &settings())
    }

    #[test]
    fn values_that_are_not_of_their_type_are_refused() {
        for query in ["quality=x", "resize=0", "scale=", "factor=1,5", "factor=inf", "factor=NaN"] {
            assert!(picture(query).is_err(), "{query}");
        }
        assert!(ImageRequest::of(&parameters("stream=maybe"), &settings()).is_err());
    }

    #[test]
    fn quality_chooses_the_format() {
        let format = |query| picture(query).unwrap().format;
        assert_eq!(format(""), Format::Png);
        assert_eq!(format("quality=0"), Format::Png);
        assert_eq!(format("quality=-5"), Format::Png);
        assert_eq!(format("quality=80"), Format::Jpeg { quality: 80 });
        assert_eq!(format("quality=500"), Format::Jpeg { quality: 100 });
    }

    #[test]
    fn sizes_follow_the_plugins_rules() {
        let columns = |query: &str, width| picture(query).unwrap().scaling.of_columns(width).side(width);
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
            assert!(picture(&format!("resize=true&size={size}")).is_err(), "{size}");
        }
        assert!(picture("resize=true&scale=NaN").is_err());
    }

    #[test]
    fn patterns_are_case_sensitive_and_ignored_when_all_is_left_to_us() {
        assert!(picture("bayerPattern=rggb").is_err());
        assert!(picture("bayerPattern=rggb&autoPrepare=true").is_ok());
        let debayer = |query| picture(query).unwrap().look.debayer;
        assert_eq!(debayer("bayerPattern=RGGB"), Debayering::Off);
        assert!(matches!(debayer("bayerPattern=GRBG&debayer=true"), Debayering::By(_)));
        assert_eq!(debayer("bayerPattern=22&debayer=true"), debayer("bayerPattern=GRBG&debayer=true"));
        assert_eq!(debayer("bayerPattern=Monochrome&debayer=true"), Debayering::Off);
        assert_eq!(debayer("bayerPattern=LRGB&debayer=true"), Debayering::Unsupported);
        assert_eq!(debayer("debayer=true"), Debayering::AsRecorded);
    }

    #[test]
    fn the_pattern_of_the_profile_comes_before_that_of_the_frame() {
        let always = PatternSetting::Always(SensorType::Mosaic(BayerPattern::Grbg));
        let settings = ImageSettings { pattern: always, ..settings() };
        let debayer = |query| PictureRequest::of(&parameters(query), &settings).unwrap().look.debayer;
        assert_eq!(debayer("debayer=true"), Debayering::By(BayerPattern::Grbg));
        assert_eq!(debayer("debayer=true&bayerPattern=RGGB"), Debayering::By(BayerPattern::Rggb));
        assert_eq!(debayer("autoPrepare=true"), Debayering::MosaicBy(BayerPattern::Grbg));
    }

    #[test]
    fn stretch_parameters_are_clamped_and_default_to_the_settings() {
        let stretch = |query| picture(query).unwrap().look.stretch;
        assert_eq!(stretch("factor=7").target_background, Finite::new(1.0).unwrap());
        assert_eq!(stretch("FACTOR=0.5").target_background, Finite::new(0.2).unwrap());
        assert_eq!(stretch("blackClipping=-1.5").shadows_clipping, Finite::new(-1.5).unwrap());
        assert_eq!(stretch("unlinked=false").linkage, Linkage::Linked);
        assert_eq!(stretch("").linkage, Linkage::Unlinked);
    }
}
