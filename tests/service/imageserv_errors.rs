//! Every way ImageServ says no: one row for each of the contract's errors, in its own words.

use reqwest::{Method, StatusCode};

use crate::support::{Gateway, Site};
use crate::vo::{demo_archive, demo_archive_with};

const V1: &str = "/api/image/v1/DC_W13_Stripe82";

/// What the contract calls the error, the query, the status, the exception and the message.
type Row = (&'static str, &'static str, u16, &'static str, &'static str);

const NO_UNIT: &str = "No Units specified for cutout dimensions";
const TOO_LARGE: &str = "Requested image exceeded 9.6 squared degrees";

const ROWS: [Row; 64] = [
    ("ds missing", "", 404, "OSError", "Missing ds parameter"),
    ("ds missing", "ds=&sid=1", 404, "OSError", "Missing ds parameter"),
    ("ds unknown", "ds=warped&sid=1", 404, "OSError", "Db Not Found"),
    ("ds unknown", "ds=..%2Fraw&sid=1", 404, "OSError", "Db Not Found"),
    ("nothing matches", "ds=raw&ra=200&dec=40&filter=r", 404, "OSError", "Image Not Found"),
    ("nothing matches", "ds=raw&ra=359.195&dec=-0.1055&filter=u", 404, "OSError", "Image Not Found"),
    ("not held", "ds=raw&sid=5646240999", 404, "OSError", "Image Not Found"),
    ("not held", "ds=raw&run=1&camcol=1&field=1&filter=g", 404, "OSError", "Image Not Found"),
    ("another filter", "ds=raw&sid=3325410171&filter=r", 404, "OSError", "Image Not Found"),
    (
        "no overlap",
        "ds=calexp&sid=5646240694&ra=37.9&dec=0.104625&width=3&height=4",
        404,
        "OSError",
        "Image Not Found",
    ),
    (
        "no overlap",
        "ds=calexp&sid=5646240694&ra=37.9&dec=0.1&width=3&height=4&edge=strict",
        404,
        "OSError",
        "Image Not Found",
    ),
    (
        "behind the projection",
        "ds=calexp&sid=5646240694&ra=217.6292&dec=-0.104625&width=3&height=4",
        404,
        "OSError",
        "Image Not Found",
    ),
    ("bad number", "ds=raw&ra=91x&dec=2&filter=r", 400, "ValueError", "Invalid ra 91x and dec 2. "),
    ("bad number", "ds=raw&ra=nan&dec=2&filter=r", 400, "ValueError", "Invalid ra nan and dec 2. "),
    ("bad number", "ds=raw&ra=1&dec=-inf&filter=r", 400, "ValueError", "Invalid ra 1 and dec -inf. "),
    ("bad number", "ds=raw&ra=12h3m&dec=2&filter=r", 400, "ValueError", "Invalid ra 12h3m and dec 2. "),
    ("bad number", "ds=raw&ra=1e999&dec=2&filter=r", 400, "ValueError", "Invalid ra 1e999 and dec 2. "),
    ("range", "ds=raw&ra=360.1&dec=2&filter=r", 400, "ValueError", "Invalid ra 360.1 and dec 2. "),
    ("range", "ds=raw&ra=-180.1&dec=2&filter=r", 400, "ValueError", "Invalid ra -180.1 and dec 2. "),
    ("range", "ds=raw&ra=1&dec=90.1&filter=r", 400, "ValueError", "Invalid ra 1 and dec 90.1. "),
    ("range", "ds=raw&run=-1&camcol=4&field=694&filter=g", 400, "ValueError", "Invalid run -1"),
    ("size", "SID&width=0&height=4", 400, "ValueError", "INVALID_INPUT width=0 height=4"),
    ("size", "SID&width=-3&height=4", 400, "ValueError", "INVALID_INPUT width=-3 height=4"),
    ("size", "SID&width=nan&height=4", 400, "ValueError", "INVALID_INPUT width=nan height=4"),
    ("size", "SID&width=3&height=inf", 400, "ValueError", "INVALID_INPUT width=3 height=inf"),
    ("size", "SID&width=1e999&height=4", 400, "ValueError", "INVALID_INPUT width=1e999 height=4"),
    ("unit", "SID&width=3&height=4&unit=parsec", 400, "ValueError", NO_UNIT),
    ("unit", "SID&width=3&height=4&unit=%22%22", 400, "ValueError", NO_UNIT),
    ("filter", "ds=raw&ra=1&dec=2&filter=q", 400, "ValueError", "Invalid filter q. Valid filters are ugriz."),
    (
        "filter",
        "ds=raw&ra=1&dec=2&filter=irg",
        400,
        "ValueError",
        "Invalid filter irg. Valid filters are ugriz.",
    ),
    (
        "filter",
        "ds=raw&sid=3325410171&filter=y",
        400,
        "ValueError",
        "Invalid filter y. Valid filters are ugriz.",
    ),
    ("incomplete", "ds=raw", 400, "ValueError", "missing ra, dec, filter"),
    ("incomplete", "ds=raw&ra=1&filter=r", 400, "ValueError", "missing dec"),
    ("incomplete", "ds=raw&run=5646&camcol=4", 400, "ValueError", "missing field, filter"),
    ("incomplete", "ds=deepcoadd&tract=0", 400, "ValueError", "missing patch, filter"),
    ("incomplete", "ds=deepcoadd&patch_x=1&filter=r", 400, "ValueError", "missing tract, patch_y"),
    ("incomplete", "SID&width=3", 400, "ValueError", "missing height"),
    ("incomplete", "ds=raw&sid=3325410171&width=3&height=4", 400, "ValueError", "missing ra, dec"),
    ("incomplete", "ds=raw&get_dataid", 400, "ValueError", "missing ccdexpid"),
    ("incomplete", "ds=raw&get_ccdexpid&run=5646", 400, "ValueError", "missing camcol, field, filter"),
    ("conflict", "ds=raw&sid=1&run=5646", 400, "ValueError", "conflicting image selectors"),
    ("conflict", "ds=raw&run=5646&tract=0", 400, "ValueError", "conflicting image selectors"),
    ("conflict", "ds=raw&sid=1&nearest_ra=5", 400, "ValueError", "conflicting image selectors"),
    ("conflict", "ds=raw&sid=1&sid=2", 400, "ValueError", "sid is given twice"),
    ("conflict", "ds=raw&sid=1&ccdexpid=2", 400, "ValueError", "sid is given twice"),
    (
        "conflict",
        "ds=deepcoadd&tract=0&patch=225,1&patch_x=226&filter=i",
        400,
        "ValueError",
        "patch is given twice",
    ),
    (
        "another dataset's",
        "ds=raw&tract=0&patch=225,1&filter=i",
        400,
        "ValueError",
        "tract names no image of this dataset",
    ),
    (
        "another dataset's",
        "ds=deepcoadd&run=5646&camcol=4&field=694&filter=g",
        400,
        "ValueError",
        "run names no image of this dataset",
    ),
    ("ambiguous", "SID", 400, "ValueError", "ra and dec with an image id need width and height"),
    ("ambiguous", "ds=raw&sid=3325410171&unit=pixel", 400, "ValueError", "unit needs width and height"),
    ("ambiguous", "ds=raw&sid=3325410171&edge=pad", 400, "ValueError", "edge needs width and height"),
    ("undecodable", "ds=raw&sid=5646540694", 400, "ValueError", "invalid data id"),
    ("undecodable", "ds=deepcoadd&sid=14745613", 400, "ValueError", "invalid data id"),
    ("undecodable", "ds=raw&sid=-1", 400, "ValueError", "invalid data id"),
    ("undecodable", "ds=raw&sid=99999999999999999999", 400, "ValueError", "invalid data id"),
    ("undecodable", "ds=raw&sid=..%2F..%2Fetc%2Fpasswd", 400, "ValueError", "invalid data id"),
    ("undecodable", "ds=raw&get_dataid=get&ccdexpid=5646540694", 400, "ValueError", "invalid data id"),
    (
        "undecodable",
        "ds=raw&get_ccdexpid&run=274878&camcol=4&field=1&filter=r",
        400,
        "ValueError",
        "invalid data id",
    ),
    ("undecodable", "ds=deepcoadd&tract=0&patch=8192,1&filter=i", 400, "ValueError", "invalid data id"),
    ("too large", "SID&width=4&height=4&unit=deg", 400, "UsageError", TOO_LARGE),
    ("too large", "SID&width=1e300&height=1e300&unit=pixel", 400, "UsageError", TOO_LARGE),
    (
        "edge",
        "SID&width=5000&height=4&unit=pixel&edge=strict",
        400,
        "ValueError",
        "the requested box reaches beyond the edge of the image",
    ),
    ("edge", "SID&width=5&height=4&edge=round", 400, "ValueError", "Invalid edge round"),
    (
        "form",
        "ds=raw&sid=5646240694&RESPONSEFORMAT=foo/bar",
        400,
        "ValueError",
        "Invalid RESPONSEFORMAT foo/bar",
    ),
];

#[tokio::test]
async fn every_error_of_the_contract_has_its_status_and_words() {
    let gateway = demo_archive().await;
    for (row, query, status, exception, message) in ROWS {
        let query = query.replace("SID", "ds=calexp&sid=5646240694&ra=37.6292&dec=0.104625");
        let (answered, body) = gateway.json(&format!("{V1}?{query}")).await;
        let told = (body["exception"].as_str().unwrap(), body["message"].as_str().unwrap());
        assert_eq!((answered, told), (status, (exception, message)), "{row}: {query}");
        if ["no overlap", "behind the projection"].contains(&row) {
            assert_eq!(body["more"][0], "requested cutout does not overlap image 5646240694", "{query}");
        }
    }
    for path in ["/api/image/v1/Nowhere?ds=raw&sid=1", "/api/image/v1/dc_w13_stripe82?ds=raw&sid=1"] {
        assert_eq!(gateway.json(path).await.1["message"], "Db Not Found", "{path}");
    }
    assert_eq!(gateway.json("/api/image/v2/x").await.0, 404);
    let refused = gateway.client().delete(gateway.url("/api/image/v1/availability")).send().await.unwrap();
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["allow"]),
        (405, &"GET, HEAD".parse().unwrap())
    );
}

#[tokio::test]
async fn older_addresses_say_what_they_cannot_do_without() {
    let gateway = demo_archive().await;
    for (path, message) in [
        ("/image/raw", "missing ra, dec, filter"),
        ("/image/raw/ids", "missing run, camcol, field, filter"),
        ("/image/v0/deepCoadd/ids?tract=0", "missing patch, filter"),
        ("/image/raw/id", "missing sid"),
        ("/image/raw/id?id=5646540694", "invalid data id"),
        ("/image/raw/..%2F..%2Fsecret/cutout?ra=1&dec=2&widthAng=1&heightAng=1", "invalid data id"),
        ("/image/raw/cutout?ra=1&dec=2&filter=r", "missing width, height"),
        ("/image/raw/5646240694/cutout?ra=1&dec=2&widthAng=3", "missing height"),
        (
            "/image/raw/5646240694/cutout?ra=1&dec=2&widthAng=3&heightPix=3",
            "one size is an angle, the other in pixels",
        ),
        ("/image/raw/cutout?ra=x&dec=2&filter=r&width=1&height=1", "Invalid ra x and dec 2. "),
        ("/image/raw/cutout?ra=1&dec=2&filter=r&width=1&height=1&unit=pixel", "unit is given twice"),
        ("/image/v0/raw/id?id=3325410171&ds=calexp", "ds is given twice"),
    ] {
        let (status, body) = gateway.json(path).await;
        assert_eq!((status, body["message"].as_str().unwrap()), (400, message), "{path}");
        assert_eq!(body["exception"], "ValueError", "{path}");
    }
}

#[tokio::test]
async fn more_pixels_than_there_may_be_are_refused_with_both_numbers() {
    let gateway = demo_archive_with("[limits]\ncutout_pixels = 100\n").await;
    let asked = "ds=raw&ra=359.195&dec=-0.1055&filter=r&unit=pixel";
    let (status, body) = gateway.json(&format!("{V1}?{asked}&width=10&height=11")).await;
    assert_eq!((status, body["exception"].as_str()), (400, Some("UsageError")), "{body}");
    assert_eq!(body["message"], "cutout pixels: 110 are more than the 100 allowed");
    assert_eq!(gateway.get(&format!("{V1}?{asked}&width=10&height=10")).await.status(), 200);
}

#[tokio::test]
async fn names_nobody_knows_are_told_in_so_many_bytes() {
    let gateway = demo_archive().await;
    let ignored = async |query: &str| {
        let answer = gateway.get(&format!("{V1}?ds=raw&get_dataid&sid=3325410171&{query}")).await;
        assert_eq!(answer.status(), 200);
        answer.headers()["x-ignored-parameters"].to_str().unwrap().to_owned()
    };
    assert_eq!(ignored("utm_source=a&_=1").await, "_, utm_source");
    assert_eq!(ignored("caf%C3%A9%0D%0A=1").await, "caf%C3%A9%0D%0A");
    let many: Vec<String> = (1000..3000).map(|n| format!("n{n}=1")).collect();
    let told = ignored(&many.join("&")).await;
    assert!(
        told.starts_with("n1000, n1001") && told.ends_with(", ...") && told.len() < 1600,
        "{}",
        told.len()
    );
}

#[tokio::test]
async fn a_storm_of_imageserv_jobs_meets_the_queue_in_the_words_of_imageserv() {
    let gateway = demo_archive_with("[jobs]\nworkers = 1\nqueued = 1\nscratch_mib = 2048\n").await;
    let client =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let mut was_refused = false;
    for _ in 0..20 {
        let jobs = (0..24).map(|_| {
            let job = client.request(Method::POST, gateway.url(&format!("{V1}/async")));
            let job = job.header("Content-Type", "application/x-www-form-urlencoded");
            job.body("ds=calexp&sid=5646240694&PHASE=RUN").send()
        });
        for answer in futures_util::future::join_all(jobs).await.into_iter().map(Result::unwrap) {
            if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
                assert_eq!(answer.headers()["retry-after"], "1");
                let body: serde_json::Value = answer.json().await.unwrap();
                assert_eq!(body["exception"], "OSError");
                assert!(body["message"].as_str().unwrap().starts_with("too many jobs"), "{body}");
                was_refused = true;
            } else {
                assert_eq!(answer.status(), StatusCode::SEE_OTHER);
            }
        }
        if was_refused {
            break;
        }
    }
    assert!(was_refused);
    let (status, _) = gateway.json(&format!("{V1}?ds=raw&get_dataid&sid=3325410171")).await;
    assert_eq!(status, 200, "what is asked at once is answered all the same");
}

/// A service for `ann` alone; `bob` is known and may do nothing.
async fn closed() -> Gateway {
    let user = |name: &str, privileges: &str| {
        let hash = trifocal::access::password_hash(name, "Trifocal", "pass");
        format!(
            "[[access.users]]\nname = \"{name}\"\npassword_hash = \"{hash}\"\nprivileges = [{privileges}]\n"
        )
    };
    let settings = format!(
        "[access]\nanonymous = [\"operations\", \"nina\", \"camera\"]\nscheme = \"basic\"\nallow_basic_plain = true\n\
         lockout_failures = 3\n{}{}",
        user("ann", "\"vo\""),
        user("bob", "")
    );
    Site::new().with_settings(&settings).serve().await
}

/// What somebody gets for `path`: status, challenges and text.
async fn told(gateway: &Gateway, path: &str, name: &str, password: &str) -> (u16, bool, String) {
    let asked = gateway.client().get(gateway.url(path)).basic_auth(name, Some(password));
    let answer = asked.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    assert_eq!(headers["access-control-allow-origin"], "*", "{path}");
    if status == 429 {
        let wait: u64 = headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!(wait > 0, "{path}");
    }
    (status, headers.contains_key("www-authenticate"), answer.text().await.unwrap())
}

#[tokio::test]
async fn whoever_is_not_let_in_hears_so_in_the_words_of_the_service() {
    let gateway = closed().await;
    let paths = [
        ("/api/image/v1/availability", true),
        ("/image/v1/nina?ds=captures&sid=1", true),
        ("/api/image/v0/raw/id?id=1", true),
        ("/api/image/v1/nina/async", true),
        ("/api/image/soda/sync", false),
        ("/image/soda/async", false),
    ];
    for (path, is_json) in paths {
        assert_ne!(told(&gateway, path, "ann", "pass").await.0, 401, "{path}");
        let (status, _, text) = told(&gateway, path, "bob", "pass").await;
        let start = if is_json { "{\"exception\":\"PermissionError\"," } else { "AuthorizationError: " };
        assert!(status == 403 && text.starts_with(start), "{path}: {status} {text}");
        let (status, is_challenged, text) = told(&gateway, path, "ann", "wrong").await;
        let start = if is_json { "{\"exception\":\"PermissionError\"," } else { "AuthenticationError: " };
        assert!(status == 401 && is_challenged && text.starts_with(start), "{path}: {status} {text}");
    }
    for _ in 0..3 {
        told(&gateway, paths[0].0, "ann", "wrong").await;
    }
    for (path, is_json) in paths {
        let (status, _, text) = told(&gateway, path, "ann", "pass").await;
        let start = if is_json { "{\"exception\":\"OSError\"," } else { "ServiceUnavailable: " };
        assert!(status == 429 && text.starts_with(start), "{path}: {status} {text}");
    }
}
