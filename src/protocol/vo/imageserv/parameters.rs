//! Parameters of a query string or a body, bound by name: names in any case, a value given twice must agree, an empty value is none.

use std::collections::BTreeSet;

use super::error::Failure;
use crate::protocol::vo::body::urlencoded;

/// The names ImageServ knows, and the older names of the same things.
const KNOWN: [(&str, &str); 31] = [
    ("ds", "ds"),
    ("ra", "ra"),
    ("dec", "dec"),
    ("nearest_ra", "nearest_ra"),
    ("nearest_dec", "nearest_dec"),
    ("filter", "filter"),
    ("sid", "sid"),
    ("science_id", "sid"),
    ("ccd_exp_id", "sid"),
    ("ccdexpid", "sid"),
    ("run", "run"),
    ("camcol", "camcol"),
    ("field", "field"),
    ("tract", "tract"),
    ("patch", "patch"),
    ("patch_x", "patch_x"),
    ("patch_y", "patch_y"),
    ("width", "width"),
    ("height", "height"),
    ("unit", "unit"),
    ("edge", "edge"),
    ("detail", "detail"),
    ("RESPONSEFORMAT", "RESPONSEFORMAT"),
    ("stretch", "stretch"),
    ("min_cut", "min_cut"),
    ("max_cut", "max_cut"),
    ("stitch", "stitch"),
    ("get_dataid", "get_dataid"),
    ("get_data_id", "get_dataid"),
    ("get_ccdexpid", "get_ccdexpid"),
    ("get_ccdexp_id", "get_ccdexpid"),
];

/// Names whose presence counts, whatever their value.
const FLAGS: [&str; 2] = ["get_dataid", "get_ccdexpid"];

/// Parameters of one request.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    values: Vec<(&'static str, String)>,
    /// Names nobody knows, for a header that tells the client.
    pub ignored: BTreeSet<String>,
}

impl Parameters {
    /// Binds a query string. A `?` within the value of `ds` begins further parameters, as one published template
    /// has it.
    ///
    /// # Errors
    /// 400 when the string cannot be read or a parameter is given with two values.
    pub fn of(query: &str) -> Result<Self, Failure> {
        Self::of_pairs(urlencoded(query)?)
    }

    /// Binds names and values, wherever they come from.
    ///
    /// # Errors
    /// 400 when a parameter is given with two values.
    pub fn of_pairs(pairs: Vec<(String, String)>) -> Result<Self, Failure> {
        let mut bound = Self::default();
        for (name, value) in pairs {
            let rest = name.eq_ignore_ascii_case("ds").then(|| value.split_once('?')).flatten();
            if let Some((dataset, rest)) = rest {
                bound.bind(&name, dataset)?;
                for (name, value) in urlencoded(rest)? {
                    bound.bind(&name, &value)?;
                }
            } else {
                bound.bind(&name, &value)?;
            }
        }
        Ok(bound)
    }

    /// Binds one parameter.
    ///
    /// # Errors
    /// 400 when it has another value already.
    pub fn bind(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        let Some((_, known)) = KNOWN.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) else {
            self.ignored.insert(name.to_owned());
            return Ok(());
        };
        let value = value.trim();
        if value.is_empty() && !FLAGS.contains(known) {
            return Ok(());
        }
        match self.get(known) {
            Some(before) if before != value => Err(Failure::bad_value(format!("{known} is given twice"))),
            Some(_) => Ok(()),
            None => {
                self.values.push((known, value.to_owned()));
                Ok(())
            }
        }
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Whether any of these parameters is given.
    pub fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.get(name).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_any_case_and_by_their_older_spellings() {
        let parameters = Parameters::of("DS=raw&Ra=1.5&CcdExpId=7").unwrap();
        assert_eq!(parameters.get("ds"), Some("raw"));
        assert_eq!(parameters.get("ra"), Some("1.5"));
        assert_eq!(parameters.get("sid"), Some("7"));
    }

    #[test]
    fn repeats_must_agree() {
        assert!(Parameters::of("ra=1&RA=1").is_ok());
        assert!(Parameters::of("ra=1&ra=2").is_err());
        assert!(Parameters::of("sid=1&ccdexpid=2").is_err());
    }

    #[test]
    fn an_empty_value_is_no_value_but_a_flag_needs_none() {
        let parameters = Parameters::of("ds=raw&ra=&get_dataid").unwrap();
        assert_eq!(parameters.get("ra"), None);
        assert!(parameters.get("get_dataid").is_some());
    }

    #[test]
    fn a_second_question_mark_begins_further_parameters() {
        let parameters = Parameters::of("ds=calexp?sid=5646240694&ra=37.6").unwrap();
        assert_eq!(parameters.get("ds"), Some("calexp"));
        assert_eq!(parameters.get("sid"), Some("5646240694"));
        assert_eq!(parameters.get("ra"), Some("37.6"));
    }

    #[test]
    fn unknown_names_are_remembered_not_refused() {
        let parameters = Parameters::of("ds=raw&utm_source=x&_=1").unwrap();
        assert_eq!(parameters.ignored.iter().collect::<Vec<_>>(), ["_", "utm_source"]);
    }
}
