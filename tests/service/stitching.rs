//! Cutouts across the borders of patches, compared pixel by pixel with the patches themselves.

use std::path::Path;
use std::sync::Arc;

use ndarray::Array3;
use serde_json::json;
use trifocal::fits::create::FitsWriter;
use trifocal::fits::{FitsFile, HduIndex, Header, section};
use trifocal::pixel::{Limits, PixelBox, Raster};

use crate::support::{Gateway, Site};
use crate::vo::demo_archive;

const DB: &str = "/api/image/v1/DC_W13_Stripe82";
const BOX: &str = "ra=19.37995&dec=-0.3146&filter=r&width=200&height=100&unit=pixel";
/// Science ids of the patches 320,4 and 321,4 of tract 0 in r.
const PATCHES: [u64; 2] = [20_971_554, 21_037_090];
/// The column of the tract where patch 321 begins to own its pixels, FITS counting.
const BORDER: i64 = 642_001;

/// Downloads and opens a file.
async fn opened(gateway: &Gateway, folder: &Path, name: &str, query: &str) -> Arc<FitsFile> {
    let path = folder.join(name);
    std::fs::write(&path, gateway.bytes(query).await).unwrap();
    Arc::new(FitsFile::open(&path, &Limits::default()).unwrap())
}

/// Column and row of the tract of a file's first pixel, FITS counting: where its reference pixel would be 409092, 11364.
fn origin(file: &FitsFile) -> [i64; 2] {
    let header = &file.hdu(HduIndex(1)).unwrap().header;
    [("CRPIX1", 409_092.0), ("CRPIX2", 11_364.0)]
        .map(|(keyword, whole)| (whole - header.real(keyword).unwrap()).round() as i64 + 1)
}

/// The stored sample of a pixel of the tract, if the file has it.
fn sample(file: &FitsFile, hdu: HduIndex, pixel: [i64; 2]) -> Option<Vec<u8>> {
    let image = file.hdu(hdu).unwrap().image.as_ref().unwrap();
    let [x, y] = [0, 1].map(|n| pixel[n] - origin(file)[n]);
    let (x, y) = (usize::try_from(x).ok()?, usize::try_from(y).ok()?);
    let window = PixelBox { x, y, width: 1, height: 1 };
    image.holds(window).then(|| section::stored_bytes(file, hdu, 0, window).unwrap())
}

#[tokio::test]
async fn stitched_pixels_are_those_of_the_patch_that_owns_them() {
    let gateway = demo_archive().await;
    let folder = tempfile::tempdir().unwrap();
    let stitched =
        opened(&gateway, folder.path(), "s", &format!("{DB}?ds=deepcoadd&{BOX}&stitch=true")).await;
    let [west, east] = PATCHES.map(|id| format!("{DB}?ds=deepcoadd&sid={id}"));
    let patches = [
        opened(&gateway, folder.path(), "w", &west).await,
        opened(&gateway, folder.path(), "e", &east).await,
    ];
    let image = stitched.hdu(HduIndex(1)).unwrap().image.clone().unwrap();
    assert_eq!(image.axes, [200, 100], "no edge of a patch cuts it off");
    let [left, bottom] = origin(&stitched);
    assert!(left < BORDER && BORDER < left + 200);
    for hdu in stitched.hdus().iter().filter(|hdu| hdu.image.is_some()) {
        let history: Vec<String> = hdu.header.commentary("HISTORY").collect();
        for id in PATCHES {
            assert!(history.iter().any(|line| line.contains(&id.to_string())), "{history:?}");
        }
        for y in (bottom..bottom + 100).step_by(7) {
            for x in left..left + 200 {
                let owner = &patches[usize::from(x >= BORDER)];
                let (ours, theirs) = (sample(&stitched, hdu.index, [x, y]), sample(owner, hdu.index, [x, y]));
                assert!(ours.is_some() && ours == theirs, "{} {x} {y}: {ours:?} {theirs:?}", hdu.index);
            }
        }
    }
    assert_eq!(stitched.hdus().len(), 4, "tables of one patch do not describe the mosaic");
}

#[tokio::test]
async fn a_patch_alone_ends_at_its_edge_and_a_stitched_one_does_not() {
    let gateway = demo_archive().await;
    let bounds = async |query: &str| {
        let answer = gateway.get(&format!("{DB}?ds=deepcoadd&{query}")).await;
        assert_eq!(answer.status(), 200, "{query}");
        assert_eq!(answer.headers()["x-science-id"], PATCHES[1].to_string().as_str());
        let length: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
        let bounds = answer.headers()["x-cutout-bounds"].to_str().unwrap().to_owned();
        assert_eq!(answer.bytes().await.unwrap().len(), length);
        bounds
    };
    let alone = bounds(BOX).await;
    let stitched = bounds(&format!("{BOX}&stitch=true")).await;
    assert!(alone.starts_with("1:") && stitched.starts_with('-'), "{alone} {stitched}");
    assert_eq!(bounds(&format!("{BOX}&stitch=false")).await, alone);
    let tall = BOX.replace("height=100", "height=3000");
    let (trimmed, padded) =
        (bounds(&format!("{tall}&stitch=1")).await, bounds(&format!("{tall}&stitch=1&edge=pad")).await);
    assert!(trimmed.ends_with(",1:608"), "{trimmed}");
    assert_ne!(padded, trimmed);
}

#[tokio::test]
async fn older_addresses_and_documents_stitch_too() {
    let gateway = demo_archive().await;
    let expected = gateway.bytes(&format!("{DB}?ds=deepcoadd&{BOX}&stitch=true")).await.len();
    let old = BOX.replace("&unit=pixel", "");
    for root in ["/image/v0/skymap/deepCoadd", "/image/skymap/deepCoadd"] {
        let path = format!("{root}/cutoutPixel?{old}&source=/etc");
        assert_eq!(gateway.bytes(&path).await.len(), expected, "{path}");
    }
    let document = json!({ "image": { "ds": "deepcoadd", "cutout": {
        "image_id": { "skymap_id": "deepCoadd_skyMap" }, "filter": "r",
        "center": { "x": 19.37995, "y": -0.3146, "unit": "deg" },
        "size": { "x": 200, "y": 100, "unit": "pixel" } } } });
    let posted = gateway.client().post(gateway.url(DB)).json(&document).send().await.unwrap();
    assert_eq!(posted.status(), 200);
    assert_eq!(posted.bytes().await.unwrap().len(), expected);
}

#[tokio::test]
async fn what_cannot_be_stitched_is_refused() {
    let gateway = demo_archive().await;
    for (query, status, exception) in [
        ("ds=deepcoadd&sid=21037090&stitch=true", 400, "ValueError"),
        ("ds=calexp&ra=37.644598&dec=0.104625&filter=r&width=9&height=9&stitch=true", 400, "ValueError"),
        (&format!("ds=deepcoadd&{BOX}&stitch=perhaps"), 400, "ValueError"),
        (&format!("ds=deepcoadd&{BOX}&stitch=true&RESPONSEFORMAT=image/png"), 400, "ValueError"),
        (
            "ds=deepcoadd&ra=19.37995&dec=-0.3146&filter=r&width=9&height=9&unit=deg&stitch=true",
            400,
            "UsageError",
        ),
        (
            &format!("ds=deepcoadd&{}&stitch=true&edge=strict", BOX.replace("=200", "=2000")),
            400,
            "ValueError",
        ),
        ("ds=deepcoadd&ra=1&dec=1&filter=r&width=9&height=9&stitch=true", 404, "OSError"),
        ("ds=deepcoadd&sid=21037090&ra=1&dec=1&width=9&height=9&stitch=true", 404, "OSError"),
    ] {
        let (answered, body) = gateway.json(&format!("{DB}?{query}")).await;
        assert_eq!((answered, body["exception"].as_str().unwrap()), (status, exception), "{query}: {body}");
    }
}

/// What makes the second patch another one.
type Change = fn(&mut Header);

/// An archive of two patches of 20 x 20 pixels side by side, the second one's header changed by `change`.
async fn two_patches(change: impl Fn(&mut Header)) -> Gateway {
    let site = Site::new();
    let folder = site.path().join("coadds");
    std::fs::create_dir(&folder).unwrap();
    for (patch, crpix) in [(0, 10.0), (1, -8.0)] {
        let mut header = Header::new();
        for (axis, ctype, crval, cdelt, crpix) in
            [(1, "RA---TAN", 10.0, -1e-3, crpix), (2, "DEC--TAN", 0.0, 1e-3, 10.0)]
        {
            header.set_text(&format!("CTYPE{axis}"), ctype, "");
            header.set_real(&format!("CRVAL{axis}"), crval, "");
            header.set_real(&format!("CRPIX{axis}"), crpix, "");
            header.set_real(&format!("CDELT{axis}"), cdelt, "");
        }
        if patch == 1 {
            change(&mut header);
        }
        let value = 1.0 + f64::from(patch);
        let pixels = Raster::F32(Array3::from_elem((1, 20, 20), value as f32));
        FitsWriter::new()
            .image(header, pixels)
            .write(&folder.join(format!("coadd-r-0-{patch},0.fits")))
            .unwrap();
    }
    let settings = format!(
        "[[archives]]\nid = \"s\"\nauthority = \"example.org\"\n[[archives.datasets]]\nname = \"deepCoadd\"\n\
         directory = \"{}\"\nscience_id = \"sdss-coadd\"\n",
        folder.display()
    );
    site.with_settings(&settings).serve().await
}

#[tokio::test]
async fn patches_on_other_grids_or_in_other_units_are_refused_and_say_why() {
    let wide =
        "/api/image/v1/s?ds=deepCoadd&tract=0&patch=0,0&filter=r&ra=9.99&dec=0&width=60&height=10&unit=pixel";
    let gateway = two_patches(|_| ()).await;
    let answer = gateway.get(&format!("{wide}&stitch=true")).await;
    assert_eq!(answer.headers()["x-cutout-bounds"], "1:38,6:15");
    let turned: Change = |header| header.set_real("CROTA2", 0.5, "");
    let between: Change = |header| header.set_real("CRPIX1", -8.25, "");
    let other_frame: Change = |header| header.set_text("RADESYS", "FK5", "");
    let unit: Change = |header| header.set_text("BUNIT", "nJy", "");
    for (change, word) in [(turned, "grid"), (between, "grid"), (other_frame, "grid"), (unit, "BUNIT")] {
        let gateway = two_patches(change).await;
        let (status, body) = gateway.json(&format!("{wide}&stitch=true")).await;
        assert_eq!((status, body["exception"].as_str()), (501, Some("NotImplementedError")), "{body}");
        assert!(body["message"].as_str().unwrap().contains(word), "{body}");
        assert_eq!(gateway.get(wide).await.status(), 200, "one patch alone is fine");
    }
}
