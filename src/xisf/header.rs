//! The XML header: what the first image of the file is, and what it says of itself. XISF 1.0 sections 8.4 to 11.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::block::{Block, Location};
use super::error::{Result, XisfError};

/// Keywords and properties a header may have: more than any program writes.
const MAX_ENTRIES: usize = 100_000;

/// A FITS keyword as the header carries it: strings usually in quotes, numbers as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyword {
    /// Its name.
    pub name: String,
    /// Its value as written.
    pub value: String,
    /// Its comment.
    pub comment: String,
}

/// A property of scalar or text type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// For instance `Instrument:ExposureTime`.
    pub id: String,
    /// Its value as written.
    pub value: String,
}

/// How samples are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the specification's own names")]
pub enum SampleFormat {
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Float32,
    Float64,
}

impl SampleFormat {
    /// Bytes of one sample.
    pub fn bytes(self) -> usize {
        match self {
            Self::UInt8 => 1,
            Self::UInt16 => 2,
            Self::UInt32 | Self::Float32 => 4,
            Self::UInt64 | Self::Float64 => 8,
        }
    }

    fn parse(name: &str) -> Result<Self> {
        Ok(match name {
            "UInt8" | "Byte" => Self::UInt8,
            "UInt16" | "UShort" => Self::UInt16,
            "UInt32" | "UInt" => Self::UInt32,
            "UInt64" => Self::UInt64,
            "Float32" | "Float" => Self::Float32,
            "Float64" | "Double" => Self::Float64,
            _ => return Err(XisfError::Unsupported("its sample format".to_owned())),
        })
    }
}

/// Columns, rows and channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Columns, at least 1.
    pub columns: usize,
    /// Rows, at least 1.
    pub rows: usize,
    /// Colour and alpha channels, at least 1.
    pub channels: usize,
}

impl Geometry {
    fn parse(text: &str) -> Result<Self> {
        let sides: Option<Vec<usize>> = text.split(':').map(|side| side.trim().parse().ok()).collect();
        match sides.as_deref() {
            Some(&[columns, rows, channels]) if columns > 0 && rows > 0 && channels > 0 => {
                Ok(Self { columns, rows, channels })
            }
            Some(sides) if sides.len() != 3 => {
                Err(XisfError::Unsupported(format!("an image of {} axes", sides.len().saturating_sub(1))))
            }
            _ => Err(XisfError::Malformed("its geometry makes no sense".to_owned())),
        }
    }

    /// Samples of one channel; `None` past 64 bits.
    pub fn plane_samples(self) -> Option<u64> {
        (self.columns as u64).checked_mul(self.rows as u64)
    }
}

/// The first image of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageHeader {
    /// Its extent.
    pub geometry: Geometry,
    /// Its sample type.
    pub format: SampleFormat,
    /// Samples that mean black and white; always there for real samples.
    pub bounds: Option<(f64, f64)>,
    /// Whether its first three channels are red, green and blue.
    pub is_rgb: bool,
    /// Whether the samples of a pixel lie side by side.
    pub is_interleaved: bool,
    /// What it was taken for, e.g. `Light`.
    pub image_type: Option<String>,
    /// Colours of a mosaic of 2 x 2 filters, row by row, e.g. `GRBG`.
    pub filter_array: Option<String>,
    /// Its FITS keywords, in order.
    pub keywords: Vec<Keyword>,
    /// Its properties and those of the file.
    pub properties: Vec<Property>,
    pub(super) block: Block,
}

/// Reads a header.
///
/// # Errors
/// When it is no XML, or describes no image this room can read.
pub fn parse(xml: &str) -> Result<ImageHeader> {
    let mut reader = Reader::from_str(xml);
    let mut parser = Parser::default();
    loop {
        match reader.read_event()? {
            Event::Start(element) => {
                parser.begin(&element, &attributes(&element)?)?;
                parser.open.push(element.local_name().as_ref().to_owned());
            }
            Event::Empty(element) => {
                parser.begin(&element, &attributes(&element)?)?;
                parser.end(element.local_name().as_ref());
            }
            Event::Text(text) => parser.text.push_str(&text),
            Event::CData(text) => parser.text.push_str(&text),
            Event::GeneralRef(entity) => parser.text.push(character(&entity)?),
            Event::End(element) => {
                parser.open.pop();
                parser.end(element.local_name().as_ref());
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    parser.finish()
}

/// Names and values of an element.
struct Attributes(Vec<(String, String)>);

impl Attributes {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

fn attributes(element: &BytesStart<'_>) -> Result<Attributes> {
    let mut all = Vec::new();
    for attribute in element.attributes() {
        let attribute = attribute.map_err(quick_xml::Error::from)?;
        let value = attribute.normalized_value(XmlVersion::Explicit1_0)?.into_owned();
        all.push((attribute.key.local_name().as_ref().to_owned(), value));
    }
    Ok(Attributes(all))
}

/// The character an entity stands for; only those of XML itself are known, so nothing can grow.
fn character(entity: &quick_xml::events::BytesRef<'_>) -> Result<char> {
    let named = || match entity.as_ref() {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => None,
    };
    let found = entity.resolve_char_ref()?.or_else(named);
    found.ok_or_else(|| XisfError::Malformed("an entity is not defined".to_owned()))
}

#[derive(Default)]
struct Parser {
    /// Elements around the place being read.
    open: Vec<String>,
    /// Characters since the last tag.
    text: String,
    is_xisf: bool,
    image: Option<ImageHeader>,
    keywords: Vec<Keyword>,
    properties: Vec<Property>,
    /// A property whose value is the text of its element.
    pending: Option<String>,
}

impl Parser {
    /// Whether the innermost open element is the first image itself.
    fn is_in_first_image(&self) -> bool {
        self.image.is_some() && self.open.last().is_some_and(|name| name == "Image") && !self.image_is_done()
    }

    /// A second image begins after the first: it is not read.
    fn image_is_done(&self) -> bool {
        self.image.as_ref().is_some_and(|image| image.block.is_closed)
    }

    fn begin(&mut self, element: &BytesStart<'_>, attributes: &Attributes) -> Result<()> {
        self.text.clear();
        let inside = self.open.last().map_or("", String::as_str);
        match (inside, element.local_name().as_ref()) {
            ("", "xisf") => self.is_xisf = true,
            ("xisf", "Image") if self.image.is_none() => self.image = Some(image(attributes)?),
            ("Image", "Data") if self.is_in_first_image() => {
                if let Some(image) = &mut self.image {
                    image.block.describe_data(|name| attributes.get(name))?;
                }
            }
            ("Image", "ColorFilterArray") if self.is_in_first_image() => {
                let is_cell = attributes.get("width") == Some("2") && attributes.get("height") == Some("2");
                if let Some(image) = self.image.as_mut().filter(|_| is_cell) {
                    image.filter_array = attributes.get("pattern").map(str::to_owned);
                }
            }
            ("Image", "FITSKeyword") if self.is_in_first_image() => {
                let text = |name| attributes.get(name).unwrap_or_default().to_owned();
                let keyword = Keyword { name: text("name"), value: text("value"), comment: text("comment") };
                self.keywords.push(keyword);
            }
            ("Image", "Property") if self.is_in_first_image() => self.property(attributes),
            ("xisf" | "Metadata", "Property") => self.property(attributes),
            _ => {}
        }
        let entries = self.keywords.len() + self.properties.len();
        if entries > MAX_ENTRIES {
            let (asked, allowed) = (entries as u64, MAX_ENTRIES as u64);
            return Err(XisfError::TooLarge { what: "header entries", asked, allowed });
        }
        Ok(())
    }

    fn property(&mut self, attributes: &Attributes) {
        let Some(id) = attributes.get("id").map(str::to_owned) else { return };
        match attributes.get("value") {
            Some(value) => self.properties.push(Property { id, value: value.to_owned() }),
            None if attributes.get("location").is_none() => self.pending = Some(id),
            None => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "Property" => {
                if let Some(id) = self.pending.take() {
                    self.properties.push(Property { id, value: self.text.trim().to_owned() });
                }
            }
            "Data" if self.is_in_first_image() => self.take_data(),
            "Image" if !self.image_is_done() => {
                if self.image.as_ref().is_some_and(|image| image.block.is_inline()) {
                    self.take_data();
                }
                if let Some(image) = &mut self.image {
                    image.block.is_closed = true;
                }
            }
            _ => {}
        }
        self.text.clear();
    }

    fn take_data(&mut self) {
        if let Some(image) = &mut self.image {
            image.block.text = std::mem::take(&mut self.text);
        }
    }

    fn finish(self) -> Result<ImageHeader> {
        if !self.is_xisf {
            return Err(XisfError::Malformed("its root element is not xisf".to_owned()));
        }
        let mut image = self.image.ok_or_else(|| XisfError::Malformed("it describes no image".to_owned()))?;
        image.keywords = self.keywords;
        image.properties = self.properties;
        Ok(image)
    }
}

fn image(attributes: &Attributes) -> Result<ImageHeader> {
    let needed = |name: &str| {
        attributes.get(name).ok_or_else(|| XisfError::Malformed(format!("its image has no {name}")))
    };
    let geometry = Geometry::parse(needed("geometry")?)?;
    let format = SampleFormat::parse(needed("sampleFormat")?)?;
    let is_rgb = match attributes.get("colorSpace") {
        None | Some("Gray") => false,
        Some("RGB") if geometry.channels >= 3 => true,
        Some("RGB") => return Err(XisfError::Malformed("a colour image has too few channels".to_owned())),
        Some(_) => return Err(XisfError::Unsupported("its colour space".to_owned())),
    };
    Ok(ImageHeader {
        geometry,
        format,
        bounds: attributes.get("bounds").map(bounds).transpose()?,
        is_rgb,
        is_interleaved: match attributes.get("pixelStorage") {
            None | Some("Planar" | "planar") => false,
            Some("Normal" | "normal") => true,
            Some(_) => return Err(XisfError::Unsupported("its pixel storage".to_owned())),
        },
        image_type: attributes.get("imageType").map(str::to_owned),
        filter_array: None,
        keywords: Vec::new(),
        properties: Vec::new(),
        block: Block::describe(Location::parse(needed("location")?)?, |name| attributes.get(name))?,
    })
}

/// `lower:upper`, different and finite.
fn bounds(text: &str) -> Result<(f64, f64)> {
    let parse = |side: &str| side.trim().parse().ok().filter(|value: &f64| value.is_finite());
    text.split_once(':')
        .and_then(|(lower, upper)| Some((parse(lower)?, parse(upper)?)))
        .filter(|(lower, upper)| lower < upper)
        .ok_or_else(|| XisfError::Malformed("its bounds make no sense".to_owned()))
}
