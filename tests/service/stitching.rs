//! Cutouts across the borders of patches, compared pixel by pixel with the patches themselves.

use std::path::{Path, PathBuf};
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

/// One of two patches in the making.
struct HalfMade {
    science: Header,
    mask: Header,
    pixels: Raster,
}

/// What makes the second patch another one.
type Change = fn(&mut HalfMade);

/// How the files of patches lie in the archive.
#[derive(Clone, Copy)]
enum Stored {
    Plain,
    Compressed,
}

/// An archive of two patches of `side` x `side` pixels side by side, two columns of which are common, each with a
/// mask; the second one changed by `change`. What happens to the files afterwards is seen only by those who ask for
/// them.
async fn two_patches(side: usize, stored: Stored, change: Change) -> (Gateway, PathBuf) {
    let place = Site::new();
    let folder = place.path().join("coadds");
    std::fs::create_dir(&folder).unwrap();
    for (patch, crpix) in [(0, 10.0), (1, 12.0 - side as f64)] {
        let (mut science, mut mask) = (Header::new(), Header::new());
        for (axis, ctype, crval, cdelt, crpix) in
            [(1, "RA---TAN", 10.0, -1e-3, crpix), (2, "DEC--TAN", 0.0, 1e-3, 10.0)]
        {
            science.set_text(&format!("CTYPE{axis}"), ctype, "");
            science.set_real(&format!("CRVAL{axis}"), crval, "");
            science.set_real(&format!("CRPIX{axis}"), crpix, "");
            science.set_real(&format!("CDELT{axis}"), cdelt, "");
        }
        science.set_real("FLUXMAG0", 1e12, "");
        mask.set_text("EXTNAME", "MASK", "");
        mask.set_integer("MP_BAD", 0, "");
        mask.set_integer("MP_NO_DATA", 1, "");
        let sample =
            |(_, row, column): (usize, usize, usize)| ((row * 31 + column * 7) % 1000) as i16 + patch;
        let pixels = Raster::I16(Array3::from_shape_fn((1, side, side), sample));
        let mut made = HalfMade { science, mask, pixels };
        if patch == 1 {
            change(&mut made);
        }
        let writer = FitsWriter::new()
            .image(made.science, made.pixels)
            .image(made.mask, Raster::I16(Array3::zeros((1, side, side))));
        let path = folder.join(format!("coadd-r-0-{patch},0.fits"));
        match stored {
            Stored::Plain => writer.write(&path).unwrap(),
            Stored::Compressed => writer.write_rice(&path).unwrap(),
        };
    }
    let settings = format!(
        "[[archives]]\nid = \"s\"\nauthority = \"example.org\"\n[[archives.datasets]]\nname = \"deepCoadd\"\n\
         directory = \"{}\"\nscience_id = \"sdss-coadd\"\n\
         [ingest]\nsettle_seconds = 0.001\nnotify = false\npoll_seconds = 86400.0\n",
        folder.display()
    );
    (place.with_settings(&settings).serve().await, folder)
}

/// A cutout of the first patch that reaches into the second.
fn across(width: usize, height: usize) -> String {
    format!(
        "/api/image/v1/s?ds=deepCoadd&tract=0&patch=0,0&filter=r&ra=9.99&dec=0&width={width}&height={height}&unit=pixel"
    )
}

#[tokio::test]
async fn patches_that_are_not_of_one_piece_are_refused_and_say_why() {
    let (gateway, _) = two_patches(20, Stored::Plain, |_| ()).await;
    let wide = across(60, 10);
    let answer = gateway.get(&format!("{wide}&stitch=true")).await;
    assert_eq!(answer.headers()["x-cutout-bounds"], "1:38,6:15");
    let changes: [(Change, &str); 10] = [
        (|patch| patch.science.set_real("CROTA2", 0.5, ""), "grid"),
        (|patch| patch.science.set_real("CRPIX1", -8.25, ""), "grid"),
        (|patch| patch.science.set_text("RADESYS", "FK5", ""), "grid"),
        (|patch| patch.science.set_text("BUNIT", "nJy", ""), "BUNIT"),
        (|patch| patch.science.set_real("FLUXMAG0", 2e12, ""), "FLUXMAG0"),
        (
            |patch: &mut HalfMade| {
                patch.science.remove("FLUXMAG0");
            },
            "FLUXMAG0",
        ),
        (|patch| patch.science.set_real("BSCALE", 0.5, ""), "stored differently"),
        (|patch| patch.pixels = Raster::F32(Array3::zeros((1, 20, 20))), "stored differently"),
        (|patch| patch.mask.set_integer("MP_BAD", 5, ""), "numbered differently"),
        (|patch| patch.mask.set_integer("MP_CLIPPED", 9, ""), "numbered differently"),
    ];
    for (change, word) in changes {
        let (gateway, _) = two_patches(20, Stored::Plain, change).await;
        let (status, body) = gateway.json(&format!("{wide}&stitch=true")).await;
        assert_eq!(
            (status, body["exception"].as_str()),
            (501, Some("NotImplementedError")),
            "{word}: {body}"
        );
        assert!(body["message"].as_str().unwrap().contains(word), "{word}: {body}");
        assert_eq!(gateway.get(&wide).await.status(), 200, "one patch alone is fine");
    }
}

/// Leaves one byte of the compressed pixels of a tile of the first image, in a file as cfitsio writes it: an empty
/// primary, then a table of which each row begins with length and place of a tile (FITS 4.0 §10.1.3).
fn damage_tile(path: &Path, tile: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    let card = |keyword: &str| {
        let cards = bytes[2880..].as_chunks::<80>().0;
        let card = cards.iter().find(|card| card.starts_with(keyword.as_bytes())).unwrap();
        std::str::from_utf8(&card[10..30]).unwrap().trim().parse::<usize>().unwrap()
    };
    let end = bytes[2880..].as_chunks::<80>().0.iter().position(|card| card.starts_with(b"END ")).unwrap();
    let data = 2880 + ((end + 1) * 80).next_multiple_of(2880);
    let row = data + tile * card("NAXIS1  =");
    bytes[row..row + 4].copy_from_slice(&1_u32.to_be_bytes());
    std::fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn damaged_tiles_are_told_before_anything_is_sent() {
    // One answer that is read at once, and one that is read while it is sent.
    for (side, width, height) in [(20, 60, 10), (1100, 2300, 1080)] {
        let (gateway, folder) = two_patches(side, Stored::Compressed, |_| ()).await;
        let stitched = format!("{}&stitch=true", across(width, height));
        let whole = gateway.get(&stitched).await;
        let length: usize = whole.headers()["content-length"].to_str().unwrap().parse().unwrap();
        assert_eq!(whole.bytes().await.unwrap().len(), length, "{side}");
        damage_tile(&folder.join("coadd-r-0-1,0.fits"), 14);
        let (status, body) = gateway.json(&stitched).await;
        assert_eq!((status, body["exception"].as_str()), (500, Some("RuntimeError")), "{side}: {body}");
        assert!(body["message"].as_str().unwrap().contains("damaged"), "{body}");
        // Where the damage is not asked for it does no harm.
        let narrow = gateway.get(&across(4, 4).replace("&ra=9.99", "&ra=10")).await;
        assert_eq!(narrow.status(), 200);
    }
}
