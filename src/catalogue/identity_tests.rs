//! Tables and round trips of the science-id arithmetic.

use proptest::prelude::*;

use super::*;

fn id(number: u64) -> ScienceId {
    ScienceId::try_from(number).unwrap()
}

fn ccd(run: u32, filter: &str, camcol: u8, field: u16) -> DataId {
    DataId::Ccd { run, camcol, field, filter: SdssFilter::try_from(filter).unwrap() }
}

fn coadd(tract: u8, patch_x: u16, patch_y: u16, filter: &str) -> DataId {
    DataId::Coadd { tract, patch_x, patch_y, filter: SdssFilter::try_from(filter).unwrap() }
}

#[test]
fn known_exposure_ids_decode_and_encode() {
    for (number, data_id) in [
        (3_325_410_171, ccd(3325, "z", 1, 171)),
        (5_646_240_694, ccd(5646, "r", 4, 694)),
        (5_646_140_694, ccd(5646, "g", 4, 694)),
        (5_646_240_964, ccd(5646, "r", 4, 964)),
        (2_708_230_103, ccd(2708, "r", 3, 103)),
    ] {
        assert_eq!(ScienceIdScheme::SdssCcd.decode(id(number)), Ok(data_id));
        assert_eq!(ScienceIdScheme::SdssCcd.encode(&data_id), Ok(id(number)));
    }
}

#[test]
fn known_coadd_ids_decode_and_encode() {
    for (number, data_id) in [
        (23_986_176, coadd(0, 366, 0, "u")),
        (14_745_611, coadd(0, 225, 1, "i")),
        (20_906_018, coadd(0, 319, 4, "r")),
        (21_037_090, coadd(0, 321, 4, "r")),
        (3_325_410_171, coadd(6, 1589, 5999, "i")),
    ] {
        assert_eq!(ScienceIdScheme::SdssCoadd.decode(id(number)), Ok(data_id));
        assert_eq!(ScienceIdScheme::SdssCoadd.encode(&data_id), Ok(id(number)));
    }
}

#[test]
fn numbers_that_stand_for_no_image_are_invalid() {
    for (scheme, number) in [
        (ScienceIdScheme::SdssCcd, 5_646_540_694),
        (ScienceIdScheme::SdssCcd, 23_986_176),
        (ScienceIdScheme::SdssCcd, 5_646_200_694),
        (ScienceIdScheme::SdssCcd, 5_646_270_694),
        (ScienceIdScheme::SdssCcd, 1 << 38),
        (ScienceIdScheme::SdssCoadd, 14_745_613),
        (ScienceIdScheme::SdssCoadd, 5_646_240_694),
        (ScienceIdScheme::SdssCoadd, 1 << 36),
    ] {
        assert_eq!(scheme.decode(id(number)), Err(IdentityError::InvalidDataId), "{scheme} {number}");
    }
    assert_eq!(ScienceId::try_from(1 << 53), Err(IdentityError::InvalidDataId));
}

#[test]
fn parts_out_of_range_do_not_encode() {
    for data_id in [ccd(5646, "r", 0, 694), ccd(5646, "r", 7, 694), ccd(5646, "r", 4, 10_000)] {
        assert_eq!(ScienceIdScheme::SdssCcd.encode(&data_id), Err(IdentityError::InvalidDataId));
    }
    assert_eq!(ScienceIdScheme::SdssCcd.encode(&ccd(274_878, "r", 1, 0)), Err(IdentityError::InvalidDataId));
    for data_id in [coadd(128, 0, 0, "u"), coadd(0, 8192, 0, "u"), coadd(0, 0, 8192, "u")] {
        assert_eq!(ScienceIdScheme::SdssCoadd.encode(&data_id), Err(IdentityError::InvalidDataId));
    }
    assert_eq!(ScienceIdScheme::SdssCoadd.encode(&ccd(1, "r", 1, 1)), Err(IdentityError::WrongKind));
}

#[test]
fn filters_are_read_in_any_case() {
    assert_eq!(SdssFilter::try_from(" R "), Ok(SdssFilter::R));
    assert_eq!(
        SdssFilter::try_from("y").unwrap_err().to_string(),
        "Invalid filter y. Valid filters are ugriz."
    );
}

proptest! {
    #[test]
    fn every_exposure_survives_the_round_trip(
        run in 0..=274_876u32, filter in 0..5usize, camcol in 1..=6u8, field in 0..=9999u16,
    ) {
        let data_id = DataId::Ccd { run, camcol, field, filter: SdssFilter::ALL[filter] };
        let id = ScienceIdScheme::SdssCcd.encode(&data_id).unwrap();
        prop_assert_eq!(ScienceIdScheme::SdssCcd.decode(id), Ok(data_id));
    }

    #[test]
    fn every_patch_survives_the_round_trip(
        tract in 0..128u8, patch_x in 0..8192u16, patch_y in 0..8192u16, filter in 0..5usize,
    ) {
        let data_id = DataId::Coadd { tract, patch_x, patch_y, filter: SdssFilter::ALL[filter] };
        let id = ScienceIdScheme::SdssCoadd.encode(&data_id).unwrap();
        prop_assert_eq!(ScienceIdScheme::SdssCoadd.decode(id), Ok(data_id));
    }

    #[test]
    fn whatever_decodes_encodes_to_the_same_number(number in 0..1u64 << 39) {
        for scheme in [ScienceIdScheme::SdssCcd, ScienceIdScheme::SdssCoadd, ScienceIdScheme::Sequence] {
            if let Ok(data_id) = scheme.decode(id(number)) {
                prop_assert_eq!(scheme.encode(&data_id), Ok(id(number)));
            }
        }
    }
}
