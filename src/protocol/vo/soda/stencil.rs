//! Shapes a cutout is asked for by: those of `POS`, `CIRCLE` and `POLYGON`, the box of the original service and a
//! range of pixels.

use crate::pixel::AxisRun;
use crate::protocol::vo::dali::{self, Fault, LiteralError};
use crate::render::CutoutArea;
use crate::sky::{CutoutSize, Extent, Region, SkyCoord};

/// One shape, and how the client wrote it.
#[derive(Clone, Debug)]
pub struct Stencil {
    /// The parameter it came in.
    pub parameter: &'static str,
    /// Which pixels it means.
    pub area: CutoutArea,
    /// Parameter and value, in one line.
    pub text: String,
}

/// The parameters that are shapes.
const PARAMETERS: [&str; 5] = ["POS", "CIRCLE", "POLYGON", "BBOX", "PIXEL"];

impl Stencil {
    /// The shape a parameter means; `None` when the parameter is no shape.
    ///
    /// # Errors
    /// When its value is none.
    pub fn of(name: &str, value: &str) -> Option<Result<Self, Fault>> {
        let parameter = PARAMETERS.into_iter().find(|known| known.eq_ignore_ascii_case(name))?;
        Some(read(parameter, value).map(|area| {
            let separates = |c: char| c.is_whitespace() || c == ',';
            let words: Vec<&str> = value.split(separates).filter(|word| !word.is_empty()).collect();
            let words = words.join(" ");
            let text = if parameter == "POS" { words } else { format!("{parameter} {words}") };
            Self { parameter, area, text }
        }))
    }

    /// The shape in one line that is the same for the same polygon, however it was wound.
    pub fn canonical_text(&self) -> String {
        match &self.area {
            CutoutArea::Region(Region::Polygon(polygon)) => {
                let vertices = polygon.canonical_vertices();
                let vertices = vertices.iter().map(|at| format!(" {} {}", at.ra_deg(), at.dec_deg()));
                format!("POLYGON{}", vertices.collect::<String>())
            }
            _ => self.text.clone(),
        }
    }

    /// The position it is about; `None` for pixels.
    pub fn centre(&self) -> Option<SkyCoord> {
        match &self.area {
            CutoutArea::Region(region) => Some(region.centre()),
            CutoutArea::Centred { centre, .. } => Some(*centre),
            CutoutArea::Whole | CutoutArea::Pixels(_) => None,
        }
    }
}

fn read(parameter: &'static str, value: &str) -> Result<CutoutArea, Fault> {
    let bad = |error: LiteralError| Fault::bad_value(parameter, value, error);
    let region = |read: Result<_, LiteralError>| read.map(CutoutArea::Region).map_err(bad);
    match parameter {
        "POS" => match keyword(value) {
            Some(rest) => centred(parameter, value, rest),
            None => region(dali::position(value)),
        },
        "CIRCLE" => region(dali::circle(value)),
        "POLYGON" => region(dali::polygon(value)),
        "BBOX" => centred(parameter, value, value),
        _ => pixels(value).ok_or_else(|| {
            Fault::bad_value(parameter, value, "four whole numbers x1 x2 y1 y2 with x1 <= x2 and y1 <= y2")
        }),
    }
}

/// What follows `BRECT`, if that is the shape.
fn keyword(value: &str) -> Option<&str> {
    let separates = |c: char| c.is_ascii_whitespace() || c == ',';
    let (shape, rest) = value.trim().split_once(separates)?;
    shape.eq_ignore_ascii_case("BRECT").then_some(rest)
}

/// `lon lat width height unit`: the box of ImageServ, its sides along the axes of the image.
fn centred(parameter: &str, whole: &str, values: &str) -> Result<CutoutArea, Fault> {
    let bad = |reason: &str| Fault::bad_value(parameter, whole, reason);
    let separates = |c: char| c.is_ascii_whitespace() || c == ',';
    let words: Vec<&str> = values.split(separates).filter(|word| !word.is_empty()).collect();
    let [lon, lat, width, height, unit] = words[..] else {
        return Err(bad("longitude, latitude, width, height and a unit are needed"));
    };
    let number = |word: &str| dali::number(word).map_err(|error| bad(&error.to_string()));
    let centre = SkyCoord::new(number(lon)?, number(lat)?).map_err(|error| bad(&error.to_string()))?;
    let extent = |length: f64| match unit.to_ascii_lowercase().as_str() {
        "arcsec" => Ok(Extent::Degrees(length / 3600.0)),
        "arcmin" => Ok(Extent::Degrees(length / 60.0)),
        "deg" => Ok(Extent::Degrees(length)),
        "pixel" | "pixels" | "pix" | "px" => Ok(Extent::Pixels(length)),
        _ => Err(bad("the unit must be arcsec, arcmin, deg or pixel")),
    };
    let size = CutoutSize::new(extent(number(width)?)?, extent(number(height)?)?);
    Ok(CutoutArea::Centred { centre, size: size.map_err(|error| bad(&error.to_string()))? })
}

/// `x1 x2 y1 y2`, FITS pixels, inclusive.
fn pixels(value: &str) -> Option<CutoutArea> {
    let separates = |c: char| c.is_ascii_whitespace() || c == ',';
    let numbers: Vec<i64> = value
        .split(separates)
        .filter(|word| !word.is_empty())
        .map(|word| word.parse().ok().filter(|number: &i64| number.abs() < 1 << 40))
        .collect::<Option<_>>()?;
    let [x1, x2, y1, y2] = numbers[..] else { return None };
    Some(CutoutArea::Pixels([AxisRun::between(x1 - 1, x2)?, AxisRun::between(y1 - 1, y2)?]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stencil(name: &str, value: &str) -> Result<Stencil, Fault> {
        Stencil::of(name, value).unwrap()
    }

    #[test]
    fn shapes_are_written_in_several_ways() {
        for (name, value, text) in [
            ("POS", "CIRCLE  1 2\t3", "CIRCLE 1 2 3"),
            ("pos", "range 1 2 3 4", "range 1 2 3 4"),
            ("Circle", "1 2 3", "CIRCLE 1 2 3"),
            ("POLYGON", "1 2 3 2 3 4", "POLYGON 1 2 3 2 3 4"),
            ("POS", "BRECT 37.6 0.1 100 100 PIXEL", "BRECT 37.6 0.1 100 100 PIXEL"),
            ("BBOX", "37.6,0.1,30,45,arcsec", "BBOX 37.6 0.1 30 45 arcsec"),
            ("PIXEL", "1 10 5 5", "PIXEL 1 10 5 5"),
        ] {
            assert_eq!(stencil(name, value).unwrap().text, text);
        }
        assert!(Stencil::of("BAND", "1 2").is_none());
        let CutoutArea::Pixels([x, y]) = stencil("PIXEL", "1 10 5 5").unwrap().area else { panic!() };
        assert_eq!([(x.start, x.length), (y.start, y.length)], [(0, 10), (4, 1)]);
    }

    #[test]
    fn a_polygon_is_told_the_same_however_it_was_given() {
        for (name, value) in [
            ("POLYGON", "1 2 3 2 3 4"),
            ("POLYGON", "3 4 3 2 1 2"),
            ("POLYGON", "3 2 3 4 1 2 3 2"),
            ("POS", "polygon 3.0 4 1 2 3 2"),
        ] {
            assert_eq!(stencil(name, value).unwrap().canonical_text(), "POLYGON 1 2 3 4 3 2", "{value}");
        }
        assert_eq!(stencil("CIRCLE", "1  2 3").unwrap().canonical_text(), "CIRCLE 1 2 3");
    }

    #[test]
    fn values_that_are_no_shapes_are_refused() {
        for (name, value) in [
            ("POS", "SQUARE 1 2 3"),
            ("POS", "BRECT 1 2 3 4"),
            ("POS", "BRECT 1 2 3 4 furlong"),
            ("POS", "BRECT 1 2 NaN 4 pixel"),
            ("POS", "BRECT 1 2 -3 4 pixel"),
            ("POS", "BRECT Inf 2 3 4 pixel"),
            ("BBOX", "1 2"),
            ("CIRCLE", "1 2 0"),
            ("PIXEL", "1 10 5"),
            ("PIXEL", "10 1 5 6"),
            ("PIXEL", "1.5 2 3 4"),
            ("PIXEL", "1 9223372036854775807 1 2"),
            ("POLYGON", "0 0 180 0 90 45"),
            ("POLYGON", "0 0 1 1 1 0 0 1"),
        ] {
            assert!(stencil(name, value).is_err(), "{name}={value}");
        }
        let many =
            (0..10_000).map(|n| format!("{} {}", f64::from(n) * 0.01, (n % 2) * 10)).collect::<Vec<_>>();
        assert!(stencil("POLYGON", &many.join(" ")).is_err(), "ten thousand vertices");
    }
}
