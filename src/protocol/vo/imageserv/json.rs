//! The JSON body of ImageServ requests, turned into the parameters the query string would have.

use serde::Deserialize;

use super::error::Failure;

/// The parameters of the point an image is looked for and cut at.
const HERE: [&str; 2] = ["ra", "dec"];
/// The parameters of the point an image is looked for at when it is cut at another.
const ELSEWHERE: [&str; 2] = ["nearest_ra", "nearest_dec"];
/// Ends the name of a dataset's sky map.
const SKY_MAP: &str = "_skyMap";

/// `{"image": …}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    image: Image,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Image {
    db: Option<String>,
    ds: Option<String>,
    #[serde(rename = "image_id")]
    id: Option<ImageId>,
    cutout: Option<Cutout>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cutout {
    image_id: ImageId,
    /// Beside the name of a sky map, which has none of its own.
    filter: Option<String>,
    center: Option<Point>,
    size: Size,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum ImageId {
    #[serde(alias = "science_id", alias = "sid")]
    CcdExpId(u64),
    DataId(DataId),
    Nearest(Nearest),
    SkymapId(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DataId {
    run: Option<u64>,
    camcol: Option<u64>,
    field: Option<u64>,
    tract: Option<u64>,
    patch: Option<String>,
    patch_x: Option<u64>,
    patch_y: Option<u64>,
    filter: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nearest {
    center: Point,
    filter: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Point {
    x: f64,
    y: f64,
    #[serde(default)]
    unit: AngleUnit,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(try_from = "String")]
enum AngleUnit {
    #[default]
    Deg,
    Arcmin,
    Arcsec,
}

impl TryFrom<String> for AngleUnit {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        match name.trim().to_ascii_lowercase().as_str() {
            "deg" => Ok(Self::Deg),
            "arcmin" => Ok(Self::Arcmin),
            "arcsec" => Ok(Self::Arcsec),
            _ => Err("the unit of a position is deg, arcmin or arcsec"),
        }
    }
}

impl AngleUnit {
    fn to_degrees(self, value: f64) -> f64 {
        match self {
            Self::Deg => value,
            Self::Arcmin => value / 60.0,
            Self::Arcsec => value / 3600.0,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Size {
    x: f64,
    y: f64,
    unit: Option<String>,
}

/// The parameters of a JSON body; `db` must be the archive the path names.
///
/// # Errors
/// 400 `ValidationError` when it is not such a document.
pub(super) fn parameters(body: &[u8], db: &str) -> Result<Vec<(String, String)>, Failure> {
    let Document { image } =
        serde_json::from_slice(body).map_err(|error| Failure::invalid_body(error.to_string()))?;
    if image.db.as_deref().is_some_and(|named| named != db) {
        return Err(Failure::invalid_body("db differs from the one of the path"));
    }
    let mut pairs = Pairs(Vec::new());
    pairs.put("ds", image.ds);
    match (image.id, image.cutout) {
        (Some(id), None) => pairs.put_id(id, HERE)?,
        (None, Some(cutout)) => {
            pairs.put_id(cutout.image_id, if cutout.center.is_some() { ELSEWHERE } else { HERE })?;
            pairs.put("filter", cutout.filter);
            if let Some(center) = cutout.center {
                pairs.put_point(&center, HERE);
            }
            pairs.put("width", Some(cutout.size.x));
            pairs.put("height", Some(cutout.size.y));
            pairs.put("unit", cutout.size.unit);
        }
        _ => return Err(Failure::invalid_body("either image_id or cutout is needed")),
    }
    Ok(pairs.0)
}

struct Pairs(Vec<(String, String)>);

impl Pairs {
    fn put(&mut self, name: &str, value: Option<impl ToString>) {
        self.0.extend(value.map(|value| (name.to_owned(), value.to_string())));
    }

    fn put_point(&mut self, point: &Point, [ra, dec]: [&str; 2]) {
        self.put(ra, Some(point.unit.to_degrees(point.x)));
        self.put(dec, Some(point.unit.to_degrees(point.y)));
    }

    /// `nearest_at` are the parameters of the point the nearest image is looked for at.
    fn put_id(&mut self, id: ImageId, nearest_at: [&str; 2]) -> Result<(), Failure> {
        match id {
            ImageId::CcdExpId(id) => self.put("sid", Some(id)),
            ImageId::DataId(id) => {
                for (name, number) in [
                    ("run", id.run),
                    ("camcol", id.camcol),
                    ("field", id.field),
                    ("tract", id.tract),
                    ("patch_x", id.patch_x),
                    ("patch_y", id.patch_y),
                ] {
                    self.put(name, number);
                }
                self.put("patch", id.patch);
                self.put("filter", id.filter);
            }
            ImageId::Nearest(nearest) => {
                self.put_point(&nearest.center, nearest_at);
                self.put("filter", Some(nearest.filter));
            }
            ImageId::SkymapId(name) => {
                let dataset = name.strip_suffix(SKY_MAP);
                let unknown = || Failure::invalid_body("there is no such sky map");
                let dataset = dataset.ok_or_else(unknown)?;
                match self.0.iter().find(|(name, _)| name == "ds") {
                    None => self.put("ds", Some(dataset)),
                    Some((_, stated)) if stated.eq_ignore_ascii_case(dataset) => {}
                    Some(_) => return Err(unknown()),
                }
                self.put("stitch", Some(true));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(body: &str) -> Result<String, Failure> {
        let pairs = parameters(body.as_bytes(), "DC")?;
        Ok(pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&"))
    }

    #[test]
    fn documents_say_what_query_strings_say() {
        for (body, expected) in [
            (
                r#"{"image":{"db":"DC","ds":"calexp","cutout":{"image_id":{"ccd_exp_id":5646240694},
                    "center":{"x":37.6292,"y":0.104625,"unit":"deg"},"size":{"x":30,"y":45,"unit":"arcsec"}}}}"#,
                "ds=calexp&sid=5646240694&ra=37.6292&dec=0.104625&width=30&height=45&unit=arcsec",
            ),
            (
                r#"{"image":{"ds":"raw","image_id":{"data_id":{"run":5646,"camcol":4,"field":694,"filter":"g"}}}}"#,
                "ds=raw&run=5646&camcol=4&field=694&filter=g",
            ),
            (
                r#"{"image":{"ds":"deepCoadd","image_id":{"data_id":{"tract":0,"patch":"225,1","filter":"i"}}}}"#,
                "ds=deepCoadd&tract=0&patch=225,1&filter=i",
            ),
            (
                r#"{"image":{"ds":"raw","image_id":{"nearest":{"center":{"x":60,"y":-6,"unit":"arcmin"},"filter":"r"}}}}"#,
                "ds=raw&ra=1&dec=-0.1&filter=r",
            ),
            (
                r#"{"image":{"ds":"raw","cutout":{"image_id":{"nearest":{"center":{"x":1,"y":2},"filter":"r"}},
                    "center":{"x":3600,"y":60,"unit":"ArcSec"},"size":{"x":3,"y":4}}}}"#,
                "ds=raw&nearest_ra=1&nearest_dec=2&filter=r&ra=1&dec=0.016666666666666666&width=3&height=4",
            ),
            (
                r#"{"image":{"cutout":{"image_id":{"skymap_id":"deepCoadd_skyMap"},"filter":"r",
                    "center":{"x":1,"y":2},"size":{"x":3,"y":4,"unit":"pixel"}}}}"#,
                "ds=deepCoadd&stitch=true&filter=r&ra=1&dec=2&width=3&height=4&unit=pixel",
            ),
        ] {
            assert_eq!(query(body).unwrap(), expected);
        }
    }

    #[test]
    fn other_documents_are_refused() {
        for body in [
            "",
            "[]",
            "{}",
            r#"{"image":{"ds":"raw"}}"#,
            r#"{"image":{"db":"other","ds":"raw","image_id":{"ccd_exp_id":1}}}"#,
            r#"{"image":{"ds":"raw","image_id":{"ccd_exp_id":-1}}}"#,
            r#"{"image":{"ds":"raw","image_id":{"ccd_exp_id":"1"}}}"#,
            r#"{"image":{"ds":"raw","image_id":{"path":"/etc/passwd"}}}"#,
            r#"{"image":{"ds":"deepCoadd","image_id":{"skymap_id":"/etc/passwd"}}}"#,
            r#"{"image":{"ds":"deepCoadd","image_id":{"skymap_id":7}}}"#,
            r#"{"image":{"ds":"raw","image_id":{"skymap_id":"deepCoadd_skyMap"}}}"#,
            r#"{"image":{"ds":"raw","image_id":{"ccd_exp_id":1},"cutout":{"image_id":{"ccd_exp_id":1},"size":{"x":1,"y":1}}}}"#,
            r#"{"image":{"ds":"raw","image_id":{"nearest":{"center":{"x":1,"y":2,"unit":"furlong"},"filter":"r"}}}}"#,
        ] {
            assert!(query(body).is_err(), "{body}");
        }
    }
}
