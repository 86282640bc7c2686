//! What an HDU is, read from its header: kind, size, image. FITS 4.0 sections 3.3, 4.4, 6 and 7.

use std::sync::OnceLock;

use super::BLOCK_BYTES;
use super::compressed::{self, TableFault, TileTable};
use super::crop::Template;
use super::error::{FitsError, Result};
use super::header::Header;
use super::image::{Bitpix, ImageHdu, axes};
use super::index::HduIndex;
use crate::pixel::Limits;

/// What an HDU holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HduKind {
    /// A header without data (`NAXIS = 0` or an axis of length 0).
    Empty,
    /// An image, stored as it is.
    Image,
    /// An image in tiles in a binary table (FITS 4.0 section 10).
    CompressedImage,
    /// A binary table.
    BinaryTable,
    /// A text table.
    AsciiTable,
    /// Random groups: legal, but not an image.
    RandomGroups,
    /// An extension of a type this room does not know.
    Other,
}

/// One header with its data.
#[derive(Debug)]
pub struct Hdu {
    /// Its place in the file.
    pub index: HduIndex,
    /// Its header. For a tile-compressed image the header the uncompressed image would have (the one every
    /// reader wants); the table's own is [`Self::table_header`].
    pub header: Header,
    /// The header of the binary table a compressed image is stored in.
    pub table_header: Option<Header>,
    /// What it holds.
    pub kind: HduKind,
    /// Where its header starts in the (unpacked) file.
    pub header_offset: u64,
    /// Where its data start in the (unpacked) file.
    pub data_offset: u64,
    /// Bytes of data as stored, without padding to blocks.
    pub data_bytes: u64,
    /// Shape and scaling when it holds an image.
    pub image: Option<ImageHdu>,
    /// The structure of a compressed image's table, checked once.
    tile_table: OnceLock<Result<TileTable, TableFault>>,
    /// What a cutout changes in its header, worked out once.
    pub(super) template: OnceLock<Template>,
}

impl Hdu {
    /// Reads the structure from the header that starts at `header_offset` and takes `header_bytes` (whole blocks).
    pub(super) fn describe(
        index: HduIndex,
        header: Header,
        header_offset: u64,
        header_bytes: u64,
    ) -> Result<Self> {
        let malformed = |what: String| FitsError::Malformed { hdu: index, what };
        let axes = axes(&header, "NAXIS").map_err(malformed)?;
        let bitpix = Bitpix::read(&header, "BITPIX").map_err(malformed)?;
        let kind = kind(index, &header, &axes);
        let data_bytes = data_bytes(&header, kind, bitpix, &axes).map_err(malformed)?;
        let (header, table_header, image) = match kind {
            HduKind::Image => {
                let image = ImageHdu::read(&header, bitpix, axes).map_err(malformed)?;
                (header, None, Some(image))
            }
            HduKind::CompressedImage => {
                let converted = compressed::image_header(&header);
                let (bitpix, axes) = compressed::shape(&header).map_err(malformed)?;
                let image = ImageHdu::read(&converted, bitpix, axes).map_err(malformed)?;
                (converted, Some(header), Some(image))
            }
            _ => (header, None, None),
        };
        Ok(Self {
            index,
            header,
            table_header,
            kind,
            header_offset,
            data_offset: header_offset + header_bytes,
            data_bytes,
            image,
            tile_table: OnceLock::new(),
            template: OnceLock::new(),
        })
    }

    /// `EXTNAME`, or nothing.
    pub fn name(&self) -> Option<String> {
        self.header.text("EXTNAME").filter(|name| !name.is_empty())
    }

    /// Whether this is a compressed image that was a primary before (`ZSIMPLE`): the empty primary in front of it
    /// is then only packaging.
    pub fn was_primary(&self) -> bool {
        self.table_header.as_ref().is_some_and(compressed::was_primary)
    }

    /// The image, or an error saying there is none.
    ///
    /// # Errors
    /// [`FitsError::NotAnImage`].
    pub fn image(&self) -> Result<&ImageHdu> {
        self.image.as_ref().ok_or(FitsError::NotAnImage(self.index))
    }

    /// The checked structure of the table a compressed image is in.
    pub(super) fn tile_table(&self, limits: &Limits) -> Result<&TileTable> {
        let header = self.table_header.as_ref().ok_or(FitsError::NotAnImage(self.index))?;
        let parsed = self.tile_table.get_or_init(|| TileTable::parse(header, self.data_bytes, limits));
        parsed.as_ref().map_err(|fault| match fault {
            TableFault::Malformed(what) => FitsError::Malformed { hdu: self.index, what: what.clone() },
            TableFault::Unsupported(what) => FitsError::Unsupported(what.clone()),
        })
    }

    /// Where the next HDU starts.
    pub(super) fn end_offset(&self) -> Option<u64> {
        self.data_offset.checked_add(self.data_bytes.checked_next_multiple_of(BLOCK_BYTES as u64)?)
    }

    /// Fails unless all data bytes are in a file of `held` bytes.
    pub(super) fn ensure_complete(&self, held: u64) -> Result<()> {
        let needed = self.data_offset.saturating_add(self.data_bytes);
        if needed > held { Err(FitsError::Truncated { needed, held }) } else { Ok(()) }
    }
}

/// What the mandatory keywords say the HDU is.
fn kind(index: HduIndex, header: &Header, axes: &[usize]) -> HduKind {
    let extension = if index.0 == 0 { None } else { header.text("XTENSION") };
    match extension.as_deref().map(str::trim) {
        None if axes.first() == Some(&0) && header.logical("GROUPS") == Some(true) => HduKind::RandomGroups,
        None | Some("IMAGE" | "IUEIMAGE") if axes.is_empty() || axes.contains(&0) => HduKind::Empty,
        None | Some("IMAGE" | "IUEIMAGE") => HduKind::Image,
        Some("BINTABLE" | "A3DTABLE") if header.logical("ZIMAGE") == Some(true) => HduKind::CompressedImage,
        Some("BINTABLE" | "A3DTABLE") => HduKind::BinaryTable,
        Some("TABLE") => HduKind::AsciiTable,
        Some(_) => HduKind::Other,
    }
}

/// |BITPIX|/8 × GCOUNT × (PCOUNT + NAXIS1 × NAXIS2 × …), FITS 4.0 equation 2.
fn data_bytes(header: &Header, kind: HduKind, bitpix: Bitpix, axes: &[usize]) -> Result<u64, String> {
    let count = |keyword: &str, otherwise: u64| match header.integer(keyword) {
        Some(value) => u64::try_from(value).map_err(|_| format!("{keyword} = {value}")),
        None => Ok(otherwise),
    };
    let is_group = kind == HduKind::RandomGroups;
    let is_extension = header.contains("XTENSION");
    let (pcount, gcount) =
        if is_group || is_extension { (count("PCOUNT", 0)?, count("GCOUNT", 1)?) } else { (0, 1) };
    let mut cells = u64::from(!axes.is_empty());
    for &axis in axes.iter().skip(usize::from(is_group)) {
        cells = cells.checked_mul(axis as u64).ok_or("the axes multiply to more than 64 bits")?;
    }
    cells
        .checked_add(pcount)
        .and_then(|cells| cells.checked_mul(gcount))
        .and_then(|cells| cells.checked_mul(bitpix.bytes() as u64))
        .filter(|&bytes| bytes < i64::MAX as u64 - (1 << 40))
        .ok_or_else(|| "the data size is beyond any file".to_owned())
}
