//! Cards that describe how a FITS file is stored. Copied into the header of another format they would lie about it.

/// Whether a keyword describes the storing of samples, not the exposure.
pub(super) fn describes_storage(keyword: &str) -> bool {
    const NAMES: [&str; 20] = [
        "SIMPLE", "XTENSION", "BITPIX", "NAXIS", "EXTEND", "PCOUNT", "GCOUNT", "GROUPS", "BZERO", "BSCALE",
        "BLANK", "CHECKSUM", "DATASUM", "ZHECKSUM", "ZDATASUM", "INHERIT", "CONTINUE", "END", "ROWORDER",
        "TFIELDS",
    ];
    let is_axis = keyword.strip_prefix("NAXIS").is_some_and(|n| n.bytes().all(|byte| byte.is_ascii_digit()));
    NAMES.contains(&keyword) || is_axis
}
