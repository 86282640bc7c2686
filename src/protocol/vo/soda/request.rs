//! What a SODA request asks for, read from its parameters before anything is looked up.

use std::str::FromStr;

use super::stencil::Stencil;
use crate::catalogue::Interval;
use crate::protocol::vo::dali::{Fault, Parameters};
use crate::protocol::vo::form::{self, BadPictureParameter, ImageForm};
use crate::protocol::vo::votable::double_text;
use crate::render::{CutoutPicture, Detail, Edge};
use crate::sky::Polarization;

/// Combinations one request may ask for.
const MOST_COMBINATIONS: usize = 10_000;

/// Every value of every parameter.
#[derive(Clone, Debug)]
pub struct SodaRequest {
    /// Datasets.
    pub ids: Vec<String>,
    /// Shapes, in the order of the request.
    pub stencils: Vec<Stencil>,
    /// Wavelengths in metres.
    pub bands: Vec<Interval>,
    /// Times as MJD, UTC.
    pub times: Vec<Interval>,
    /// Polarisation states; all values together are one filter.
    pub polarizations: Vec<Polarization>,
    /// How the pixels are answered.
    pub manner: Manner,
}

/// How the pixels of a cutout are answered; the declared extensions beside the standard.
#[derive(Clone, Debug, PartialEq)]
pub struct Manner {
    /// FITS or a picture.
    pub form: ImageForm,
    /// What the picture looks like.
    pub picture: Option<CutoutPicture>,
    /// `EDGE`
    pub edge: Edge,
    /// `MASK=NaN`
    pub blank_outside: bool,
    /// `DETAIL`
    pub detail: Detail,
    /// `KIND=HEADER`
    pub headers_only: bool,
}

/// One cutout of the cross product of all values.
#[derive(Clone, Debug)]
pub struct Combination {
    /// The dataset.
    pub id: String,
    /// The shape.
    pub stencil: Option<Stencil>,
    /// Wavelengths in metres.
    pub band: Option<Interval>,
    /// Times as MJD, UTC.
    pub time: Option<Interval>,
}

impl SodaRequest {
    /// Reads all parameters; those nobody knows are ignored.
    ///
    /// # Errors
    /// The first value that makes no sense, or a missing `ID`.
    pub fn of(parameters: &Parameters) -> Result<Self, Fault> {
        parameters.run_id()?;
        let ids: Vec<String> = parameters.values("ID").map(|id| id.trim().to_owned()).collect();
        if ids.is_empty() {
            return Err(Fault::usage("ID is required"));
        }
        let shapes = parameters.iter().filter_map(|(name, value)| Stencil::of(name, value));
        let intervals = |name: &'static str| {
            let read =
                |value: &str| Interval::from_str(value).map_err(|error| Fault::bad_value(name, value, error));
            parameters.values(name).map(read).collect::<Result<Vec<_>, _>>()
        };
        let state = |value: &str| {
            Polarization::named(value.trim())
                .ok_or_else(|| Fault::bad_value("POL", value, "no polarization state of that name"))
        };
        let request = Self {
            ids,
            stencils: shapes.collect::<Result<_, _>>()?,
            bands: intervals("BAND")?,
            times: intervals("TIME")?,
            polarizations: parameters.values("POL").map(state).collect::<Result<_, _>>()?,
            manner: Manner::of(parameters)?,
        };
        let count = [&request.stencils.len(), &request.bands.len(), &request.times.len()]
            .into_iter()
            .fold(request.ids.len(), |product, values| product.saturating_mul(*values.max(&1)));
        if count > MOST_COMBINATIONS {
            let message = format!("{count} combinations are more than the {MOST_COMBINATIONS} allowed");
            return Err(Fault::usage(message));
        }
        Ok(request)
    }

    /// The one combination of a synchronous request.
    ///
    /// # Errors
    /// When there are several values of a parameter that takes one.
    pub fn single(&self) -> Result<Combination, Fault> {
        if self.ids.len() > 1 {
            return Err(Fault::multi_valued("ID"));
        }
        if let [_, second, ..] = &self.stencils[..] {
            return Err(Fault::multi_valued(second.parameter));
        }
        for (name, values) in [("BAND", &self.bands), ("TIME", &self.times)] {
            if values.len() > 1 {
                return Err(Fault::multi_valued(name));
            }
        }
        self.combinations().into_iter().next().ok_or_else(|| Fault::usage("ID is required"))
    }

    /// Every combination: datasets outermost, then shapes, wavelengths and times in the order of the request.
    pub fn combinations(&self) -> Vec<Combination> {
        fn or_none<T: Clone>(values: &[T]) -> Vec<Option<T>> {
            if values.is_empty() { vec![None] } else { values.iter().cloned().map(Some).collect() }
        }
        let mut all = Vec::new();
        for id in &self.ids {
            for stencil in or_none(&self.stencils) {
                for band in or_none(&self.bands) {
                    for time in or_none(&self.times) {
                        all.push(Combination { id: id.clone(), stencil: stencil.clone(), band, time });
                    }
                }
            }
        }
        all
    }
}

impl Combination {
    /// In words, without the dataset; empty for all of it.
    pub fn text(&self, polarizations: &[Polarization]) -> String {
        self.told(self.stencil.as_ref().map(|stencil| stencil.text.clone()), polarizations)
    }

    /// In words that are the same for the same cutout.
    pub fn canonical_text(&self, polarizations: &[Polarization]) -> String {
        self.told(self.stencil.as_ref().map(Stencil::canonical_text), polarizations)
    }

    fn told(&self, shape: Option<String>, polarizations: &[Polarization]) -> String {
        let mut parts: Vec<String> = shape.into_iter().collect();
        for (name, interval) in [("BAND", self.band), ("TIME", self.time)] {
            let ends = interval.map(|interval| [interval.low, interval.high].map(double_text).join(" "));
            parts.extend(ends.map(|ends| format!("{name} {ends}")));
        }
        parts.extend(polarizations.iter().map(|state| format!("POL {}", state.name())));
        parts.join(" ")
    }
}

impl Manner {
    fn of(parameters: &Parameters) -> Result<Self, Fault> {
        let unknown = |name: &str, value: &str, known: &str| {
            Fault::bad_value(name, value, format!("known are {known}"))
        };
        let format = parameters.single("RESPONSEFORMAT")?.unwrap_or("application/fits");
        let form = ImageForm::named(format).ok_or_else(|| {
            unknown("RESPONSEFORMAT", format, "application/fits, image/fits, image/png, image/jpeg")
        })?;
        for name in ["STRETCH", "MIN_CUT", "MAX_CUT"] {
            parameters.single(name)?;
        }
        let picture = form::picture(&form, |name| parameters.values(name).next());
        let picture = picture.map_err(|BadPictureParameter(name)| {
            Fault::bad_value(name, parameters.values(name).next().unwrap_or_default(), "not in range")
        })?;
        let edge = match parameters.single("EDGE")? {
            None => Edge::Trim,
            Some(value) => form::edge(value).ok_or_else(|| unknown("EDGE", value, "trim, pad and strict"))?,
        };
        let detail = match parameters.single("DETAIL")? {
            None => Detail::Exposure,
            Some(value) => form::detail(value)
                .ok_or_else(|| unknown("DETAIL", value, "image, maskedimage and exposure"))?,
        };
        let flag = |name: &'static str, word: &str| match parameters.single(name)? {
            None => Ok(false),
            Some(value) if value.trim().eq_ignore_ascii_case(word) => Ok(true),
            Some(value) => Err(unknown(name, value, word)),
        };
        Ok(Self {
            form,
            picture,
            edge,
            detail,
            blank_outside: flag("MASK", "NaN")?,
            headers_only: flag("KIND", "HEADER")?,
        })
    }

    /// Whether the pixels and headers of the source are answered as they are.
    pub fn is_plain(&self) -> bool {
        self.picture.is_none() && !self.headers_only && self.detail == Detail::Exposure
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::vo::dali::FaultKind;

    fn request(query: &str) -> Result<SodaRequest, Fault> {
        SodaRequest::of(&Parameters::of_query(query)?)
    }

    #[test]
    fn all_values_combine_in_the_order_of_the_standard() {
        let request =
            request("ID=a&ID=b&CIRCLE=1 2 3&pos=RANGE 1 2 3 4&BAND=1 2&BAND=3&POL=I&POL=Q&EDGE=trim&RUNID=x")
                .unwrap();
        let texts: Vec<String> = request
            .combinations()
            .iter()
            .map(|one| format!("{} {}", one.id, one.text(&request.polarizations)))
            .collect();
        assert_eq!(
            texts,
            [
                "a CIRCLE 1 2 3 BAND 1 2 POL I POL Q",
                "a CIRCLE 1 2 3 BAND 3 3 POL I POL Q",
                "a RANGE 1 2 3 4 BAND 1 2 POL I POL Q",
                "a RANGE 1 2 3 4 BAND 3 3 POL I POL Q",
                "b CIRCLE 1 2 3 BAND 1 2 POL I POL Q",
                "b CIRCLE 1 2 3 BAND 3 3 POL I POL Q",
                "b RANGE 1 2 3 4 BAND 1 2 POL I POL Q",
                "b RANGE 1 2 3 4 BAND 3 3 POL I POL Q",
            ]
        );
    }

    #[test]
    fn at_once_there_is_one_value_of_each_but_pol() {
        for (query, parameter) in [
            ("ID=a&ID=b", "ID"),
            ("ID=a&CIRCLE=1 2 3&CIRCLE=1 2 4", "CIRCLE"),
            ("ID=a&CIRCLE=1 2 3&POS=RANGE 1 2 3 4", "POS"),
            ("ID=a&BAND=1 2&BAND=2 3", "BAND"),
            ("ID=a&TIME=1 2&TIME=2 3", "TIME"),
        ] {
            let refused = request(query).unwrap().single().unwrap_err();
            assert_eq!((refused.kind(), refused.message()), (FaultKind::MultiValued, parameter), "{query}");
        }
        assert!(request("ID=a&POL=I&POL=Q").unwrap().single().is_ok());
    }

    #[test]
    fn values_that_make_no_sense_are_refused() {
        for query in [
            "CIRCLE=1 2 3",
            "ID=a&BAND=2 1",
            "ID=a&BAND=x",
            "ID=a&TIME=NaN NaN",
            "ID=a&POL=i",
            "ID=a&POL=Z",
            "ID=a&RESPONSEFORMAT=foo/bar",
            "ID=a&EDGE=wrap",
            "ID=a&MASK=0",
            "ID=a&KIND=DATA",
            "ID=a&DETAIL=all",
            "ID=a&RESPONSEFORMAT=image/png&STRETCH=cube",
            "ID=a&RESPONSEFORMAT=fits&RESPONSEFORMAT=png",
        ] {
            assert!(request(query).is_err(), "{query}");
        }
    }

    #[test]
    fn the_cross_product_is_bounded() {
        let query = |n: usize| format!("ID=a{}{}", "&CIRCLE=1 2 3".repeat(n), "&BAND=1 2".repeat(n));
        assert_eq!(request(&query(100)).unwrap().combinations().len(), 10_000);
        assert!(request(&query(101)).is_err());
    }
}
