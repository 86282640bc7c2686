//! Stand-ins with the agreed names until the rooms that own these types land them.
#![expect(missing_docs, clippy::missing_errors_doc, reason = "gone within the hour")]

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileStamp {
    pub bytes: u64,
    pub modified_ns: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HduIndex(pub usize);

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    pub count: u64,
    pub mean: f64,
    pub standard_deviation: f64,
    pub median: f64,
    pub mad: f64,
    pub min: f64,
    pub max: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkyCoord {
    ra_deg: f64,
    dec_deg: f64,
}

impl SkyCoord {
    pub fn new(ra_deg: f64, dec_deg: f64) -> Result<Self, std::fmt::Error> {
        Ok(Self { ra_deg, dec_deg })
    }
    pub fn ra_deg(self) -> f64 {
        self.ra_deg
    }
    pub fn dec_deg(self) -> f64 {
        self.dec_deg
    }
    pub fn unit_vector(self) -> [f64; 3] {
        let (a, d) = (self.ra_deg.to_radians(), self.dec_deg.to_radians());
        [d.cos() * a.cos(), d.cos() * a.sin(), d.sin()]
    }
    pub fn separation_deg(self, other: Self) -> f64 {
        let (a, b) = (self.unit_vector(), other.unit_vector());
        let d: f64 = (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt();
        (2.0 * (d / 2.0).asin()).to_degrees()
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnitVectorBox {
    pub min: [f64; 3],
    pub max: [f64; 3],
}
