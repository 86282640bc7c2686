//! How the plugin's web server binds query parameters.
//!
//! Names are looked up without regard to case, but whether a parameter was *given* is asked with its exact
//! spelling; the last of several values wins; a bracketed suffix of a name is dropped; names nobody asks for
//! are ignored.

use actix_web::HttpRequest;
use actix_web::web::Query;

use super::error::Failure;

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

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let bare = |given: &str| given.find('[').map_or(given.len(), |bracket| bracket);
        let named = |(given, _): &&(String, String)| given[..bare(given)].eq_ignore_ascii_case(name);
        self.0.iter().rev().find(named).map(|(_, value)| value.as_str())
    }

    /// The value, if the parameter was given with its exact spelling.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        self.0.iter().any(|(given, _)| given == name).then(|| self.value(name)).flatten()
    }

    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, Failure> {
        let parse = |text: &str| match text.trim() {
            word if word.eq_ignore_ascii_case("true") => Ok(true),
            word if word.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(Failure::unreadable(name, text)),
        };
        self.value(name).map(parse).transpose()
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i32>, Failure> {
        self.value(name).map(|text| integer(text).ok_or_else(|| Failure::unreadable(name, text))).transpose()
    }

    pub(super) fn real(&self, name: &str) -> Result<Option<f64>, Failure> {
        self.value(name).map(|text| real(text).ok_or_else(|| Failure::unreadable(name, text))).transpose()
    }
}

/// The index of an entry that stands in the path.
///
/// # Errors
/// 400 when it is not an integer.
pub(super) fn path_index(text: &str) -> Result<i32, Failure> {
    integer(text).ok_or_else(|| Failure::unreadable("index", text))
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

#[cfg(test)]
pub(super) mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    /// The parameters of a query string.
    pub(in crate::protocol::nina) fn parameters(query: &str) -> QueryParameters {
        QueryParameters::of(&TestRequest::with_uri(&format!("/?{query}")).to_http_request()).unwrap()
    }

    #[test]
    fn names_are_found_in_any_case_but_given_only_as_spelled() {
        let odd = parameters("IMAGETYPE=LIGHT&COUNT=true");
        assert_eq!(odd.boolean("count").unwrap(), Some(true));
        assert_eq!(odd.value("imageType"), Some("LIGHT"));
        assert_eq!(odd.given("imageType"), None);
        assert_eq!(parameters("imageType=").given("imageType"), Some(""));
    }

    #[test]
    fn the_last_of_several_values_wins_and_brackets_are_dropped() {
        assert_eq!(parameters("index=1&index[0]=2").integer("index").unwrap(), Some(2));
    }

    #[test]
    fn plus_signs_and_percent_codes_are_decoded() {
        assert_eq!(parameters("filter=a+b%26c").value("filter"), Some("a b&c"));
    }

    #[test]
    fn integers_are_decimal_or_hexadecimal() {
        for (text, number) in [(" +7", 7), ("-3", -3), ("0x1F", 31), ("#ff", 255), ("2147483647", i32::MAX)] {
            assert_eq!(integer(text), Some(number), "{text}");
        }
        for text in ["", "80.5", "1e3", "2147483648", "0x", "0x-1", "seven"] {
            assert_eq!(integer(text), None, "{text}");
        }
    }

    #[test]
    fn reals_are_written_with_a_point() {
        for (text, number) in [("1.5", 1.5), (" -2e3", -2000.0), ("Infinity", f64::INFINITY)] {
            assert_eq!(real(text), Some(number), "{text}");
        }
        assert!(real("NaN").is_some_and(f64::is_nan));
        for text in ["", "1,5", "inf", "nan", "0x1", "1.2.3"] {
            assert_eq!(real(text), None, "{text}");
        }
    }
}
